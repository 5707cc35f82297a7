import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPresenceJournal, type JournalAhead, type PresenceChange } from './journal.ts';
import { accountId, personId, VirtualClock } from './test-world.ts';

const line = (n: number): PresenceChange => ({
  accountId,
  personId: personId('dana'),
  atWallMs: n,
  to: 'busy',
  source: 'manual',
  cause: 'manual-set',
  flags: { acceptDirect: 'yes', acceptQueue: true },
  sentence: `line ${n}`,
});

/** A database that can be away, or take what it is given and die before it says so; and this machine's disk. */
class World {
  readonly clock = new VirtualClock();
  readonly stored: PresenceChange[] = [];
  mood: 'well' | 'away' | 'mute' = 'well';
  disk: PresenceChange[] = [];

  process() {
    const { disk: left } = this;
    const ahead: JournalAhead = {
      left: () => left,
      add: (change) => {
        this.disk = [...this.disk, change];
      },
      allStored: () => {
        this.disk = [];
      },
    };
    const journal = createPresenceJournal({
      clock: this.clock,
      ahead,
      store: {
        append: async (changes, again) => {
          await Promise.resolve();
          if (this.mood === 'away') throw new Error('away');
          const known = new Set(this.stored.map(({ atWallMs }) => atWallMs));
          this.stored.push(...changes.filter(({ atWallMs }) => !again || !known.has(atWallMs)));
          if (this.mood === 'mute') throw new Error('the connection broke');
        },
        lastLabelsForPlatform: async () => new Map(),
        forgetForPlatform: async () => {},
      },
    });
    journal.start();
    return journal;
  }
}

test('a process that is killed within the second leaves its lines to the next, also while the database is away', async () => {
  const world = new World();
  const first = world.process();
  first.note(line(1));
  await world.clock.advance(1500);
  first.note(line(2));
  world.mood = 'away';
  await world.clock.advance(60_000);
  first.note(line(3));
  // Killed: nothing is called on it any more.
  world.mood = 'well';
  const second = world.process();
  second.note(line(4));
  await second.flush();
  assert.deepEqual(
    world.stored.map(({ atWallMs }) => atWallMs),
    [1, 2, 3, 4],
  );
  assert.deepEqual(world.disk, []);
});

test('whatever breaks and dies in whatever order: each line is there once, in order', async () => {
  const step = fc.constantFrom('note', 'note', 'wait', 'kill', 'well', 'away', 'mute');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      let journal = world.process();
      let noted = 0;
      for (const one of steps) {
        if (one === 'note') journal.note(line(++noted));
        else if (one === 'wait') await world.clock.advance(4000);
        else if (one === 'kill') {
          // What was on its way arrives or not before the next one begins.
          await world.clock.advance(0);
          void journal.stop();
          await world.clock.advance(0);
          journal = world.process();
        } else world.mood = one;
      }
      world.mood = 'well';
      await world.clock.advance(30_000);
      await journal.flush();
      assert.deepEqual(
        world.stored.map(({ atWallMs }) => atWallMs),
        Array.from({ length: noted }, (_, i) => i + 1),
      );
    }),
    { numRuns: 200 },
  );
});
