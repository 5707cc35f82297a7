import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import { asAccountId, asDeviceId, asPersonId, type RoutingSnapshot } from '@tandem/domain';
import type { LiveCall } from '@tandem/engine';
import { type HeardCall, watchCalls } from './presence-calls.ts';
import { phonesOfPeople } from './presence-phones.ts';

const accountId = asAccountId('acme');
const [dana, bo] = [asPersonId('dana'), asPersonId('bo')];
type End = ReturnType<LiveCall['ends']>[number];
const end = (personId: typeof dana, direction: End['direction'], state: End['state']): End => ({
  accountId,
  personId,
  deviceId: undefined,
  direction,
  state,
  remote: 'anonymous',
});
const call = (callId: string, emergency: boolean, ...ends: End[]): HeardCall => ({
  callId,
  parties: () => [],
  ends: () => ends,
  record: () => ({ emergency }),
});

function watch() {
  const told: string[] = [];
  const clock = createManualClock();
  const calls = watchCalls({
    clock,
    onRinging: (who) => told.push(`${who} ${calls.ringingSince(who) === undefined ? 'quiet' : 'rings'}`),
    onEmergency: (who) =>
      told.push(`${who} ${calls.emergencySince(who) === undefined ? 'helped' : 'calls for help'}`),
  });
  return { calls, told, aMomentLater: () => clock.advance(50) };
}

test('a call rings Dana and Bo, Bo answers: both stop ringing; another call still rings Dana', () => {
  const { calls, told, aMomentLater } = watch();
  calls.callChanged(call('one', false));
  calls.callChanged(call('one', false, end(dana, 'recipient', 'early'), end(bo, 'recipient', 'early')));
  assert.ok(calls.ringingSince(dana), 'known at once to who asks');
  aMomentLater();
  calls.callChanged(call('one', false, end(dana, 'recipient', 'early'), end(bo, 'recipient', 'early')));
  calls.callChanged(call('two', false, end(bo, 'initiator', 'early'), end(dana, 'recipient', 'early')));
  aMomentLater();
  calls.callChanged(call('one', false, end(bo, 'recipient', 'confirmed')));
  calls.callEnded('one');
  aMomentLater();
  calls.callEnded('two');
  aMomentLater();
  assert.deepEqual(told, ['dana rings', 'bo rings', 'dana rings', 'dana rings', 'bo quiet', 'dana quiet']);
});

test('a hundred calls ring Dana for a moment each: told once, of how it is then', () => {
  const { calls, told, aMomentLater } = watch();
  for (let at = 0; at < 100; at += 1) {
    calls.callChanged(call(`call ${at}`, false, end(dana, 'recipient', 'early')));
    calls.callEnded(`call ${at}`);
  }
  calls.callChanged(call('last', false, end(dana, 'recipient', 'early')));
  assert.deepEqual(told, []);
  aMomentLater();
  aMomentLater();
  assert.deepEqual(told, ['dana rings']);
});

test('Dana calls for help: she is in the call from the first moment until its end, answered or not', () => {
  const { calls, told } = watch();
  const dials = end(dana, 'initiator', 'trying');
  calls.callChanged(call('help', true, dials));
  calls.callChanged(call('help', true, { ...dials, state: 'confirmed' }));
  assert.ok(calls.emergencySince(dana));
  calls.callEnded('help');
  calls.callEnded('help');
  assert.deepEqual(told, ['dana calls for help', 'dana helped']);
});

test('phones register and go: told once a second, only of whom it concerns; without a phone nothing is said', () => {
  const clock = createManualClock();
  const registered = new Set<string>();
  const told: string[][] = [];
  const device = (id: string, personId: typeof dana) =>
    [asDeviceId(id), { id: asDeviceId(id), personId }] as const;
  const snapshot = {
    devices: new Map([device('desk', dana), device('cordless', dana), device('hall', bo)]),
  } as unknown as RoutingSnapshot;
  const phones = phonesOfPeople({
    clock,
    snapshot: () => snapshot,
    isRegistered: (id) => registered.has(id),
    onChange: (people) => told.push([...people]),
  });
  assert.deepEqual([dana, asPersonId('nobody')].map(phones.registeredOf), [false, undefined]);
  phones.changed();
  clock.advance(1000);
  registered.add('cordless');
  phones.changed();
  phones.changed();
  clock.advance(1000);
  assert.equal(phones.registeredOf(dana), true);
  phones.changed();
  clock.advance(1000);
  assert.deepEqual(told, [[dana, bo], [dana]]);
});
