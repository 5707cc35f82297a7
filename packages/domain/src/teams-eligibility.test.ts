import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Person } from './directory.ts';
import type { E164 } from './e164.ts';
import { asAccountId, asPersonId } from './ids.ts';
import { teamsEligibility } from './teams-eligibility.ts';

const acme: Account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: [],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 25,
};
const dana: Person = {
  id: asPersonId('dana'),
  accountId: acme.id,
  displayName: 'Dana Doe',
  upn: 'dana@acme.example',
  numbers: ['+12025550142' as E164],
  active: true,
  teamsToggle: true,
  platformLicence: true,
};

for (const [situation, person, codes] of [
  ['everything is there', dana, []],
  ['no such person', undefined, ['PRV-101']],
  ["another customer's person", { ...dana, accountId: asAccountId('globex') }, ['PRV-101']],
  ['disabled', { ...dana, active: false }, ['PRV-102']],
  ['no number', { ...dana, numbers: [] }, ['PRV-301']],
  ['a number without plus', { ...dana, numbers: ['2025550142' as E164] }, ['PRV-302']],
  ['the toggle is off', { ...dana, teamsToggle: false }, ['PRV-303']],
  ['no licence', { ...dana, platformLicence: false }, ['PRV-402']],
  [
    'everything is missing: all is said, the first is the headline',
    { ...dana, active: false, numbers: [], teamsToggle: false, platformLicence: false },
    ['PRV-102', 'PRV-301', 'PRV-303', 'PRV-402'],
  ],
] as const) {
  test(`${situation}: ${codes.join(', ') || 'nothing is missing'}`, () => {
    const findings = teamsEligibility(acme, person);
    assert.deepEqual(
      findings.map((finding) => finding.code),
      codes,
    );
    for (const finding of findings) assert.match(finding.sentence, /\.$/);
  });
}
