import type { CallId, PersonId, QueueId } from '@tandem/domain';

/**
 * What a member is doing, as the queue sees it. `skipped`: presence lets no queue call ring. `resting`: did not take an
 * offer a moment ago. `unreachable`: neither Teams nor a phone can be rung.
 */
export type MemberState =
  | 'free'
  | 'offered'
  | 'in-call'
  | 'wrap-up'
  | 'resting'
  | 'skipped'
  | 'unreachable'
  | 'logged-out';

export interface MemberView {
  readonly personId: PersonId;
  readonly state: MemberState;
  /** The state in words. */
  readonly sentence: string;
  readonly sinceWallMs?: number;
  /** End of wrap-up or rest. */
  readonly untilWallMs?: number;
  /** Offered, or talking for this queue. */
  readonly callId?: CallId;
}

export interface WaitingView {
  readonly callId: CallId;
  /** Number or name as shown to members; `anonymous` where hidden. */
  readonly from: string;
  readonly sinceWallMs: number;
  readonly offeredTo?: PersonId;
}

/** A queue at this moment. */
export interface QueueView {
  readonly queueId: QueueId;
  /** In their order. */
  readonly waiting: readonly WaitingView[];
  readonly members: readonly MemberView[];
}
