import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncedBothWays } from '../ports/presence-policies.ts';
import { noExceptions } from './exceptions.ts';
import type { ManualState } from './manual-presence.ts';
import { callbackWindowMs } from './presence-keeper.ts';
import { Process, World } from './test-house.ts';
import { accountId, callOf, objectIdOf, personId } from './test-world.ts';

const dana = personId('dana');
const minute = 60_000;

/** One process over a world, with Dana available in Teams. */
async function house() {
  const world = new World('dana', 'bo');
  const process = new Process(world);
  await process.start();
  await world.clock.advance(6000);
  const hand = (state: ManualState, forMs = 60 * minute, who = process): Promise<void> => {
    const setAtWallMs = world.clock.wall();
    const manual = { state, setAtWallMs, endsAtWallMs: setAtWallMs + forMs, setBy: 'dana' };
    return who.keeper.setManual(dana, manual, 'manual-set', 'dana');
  };
  return { world, process, hand };
}

const lines = (world: World): string[] =>
  world.changes.lines
    .filter(({ personId: who }) => who === dana)
    .map(({ from, to, cause }) => `${from ?? '-'} to ${to}: ${cause}`);

test('Dana sets do not disturb for ten minutes: pinned, told to Teams, and over by itself', async () => {
  const { world, process, hand } = await house();
  await hand('dnd', 10 * minute);
  assert.deepEqual(process.keeper.of(dana)?.pinned, {
    sinceWallMs: world.clock.wall(),
    endsAtWallMs: world.clock.wall() + 10 * minute,
  });
  await world.clock.advance(2000);
  assert.equal(world.microsoft.shown(objectIdOf('dana')).activity, 'DoNotDisturb');
  await world.clock.advance(10 * minute);
  assert.equal(process.label('dana'), 'available');
  assert.equal(world.states.rows.get(dana)?.manual, undefined);
  assert.equal(world.microsoft.shown(objectIdOf('dana')).activity, 'Available');
  assert.deepEqual(lines(world), [
    '- to available: started',
    'available to dnd: manual-set',
    'dnd to available: manual-ended',
  ]);
});

test('the process dies: the next one shows the same, and knows nothing of what ended meanwhile but its end', async () => {
  const { world, process, hand } = await house();
  await hand('away', 10 * minute);
  await world.clock.advance(2000);
  process.crash();
  await world.clock.advance(minute);
  const second = new Process(world);
  await second.start();
  assert.equal(second.label('dana'), 'away');
  await world.clock.advance(2000);
  second.crash();
  await world.clock.advance(20 * minute);
  const third = new Process(world);
  await third.start();
  await world.clock.advance(6000);
  assert.equal(third.label('dana'), 'available');
  assert.equal(world.states.rows.get(dana)?.manual, undefined);
  assert.equal(world.preferred.rows.size, 0);
});

test('the database is away: what Dana wants set is refused and nothing of it stands', async () => {
  const { world, process, hand } = await house();
  world.states.away = true;
  await assert.rejects(hand('busy'));
  assert.equal(process.label('dana'), 'available');
  assert.equal(world.microsoft.writes.length, 0);
});

test('Dana called for help: an hour long whoever calls back gets through, also after a crash', async () => {
  const { world, process, hand } = await house();
  await hand('dnd', 5 * 60 * minute);
  const knock = { kind: 'direct', callerNumber: undefined, callingPersonId: undefined } as const;
  assert.equal(process.keeper.verdictFor(dana, knock).rings, false);
  process.keeper.emergencyCall(dana);
  assert.equal(process.keeper.verdictFor(dana, knock).rings, true);
  process.crash();
  const next = new Process(world);
  await next.start();
  assert.equal(next.keeper.verdictFor(dana, knock).rings, true);
  assert.equal(next.keeper.awaitsCallback(dana), true, 'routing asks before it asks what she shows');
  await world.clock.advance(callbackWindowMs);
  assert.equal(next.keeper.verdictFor(dana, knock).rings, false);
  assert.equal(next.keeper.awaitsCallback(dana), false);
});

test('quiet hours begin and end by the clock, and queues hear of it', async () => {
  const { world, process } = await house();
  const heard: string[] = [];
  process.keeper.onChange(() => heard.push(process.label('dana') ?? ''));
  // The virtual wall stands at 14:13 in Berlin, on a Monday.
  const at =
    new Date(world.clock.wall()).getUTCHours() * 60 + new Date(world.clock.wall()).getUTCMinutes() + 120;
  const span = { days: [1, 2, 3, 4, 5, 6, 7], from: (at + 5) % 1440, to: (at + 15) % 1440 };
  await process.keeper.setExceptions(
    dana,
    { ...noExceptions, quietHours: { timeZone: 'Europe/Berlin', spans: [span] } },
    'dana',
  );
  await world.clock.advance(7 * minute);
  assert.equal(process.label('dana'), 'dnd');
  await world.clock.advance(10 * minute);
  assert.equal(process.label('dana'), 'available');
  assert.deepEqual(
    heard.filter((label, index) => heard[index - 1] !== label),
    ['available', 'dnd', 'available'],
  );
});

const state = (of: Process): string => {
  const shown = of.keeper.of(dana);
  return `${shown?.label} ${shown?.source} ${shown?.flags?.acceptDirect} ${shown?.flags?.acceptQueue}`;
};

test('thirty changes from every side: the journal has each once, in order, with source and cause, also over two crashes and a database that was away', async () => {
  const { world, process: first, hand } = await house();
  const object = objectIdOf('dana');
  let process = first;
  // Another witness than the journal: whoever watches.
  const seen: string[] = [];
  const watch = (of: Process): void => {
    let last = of === first ? state(of) : '';
    of.keeper.onChange(() => {
      const now = state(of);
      if (now !== last) seen.push(now);
      last = now;
    });
  };
  watch(first);
  for (let round = 0; round < 5; round++) {
    world.microsoft.own.set(object, { availability: 'Busy', activity: 'InAMeeting' });
    await world.clock.advance(6000);
    process.writer.callChanged(callOf(`call-${round}`, { name: 'dana', at: 'phone' }));
    await world.clock.advance(6000);
    process.writer.callEnded(`call-${round}`);
    await world.clock.advance(6000);
    await hand('busy', 60 * minute, process);
    await world.clock.advance(6000);
    world.microsoft.own.set(object, { availability: 'Available', activity: 'Available' });
    await process.keeper.setManual(dana, undefined, 'manual-released', 'dana');
    await world.clock.advance(12_000);
    if (round === 1) world.changes.away = true;
    if (round === 2) {
      world.changes.away = false;
      await world.clock.advance(20_000);
    }
    if (round === 3) {
      await process.journal.flush();
      process.crash();
      process = new Process(world);
      watch(process);
      await process.start();
      await world.clock.advance(6000);
    }
  }
  await process.journal.flush();
  const all = world.changes.lines.filter(({ personId: who }) => who === dana);
  assert.ok(all.length >= 30, `${all.length}`);
  assert.deepEqual(
    all.slice(1).map(({ to, source, flags }) => `${to} ${source} ${flags.acceptDirect} ${flags.acceptQueue}`),
    seen,
  );
  for (const [index, line] of all.entries()) {
    const before = all[index - 1];
    if (before) assert.ok(before.atWallMs <= line.atWallMs);
    if (before && line.from !== undefined) assert.equal(line.from, before.to, `line ${index}`);
    assert.match(line.sentence, /^You show /);
    assert.deepEqual(line.accountId, accountId);
  }
  const causes = new Set(all.map(({ cause }) => cause));
  for (const cause of ['teams', 'call', 'call-ended', 'manual-set', 'manual-released'] as const)
    assert.ok(causes.has(cause), cause);
  assert.equal(all.at(-1)?.teams?.availability, 'Available');
});

test('the account’s rules change: everybody is looked at again, and a free queue member is told', async () => {
  const { world, process } = await house();
  world.microsoft.own.set(objectIdOf('dana'), { availability: 'Busy', activity: 'InAMeeting' });
  await world.clock.advance(31_000);
  const heard: string[] = [];
  process.keeper.onChange((who) => heard.push(who));
  world.policies.policy = {
    ...syncedBothWays,
    rules: {
      busy: 'accept-all',
      'in-a-call': 'accept-all',
      'in-a-conference-call': 'accept-all',
      'in-a-meeting': 'no-calls',
      offline: 'accept-all',
    },
  };
  process.keeper.lookAtAll([dana], 'settings');
  await world.clock.advance(10);
  assert.deepEqual([process.label('dana'), heard], ['dnd', [dana]]);
  assert.equal(world.microsoft.writes.length, 0, 'a rule is never written to Teams (B27)');
});

test('somebody who listens has a bug: the others are told, and nothing ends', async () => {
  const { process, hand } = await house();
  const heard: string[] = [];
  process.keeper.onChange(() => {
    throw new Error('a bug of whoever listens');
  });
  process.keeper.onChange((who) => heard.push(who));
  await hand('busy');
  assert.ok(heard.includes(dana));
  assert.equal(process.label('dana'), 'busy');
});
