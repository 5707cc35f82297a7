import type { E164 } from './e164.ts';
import type { AccountId, PersonId, QueueId } from './ids.ts';

export interface QueueMember {
  readonly personId: PersonId;
  /** By the member's own word or an administrator's: who is logged out is offered nothing. */
  readonly loggedIn: boolean;
}

/** What a caller gets who cannot wait (any longer). Sent on to a number or an extension of the account. */
export type QueueOverflow = { readonly kind: 'refuse' } | { readonly kind: 'forward'; readonly to: string };

/**
 * People who take calls in turn while callers wait in theirs (product-behaviour 4.6, the smallest form of it). Offered is
 * who has been idle longest; among equals the order of `members` decides.
 */
export interface Queue {
  readonly id: QueueId;
  readonly accountId: AccountId;
  readonly name: string;
  readonly extension?: string;
  readonly number?: E164;
  readonly members: readonly QueueMember[];
  /** How long one member is rung. */
  readonly offerSeconds: number;
  /** Rest after each call of the queue. */
  readonly wrapUpSeconds: number;
  readonly maxWaitSeconds: number;
  readonly maxWaiting: number;
  readonly overflow: QueueOverflow;
}

/** What a new queue has unless told otherwise (product-behaviour 4.6). */
export const queueDefaults = {
  offerSeconds: 15,
  wrapUpSeconds: 0,
  maxWaitSeconds: 15 * 60,
  maxWaiting: 50,
  overflow: { kind: 'refuse' },
} as const satisfies Partial<Queue>;

/** The least and the most of each setting. */
export const queueBounds = {
  offerSeconds: [5, 60],
  wrapUpSeconds: [0, 600],
  maxWaitSeconds: [10, 3600],
  maxWaiting: [1, 500],
  members: [0, 200],
} as const satisfies Partial<Record<keyof Queue, readonly [number, number]>>;
