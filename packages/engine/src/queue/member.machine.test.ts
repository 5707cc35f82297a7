import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemberInput, type MemberTurnState, memberMachine, stepMember } from './member.machine.ts';

const inputs: readonly MemberInput[] = ['offer', 'taken', 'missed', 'withdrawn', 'ended', 'rested'];
/** What means nothing in a state, and is dropped: said here so that nobody leaves a case out by mistake. */
const ignored: Readonly<Record<MemberTurnState, readonly MemberInput[]>> = {
  idle: ['taken', 'missed', 'withdrawn', 'ended', 'rested'],
  offered: ['offer', 'ended', 'rested'],
  talking: ['offer', 'taken', 'missed', 'withdrawn', 'rested'],
  wrapping: ['offer', 'taken', 'missed', 'withdrawn', 'ended'],
  resting: ['offer', 'taken', 'missed', 'withdrawn', 'ended'],
};

for (const state of Object.keys(memberMachine) as MemberTurnState[])
  test(`a member who is ${state}: every input is a row of the table or named as ignored`, () => {
    for (const input of inputs)
      assert.equal(stepMember(state, input) === undefined, ignored[state].includes(input), input);
  });
