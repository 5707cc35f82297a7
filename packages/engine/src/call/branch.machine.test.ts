import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BranchInput, type BranchState, branchMachine, stepBranch } from './branch.machine.ts';

const states = Object.keys(branchMachine) as BranchState[];
const inputs: readonly BranchInput[] = ['failed', 'refused', 'progress', 'accepted', 'ended'];

/** What means nothing in a state, and is dropped: said here so that nobody leaves a case out by mistake. */
const ignored: Readonly<Record<BranchState, readonly BranchInput[]>> = {
  seeking: [],
  ringing: [],
  answered: ['failed', 'refused', 'progress', 'accepted'],
  over: inputs,
};

for (const state of states) {
  test(`a branch that is ${state}: every input is a row of the table or named as ignored, never both`, () => {
    for (const input of inputs)
      assert.equal(stepBranch(state, input) !== undefined, !ignored[state].includes(input), input);
  });
}

test('after 18x was heard a branch calls no further target', () => {
  assert.deepEqual(stepBranch('ringing', 'failed'), ['over', 'giveUp']);
});

test('a branch that answered or is over takes no second answer: never two talkers', () => {
  for (const state of ['answered', 'over'] as const) assert.equal(stepBranch(state, 'accepted'), undefined);
});
