import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asCarrierId,
  asDeviceId,
  asPersonId,
  buildSnapshot,
  type Carrier,
  type CarrierId,
  type Device,
  type E164,
  type Person,
  type RoutingSnapshot,
} from '@tandem/domain';
import {
  account,
  acmeId,
  carrier,
  danaNumber,
  globexNumber,
  outside,
  people,
  person,
  rehearsal,
} from '../call/test-world.ts';
import type { CallFacts } from './call-facts.ts';
import { ownReach } from './called-party.ts';
import { decideFromPhone } from './decide-from-phone.ts';
import { decideInbound } from './decide-inbound.ts';

function facts(more: Partial<CallFacts> = {}): CallFacts {
  return {
    host: '192.0.2.1',
    called: danaNumber,
    from: { user: outside, displayName: 'Pat' },
    asserted: [],
    privacy: [],
    history: [],
    ...more,
  };
}

function world(
  more: { people?: readonly Person[]; carriers?: readonly Carrier[]; suspended?: boolean } = {},
): RoutingSnapshot {
  return buildSnapshot({
    version: 1,
    builtAtWallMs: 0,
    accounts: [account('acme', more.suspended ? { status: 'suspended' } : {}), account('globex')],
    people: more.people ?? people,
    carriers: more.carriers ?? [carrier('rehearsal', ['192.0.2.5']), carrier('second', ['192.0.2.6'])],
    hubs: [],
  }).snapshot;
}

function told(snapshot: RoutingSnapshot, call: CallFacts, from: CarrierId = rehearsal): string {
  const decision = decideInbound(snapshot, from, call);
  if (decision.outcome === 'refuse') return decision.failure.kind;
  return decision.route.kind === 'to-teams'
    ? `${decision.route.person.displayName} as ${decision.route.number}`
    : 'carrier';
}

const dana = (more: object) => world({ people: [person('Dana', 'acme', danaNumber, more)] });
const ownCarrier = world({
  carriers: [carrier('rehearsal', ['192.0.2.5'], { owner: acmeId }), carrier('second', ['192.0.2.6'])],
});

for (const [story, snapshot, call, expected] of [
  ['E.164', world(), {}, `Dana as ${danaNumber}`],
  ['without plus', world(), { called: '12025550142' }, `Dana as ${danaNumber}`],
  ['national', world(), { called: '2025550142' }, `Dana as ${danaNumber}`],
  ["the other customer's number", world(), { called: globexNumber }, `Gina as ${globexNumber}`],
  ['a number of nobody', world(), { called: '+12025550100' }, 'unknown-number'],
  ['an extension is no public number', world(), { called: '1001' }, 'unknown-number'],
  ['an empty number', world(), { called: '' }, 'unknown-number'],
  ['the customer is suspended', world({ suspended: true }), {}, 'callee-account-suspended'],
  ['a disabled person', dana({ active: false }), {}, 'callee-disabled'],
  ['the toggle is off', dana({ teamsToggle: false }), {}, 'callee-not-eligible'],
  ['no licence', dana({ platformLicence: false }), {}, 'callee-not-eligible'],
  ["a customer's own carrier reaches its own people", ownCarrier, {}, `Dana as ${danaNumber}`],
  ["a customer's own carrier reaches nobody else's", ownCarrier, { called: globexNumber }, 'unknown-number'],
  [
    'forwarded six times',
    world(),
    { history: Array.from({ length: 6 }, () => ({ number: outside, cause: 302 })) },
    'loop-detected',
  ],
] as const) {
  test(`the carrier calls ${story}: ${expected}`, () => {
    assert.equal(told(snapshot, facts(call)), expected);
  });
}

test('a carrier that is not there reaches nobody', () => {
  assert.equal(told(world(), facts(), asCarrierId('gone')), 'unknown-number');
});

for (const [story, call, number, anonymous] of [
  ['E.164', {}, outside, false],
  ['national form is normalised', { from: { user: '2025550199', displayName: undefined } }, outside, false],
  ['anonymous', { from: { user: 'anonymous', displayName: 'Anonymous' } }, undefined, true],
  ['Privacy: id', { privacy: ['id'] }, undefined, true],
  ['a name instead of a number', { from: { user: 'pat', displayName: 'Pat' } }, 'pat', false],
  [
    'the asserted number stands in for a name',
    { from: { user: 'pat', displayName: 'Pat' }, asserted: [outside] },
    outside,
    false,
  ],
] as const) {
  test(`caller id from the carrier: ${story}`, () => {
    const decision = decideInbound(world(), rehearsal, facts(call));
    assert.ok(decision.outcome === 'route');
    assert.deepEqual([decision.route.caller.number, decision.route.caller.anonymous], [number, anonymous]);
  });
}

test('the number of somebody who left rings whom the leaver rule names, and the call says why', () => {
  const left = '+12025550199' as E164;
  const [dana] = people;
  assert.ok(dana);
  const owner = { kind: 'person', personId: dana.id, accountId: acmeId } as const;
  const forwardOf = (number: E164) => (number === left ? { owner, formerOwner: 'Kim Lee' } : undefined);
  // Microsoft may still hold the number for the one who left: that one is not rung.
  const formerOwner = () => ({ ...owner, personId: asPersonId('gone') });
  const reach = { ...ownReach, access: { ...ownReach.access, forwardOf, formerOwner } };
  const call = facts({ called: left });
  const decision = decideInbound(world(), rehearsal, call, reach);
  assert.ok(decision.outcome === 'route' && decision.route.kind === 'to-teams');
  assert.deepEqual(
    [decision.route.person.id, decision.route.number, decision.personId, decision.to],
    [dana.id, danaNumber, dana.id, left],
  );
  assert.match(
    decision.why.join(' '),
    /\+12025550199 was Kim Lee's, who left .*Dana is rung by the leaver rule/,
  );
  const onNet = decideFromPhone(
    world(),
    { id: asDeviceId('p1'), accountId: acmeId, name: 'Lobby' } as Device,
    call,
    reach,
  );
  assert.ok(onNet.outcome === 'route' && onNet.route.kind === 'to-teams', JSON.stringify(onNet.why));
  assert.equal(onNet.route.number, danaNumber);
});

test('a second number rings Teams as the main one, which is all that Microsoft knows', () => {
  const second = '+12025550190' as E164;
  const two = world({ people: [person('Dana', 'acme', danaNumber, { numbers: [danaNumber, second] })] });
  const outcome = { toPerson: { offered: true }, fromPerson: { allowed: true } } as const;
  const provisioned = { ...ownReach, access: { outcomeOf: () => outcome } };
  for (const [reach, number] of [
    [provisioned, danaNumber],
    // Kept by hand at Microsoft: it may be any of them.
    [ownReach, second],
  ] as const) {
    const decision = decideInbound(two, rehearsal, facts({ called: second }), reach);
    assert.ok(decision.outcome === 'route' && decision.route.kind === 'to-teams');
    assert.equal(decision.route.number, number);
  }
});
