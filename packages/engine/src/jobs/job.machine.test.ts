import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterJobEvent, jobEvents, jobMachine, jobStates, secondsLeft } from './job.machine.ts';

test('a job that is over goes nowhere; one that runs can be paused, resumed, cancelled', () => {
  for (const state of jobStates)
    for (const event of jobEvents)
      assert.equal(afterJobEvent(state, event), (jobMachine[state] as Record<string, string>)[event]);
  assert.equal(afterJobEvent('done', 'cancel'), undefined);
  assert.equal(afterJobEvent('cancelled', 'resume'), undefined);
  assert.equal(afterJobEvent('paused', 'start'), undefined);
});

test('the time left follows the pace of the last items', () => {
  const everySecond = Array.from({ length: 20 }, (_, i) => i * 1000);
  assert.equal(secondsLeft(everySecond, 100, 20_000), 100);
  assert.equal(secondsLeft(everySecond, 100, 40_000), 200, 'nothing came lately: slower');
  assert.equal(secondsLeft([1, 2], 100, 3), undefined);
  assert.equal(secondsLeft([], 0, 3), 0);
});
