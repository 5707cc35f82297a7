/**
 * A member's turn, over all queues in which the member is:
 *
 *     idle ─offer→ offered ─taken→ talking ─ended→ wrapping ─rested→ idle
 *                     ├─missed→ resting ─rested→ idle
 *                     └─withdrawn→ idle
 *
 * Only `idle` can be offered to, so nobody has two offers. Calls outside of queues, presence and log-in are no state of
 * this machine: they are asked about at the moment of an offer.
 */
export type MemberTurnState = 'idle' | 'offered' | 'talking' | 'wrapping' | 'resting';

export type MemberInput =
  | 'offer'
  | 'taken' // the member answered
  | 'missed' // declined, busy, not answered or not reached
  | 'withdrawn' // the caller hung up, or the queue was changed
  | 'ended' // the call is over
  | 'rested'; // wrap-up or rest is over

export const memberMachine = {
  idle: { offer: 'offered' },
  offered: { taken: 'talking', missed: 'resting', withdrawn: 'idle' },
  talking: { ended: 'wrapping' },
  wrapping: { rested: 'idle' },
  resting: { rested: 'idle' },
} as const satisfies Record<MemberTurnState, Partial<Record<MemberInput, MemberTurnState>>>;

/** Undefined: the input comes too late and means nothing. */
export function stepMember(state: MemberTurnState, input: MemberInput): MemberTurnState | undefined {
  const row: Partial<Record<MemberInput, MemberTurnState>> = memberMachine[state];
  return row[input];
}
