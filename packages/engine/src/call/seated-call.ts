import type { BranchPlan } from './branch-plan.ts';
import type { Ending } from './ending.ts';
import type { RecordDraft } from './record-draft.ts';

/** A call as whoever has a seat in it sees it: its queue, the mailbox behind it, the announcement before its refusal. */
export interface SeatedCall {
  readonly record: RecordDraft;
  /** Rings these for the caller who waits. */
  offer(plans: readonly BranchPlan[]): void;
  /** Nobody rings for the caller any more; the caller waits on. */
  withdraw(): void;
  /** What the seat did, for the record and the ladder. */
  noted(sentence: string): void;
  end(ending: Ending): void;
  /** A bug ends this call cleanly and nothing else. */
  guard(work: () => void | Promise<void>): void;
}
