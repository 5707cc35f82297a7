import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person, Readiness } from '@tandem/contract';
import { choiceText, doctorText, lasting, meant, unmatchedText } from './doctor-report.ts';

const person = (upn: string, change: Partial<Person> = {}): Person => ({
  id: upn,
  accountId: 'acme',
  displayName: 'Sam Stone',
  upn,
  mail: 'sam@acme.example',
  numbers: ['+12025550146'],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  readiness: { verdict: 'ready', headline: 'Ready.' },
  ...change,
});

const sam = person('sam@acme.example', { extension: '1006' });
const other = person('sam.stone@acme.example', { numbers: ['+12025550147'] });

test('an admin who types a sign-in address means that person, also when another has the same mail', () => {
  assert.deepEqual(meant('SAM@acme.example', [sam, other]), [sam]);
  assert.deepEqual(meant('+1 (202) 555-0147', [sam, other]), [other]);
  assert.deepEqual(meant('1006', [sam, other]), [sam]);
});

test('a name that two people have means both, and the answer says who they are', () => {
  assert.deepEqual(meant('sam stone', [sam, other]), [sam, other]);
  const text = choiceText('sam stone', [sam, other]);
  assert.match(text, /fits 2 people/);
  assert.match(text, /sam\.stone@acme\.example/);
});

test('the report names what is missing with its code, whose turn it is, the next step and Microsoft’s time', () => {
  const readiness: Readiness = {
    personId: sam.id,
    verdict: 'blocked',
    headline: 'Needs Teams Phone.',
    code: 'PRV-401',
    state: 'BLOCKED',
    checkedAt: '2026-01-02T03:04:05.000Z',
    checks: [
      {
        id: 'number',
        title: 'A valid number is assigned',
        status: 'green',
        sentence: 'Has it.',
        owner: 'nobody',
      },
      {
        id: 'microsoft-licence',
        title: 'Licence at Microsoft',
        status: 'red',
        code: 'PRV-401',
        sentence: 'Needs Teams Phone.',
        owner: 'entra-admin',
        fix: 'Assign a licence.',
        usualSeconds: 3600,
        worstSeconds: 86_400,
      },
    ],
  };
  const text = doctorText(sam, readiness, Date.parse('2026-01-02T03:04:12.000Z'));
  for (const words of [
    'BLOCKED (PRV-401): Needs Teams Phone.',
    'read 7 s ago; state BLOCKED',
    'MISSING  Licence at Microsoft  PRV-401',
    'Whose turn: the administrator of Microsoft 365',
    'Next: Assign a licence.',
    'Usually takes 60 min, at worst 24 h',
  ])
    assert.ok(text.includes(words), `${words}\n${text}`);
});

test('times are said as people say them', () => {
  assert.deepEqual([5, 119, 600, 7200].map(lasting), ['5 s', '119 s', '10 min', '2 h']);
});

test('PRV-101: who is in the group and unknown here is told as the portal tells it, with the next step', () => {
  const text = unmatchedText({
    accountId: 'acme',
    entraObjectId: 'zoe',
    code: 'PRV-101',
    sentence: 'zoe@acme.example is in the group but has no platform user. Create or import.',
    displayName: 'Zoë Zahl',
    upn: 'zoe@acme.example',
  });
  assert.match(text, /BLOCKED \(PRV-101\): zoe@acme\.example is in the group but has no platform user/);
  assert.match(text, /Whose turn: the administrator of this account on the platform\./);
  assert.match(text, /Next: Create or import the user\./);
  assert.match(text, /Where: \/people/);
});
