import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSnapshot, type CallerName, type E164 } from '@tandem/domain';
import {
  account,
  acmeHost,
  acmeId,
  carrier,
  danaNumber,
  device,
  everyPhoneRegistered,
  globexNumber,
  outside,
  people,
  rehearsal,
  samNumber,
} from '../call/test-world.ts';
import type { CallFacts } from './call-facts.ts';
import { ownReach, type Reach } from './called-party.ts';
import { decideFromPhone } from './decide-from-phone.ts';
import { decideFromTeams } from './decide-from-teams.ts';
import { decideInbound } from './decide-inbound.ts';
import type { Decision } from './decision.ts';

const lobby = device('lobby', 'acme', { number: '+12025550150' as E164 });
const { snapshot } = buildSnapshot({
  version: 1,
  builtAtWallMs: 0,
  accounts: [account('acme'), account('globex')],
  people,
  devices: [lobby],
  carriers: [carrier('rehearsal', ['192.0.2.5'])],
  hubs: [],
});

/** Acme's directory knows one mobile; whom else it is asked for is written down. */
function reachWith(asked: string[] = []): Reach {
  return {
    ...ownReach,
    callerNames: {
      nameOf(accountId, number) {
        asked.push(`${accountId} ${number}`);
        return accountId === acmeId && number === outside ? 'Ann Example' : undefined;
      },
    },
  };
}

const facts = (more: Partial<CallFacts> = {}): CallFacts => ({
  host: acmeHost,
  called: danaNumber,
  from: { user: outside, displayName: 'ACME CARD 24' },
  asserted: [],
  privacy: [],
  history: [],
  ...more,
});
const shownBy = (decision: Decision): string | undefined =>
  decision.outcome === 'route' ? decision.route.caller.displayName : 'refused';

const calls: readonly [
  story: string,
  more: Partial<CallFacts>,
  shown: string | undefined,
  recorded: CallerName | undefined,
][] = [
  [
    'whose number is in the directory has that name, whatever the carrier sends',
    {},
    'Ann Example',
    { text: 'Ann Example', source: 'directory' },
  ],
  [
    'written nationally it is the same number',
    { from: { user: '2025550199', displayName: undefined } },
    'Ann Example',
    { text: 'Ann Example', source: 'directory' },
  ],
  [
    'whose number is a colleague’s has that name, and the directory is not asked',
    { from: { user: samNumber, displayName: 'Somebody' } },
    'Sam',
    { text: 'Sam', source: 'platform' },
  ],
  [
    'whose number is a phone’s of the customer has the name of the phone',
    { from: { user: lobby.number as E164, displayName: undefined } },
    'lobby',
    { text: 'lobby', source: 'platform' },
  ],
  [
    'a stranger has the name that the carrier sends, and the record says that it proves nothing',
    { from: { user: '+12025550111', displayName: 'Pat\u0000Stranger' } },
    'Pat\u0000Stranger',
    { text: 'Pat Stranger', source: 'network' },
  ],
  [
    'a name that is the number once more is none for the record',
    { from: { user: '+12025550111', displayName: '+12025550111' } },
    '+12025550111',
    undefined,
  ],
  [
    'another customer’s person is a stranger: nobody reads their name there',
    { from: { user: globexNumber, displayName: undefined } },
    undefined,
    undefined,
  ],
];

describe('G07: who calls from outside, by name', () => {
  for (const [story, more, shown, recorded] of calls)
    test(story, () => {
      const decision = decideInbound(snapshot, rehearsal, facts(more), reachWith());
      assert.equal(shownBy(decision), shown);
      assert.deepEqual(decision.callerName, recorded);
    });

  test('only the called customer’s directory is asked, never another’s', () => {
    const asked: string[] = [];
    const decision = decideInbound(snapshot, rehearsal, facts({ called: globexNumber }), reachWith(asked));
    assert.deepEqual(asked, [`globex ${outside}`]);
    assert.equal(shownBy(decision), 'ACME CARD 24');
    assert.deepEqual(decision.callerName, { text: 'ACME CARD 24', source: 'network' });
  });

  for (const [story, more] of [
    ['Privacy: id', { privacy: ['id'] }],
    ['an anonymous From', { from: { user: 'anonymous', displayName: 'Ann Example' }, asserted: [outside] }],
  ] as const)
    test(`who hides by ${story} has no name, and nobody is asked for one`, () => {
      const asked: string[] = [];
      const decision = decideInbound(snapshot, rehearsal, facts(more), reachWith(asked));
      assert.equal(shownBy(decision), undefined);
      assert.equal(decision.callerName, undefined);
      assert.equal(decision.from, 'anonymous');
      assert.deepEqual(asked, []);
    });

  test('the reasons say whose number it is', () => {
    const { why } = decideInbound(snapshot, rehearsal, facts(), reachWith());
    assert.ok(
      why.includes("The caller's number is Ann Example's in Acme's directory: that name is shown."),
      why.join('\n'),
    );
  });
});

describe('G07: who calls from here, by name', () => {
  const fromTeams = (user: string, displayName: string | undefined): Decision =>
    decideFromTeams(snapshot, facts({ called: outside, from: { user, displayName } }), reachWith());

  test('a person in Teams is recorded by our name, and Microsoft’s goes out; who hides has none', () => {
    const decision = fromTeams(danaNumber, 'Dana F. (Acme)');
    assert.deepEqual(decision.callerName, { text: 'Dana', source: 'platform' });
    assert.equal(shownBy(decision), 'Dana F. (Acme)');
    assert.equal(fromTeams('anonymous', 'Dana F.').callerName, undefined);
  });

  test('a name in the directory never leaves by a carrier', () => {
    const decision = fromTeams(danaNumber, undefined);
    assert.equal(shownBy(decision), undefined);
  });

  test('of a call that Teams forwards, the caller’s name is what Microsoft says, not the forwarder’s', () => {
    const decision = decideFromTeams(
      snapshot,
      facts({
        called: '+12025550177',
        from: { user: '+12025550111', displayName: 'Pat' },
        history: [{ number: danaNumber, cause: 302 }],
      }),
      reachWith(),
    );
    assert.deepEqual(decision.callerName, { text: 'Pat', source: 'network' });
  });

  test('a phone calls by its own name', () => {
    const decision = decideFromPhone(snapshot, lobby, facts({ called: danaNumber }), everyPhoneRegistered);
    assert.deepEqual(decision.callerName, { text: 'lobby', source: 'platform' });
  });
});
