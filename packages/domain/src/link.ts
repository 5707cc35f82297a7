import type { E164 } from './e164.ts';
import type { AccountId, ConnectionId, PersonId } from './ids.ts';
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

/** What we may assign by name at Microsoft (microsoft-graph 5.3). */
export const policyFields = ['voiceRouting', 'calling', 'dialPlan'] as const;
export type PolicyField = (typeof policyFields)[number];
/** What can differ at Microsoft from what was set up here. `voice`: enterprise voice of the person. */
export const driftFields = ['number', 'voice', ...policyFields] as const;
export type DriftField = (typeof driftFields)[number];

/** A policy that Microsoft took from us for this person. */
export interface LinkPolicy {
  readonly name: string;
  readonly wroteWallMs: number;
  /** Microsoft has shown it since: from now on another one is a change by somebody else. */
  readonly seen?: true;
}

/** What somebody else changed at Microsoft. Null: nothing is set. */
export interface LinkDrift {
  readonly field: DriftField;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly seenWallMs: number;
}

export interface DriftDecision extends Omit<LinkDrift, 'seenWallMs'> {
  readonly decision: 'repair' | 'accept';
  readonly by: string;
  readonly atWallMs: number;
  readonly undone?: true;
}

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
  /** In whose tenant it is; a change of address does not move it. */
  readonly connectionId?: ConnectionId;
  /** The number is settled, the policies are next (ASSIGNING, REMOVING). */
  readonly step?: 'policies';
  readonly policies?: Readonly<Partial<Record<PolicyField, LinkPolicy>>>;
  /** The last policy write whose effect has not been read back. */
  readonly lastPolicyWriteWallMs?: number;
  /** What stands at Microsoft instead of what is wanted, until somebody decides. */
  readonly drift?: readonly LinkDrift[];
  /** Newest first, at most 20. */
  readonly decisions?: readonly DriftDecision[];
  /** Exceptions of this person; `assign`: to be written, else it stands there already. */
  readonly accepted?: Readonly<
    Partial<Record<PolicyField, { readonly name: string | null; readonly assign: boolean }>>
  >;
  /** A number of somebody else's choice, to be taken away first because an admin decided so. */
  readonly replaces?: string;
  /** An admin decided that this Microsoft user gives the wanted number away first (PRV-304); `done`: Microsoft took it. */
  readonly takeOver?: { readonly objectId: string; readonly done?: true };
  /** They left the enable group and the number was given back: calls follow the leaver rule until they come back. */
  readonly leftGroup?: true;
  /** Assign although Microsoft shows the number: enterprise voice is off. */
  readonly reassign?: true;
  /** Mixed mode: an admin has approved what the group proposes. */
  readonly approvedWallMs?: number;
  /** What the person and the admins were told: never twice. */
  readonly told?: readonly ('relaunch' | 'reminder' | 'blocked' | 'late' | 'stranded')[];
}

/** A person of whom nothing is provisioned yet. */
export function newLink(accountId: AccountId, personId: PersonId, nowWallMs: number): Link {
  return { accountId, personId, state: 'OUT', sinceWallMs: nowWallMs, generation: 1 };
}
