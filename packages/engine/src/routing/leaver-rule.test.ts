import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asPersonId, asQueueId, buildSnapshot, type E164, type Person, queueDefaults } from '@tandem/domain';
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
import { verdictOf } from '../call/verdicts.ts';
import { callOutcome, duringChange } from '../provisioning/call-outcome.ts';
import type { LeaverCalls } from '../provisioning/leaver-rule.ts';
import { blockedBy } from '../provisioning/test-person.ts';
import type { CallFacts } from './call-facts.ts';
import type { Reach } from './called-party.ts';
import { decideFromTeams } from './decide-from-teams.ts';
import { decideInbound } from './decide-inbound.ts';
import { branchesOf, type Decision } from './decision.ts';

const dana = asPersonId('Dana');
const sam = asPersonId('Sam');
const support = asQueueId('support');
const lobbyNumber = '+12025550177' as E164;
const { snapshot } = buildSnapshot({
  version: 1,
  builtAtWallMs: 0,
  accounts: [account('acme'), account('globex')],
  people,
  devices: [
    device('dana-desk', 'acme', { personId: dana }),
    device('lobby', 'acme', { number: lobbyNumber, kind: 'common-area-phone' }),
  ],
  queues: [{ ...queueDefaults, id: support, accountId: acmeId, name: 'Support', members: [] }],
  carriers: [carrier('rehearsal', ['192.0.2.5'])],
  hubs: [],
});

const facts = (more: Partial<CallFacts> = {}): CallFacts => ({
  host: acmeHost,
  called: danaNumber,
  from: { user: outside, displayName: undefined },
  asserted: [],
  privacy: [],
  history: [],
  ...more,
});

/** Dana's sign-in is blocked in Entra; her link was READY a moment ago. */
const disabled = callOutcome({ state: 'DEGRADED', assignedNumber: danaNumber }, blockedBy('PRV-202'));
const reachWith = (
  leaverForward: (person: Person) => LeaverCalls | undefined,
  more: Partial<Reach> = {},
): Reach => ({
  ...everyPhoneRegistered,
  queueShut: () => undefined,
  access: { outcomeOf: (_account, id) => (id === dana ? disabled : undefined), leaverForward },
  ...more,
});

function told(decision: Decision): string {
  if (decision.outcome === 'refuse') {
    const { sip, q850, code } = verdictOf(decision.failure);
    return `${sip}, cause ${q850}, ${code}`;
  }
  const { route } = decision;
  if (route.kind === 'to-mailbox') return `mailbox of ${route.person.displayName}`;
  if (route.kind === 'to-queue') return `queue ${route.queue.name}`;
  return branchesOf(route)
    .map((branch) =>
      branch.kind === 'to-teams'
        ? `Teams of ${branch.person.displayName}`
        : branch.kind === 'to-phone'
          ? `phone ${branch.device.name}`
          : branch.kind,
    )
    .join(' + ');
}

for (const [rule, forward, rings] of [
  ['a colleague', { kind: 'person', personId: sam }, 'Teams of Sam'],
  ['a number of the account', { kind: 'number', number: lobbyNumber }, 'phone lobby'],
  ['a queue', { kind: 'queue', queueId: support }, 'queue Support'],
  ['nobody: her other endpoints ring', undefined, 'phone dana-desk'],
  ['herself: her other endpoints ring', { kind: 'person', personId: dana }, 'phone dana-desk'],
  ['somebody who is gone', { kind: 'person', personId: asPersonId('gone') }, 'phone dana-desk'],
  ['a number of another account', { kind: 'number', number: globexNumber }, 'phone dana-desk'],
] as const) {
  test(`Dana's Microsoft account is disabled and the leaver rule names ${rule}`, () => {
    const decision = decideInbound(
      snapshot,
      rehearsal,
      facts(),
      reachWith(() => forward),
    );
    assert.equal(told(decision), rings);
    assert.match(decision.why.join(' '), /PRV-202/);
    if (rings !== 'phone dana-desk')
      assert.match(decision.why.join(' '), /Calls to Dana go to .* by the leaver rule/);
  });
}

test('nobody is named and no phone of hers is there: 480 with the code, never Teams', () => {
  const reach = reachWith(() => undefined, {
    registrations: { ...everyPhoneRegistered.registrations, contactOf: () => undefined },
  });
  assert.equal(told(decideInbound(snapshot, rehearsal, facts(), reach)), '480, cause 20, PRV-202');
});

test('the leaver rule is voicemail: her mailbox answers, while she is disabled and while the number rests', () => {
  const disabledHere = decideInbound(
    snapshot,
    rehearsal,
    facts(),
    reachWith(() => ({ kind: 'voicemail' })),
  );
  assert.equal(told(disabledHere), 'mailbox of Dana');
  const rests = '+12025550198' as E164;
  const owner = { kind: 'person', personId: dana, accountId: acmeId } as const;
  const reach = reachWith(() => undefined, {
    access: {
      outcomeOf: () => undefined,
      forwardOf: (number) => (number === rests ? { owner, formerOwner: 'Dana', mailbox: true } : undefined),
    },
  });
  const gone = decideInbound(snapshot, rehearsal, facts({ called: rests }), reach);
  assert.equal(told(gone), 'mailbox of Dana');
  assert.match(gone.why.join(' '), /was Dana's, who left .*the mailbox of Dana answers/);
  const from = { user: samNumber, displayName: 'Sam' };
  assert.equal(told(decideFromTeams(snapshot, facts({ from, called: rests }), reach)), 'mailbox of Dana');
});

test('two who left name each other: the call ends at the second, with an answer', () => {
  const both: Reach = reachWith(({ id }) => ({ kind: 'person', personId: id === dana ? sam : dana }), {
    access: {
      outcomeOf: () => disabled,
      leaverForward: ({ id }) => ({ kind: 'person', personId: id === dana ? sam : dana }),
    },
  });
  const decision = decideInbound(snapshot, rehearsal, facts(), both);
  assert.equal(told(decision), '480, cause 20, PRV-202');
  assert.match(decision.why.join(' '), /sent on once already/);
});

describe('Dana left the enable group, and her number was given back', () => {
  const left = callOutcome({ state: 'OUT', leftGroup: true }, blockedBy('PRV-205'));
  const access = (forward: LeaverCalls | undefined): Reach['access'] => ({
    outcomeOf: (_account, id) => (id === dana ? left : undefined),
    leaverForward: () => forward,
  });
  const registrations = { ...everyPhoneRegistered.registrations, contactOf: () => undefined };

  test('her phone rings as before, whatever the rule says', () => {
    const reach = reachWith(() => undefined, { access: access({ kind: 'person', personId: sam }) });
    assert.equal(told(decideInbound(snapshot, rehearsal, facts(), reach)), 'phone dana-desk');
  });

  for (const [rule, forward, gets] of [
    ['a colleague', { kind: 'person', personId: sam }, 'Teams of Sam'],
    ['a queue', { kind: 'queue', queueId: support }, 'queue Support'],
    ['her mailbox', { kind: 'voicemail' }, 'mailbox of Dana'],
    ['the announcement', undefined, '480, cause 20, PRV-205'],
  ] as const)
    test(`no phone of hers is registered and the leaver rule names ${rule}`, () => {
      const reach = reachWith(() => undefined, { access: access(forward), registrations });
      const decision = decideInbound(snapshot, rehearsal, facts(), reach);
      assert.equal(told(decision), gets);
      if (!forward) assert.ok(decision.outcome === 'refuse' && decision.announce, 'callers hear it');
    });
});

test('whoever calls Dana back after her emergency call reaches her own phone, not her deputy', () => {
  const reach = reachWith(() => ({ kind: 'person', personId: sam }), { awaitsCallback: (id) => id === dana });
  assert.equal(told(decideInbound(snapshot, rehearsal, facts(), reach)), 'phone dana-desk');
});

test('a disabled account calls nobody from Teams, but emergency numbers', () => {
  const reach = reachWith(() => undefined);
  const from = { user: danaNumber, displayName: undefined };
  assert.equal(
    told(decideFromTeams(snapshot, facts({ from, called: outside }), reach)),
    '403, cause 63, PRV-202',
  );
  assert.equal(
    told(decideFromTeams(snapshot, facts({ from, called: samNumber }), reach)),
    '403, cause 63, PRV-202',
  );
  assert.equal(told(decideFromTeams(snapshot, facts({ from, called: '911' }), reach)), 'to-carrier');
});

test('a change of number was refused (PRV-304): calls to both numbers reach her under the old one, and she calls with it', () => {
  const old = '+12025550198' as E164;
  const link = { state: 'FAILED', code: 'PRV-304', assignedNumber: old } as const;
  const outcome = duringChange(callOutcome(link, blockedBy('PRV-304'), danaNumber), link, danaNumber);
  const access: Reach['access'] = {
    outcomeOf: (_account, id) => (id === dana ? outcome : undefined),
    formerOwner: (number) =>
      number === old ? { kind: 'person', personId: dana, accountId: acmeId } : undefined,
  };
  const reach: Reach = { ...everyPhoneRegistered, access };
  for (const called of [old, danaNumber]) {
    const decision = decideInbound(snapshot, rehearsal, facts({ called }), reach);
    assert.equal(told(decision), 'Teams of Dana + phone dana-desk');
    assert.ok(decision.outcome === 'route');
    const [teams] = branchesOf(decision.route);
    assert.equal(teams?.kind === 'to-teams' && teams.number, old);
  }
  const colleague = facts({ from: { user: samNumber, displayName: 'Sam' }, called: old });
  assert.equal(told(decideFromTeams(snapshot, colleague, reach)), 'Teams of Dana + phone dana-desk');
  const out = decideFromTeams(
    snapshot,
    facts({ from: { user: old, displayName: 'Dana' }, called: outside }),
    reach,
  );
  assert.equal(told(out), 'to-carrier');
  assert.equal(out.callingPersonId, dana);
});

test('the licence of the platform was taken away: calls go on while provisioning says so', () => {
  const unlicensed = buildSnapshot({
    version: 1,
    builtAtWallMs: 0,
    accounts: [account('acme')],
    people: people.map((one) => (one.id === dana ? { ...one, platformLicence: false } : one)),
    devices: [],
    carriers: [carrier('rehearsal', ['192.0.2.5'])],
    hubs: [],
  }).snapshot;
  const by = (state: 'DEGRADED' | 'REMOVED'): Reach => {
    const outcome = callOutcome({ state }, blockedBy('PRV-402'));
    return { ...everyPhoneRegistered, access: { outcomeOf: () => outcome } };
  };
  const from = { user: danaNumber, displayName: undefined };
  assert.equal(told(decideInbound(unlicensed, rehearsal, facts(), by('DEGRADED'))), 'Teams of Dana');
  assert.equal(
    told(decideFromTeams(unlicensed, facts({ from, called: outside }), by('DEGRADED'))),
    'to-carrier',
  );
  assert.equal(told(decideInbound(unlicensed, rehearsal, facts(), by('REMOVED'))), '480, cause 20, PRV-402');
  assert.match(told(decideFromTeams(unlicensed, facts({ from, called: outside }), by('REMOVED'))), /^403/);
});
