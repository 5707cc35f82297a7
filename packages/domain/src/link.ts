import type { E164 } from './e164.ts';
import type { AccountId, PersonId } from './ids.ts';
import type { ReadinessCode } from './readiness-codes.ts';

/** States of the record that ties one platform user to one Entra user (product-behaviour 1.2). */
export const linkStates = [
  /** Not in scope. */
  'OUT',
  /** In scope, a prerequisite 1-9 is missing. */
  'BLOCKED',
  /** All met, the work waits. */
  'QUEUED',
  /** Writes sent, Microsoft's operation is open. */
  'ASSIGNING',
  /** Microsoft accepted, the read-back is not equal yet. */
  'PROPAGATING',
  /** Read-back equal, the person must restart Teams. */
  'AWAITING_RELAUNCH',
  'READY',
  /** Was ready, Microsoft's side differs from ours. */
  'DRIFTED',
  /** Was ready, a prerequisite was lost, the grace time runs. */
  'DEGRADED',
  /** Validated, deliberately not assigned. */
  'STANDBY',
  'REMOVING',
  'REMOVE_FAILED',
  'REMOVED',
  /** A write was refused and trying again will not help. */
  'FAILED',
] as const;
export type LinkState = (typeof linkStates)[number];

/** The link as it is stored. Times are wall milliseconds. */
export interface Link {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly state: LinkState;
  readonly sinceWallMs: number;
  /** Grows with every number or person that is assigned anew: half of each idempotency key. */
  readonly generation: number;
  /** The Entra object id. Names and addresses may change, this does not. */
  readonly objectId?: string;
  /** The number that we asked Microsoft to give this person, while it may be there. */
  readonly assignedNumber?: E164;
  /** Why it is in this state, where there is a code. */
  readonly code?: ReadinessCode;
  /** Microsoft's own words for a refusal. */
  readonly reason?: string;
  readonly graceEndsWallMs?: number;
  /** The last write whose effect has not been read back: no second one before it has. */
  readonly lastWriteWallMs?: number;
  /** Microsoft's open operation. */
  readonly operation?: {
    readonly id: string;
    readonly kind: 'assign' | 'unassign';
    readonly startedWallMs: number;
    readonly polls: number;
    readonly nextPollWallMs: number;
  };
  /** Tries of the write at hand that came to nothing, and when the next may start. */
  readonly retries?: number;
  readonly notBeforeWallMs?: number;
  /** When Microsoft accepted: the relaunch must come after it. */
  readonly acceptedWallMs?: number;
}

/** A person of whom nothing is provisioned yet. */
export function newLink(accountId: AccountId, personId: PersonId, nowWallMs: number): Link {
  return { accountId, personId, state: 'OUT', sinceWallMs: nowWallMs, generation: 1 };
}
