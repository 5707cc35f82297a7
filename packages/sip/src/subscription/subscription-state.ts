/** Subscription-State (RFC 6665 §8.2.3 and §4.1.3). */

/** Why a subscription is over, and so what its subscriber does next. */
export type EndReason =
  | 'deactivated' // ask again at once
  | 'probation' // ask again later
  | 'rejected' // do not ask again
  | 'timeout' // it was not refreshed, or was given up: ask again at will
  | 'giveup' // ask again at will
  | 'noresource' // what was watched is gone: do not ask again
  | 'invariant'; // it cannot change any more

export type SubscriptionState =
  | { readonly kind: 'active'; readonly expiresSeconds: number }
  | {
      readonly kind: 'terminated';
      readonly reason: EndReason;
      readonly retryAfterSeconds?: number | undefined;
    };

export function printSubscriptionState(state: SubscriptionState): string {
  if (state.kind === 'active') return `active;expires=${Math.max(0, Math.round(state.expiresSeconds))}`;
  const { reason, retryAfterSeconds } = state;
  return `terminated;reason=${reason}${retryAfterSeconds === undefined ? '' : `;retry-after=${retryAfterSeconds}`}`;
}
