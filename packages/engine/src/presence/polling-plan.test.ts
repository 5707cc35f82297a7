import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  idsPerRequest,
  newPollingPlan,
  pausePolls,
  planPolls,
  presenceQuota,
  usualOtherIntervalMs,
} from './polling-plan.ts';

const ids = (count: number, name: string): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

/** Runs a plan for a while and returns when requests were sent. */
function run(
  hot: number,
  other: number,
  forMs: number,
  throttleAt?: number,
  lateMs: readonly number[] = [0],
) {
  const people = { hot: ids(hot, 'h'), other: ids(other, 'o') };
  let plan = newPollingPlan;
  let now = 0;
  let wakes = 0;
  const sent: { at: number; tier: string; ids: readonly string[] }[] = [];
  while (now < forMs) {
    const step = planPolls(plan, people, now);
    plan = step.plan;
    for (const batch of step.batches) sent.push({ at: now, ...batch });
    if (throttleAt !== undefined && now >= throttleAt && now < throttleAt + 5000 && step.batches.length > 0)
      plan = pausePolls(plan, 12_000, now);
    now = step.nextMs + (lateMs[wakes++ % lateMs.length] ?? 0);
    assert.ok(wakes < 100_000);
  }
  return sent;
}

test('1,000 hot people and 9,000 others for five minutes: the lower bound of requests and not one more', () => {
  const sent = run(1000, 9000, 300_000);
  assert.equal(sent.length, 60 * Math.ceil(1000 / 650) + 10 * Math.ceil(9000 / 650));
});

test('Microsoft asks for 12 s: no request inside, everybody is read once after it', () => {
  const sent = run(10, 10, 120_000, 30_000);
  const stop = sent.findLast((batch) => batch.at <= 30_000)?.at ?? 0;
  assert.deepEqual(
    sent.filter((batch) => batch.at > stop && batch.at < stop + 12_000),
    [],
  );
  assert.equal(sent.filter((batch) => batch.at === stop + 12_000 && batch.tier === 'hot').length, 1);
});

test('any number of people, any lateness of the clock: at most 60 % of the quota in any window, 650 ids a request, nobody left out', () => {
  fc.assert(
    fc.property(
      fc.nat(120_000),
      fc.nat(120_000),
      fc.array(fc.nat(900), { minLength: 1, maxLength: 5 }),
      (hot, other, late) => {
        const sent = run(hot, other, 65_000, undefined, late);
        for (const [i, first] of sent.entries()) {
          const inside = sent.slice(i).filter((batch) => batch.at < first.at + presenceQuota.windowMs);
          if (i === 0 || sent[i - 1]?.at !== first.at) assert.ok(inside.length <= 900, `${inside.length}`);
          assert.ok(first.ids.length <= idsPerRequest);
        }
        assert.equal(new Set(sent.flatMap((batch) => batch.ids)).size, hot + other);
      },
    ),
    { numRuns: 8 },
  );
});

test('people with whom nothing goes on are read within 15 s, and more seldom where that would take more than half of our share', () => {
  for (const [hot, other, expected] of [
    [0, 1, 14_000],
    [150, 5_000, 14_000],
    [10_000, 100_000, 14_000],
    [0, 200_000, 20_533],
    [0, 400_000, 30_000],
    [60_000, 1, 30_000],
  ] as const)
    assert.equal(Math.round(usualOtherIntervalMs(hot, other)), expected, `${hot} and ${other}`);
});
