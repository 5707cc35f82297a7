import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ChildInput,
  type ChildState,
  childMachine,
  restartDelayMs,
  stepChild,
} from './child.machine.ts';

const inputs: readonly ChildInput[] = ['start', 'ready', 'exit', 'timer', 'stop'];

const play = (...given: readonly ChildInput[]): { state: ChildState; actions: string[] } => {
  let state: ChildState = 'idle';
  const actions: string[] = [];
  for (const input of given) {
    const step = stepChild(state, input);
    state = step.state;
    actions.push(...step.actions);
  }
  return { state, actions };
};

test('a child starts, crashes, comes back and is stopped', () => {
  assert.deepEqual(play('start', 'ready', 'exit', 'timer', 'ready', 'stop', 'exit'), {
    state: 'stopped',
    actions: ['spawn', 'announce', 'scheduleRestart', 'spawn', 'announce', 'askToStop', 'done'],
  });
});

test('a child that crashes while it is asked to stop is not started again', () => {
  assert.deepEqual(play('start', 'stop', 'exit', 'timer', 'start').state, 'stopped');
});

test('a stop between two lives needs nobody to end', () => {
  assert.deepEqual(play('start', 'exit', 'stop', 'timer').actions, ['spawn', 'scheduleRestart', 'done']);
});

test('whatever happens: one life at a time, done once, nothing after it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...inputs), { maxLength: 40 }), (given) => {
      let lives = 0;
      let done = 0;
      let state: ChildState = 'idle';
      for (const input of given) {
        if (input === 'exit' && lives === 0) continue; // nobody there to exit
        if (input === 'exit') lives--;
        const step = stepChild(state, input);
        state = step.state;
        if (done > 0) assert.deepEqual(step.actions, []);
        lives += step.actions.filter((action) => action === 'spawn').length;
        done += step.actions.filter((action) => action === 'done').length;
        assert.ok(lives <= 1 && done <= 1);
      }
    }),
  );
});

test('every state × input is listed or ignored, and every next state exists', () => {
  for (const state of Object.keys(childMachine) as ChildState[]) {
    for (const input of inputs) assert.ok(stepChild(state, input).state in childMachine);
  }
});

test('restarts slow down to one in five seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map(restartDelayMs), [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});
