import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, buildSnapshot, type PersonId } from '@tandem/domain';
import {
  account,
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
import { verdictOf } from '../call/verdicts.ts';
import type { GateVerdict, KnockingCall, PresenceGate } from '../ports/presence-gate.ts';
import type { CallFacts } from './call-facts.ts';
import type { Reach } from './called-party.ts';
import { decideFromPhone } from './decide-from-phone.ts';
import { decideFromTeams } from './decide-from-teams.ts';
import { decideInbound } from './decide-inbound.ts';
import { branchesOf, type Decision } from './decision.ts';

const dana = asPersonId('Dana');
const sam = asPersonId('Sam');
const danaDesk = device('dana-desk', 'acme', { personId: dana, extension: '1101' });
const lobby = device('lobby', 'acme', { extension: '1102' });
const { snapshot } = buildSnapshot({
  version: 1,
  builtAtWallMs: 0,
  accounts: [account('acme'), account('globex')],
  people,
  devices: [danaDesk, lobby],
  carriers: [carrier('rehearsal', ['192.0.2.5']), carrier('second', ['192.0.2.6'])],
  hubs: [],
});

const inMeeting = 'Dana is in a meeting: no calls.';
const shut = (otherwise: Extract<GateVerdict, { rings: false }>['otherwise'], because = inMeeting) =>
  ({ rings: false, label: 'dnd', because, otherwise }) as const;
const refuse = (sip: 480 | 486 | 603) => shut({ kind: 'refuse', sip });
const forward = (to: string) => shut({ kind: 'forward', to });

/** Presence as a table; who is not in it is reached. Keeps what it was asked. */
function reachWith(
  verdicts: Readonly<Record<string, GateVerdict>>,
): Reach & { readonly asked: KnockingCall[] } {
  const asked: KnockingCall[] = [];
  const gate: PresenceGate = {
    verdictFor(personId: PersonId, call) {
      asked.push(call);
      return verdicts[personId] ?? { rings: true };
    },
    onChange: () => () => undefined,
  };
  return { ...everyPhoneRegistered, gate, asked };
}

const factsTo = (called: string, more: Partial<CallFacts> = {}): CallFacts => ({
  host: 'sbc1.customers.example.net',
  called,
  from: { user: samNumber, displayName: undefined },
  asserted: [],
  privacy: [],
  history: [],
  ...more,
});

function told(decision: Decision): string {
  if (decision.outcome === 'route')
    return branchesOf(decision.route)
      .map((branch) => branch.kind)
      .join(' + ');
  const { sip, q850, code } = verdictOf(decision.failure);
  return `${sip}, cause ${q850}, ${code}`;
}

const origins = {
  'a carrier': (reach: Reach, called = danaNumber as string) =>
    decideInbound(
      snapshot,
      rehearsal,
      factsTo(called, { from: { user: outside, displayName: 'Pat' } }),
      reach,
    ),
  'the lobby phone': (reach: Reach, called = '1001') =>
    decideFromPhone(snapshot, lobby, factsTo(called), reach),
  Teams: (reach: Reach, called = '1001') => decideFromTeams(snapshot, factsTo(called), reach),
};

for (const [origin, decide] of Object.entries(origins)) {
  for (const [sip, q850] of [
    [480, 20],
    [486, 17],
    [603, 21],
  ] as const)
    test(`Dana takes no calls and ${sip} was chosen: a call from ${origin} gets it, nothing rings, and the record says why`, () => {
      const decision = decide(reachWith({ Dana: refuse(sip) }));
      assert.equal(told(decision), `${sip}, cause ${q850}, callee-unavailable`);
      assert.equal(decision.why.at(-1), inMeeting);
      assert.equal(decision.outcome === 'refuse' && verdictOf(decision.failure).say, inMeeting);
      assert.doesNotMatch(
        (decision.outcome === 'refuse' && verdictOf(decision.failure).tell) || '',
        /meeting/,
      );
    });

  test(`Dana's calls are sent on to Sam's extension: a call from ${origin} that may go there rings Sam alone`, () => {
    const decision = decide(reachWith({ Dana: forward('1002') }));
    if (origin === 'Teams') {
      // Sam calls herself by way of Dana: Teams is told, as for the own number.
      assert.match(decision.why.join(' '), /sent on to 1002/);
      return;
    }
    assert.equal(told(decision), 'to-teams');
    assert.ok(decision.outcome === 'route');
    const [branch] = branchesOf(decision.route);
    assert.equal(branch?.kind === 'to-teams' && branch.person.id, sam);
    assert.equal(branch?.kind === 'to-teams' && branch.number, samNumber);
    assert.match(decision.why.join(' '), /in a meeting: no calls. The call is sent on to 1002/);
  });

  test(`presence lets a call from ${origin} through with a word about it: it rings, and the word is in the record`, () => {
    const because = 'Pat is on the list of important callers.';
    const decision = decide(reachWith({ Dana: { rings: true, because } }));
    assert.equal(told(decision), 'to-teams + to-phone');
    assert.ok(decision.why.includes(because));
  });
}

test('what the gate is asked: a direct call, with the number that is shown, and with the caller when one of ours', () => {
  const reach = reachWith({});
  origins['a carrier'](reach);
  origins.Teams(reach);
  decideInbound(
    snapshot,
    rehearsal,
    factsTo(danaNumber, { from: { user: outside, displayName: 'Pat' }, privacy: ['id'] }),
    reach,
  );
  assert.deepEqual(reach.asked, [
    { kind: 'direct', callerNumber: outside, callingPersonId: undefined },
    { kind: 'direct', callerNumber: samNumber, callingPersonId: sam },
    { kind: 'direct', callerNumber: undefined, callingPersonId: undefined },
  ]);
});

test("the phone on Dana's desk has an extension of its own: it does not ring either", () => {
  assert.equal(
    told(origins.Teams(reachWith({ Dana: refuse(486) }), '1101')),
    '486, cause 17, callee-unavailable',
  );
  assert.equal(told(origins.Teams(reachWith({ Dana: refuse(486) }), '1102')), 'to-phone');
});

const badForwards = {
  'to each other': { Dana: forward('1002'), Sam: shut({ kind: 'forward', to: '1001' }, 'Sam is away.') },
  'to herself': { Dana: forward('1001') },
  'to an extension that nobody has': { Dana: forward('1999') },
  "to another customer's number": { Dana: forward(globexNumber) },
};
for (const [what, verdicts] of Object.entries(badForwards))
  test(`forwards ${what} end after one step with 480`, () => {
    assert.equal(told(origins['the lobby phone'](reachWith(verdicts))), '480, cause 20, callee-unavailable');
  });

test('Dana dials her own number: presence is not asked', () => {
  const reach = reachWith({ Dana: refuse(603) });
  const own = { from: { user: danaNumber, displayName: undefined } };
  assert.equal(told(decideFromTeams(snapshot, factsTo('1001', own), reach)), 'to-phone');
  assert.deepEqual(reach.asked, []);
});

test('Dana called 911 a while ago: every call gets through, and the record says so', () => {
  const reach = { ...reachWith({ Dana: refuse(603) }), awaitsCallback: (id: PersonId) => id === dana };
  const decision = origins['a carrier'](reach);
  assert.equal(told(decision), 'to-teams + to-phone');
  assert.match(decision.why.join(' '), /emergency call a while ago/);
});

test('who takes no calls makes them: outside numbers and 911 are never asked about', () => {
  const reach = reachWith({ Dana: refuse(603) });
  const own = { from: { user: danaNumber, displayName: undefined } };
  for (const called of [outside, '911'])
    assert.equal(told(decideFromTeams(snapshot, factsTo(called, own), reach)), 'to-carrier');
  assert.deepEqual(reach.asked, []);
});
