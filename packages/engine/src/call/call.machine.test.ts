import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallInput, type CallState, callMachine, stepCall } from './call.machine.ts';

const states = Object.keys(callMachine) as CallState[];
const inputs: readonly CallInput[] = [
  'offerReady',
  'held',
  'announced',
  'slipped',
  'unanswered',
  'silence',
  'progress',
  'accepted',
  'answerReady',
  'ended',
  'released',
];

/** What means nothing in a state, and is dropped: said here so that nobody leaves a case out by mistake. */
const ignored: Readonly<Record<CallState, readonly CallInput[]>> = {
  opening: ['unanswered', 'slipped', 'silence', 'progress', 'accepted', 'answerReady', 'released'],
  trying: ['announced', 'held', 'slipped', 'offerReady', 'answerReady', 'released'],
  soothing: ['announced', 'held', 'slipped', 'offerReady', 'silence', 'answerReady', 'released'],
  ringing: ['announced', 'held', 'slipped', 'offerReady', 'silence', 'answerReady', 'released'],
  announcing: [
    'offerReady',
    'held',
    'announced',
    'slipped',
    'unanswered',
    'silence',
    'progress',
    'accepted',
    'answerReady',
    'released',
  ],
  turning: [
    'announced',
    'offerReady',
    'slipped',
    'unanswered',
    'silence',
    'progress',
    'accepted',
    'answerReady',
    'released',
  ],
  waiting: ['announced', 'unanswered', 'offerReady', 'held', 'slipped', 'silence', 'answerReady', 'released'],
  answering: ['announced', 'unanswered', 'held', 'offerReady', 'silence', 'progress', 'accepted', 'released'],
  talking: [
    'announced',
    'unanswered',
    'held',
    'slipped',
    'offerReady',
    'silence',
    'progress',
    'accepted',
    'answerReady',
    'released',
  ],
  ending: [
    'announced',
    'unanswered',
    'held',
    'slipped',
    'offerReady',
    'silence',
    'progress',
    'accepted',
    'answerReady',
    'ended',
  ],
  over: inputs,
};

for (const state of states) {
  test(`${state}: every input is a row of the table or named as ignored, never both`, () => {
    for (const input of inputs) {
      const listed = stepCall(state, input) !== undefined;
      assert.equal(listed, !ignored[state].includes(input), input);
    }
  });
}

test('every state but the last can be ended, every way leads to `over`, and nothing leaves it', () => {
  for (const state of states) {
    if (state === 'over' || state === 'ending') continue;
    assert.equal(stepCall(state, 'ended')?.[1], 'tearDown');
  }
  assert.deepEqual(callMachine.ending, { released: ['over', 'closeRecord'] });
  assert.deepEqual(callMachine.over, {});
});
