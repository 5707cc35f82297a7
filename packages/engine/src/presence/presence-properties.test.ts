import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapTeamsPresence } from '@tandem/domain';
import fc from 'fast-check';
import { type ManualState, manualStates } from './manual-presence.ts';
import { Process, World } from './test-house.ts';
import { callOf, objectIdOf, personId } from './test-world.ts';

/**
 * One person, everything that can happen to her presence in any order, with answers that are lost, late or refused, and
 * crashes. The clock and Microsoft are models; writer, reader and keeper are the real ones.
 */
const dana = personId('dana');
const object = objectIdOf('dana');

type Pair = { readonly availability: string; readonly activity: string };
const pair = (availability: string, activity: string): Pair => ({ availability, activity });
const available = pair('Available', 'Available');
/** What Teams does by itself. */
const lives = [
  available,
  pair('Away', 'Away'),
  pair('Busy', 'InAMeeting'),
  pair('Busy', 'InACall'),
  pair('Busy', 'InAConferenceCall'),
  pair('DoNotDisturb', 'Presenting'),
];
/** What a person picks there. */
const picks = [pair('DoNotDisturb', 'DoNotDisturb'), pair('BeRightBack', 'BeRightBack')];

/** product-behaviour 2.5: what may be written, and because of what. Nothing else may. */
const preferredOf: Partial<Record<ManualState, Pair>> = {
  busy: pair('Busy', 'Busy'),
  dnd: pair('DoNotDisturb', 'DoNotDisturb'),
  be_right_back: pair('BeRightBack', 'BeRightBack'),
  away: pair('Away', 'Away'),
  appear_offline: pair('Offline', 'OffWork'),
};

type Step =
  | { readonly kind: 'call' | 'hang-up'; readonly at: 'phone' | 'teams' }
  | { readonly kind: 'live'; readonly as: Pair }
  | { readonly kind: 'pick'; readonly as: Pair | undefined }
  | { readonly kind: 'hand'; readonly state: ManualState | undefined; readonly minutes: number }
  | { readonly kind: 'trouble'; readonly is: 'later' | 'throttled' | 'refused' | undefined }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'crash' }
  | { readonly kind: 'wait'; readonly ms: number };

const endpoint = fc.constantFrom('phone' as const, 'teams' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('call' as const, 'hang-up' as const), at: endpoint }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('live' as const), as: fc.constantFrom(...lives) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pick' as const), as: fc.constantFrom(undefined, ...picks) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hand' as const),
      state: fc.constantFrom(undefined, ...manualStates),
      minutes: fc.constantFrom(1, 10, 60),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trouble' as const),
      is: fc.constantFrom('later' as const, 'throttled' as const, undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('latency' as const), ms: fc.constantFrom(0, 40, 900, 8000) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 50, 900, 3000, 12_000, 70_000, 260_000),
    }),
  },
);

/** Plays one story. Gives what is left, once it has been quiet for long enough. */
async function play(steps: readonly Step[]) {
  const world = new World('dana');
  const { clock, microsoft } = world;
  const wrote: (Pair & { readonly kind: string })[] = [];
  const of = microsoft.of.bind(microsoft);
  microsoft.of = () => {
    const tenant = of();
    return (
      tenant && {
        read: tenant.read,
        write: (id, write) => {
          if ('availability' in write && write.kind !== 'clearPreferred')
            wrote.push({ kind: write.kind, availability: write.availability, activity: write.activity });
          return tenant.write(id, write);
        },
      }
    );
  };
  let process = new Process(world);
  await process.start();
  await clock.advance(6000);
  const asked = new Set<ManualState>();
  let inputs = 0;
  let picked: Pair | undefined;
  let live = available;
  for (const one of steps) {
    inputs++;
    switch (one.kind) {
      case 'call':
        process.writer.callChanged(callOf(one.at, { name: 'dana', at: one.at }));
        break;
      case 'hang-up':
        process.writer.callEnded(one.at);
        break;
      case 'live':
        live = one.as;
        microsoft.own.set(object, live);
        break;
      case 'pick':
        picked = one.as;
        microsoft.pick(object, picked);
        break;
      case 'hand': {
        const { state, minutes } = one;
        if (state) asked.add(state);
        const setAtWallMs = clock.wall();
        await process.keeper.setManual(
          dana,
          state && { state, setAtWallMs, endsAtWallMs: setAtWallMs + minutes * 60_000, setBy: 'dana' },
          state ? 'manual-set' : 'manual-released',
          'dana',
        );
        break;
      }
      case 'trouble':
        microsoft.trouble =
          one.is === undefined
            ? undefined
            : one.is === 'throttled'
              ? { is: 'later', throttled: true, retryAfterMs: 7000 }
              : { is: 'later' };
        break;
      case 'latency':
        microsoft.latencyMs = one.ms;
        break;
      case 'crash':
        process.crash();
        // What was on its way to the database arrives before another process can read it.
        await clock.advance(200);
        process = new Process(world);
        await process.start();
        break;
      case 'wait':
        await clock.advance(one.ms);
    }
  }
  const spentMs = clock.now();
  // Quiet: Microsoft answers, nobody talks, what was set by hand is over.
  microsoft.trouble = undefined;
  microsoft.latencyMs = 0;
  process.writer.callEnded('phone');
  process.writer.callEnded('teams');
  await process.keeper.setManual(dana, undefined, 'manual-released', 'dana');
  await clock.advance(8 * 60_000);
  return { world, process, wrote, asked, inputs, spentMs, live, picked };
}

/** What is preferred now, by whomever. */
function standing({ microsoft, clock }: World) {
  const preferred = microsoft.preferred.get(object);
  return preferred && preferred.endsMs > clock.now() ? preferred : undefined;
}

const runs = { numRuns: 120, seed: Number(globalThis.process.env.SEED ?? 20_261_122), verbose: 1 } as const;

test('whatever happened, after some quiet both sides show what the tables say, and nothing of ours stands in Teams', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { world, process, live } = await play(steps);
      const shown = world.microsoft.shown(object);
      // What the person picked stays, unless a wish of hers here replaced it, by her own hand.
      const mine = standing(world);
      assert.deepEqual(
        shown,
        mine ? pair(mine.availability ?? '', mine.activity ?? '') : live,
        'Teams shows Teams’ own',
      );
      assert.ok(!mine || mine.endsMs === Number.POSITIVE_INFINITY, 'no preferred state of ours is left');
      assert.equal(process.label('dana'), mapTeamsPresence(shown, false).label, 'here as there');
      assert.equal(world.leases.rows.size, 0, 'no lease is left in the store');
      assert.equal(process.writer.of(dana)?.leaseEndsWallMs, undefined);
    }),
    runs,
  );
});

test('only what a person did here is written: calls as a call, states by hand as themselves, never what Teams or a rule says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { wrote, asked } = await play(steps);
      for (const { kind, availability, activity } of wrote) {
        if (kind === 'setPresence') {
          assert.equal(`${availability}/${activity}`, 'Busy/InACall');
          assert.ok(steps.some((one) => one.kind === 'call' && one.at === 'phone'));
          continue;
        }
        const allowed = [...asked].map((state) => preferredOf[state]);
        assert.ok(
          allowed.some((one) => one?.availability === availability && one.activity === activity),
          `${availability}/${activity} of ${[...asked]}`,
        );
      }
    }),
    { ...runs, numRuns: 60 },
  );
});

test('writes are bounded by what happened and by time: no ping-pong', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { world, inputs, spentMs } = await play(steps);
      const writes = world.microsoft.writes.length;
      // A call's beginning and its end, with a preferred state out of the way and back; a renewal or a second try now and then.
      const most = 4 * (inputs + 4) + Math.ceil((spentMs + 480_000) / 5000);
      assert.ok(writes <= most, `${writes} writes for ${inputs} things in ${spentMs} ms`);
      for (const [at, one] of world.microsoft.writes.entries())
        for (const two of world.microsoft.writes.slice(at + 1, at + 3))
          assert.ok(two.at - one.at > 60_000 || one !== two);
    }),
    { ...runs, numRuns: 60 },
  );
});

test('the process dies and nobody starts it again: what it showed of calls ends within five minutes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const { world, process, live } = await play(steps);
      process.writer.callChanged(callOf('last', { name: 'dana', at: 'phone' }));
      await world.clock.advance(1000 + (steps.length % 7) * 60_000);
      process.crash();
      await world.clock.advance(300_000);
      const mine = standing(world);
      assert.deepEqual(
        world.microsoft.shown(object),
        mine ? pair(mine.availability ?? '', mine.activity ?? '') : live,
      );
    }),
    { ...runs, numRuns: 40 },
  );
});
