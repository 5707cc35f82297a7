import type { AccountId, PersonId } from '@tandem/domain';
import type { CallParty } from '../call/party.ts';
import type { PresencePolicy } from '../ports/presence-policies.ts';
import { type CallPresence, isIdle, noCallPresence } from './call-presence.ts';
import type { PresenceFix } from './fix-presence.ts';
import type { ManualPresence } from './manual-presence.ts';
import type { PresencePerson } from './ports.ts';
import type { PreferredPair } from './wish.ts';

export interface Leg {
  readonly endpoint: CallParty['endpoint'];
  readonly sinceWallMs: number;
  readonly doing?: 'held';
}

/** What a process of before left at Microsoft. Times are monotonic milliseconds. */
export interface Restored {
  readonly at: PresencePerson;
  readonly leaseEndsMs?: number;
  readonly preferred?: {
    readonly pair: PreferredPair;
    readonly key: string;
    readonly endsMs: number;
    readonly sure: boolean;
    readonly maybe?: readonly PreferredPair[];
  };
  readonly leftKey?: string;
  readonly sequence: number;
}

/** One person, as the writer keeps them while something is going on. */
export interface Desk {
  readonly personId: PersonId;
  accountId?: AccountId;
  readonly legs: Map<string, Leg>;
  manual?: ManualPresence;
  /** Wall ms at which a calendar ends the person's being busy. */
  eventEndsWallMs?: number;
  /** Where the session is, while the machine runs: it does not move under a lease. */
  at?: PresencePerson;
  state: CallPresence;
  /** What a process of before left, until its tenant can be reached. */
  restored?: Restored;
  /** The store may have a row up to this number: it is dropped when the lease is over. 0: none. */
  rowUpTo: number;
  preferredUpTo: number;
  /** Work at the store in order, one person at a time. */
  storing: Promise<unknown>;
  stopTimer?: () => void;
  lastEndedMs?: number;
  lastPreferred?: { readonly pair: PreferredPair; readonly untilMs: number };
  fix?: PresenceFix;
}

export const newDesk = (
  personId: PersonId,
  accountId: AccountId | undefined,
  policy: PresencePolicy,
): Desk => ({
  personId,
  ...(accountId !== undefined && { accountId }),
  legs: new Map(),
  state: { ...noCallPresence, writes: policy.writesTeams },
  rowUpTo: 0,
  preferredUpTo: 0,
  storing: Promise.resolve(),
});

/** Something of the person is going on that Microsoft may have to be told of. */
export const wishes = ({ legs, manual, eventEndsWallMs }: Desk): boolean =>
  legs.size > 0 || manual !== undefined || eventEndsWallMs !== undefined;

/**
 * Something of ours is or may be at Microsoft, or a call or a wish asks for it. Else calls in Teams change nothing: they are
 * told when the first call at a phone comes; most people have none, and some numbers have hundreds of calls.
 */
export const touched = ({ state }: Desk): boolean => state.platformLegs.size > 0 || !isIdle(state);

export function withoutWishes(state: CallPresence): CallPresence {
  const { manual: _m, event: _e, ...rest } = state;
  return rest;
}
