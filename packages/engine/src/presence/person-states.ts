import type { AccountId, PersonId } from '@tandem/domain';
import type { PresenceExceptions } from './exceptions.ts';
import type { PinnedState } from './vector.ts';

/** What one person decided here, and what must outlive a crash. */
export interface PersonState {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly manual?: PinnedState;
  readonly exceptions?: PresenceExceptions;
  readonly callbackUntilWallMs?: number;
}

/** What is not named stays; null takes away. */
export interface PersonStateChange {
  readonly manual?: PinnedState | null;
  readonly exceptions?: PresenceExceptions;
  readonly callbackUntilWallMs?: number;
}

/** Kept over restarts, one row a person. Rejects while it is away. */
export interface PersonStates {
  save(accountId: AccountId, personId: PersonId, change: PersonStateChange): Promise<void>;
  /** Takes away the state set by hand unless another was set since. */
  endManual(accountId: AccountId, personId: PersonId, setAtWallMs: number): Promise<void>;
  listForPlatform(): Promise<readonly PersonState[]>;
}
