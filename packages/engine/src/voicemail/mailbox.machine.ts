/**
 * A mailbox that answers one caller.
 *
 *     greeting ─played→ beeping ─played→ recording ─full→ full ─played→ leaving
 *         └──────────────── failed ──────────┴──→ sorry ──played──┘
 *     any of them ── ended ──→ over
 *
 * `full`: the message is as long as it may be, a beep says so. `sorry`: nothing can be recorded (any more), the caller hears
 * that it did not work. `leaving`: we hang up. `over`: the call has ended, and what was recorded is a message or nothing.
 */
export type MailboxState = 'greeting' | 'beeping' | 'recording' | 'full' | 'sorry' | 'leaving' | 'over';

export type MailboxInput =
  | 'played' // what was played is over, or did not end in the time that it has
  | 'skipped' // the caller pressed a key: straight to the beep
  | 'filled' // the recording is as long as it may be
  | 'failed' // the recording cannot begin, or cannot be written any more
  | 'ended'; // the call ends, whoever ended it

export type MailboxAction = 'beep' | 'record' | 'sayFull' | 'saySorry' | 'hangUp' | 'finish';

type Step = readonly [next: MailboxState, action: MailboxAction];

export const mailboxMachine = {
  greeting: {
    played: ['beeping', 'beep'],
    skipped: ['beeping', 'beep'],
    ended: ['over', 'finish'],
  },
  beeping: {
    played: ['recording', 'record'],
    ended: ['over', 'finish'],
  },
  recording: {
    filled: ['full', 'sayFull'],
    failed: ['sorry', 'saySorry'],
    ended: ['over', 'finish'],
  },
  full: {
    played: ['leaving', 'hangUp'],
    ended: ['over', 'finish'],
  },
  sorry: {
    played: ['leaving', 'hangUp'],
    ended: ['over', 'finish'],
  },
  leaving: {
    ended: ['over', 'finish'],
  },
  over: {},
} as const satisfies Record<MailboxState, Partial<Record<MailboxInput, Step>>>;

/** What an input means in a state; undefined: it comes too late or too early and means nothing. */
export function stepMailbox(state: MailboxState, input: MailboxInput): Step | undefined {
  const row: Partial<Record<MailboxInput, Step>> = mailboxMachine[state];
  return row[input];
}
