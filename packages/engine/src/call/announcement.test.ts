import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountId, E164 } from '@tandem/domain';
import type { Announcements } from '../ports/announcements.ts';
import type { MediaEvent } from '../ports/media-port.ts';
import type { TeamsAccess } from '../ports/teams-access.ts';
import { ownFactsOnly } from '../ports/teams-access.ts';
import { acmeId, danaNumber, statuses, World, type WorldOptions } from './test-world.ts';

/** Kim had it, and left. */
const kims = '+12025550177';
const own = (files: Readonly<Record<AccountId, string>> = {}): Announcements => ({
  fileOf: (accountId) => files[accountId],
});
const resting: TeamsAccess = {
  ...ownFactsOnly,
  restsAt: (number: E164) => (number === kims ? acmeId : undefined),
};
const worldWith = (more: Partial<WorldOptions> = {}): World =>
  new World({ access: resting, announcements: own(), ...more });
const says = (world: World, event: MediaEvent): void => {
  for (const { emit } of world.media.open.values()) emit(event);
};
const plays = (world: World): string[] => world.media.log.filter((line) => line.startsWith('play'));
const record = (world: World) => world.log.closedRecords.at(-1) ?? assert.fail('no record');
const clean = (world: World): void =>
  assert.deepEqual([world.media.open.size, world.bugs, world.engine.activeCalls().length], [0, [], 0]);

test('Kim left and nobody is rung for her: the caller hears the tone before the answer, then 404, and nobody pays', async () => {
  const world = worldWith();
  const call = world.fromCarrier(kims);
  await world.run(500);
  assert.deepEqual([statuses(call), plays(world)], [[183], ['play not-in-service a']]);
  says(world, { kind: 'played', side: 'a' });
  await world.settle();
  assert.deepEqual(statuses(call), [183, 404]);
  const { code, accountId, answeredMs, why } = record(world);
  assert.deepEqual([code, accountId, answeredMs], ['unknown-number', acmeId, undefined]);
  assert.match(why.join(' '), /rests at Acme.* hears that the number is not in service: tones\./);
  clean(world);
});

test('the account has a recording: that is what is played; who hangs up hears no more of it', async () => {
  const world = worldWith({ announcements: own({ [acmeId]: '/announcements/acme.wav' }) });
  const call = world.fromCarrier(kims);
  await world.run(500);
  assert.deepEqual(plays(world), ['play file a']);
  call.invite.cancel();
  await world.settle();
  assert.equal(statuses(call).at(-1), 487);
  assert.equal(record(world).code, 'caller-cancelled');
  clean(world);
});

test('a sound that never ends, and a media engine that dies: the refusal comes all the same', async () => {
  for (const event of [undefined, { kind: 'engine-lost' } as const]) {
    const world = worldWith();
    const call = world.fromCarrier(kims);
    await world.run(500);
    if (event) says(world, event);
    else await world.run(70_000, 1_000);
    await world.settle();
    // A provisional answer is told again every minute (RFC 3261 §13.3.1.1).
    assert.deepEqual([...new Set(statuses(call))], [183, 404]);
    assert.equal(record(world).code, 'unknown-number');
    clean(world);
  }
});

test('no ports are free: the caller is refused at once, as if there were no announcement', async () => {
  const world = worldWith();
  world.media.refuseAllocate = { kind: 'no-ports' };
  const call = world.fromCarrier(kims);
  await world.run(500);
  assert.deepEqual([statuses(call), record(world).code], [[404], 'unknown-number']);
});

test('a number that nobody ever had, and one that Dana has, play nothing', async () => {
  const world = worldWith();
  const nobodys = world.fromCarrier('+12025550178');
  world.fromCarrier(danaNumber);
  await world.run(500);
  assert.deepEqual([statuses(nobodys), plays(world)], [[404], []]);
});

test('Dana’s Microsoft account is disabled, nobody is named and no phone is there: the announcement, then 480', async () => {
  const refusal = { code: 'PRV-202', sentence: 'Sign-in is blocked in Entra.', sip: 480, q850: 20 } as const;
  const access: TeamsAccess = {
    outcomeOf: () => ({
      toPerson: { offered: false, refusal, otherEndpoints: true, route: 'leaver' },
      fromPerson: { allowed: false, refusal: { ...refusal, sip: 403, q850: 63 } },
    }),
  };
  const world = worldWith({ access });
  const call = world.fromCarrier(danaNumber);
  await world.run(500);
  assert.deepEqual(plays(world), ['play not-in-service a']);
  says(world, { kind: 'played', side: 'a' });
  await world.settle();
  assert.deepEqual([statuses(call), record(world).code], [[183, 480], 'PRV-202']);
  clean(world);
});
