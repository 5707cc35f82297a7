import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, type RoutingSnapshot } from '@tandem/domain';
import {
  account,
  acmeHost,
  carrier,
  danaNumber,
  globexHost,
  globexNumber,
  outside,
  people,
  person,
  samNumber,
} from '../call/test-world.ts';
import type { CallFacts } from './call-facts.ts';
import { decideFromTeams } from './decide-from-teams.ts';

function facts(more: Partial<CallFacts> = {}): CallFacts {
  return {
    host: acmeHost,
    called: outside,
    from: { user: danaNumber, displayName: 'Dana Doe' },
    asserted: [],
    privacy: [],
    history: [],
    ...more,
  };
}

function world(more: Partial<Parameters<typeof buildSnapshot>[0]> = {}): RoutingSnapshot {
  return buildSnapshot({
    version: 1,
    builtAtWallMs: 0,
    accounts: [account('acme'), account('globex')],
    people,
    carriers: [carrier('rehearsal', ['192.0.2.5'], { emergency: false }), carrier('second', ['192.0.2.6'])],
    hubs: [],
    ...more,
  }).snapshot;
}

/** `carrier +1… over Rehearsal, Second`, `teams Dana at host`, or the failure. */
function told(snapshot: RoutingSnapshot, call: CallFacts): string {
  const decision = decideFromTeams(snapshot, call);
  if (decision.outcome === 'refuse') return decision.failure.kind;
  const { route } = decision;
  if (route.kind === 'to-teams')
    return `teams ${route.person.displayName} of ${route.account.name} at ${route.sbcHost}`;
  if (route.kind !== 'to-carrier') return route.kind;
  return `carrier ${route.called} over ${route.carriers.map((each) => each.name).join(', ')}`;
}

const suspended = world({ accounts: [account('acme', { status: 'suspended' }), account('globex')] });
const lax = world({ accounts: [account('acme', { unknownCaller: 'main-number' }), account('globex')] });
const dana = (more: object) => world({ people: [person('Dana', 'acme', danaNumber, more)] });

for (const [story, snapshot, call, expected] of [
  [
    'an outside number leaves over the carriers in their order',
    world(),
    facts(),
    `carrier ${outside} over Rehearsal, Second`,
  ],
  [
    'a national number is normalised',
    world(),
    facts({ called: '2025550199' }),
    `carrier ${outside} over Rehearsal, Second`,
  ],
  [
    'a local number is normalised with the area code',
    world(),
    facts({ called: '5550199' }),
    `carrier ${outside} over Rehearsal, Second`,
  ],
  [
    'an extension stays with the same customer',
    world(),
    facts({ called: '1002' }),
    `teams Sam of Acme at ${acmeHost}`,
  ],
  [
    'a number of the customer stays on the platform',
    world(),
    facts({ called: samNumber }),
    `teams Sam of Acme at ${acmeHost}`,
  ],
  [
    "1001 at Globex is Globex's",
    world(),
    facts({ host: globexHost, from: { user: globexNumber, displayName: undefined }, called: '1001' }),
    `teams Gina of Globex at ${globexHost}`,
  ],
  [
    "another customer's number is an outside number",
    world(),
    facts({ called: globexNumber }),
    `carrier ${globexNumber} over Rehearsal, Second`,
  ],
  ['an unknown host is nobody', world(), facts({ host: 'sbc9.customers.example.net' }), 'unknown-host'],
  [
    'an emergency call through a host of nobody leaves over the operator (I15)',
    world(),
    facts({ host: 'sbc9.customers.example.net', called: '911' }),
    'carrier 911 over Second',
  ],
  [
    'a test number through a host of nobody is refused',
    world(),
    facts({ host: 'sbc9.customers.example.net', called: '933' }),
    'unknown-host',
  ],
  ['the base domain is nobody', world(), facts({ host: 'customers.example.net' }), 'unknown-host'],
  ['a host with a label more is nobody', world(), facts({ host: `x.${acmeHost}` }), 'unknown-host'],
  ['a suspended customer', suspended, facts(), 'caller-account-suspended'],
  [
    "another customer's caller number",
    world(),
    facts({ from: { user: globexNumber, displayName: undefined } }),
    'caller-not-owned',
  ],
  [
    'a caller number of nobody',
    world(),
    facts({ from: { user: '+12025550177', displayName: undefined } }),
    'caller-not-owned',
  ],
  [
    'a caller number of nobody where the main number may stand in',
    lax,
    facts({ from: { user: '+12025550177', displayName: undefined } }),
    `carrier ${outside} over Rehearsal, Second`,
  ],
  ['no caller at all', world(), facts({ from: { user: '', displayName: undefined } }), 'caller-not-owned'],
  ['a disabled person', dana({ active: false }), facts(), 'caller-disabled'],
  ['the toggle is off', dana({ teamsToggle: false }), facts(), 'caller-not-eligible'],
  ['no licence', dana({ platformLicence: false }), facts(), 'caller-not-eligible'],
  ['an unknown extension', world(), facts({ called: '7777' }), 'unknown-extension'],
  ['a called name', world(), facts({ called: 'pizza' }), 'unreadable-number'],
  ['nothing was called', world(), facts({ called: '' }), 'unreadable-number'],
  [
    'no carrier',
    world({ accounts: [account('acme', { carriers: [] })], people: [people[0] as (typeof people)[0]] }),
    facts(),
    'no-route',
  ],
  [
    'a colleague who is switched off',
    world({
      people: [
        people[0] as (typeof people)[0],
        person('Sam', 'acme', samNumber, { extension: '1002', teamsToggle: false }),
      ],
    }),
    facts({ called: '1002' }),
    'callee-not-eligible',
  ],
  [
    'forwarded six times',
    world(),
    facts({ history: Array.from({ length: 6 }, () => ({ number: danaNumber, cause: 302 })) }),
    'loop-detected',
  ],
] as const) {
  test(`${story}: ${expected}`, () => {
    assert.equal(told(snapshot, facts(call)), expected);
  });
}

const emergency = 'carrier 911 over Second, Rehearsal';
for (const [story, snapshot, call] of [
  ['the caller is fine', world(), facts()],
  ['the customer is suspended', suspended, facts()],
  ['the caller is disabled', dana({ active: false }), facts()],
  ['the caller has no licence', dana({ platformLicence: false }), facts()],
  ['the caller is nobody', world(), facts({ from: { user: '+12025550177', displayName: undefined } })],
  [
    "the caller shows another customer's number",
    world(),
    facts({ from: { user: globexNumber, displayName: undefined } }),
  ],
  ['the caller is anonymous', world(), facts({ from: { user: 'anonymous', displayName: undefined } })],
  ['there is no From at all', world(), facts({ from: { user: '', displayName: undefined } })],
  [
    '911 is somebody’s extension',
    world({ people: [...people, person('Max', 'acme', undefined, { extension: '911' })] }),
    facts(),
  ],
  [
    'the call was forwarded too often',
    world(),
    facts({ history: Array.from({ length: 9 }, () => ({ number: danaNumber, cause: 302 })) }),
  ],
] as const) {
  test(`911 leaves over an emergency carrier first although ${story}, with a callback number that is Acme's`, () => {
    for (const called of ['911', '+911', '+1911']) {
      const decision = decideFromTeams(snapshot, { ...call, called });
      assert.equal(told(snapshot, { ...call, called }), emergency);
      assert.equal(decision.emergency, true);
      assert.ok(decision.outcome === 'route' && decision.route.caller.anonymous === false);
      const shown = decision.outcome === 'route' ? decision.route.caller.number : '';
      assert.ok(shown === danaNumber || shown === '+12025550140', String(shown));
    }
  });
}

test('a customer without any carrier still gets an emergency call out over the operator’s', () => {
  const snapshot = world({ accounts: [account('acme', { carriers: [] }), account('globex')] });
  assert.equal(told(snapshot, facts({ called: '911' })), 'carrier 911 over Second');
});

for (const [story, call, number, anonymous, asserted] of [
  ['the own number is shown', {}, danaNumber, false, danaNumber],
  [
    'a colleague’s number is shown',
    { from: { user: samNumber, displayName: 'Sam' } },
    samNumber,
    false,
    samNumber,
  ],
  [
    'Privacy: id with an asserted identity is no CLIR',
    { asserted: [danaNumber], privacy: ['id'] },
    danaNumber,
    false,
    danaNumber,
  ],
  [
    'a hidden caller stays hidden, the network knows',
    { from: { user: 'anonymous', displayName: 'Anonymous' }, asserted: [danaNumber], privacy: ['id'] },
    danaNumber,
    true,
    danaNumber,
  ],
  [
    'a foreign number with a payer of ours is replaced',
    { from: { user: '+12025550177', displayName: undefined }, asserted: [danaNumber] },
    danaNumber,
    false,
    danaNumber,
  ],
  [
    'a forwarded call keeps the first caller',
    {
      from: { user: '+12025550177', displayName: 'Pat' },
      asserted: [danaNumber],
      history: [
        { number: danaNumber, cause: 302 },
        { number: outside, cause: undefined },
      ],
    },
    '+12025550177',
    false,
    danaNumber,
  ],
  [
    "a forward by another customer's number counts for nothing",
    {
      from: { user: '+12025550177', displayName: 'Pat' },
      asserted: [danaNumber],
      history: [{ number: globexNumber, cause: 302 }],
    },
    danaNumber,
    false,
    danaNumber,
  ],
] as const) {
  test(`caller id: ${story}`, () => {
    const decision = decideFromTeams(world(), facts(call));
    assert.ok(decision.outcome === 'route', decision.outcome === 'refuse' ? decision.failure.kind : '');
    const { caller } = decision.route;
    assert.deepEqual([caller.number, caller.anonymous, caller.asserted], [number, anonymous, asserted]);
  });
}

test('every decision says why, in sentences', () => {
  for (const call of [
    facts(),
    facts({ called: '1002' }),
    facts({ host: 'nobody.example' }),
    facts({ called: '911' }),
  ]) {
    const { why } = decideFromTeams(world(), call);
    assert.ok(why.length > 0);
    for (const sentence of why) assert.match(sentence, /^.+\.$/);
  }
});
