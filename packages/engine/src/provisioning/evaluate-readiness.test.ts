import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164, Link, ReadinessCode } from '@tandem/domain';
import fc from 'fast-check';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts } from './facts.ts';
import {
  assigned,
  at,
  free,
  microsoftFacts,
  number,
  ownFacts,
  readyLink,
  user,
  wantsVrp,
} from './test-person.ts';

const judge = (
  own: Omit<OwnFacts, 'link'> = ownFacts(),
  microsoft: MicrosoftFacts | undefined = microsoftFacts(),
  link: Link = readyLink(),
  now = at,
) => evaluateReadiness({ ...own, link }, microsoft, now);

test('Dana has everything: thirteen green checks, ready, no headline', () => {
  const report = judge();
  assert.equal(report.checks.length, 13);
  assert.deepEqual(
    report.checks.filter((check) => check.status !== 'green'),
    [],
  );
  assert.equal(report.verdict, 'ready');
  assert.equal(report.headline, undefined);
});

const licence = { phone: 'usable', callingPlan: false, seenByTeams: true } as const;
const other = { is: 'other', upn: 'bo@acme.example', state: 'active' } as const;
const tenant = ownFacts().tenant;
const noNumber = (): Omit<OwnFacts, 'link'> => {
  const { person, ...own } = ownFacts();
  assert.ok(person);
  const { number: _, ...rest } = person;
  return { ...own, person: rest };
};

const rows: readonly [ReadinessCode, number, Omit<OwnFacts, 'link'>, Partial<MicrosoftFacts>][] = [
  ['PRV-001', 1, ownFacts({}, { tenant: { ...tenant, connection: { is: 'never' } } }), {}],
  [
    'PRV-002',
    1,
    ownFacts({}, { tenant: { ...tenant, connection: { is: 'missing-scope', scope: 'User.Read.All' } } }),
    {},
  ],
  [
    'PRV-003',
    1,
    ownFacts({}, { tenant: { ...tenant, connection: { is: 'credential-expired', date: '2026-05-04' } } }),
    {},
  ],
  ['PRV-010', 1, ownFacts({}, { tenant: { ...tenant, domain: { is: 'unverified', txt: 'MS=1' } } }), {}],
  [
    'PRV-011',
    1,
    ownFacts({}, { tenant: { ...tenant, domain: { is: 'verified', name: 'x', sinceWallMs: at } } }),
    {},
  ],
  [
    'PRV-012',
    1,
    ownFacts(
      {},
      { tenant: { ...tenant, domain: { is: 'verified', name: 'x', sinceWallMs: at - 90_000_000 } } },
    ),
    {},
  ],
  ['PRV-013', 1, ownFacts({}, { tenant: { ...tenant, routing: { is: 'missing', object: 'VRP-Acme' } } }), {}],
  ['PRV-101', 2, { ...ownFacts(), person: undefined }, {}],
  ['PRV-102', 2, ownFacts({ active: false }), {}],
  ['PRV-201', 3, ownFacts(), { user: null }],
  ['PRV-202', 3, ownFacts(), { user: user({ enabled: false }) }],
  ['PRV-203', 3, ownFacts(), { user: user({ guest: true }) }],
  ['PRV-204', 3, ownFacts(), { user: user({ kind: 'resource', enabled: false }) }],
  ['PRV-204', 3, ownFacts(), { user: user({ kind: 'ineligible' }) }],
  ['PRV-207', 3, ownFacts(), { user: user({ deletedOn: '2026-05-04' }) }],
  ['PRV-208', 3, ownFacts(), { user: user({ kind: 'on-premises' }) }],
  ['PRV-111', 4, ownFacts({ sharesIdentityWith: ['Dan'] }), {}],
  ['PRV-112', 4, ownFacts(), { alsoMatches: ['dana2@acme.example'] }],
  ['PRV-205', 5, ownFacts(), { inEnableGroup: false }],
  ['PRV-206', 5, ownFacts(), { claimedBy: 'Globex' }],
  ['PRV-301', 6, noNumber(), {}],
  ['PRV-302', 6, ownFacts({ invalidNumber: { text: '555' } }), {}],
  ['PRV-307', 6, ownFacts({ heldNumber: { until: '2026-06-01', reason: 'quarantine' } }), {}],
  ['PRV-303', 7, ownFacts({ teamsToggle: false }), {}],
  ['PRV-401', 8, ownFacts(), { licence: { ...licence, phone: 'missing' } }],
  // Who lost every licence is ineligible for Teams, and no resource account.
  [
    'PRV-401',
    8,
    ownFacts(),
    { user: user({ kind: 'ineligible' }), licence: { ...licence, phone: 'missing' } },
  ],
  ['PRV-403', 8, ownFacts(), { licence: { ...licence, phone: 'pending' } }],
  ['PRV-404', 8, ownFacts(), { licence: { ...licence, callingPlan: true } }],
  ['PRV-402', 9, ownFacts({ platformLicence: false }), {}],
  ['PRV-304', 10, ownFacts(), { number: free({ holder: other }) }],
  ['PRV-305', 10, ownFacts(), { number: assigned({ type: 'callingPlan' }) }],
  ['PRV-306', 10, ownFacts(), { number: assigned({ onPremises: true }) }],
];

const holdsPolicy = (name: string | null): MicrosoftFacts['policies'] => ({
  voiceRouting: { name: null },
  calling: { name },
  dialPlan: { name: null },
});
const without = (...withoutCalling: string[]): Omit<OwnFacts, 'link'> =>
  ownFacts({}, { tenant: { ...tenant, withoutCalling } });
const keptFromCalling: readonly [string, Omit<OwnFacts, 'link'>, string | null, boolean][] = [
  ['DisallowCalling, which every tenant has', ownFacts(), 'DisallowCalling', true],
  ['one that the script found without calling', without('CP-Quiet'), 'cp-quiet', true],
  ['none, and Global is without calling', without('Global'), null, true],
  ['none, and only another one is without calling', without('CP-Quiet'), null, false],
  ['one of which nothing was said', ownFacts(), 'CP-Quiet', false],
];
for (const [what, own, name, barred] of keptFromCalling)
  test(`a person whose calling policy is ${what}: ${barred ? 'PRV-507 names it' : 'no word of it'}`, () => {
    const check = judge(own, microsoftFacts({ policies: holdsPolicy(name) })).checks[11];
    assert.equal(check?.code, barred ? 'PRV-507' : undefined);
    if (!barred) return;
    assert.equal(check?.status, 'red');
    assert.match(
      check?.sentence ?? '',
      new RegExp(`calling policy ${name ?? 'Global'} does not allow calls`),
    );
    assert.match(check?.fix ?? '', /Give the person a calling policy that allows calls/);
    assert.equal(check?.owner, 'teams-admin');
  });

for (const [code, id, own, microsoft] of rows) {
  test(`a person with one fault has ${code} as the headline, at check ${id}, with whose turn it is`, () => {
    const report = judge(own, microsoftFacts(microsoft));
    assert.equal(report.headline?.code, code);
    assert.equal(report.headline?.id, id);
    assert.equal(report.headline?.status, 'red');
    assert.equal(report.verdict, 'blocked');
    assert.notEqual(report.headline?.owner, 'nobody');
    assert.notEqual(report.headline?.fix, '');
    assert.equal(report.checks.length, 13);
  });
}

test('what only follows from a fault above is nobody’s turn, and sends nobody to look at the connection', () => {
  for (const own of [noNumber(), ownFacts({ teamsToggle: false })]) {
    const report = judge(own, microsoftFacts({ number: free() }), { ...readyLink(), state: 'BLOCKED' });
    const unknown = report.checks.filter((check) => check.status === 'unknown');
    assert.ok(unknown.some(({ name }) => name === 'teams-client'));
    for (const { owner, fix } of unknown) assert.deepEqual([owner, fix], ['nobody', '']);
  }
});

test('Graph was not asked: what is Microsoft’s is unknown, and nobody is ready', () => {
  const report = evaluateReadiness({ ...ownFacts(), link: readyLink() }, undefined, at);
  assert.equal(report.verdict, 'unverified');
  assert.deepEqual(
    report.checks.filter((check) => check.status === 'unknown').map((check) => check.id),
    [3, 4, 5, 8, 10, 11],
  );
});

test('Graph was read an hour ago: what it said then is not shown as good now', () => {
  assert.equal(judge(ownFacts(), microsoftFacts(), readyLink(), at + 3_600_000).verdict, 'unverified');
});

test('Microsoft has the number and the client was not seen since: amber, quit and reopen Teams', () => {
  const report = judge(ownFacts({ clientSeen: { by: 'call', wallMs: at - 5000 } }));
  assert.equal(report.verdict, 'attention');
  assert.equal(report.headline?.code, 'PRV-602');
});

test('an unread part of any kind never reads as ready (a false "ready" is a defect)', () => {
  const unread = ['user', 'inEnableGroup', 'licence', 'number', 'policies'] as const;
  const managed = ownFacts({}, { wanted: wantsVrp });
  fc.assert(
    fc.property(fc.subarray([...unread], { minLength: 1 }), fc.nat(60), (parts, minutes) => {
      const facts = microsoftFacts(Object.fromEntries(parts.map((part) => [part, 'unread'])));
      assert.notEqual(judge(managed, facts, readyLink(), at + minutes * 60_000).verdict, 'ready');
    }),
    { numRuns: 50 },
  );
});

test('somebody else changed the number in Teams: drift is red, because no call gets through, and names both numbers', () => {
  const facts = microsoftFacts({ number: free({ otherNumber: '+12025550177' as E164 }) });
  const report = judge(ownFacts(), facts);
  assert.equal(report.verdict, 'blocked');
  assert.equal(report.headline?.code, 'PRV-506');
  assert.match(report.headline?.sentence ?? '', new RegExp(`${number.slice(1)} to \\+12025550177`));
});
