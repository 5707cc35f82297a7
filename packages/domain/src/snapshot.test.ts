import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Carrier, Person } from './directory.ts';
import type { E164 } from './e164.ts';
import { asAccountId, asCarrierId, asPersonId } from './ids.ts';
import { displayNumber } from './number-display.ts';
import { buildSnapshot, type SnapshotParts } from './snapshot.ts';

const number = '+12025550142' as E164;

function account(id: string, more: Partial<Account> = {}): Account {
  return {
    id: asAccountId(id),
    name: id,
    status: 'active',
    sbcHosts: [`${id}.customers.example.net`],
    mailDomains: [],
    country: 'US',
    timeZone: 'UTC',
    unknownCaller: 'reject',
    carriers: [asCarrierId('shared')],
    noAnswerSeconds: 25,
    ...more,
  };
}

function person(id: string, of: string, more: Partial<Person> = {}): Person {
  return {
    id: asPersonId(id),
    accountId: asAccountId(of),
    displayName: id,
    upn: `${id}@${of}.example`,
    numbers: [],
    active: true,
    teamsToggle: true,
    platformLicence: true,
    ...more,
  };
}

const shared: Carrier = {
  id: asCarrierId('shared'),
  name: 'Shared',
  owner: 'operator',
  targets: [],
  sources: [],
  probeWithOptions: false,
  numberFormat: 'e164',
  emergency: true,
};

function parts(more: Partial<SnapshotParts>): SnapshotParts {
  return {
    version: 1,
    builtAtWallMs: 0,
    accounts: [account('acme'), account('globex')],
    people: [],
    carriers: [shared],
    hubs: [],
    ...more,
  };
}

test('two customers have the same extension: each has its own, nobody is reported', () => {
  const people = [
    person('dana', 'acme', { extension: '1001' }),
    person('gina', 'globex', { extension: '1001' }),
  ];
  const { snapshot, faults } = buildSnapshot(parts({ people }));
  assert.deepEqual(faults, []);
  assert.deepEqual(snapshot.extensions.get(asAccountId('acme'))?.get('1001'), {
    kind: 'person',
    personId: 'dana',
    accountId: 'acme',
  });
  assert.deepEqual(snapshot.extensions.get(asAccountId('globex'))?.get('1001'), {
    kind: 'person',
    personId: 'gina',
    accountId: 'globex',
  });
});

for (const [story, more, kind] of [
  [
    'a number with two owners stays with the first',
    {
      people: [
        person('dana', 'acme', { numbers: [number] }),
        person('gina', 'globex', { numbers: [number] }),
      ],
    },
    'duplicate-number',
  ],
  [
    'a number that is none is left out',
    { people: [person('dana', 'acme', { numbers: ['142' as E164] })] },
    'invalid-number',
  ],
  [
    'two customers with one host: the first keeps it, whatever the case it is written in',
    { accounts: [account('acme'), account('globex', { sbcHosts: ['ACME.customers.example.net'] })] },
    'duplicate-host',
  ],
  [
    'two people of one customer with one extension',
    { people: [person('dana', 'acme', { extension: '1001' }), person('sam', 'acme', { extension: '1001' })] },
    'duplicate-extension',
  ],
  ['a person of nobody', { people: [person('lost', 'initech')] }, 'unknown-account'],
  ['a carrier that is not there', { carriers: [] }, 'unknown-carrier'],
  [
    "another customer's carrier is not used",
    { carriers: [{ ...shared, owner: asAccountId('globex') }] },
    'foreign-carrier',
  ],
] as const) {
  test(`${story}: reported as ${kind}`, () => {
    const { snapshot, faults } = buildSnapshot(parts(more));
    assert.equal(faults[0]?.kind, kind);
    if (kind === 'duplicate-number') assert.equal(snapshot.numbers.get(number)?.accountId, 'acme');
    if (kind === 'duplicate-host')
      assert.equal(snapshot.accountBySbcHost.get('acme.customers.example.net'), 'acme');
    if (kind === 'foreign-carrier')
      assert.deepEqual(snapshot.accounts.get(asAccountId('acme'))?.carriers, []);
  });
}

for (const [text, country, shown] of [
  ['+12025550142', 'US', '(202) 555-0142'],
  ['+12025550142', 'DE', '+1 202 555 0142'],
  ['+4930123456', 'DE', '030 123456'],
  ['1001', 'US', '1001'],
  ['anonymous', 'US', 'anonymous'],
] as const) {
  test(`${text} is shown in ${country} as ${shown}`, () => {
    assert.equal(displayNumber(text, country), shown);
  });
}
