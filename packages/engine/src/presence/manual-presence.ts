/**
 * What a person set by hand on the platform and Microsoft may be told of (product-behaviour 2.5). There is no other way to
 * a preferred state at Microsoft: what a rule made of a person, and what came from Teams, have no word here.
 */
export const manualStates = ['available', 'busy', 'dnd', 'be_right_back', 'away', 'appear_offline'] as const;
export type ManualState = (typeof manualStates)[number];

export interface ManualPresence {
  readonly state: ManualState;
  /** When the person set it: the same state set again is another wish. */
  readonly setAtWallMs: number;
  /** Absent: the state's usual time after it was set. */
  readonly endsAtWallMs?: number;
}

const hourMs = 3_600_000;

/** How long a state stands when the person does not say it (2.5). `available` is a return: it leaves nothing behind. */
export const usualManualMs: Readonly<Record<ManualState, number>> = {
  available: 8 * hourMs,
  busy: 8 * hourMs,
  dnd: 8 * hourMs,
  be_right_back: hourMs,
  away: 4 * hourMs,
  appear_offline: 8 * hourMs,
};

export const manualEndsWallMs = ({ state, setAtWallMs, endsAtWallMs }: ManualPresence): number =>
  endsAtWallMs ?? setAtWallMs + usualManualMs[state];
