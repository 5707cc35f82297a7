import type { Presence, QueueLive, ReadinessSummary } from '@tandem/contract';
import type { AccountId, CallRecord, PersonId } from '@tandem/domain';
import type { CallPhase } from '../services.ts';

/** What changed. Peers are read again by whoever cares; a call comes as it now is, without phase when it is over. */
export type FeedEvent =
  | { readonly kind: 'peers' }
  | { readonly kind: 'call'; readonly record: CallRecord; readonly phase?: CallPhase | undefined }
  /** Only what changed is there. */
  | {
      readonly kind: 'person';
      readonly accountId: AccountId;
      readonly personId: PersonId;
      readonly readiness?: ReadinessSummary;
      readonly presence?: Presence;
    }
  | { readonly kind: 'queue'; readonly accountId: AccountId; readonly live: QueueLive };

export interface EventFeed {
  /** Whether anybody listens: what nobody hears need not be made. */
  readonly watched: boolean;
  subscribe(listener: (event: FeedEvent) => void): () => void;
}

/** Fan-out in memory. A listener that throws is dropped and cannot hurt a call. */
export function createEventFeed(): EventFeed & { publish(event: FeedEvent): void } {
  const listeners = new Set<(event: FeedEvent) => void>();
  return {
    get watched() {
      return listeners.size > 0;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch {
          listeners.delete(listener);
        }
      }
    },
  };
}
