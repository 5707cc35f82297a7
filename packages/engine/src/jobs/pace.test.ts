import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from './pace.ts';

test('the time left follows the pace of the last batches, and a standstill', () => {
  const pace = createPace(0);
  assert.equal(pace.secondsLeft(100, 0), undefined, 'nothing is known yet');
  assert.equal(pace.secondsLeft(0, 0), 0);
  for (let second = 1; second <= 30; second++) pace.finished(10, second * 1000);
  assert.equal(pace.secondsLeft(100, 30_000), 10);
  assert.equal(pace.secondsLeft(100, 50_000), 20, 'nothing came lately: slower');
});

test('U18: somebody who looks at any moment of a job of 5,000 sees its end within a quarter, though each batch takes longer', () => {
  const batch = 250;
  const ends: number[] = [];
  // A batch takes longer the more people there are: 400 ms at first, 800 ms at the end.
  for (let i = 0; i < 20; i++) ends.push((ends.at(-1) ?? 0) + 400 + i * 20);
  const end = ends.at(-1) as number;
  const pace = createPace(0);
  for (const [i, at] of ends.entries()) {
    pace.finished(batch, at);
    const left = pace.secondsLeft(5000 - (i + 1) * batch, at) ?? Number.NaN;
    const whole = at + left * 1000;
    if (i >= 4) assert.ok(Math.abs(whole - end) / end < 0.25, `after ${at} ms it says ${whole} of ${end}`);
  }
});
