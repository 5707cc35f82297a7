import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterJobEvent, jobEvents, jobMachine, jobStates } from './job.machine.ts';

test('a job that is over goes nowhere; one that runs can be paused, resumed, cancelled', () => {
  for (const state of jobStates)
    for (const event of jobEvents)
      assert.equal(afterJobEvent(state, event), (jobMachine[state] as Record<string, string>)[event]);
  assert.equal(afterJobEvent('done', 'cancel'), undefined);
  assert.equal(afterJobEvent('cancelled', 'resume'), undefined);
  assert.equal(afterJobEvent('paused', 'start'), undefined);
});
