import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from './graph-error.ts';
import { Throttle } from './throttle.ts';

test('Retry-After is read as seconds and as a date; nonsense is none', () => {
  const now = Date.parse('Mon, 04 May 2026 10:00:00 GMT');
  assert.equal(retryAfterMs('10', now), 10_000);
  assert.equal(retryAfterMs('Mon, 04 May 2026 10:00:30 GMT', now), 30_000);
  assert.equal(retryAfterMs('Mon, 04 May 2026 09:00:00 GMT', now), 0);
  for (const nonsense of [undefined, '', 'soon', '-5']) assert.equal(retryAfterMs(nonsense, now), undefined);
});

test('a date in Retry-After is read against the Date of the same answer: our clock may be wrong', () => {
  const ours = Date.parse('Mon, 04 May 2026 10:10:00 GMT');
  const [theirs, until] = ['Mon, 04 May 2026 10:00:00 GMT', 'Mon, 04 May 2026 10:00:30 GMT'];
  assert.equal(retryAfterMs(until, ours, theirs), 30_000);
  assert.equal(retryAfterMs(until, ours, 'no date'), 0);
});

test('at most our share of the presence limit is sent in its window', () => {
  const throttle = new Throttle();
  for (let i = 0; i < 900; i++) assert.equal(throttle.take('presence', 1, i), 0);
  assert.equal(throttle.take('presence', 1, 900), 29_100);
  assert.equal(throttle.take('identity', 1, 900), 0, 'other buckets are their own');
  assert.equal(throttle.take('presence', 1, 30_000), 0);
});

test('429 without Retry-After waits 10 s, doubling to 300 s, until something is answered', () => {
  const throttle = new Throttle();
  const waits = Array.from({ length: 7 }, () => throttle.pause('teamsRead', undefined, 0, 0) / 1000);
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 300, 300]);
  throttle.good('teamsRead');
  assert.equal(throttle.pause('teamsRead', undefined, 0, 0), 10_000);
});
