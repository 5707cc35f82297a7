import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MailboxInput, type MailboxState, mailboxMachine, stepMailbox } from './mailbox.machine.ts';

const inputs: readonly MailboxInput[] = ['played', 'skipped', 'filled', 'failed', 'ended'];

/** What means nothing in a state, and is dropped. */
const ignored: Readonly<Record<MailboxState, readonly MailboxInput[]>> = {
  greeting: ['filled', 'failed'],
  beeping: ['skipped', 'filled', 'failed'],
  recording: ['played', 'skipped'],
  full: ['skipped', 'filled', 'failed'],
  sorry: ['skipped', 'filled', 'failed'],
  leaving: ['played', 'skipped', 'filled', 'failed'],
  over: inputs,
};

for (const state of Object.keys(mailboxMachine) as MailboxState[])
  test(`${state}: every input is a row of the table or named as ignored, never both`, () => {
    for (const input of inputs)
      assert.equal(stepMailbox(state, input) !== undefined, !ignored[state].includes(input), input);
  });

test('whoever ends the call, and when: what was said is looked at once', () => {
  for (const state of Object.keys(mailboxMachine) as MailboxState[])
    if (state !== 'over') assert.deepEqual(stepMailbox(state, 'ended'), ['over', 'finish']);
});
