import type { AccountId, PersonId } from '@tandem/domain';
import type { RequestIds } from '../provisioning/write-outcome.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import type { TeamsRead } from './teams-view.ts';

/** Where a person is at Microsoft. Known by the link, whether the person may call from Teams or not. */
export interface PresencePerson {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly entraTenantId: string;
  readonly objectId: string;
}

/** The people whose Entra object is known. From memory; changes when links or connections change. */
export interface PresenceDirectory {
  find(personId: PersonId): PresencePerson | undefined;
  list(): readonly PresencePerson[];
  onChange(listener: () => void): () => void;
}

export type PresenceReadOutcome = PresenceRead & {
  /** By what Microsoft's support finds the request. */
  readonly request?: RequestIds;
};

type PresenceRead =
  /** Ids that did not come back are missing. `left`: those who were not asked about, so that nothing follows of it for them. */
  | {
      readonly is: 'read';
      readonly found: ReadonlyMap<string, TeamsRead>;
      readonly left?: ReadonlySet<string>;
    }
  | { readonly is: 'throttled'; readonly retryAfterMs?: number }
  /** 5xx, no answer, an answer without sense. */
  | { readonly is: 'failed' }
  /** Consent or permission is missing, or the sign-in is refused: asking soon again will not help. */
  | { readonly is: 'refused' };

/** Presence at Microsoft for one Entra tenant. Never throws. */
export interface TenantPresence {
  read(objectIds: readonly string[]): Promise<PresenceReadOutcome>;
  write(objectId: string, write: PresenceWrite): Promise<PresenceWriteOutcome>;
}

export interface PresenceGraph {
  /** Undefined: no connection to this tenant now. */
  of(entraTenantId: string): TenantPresence | undefined;
}

export interface StoredLease extends PresencePerson {
  readonly sequence: number;
  /** As the store's clock sees it; negative when it is over. */
  readonly leftMs: number;
}

/** What we may have asked Microsoft to show, kept over a crash. Rejects while the store is away. */
export interface PresenceLeases {
  /** Refused when a newer number stands: fencing (I7). Then `standing` is that number. */
  hold(
    lease: PresencePerson & { readonly sequence: number },
    forMs: number,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly standing: number }>;
  /** Forgets the lease unless a newer one stands. */
  drop(accountId: AccountId, personId: PersonId, sequence: number): Promise<void>;
  listForPlatform(): Promise<readonly StoredLease[]>;
}

export interface PreferredRow extends PresencePerson {
  readonly sequence: number;
  readonly availability: string;
  readonly activity: string;
  /** Tells one wish of the person from another. */
  readonly wish: string;
  /** False: the person chose something else in Teams over it; it is not told again. */
  readonly standing: boolean;
}

export interface StoredPreferred extends PreferredRow {
  /** As the store's clock sees it; negative when it is over. */
  readonly leftMs: number;
}

/** What people prefer at Microsoft because of us, kept until it is cleared or over. Rejects while the store is away. */
export interface PreferredStates {
  /** Refused when a newer number stands: fencing (I7). Then `standing` is that number. */
  hold(
    row: PreferredRow,
    forMs: number,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly standing: number }>;
  /** Forgets the row unless a newer one stands. */
  drop(accountId: AccountId, personId: PersonId, sequence: number): Promise<void>;
  listForPlatform(): Promise<readonly StoredPreferred[]>;
}
