import type {
  ConnectionFeature,
  OwnConnectionMode,
  PresenceSyncSettings,
  ProvisioningSettings,
  Role,
  VoicemailOfAccount,
} from '@tandem/contract';
import type {
  Account,
  Carrier,
  CarrierId,
  Device,
  E164,
  Person,
  PersonId,
  Queue,
  VoicemailOwner,
} from '@tandem/domain';
import type { PresenceExceptions } from '@tandem/engine';
import type { PresenceChoice } from '@tandem/engine/presence-sync/settings.ts';
import type { HoldMusic } from '@tandem/engine/routing-domain/calling-policy.ts';

import type { StoredHold } from './stock.ts';

/** What of an account a file can name, as it stands. */
export interface TenantState {
  readonly account: Account;
  readonly connections: readonly {
    readonly id: string;
    readonly tenantId: string;
    readonly settings: ProvisioningSettings;
  }[];
  /** With Microsoft, those that have not ended. */
  readonly microsoft: readonly StoredMicrosoft[];
  readonly ranges: readonly StoredRange[];
  readonly people: readonly Person[];
  /** Sorted; who has none is not in it. */
  readonly tags: ReadonlyMap<PersonId, readonly string[]>;
  readonly queues: readonly Queue[];
  readonly phones: readonly Device[];
  readonly presence: PresenceSyncSettings & SpeedSettings;
  readonly voicemail: Pick<VoicemailOfAccount, 'owner' | 'maxSeconds' | 'retentionDays'>;
  /** What was chosen for single people; who has nothing of their own is not in it. */
  readonly own: ReadonlyMap<PersonId, StoredOwn>;
  readonly webhooks: readonly StoredWebhook[];
  /** The account's own. */
  readonly carriers: readonly StoredCarrier[];
  /** The operator's, which the account may use. */
  readonly sharedCarriers: readonly { readonly id: CarrierId; readonly name: string }[];
  /** Sources of carriers that are not the account's own, as `sourceKey` writes them. */
  readonly sourcesElsewhere: ReadonlySet<string>;
  readonly signIns: readonly StoredSignIn[];
  /** Numbers of the account that nobody has and that do not rest, in their order; null: free. */
  readonly stock: ReadonlyMap<E164, StoredHold | null>;
  /** Numbers of the account that are not simply free. */
  readonly numbers: ReadonlyMap<E164, NumberUse>;
}

/** A connection as far as a file names it. */
export interface StoredMicrosoft {
  readonly id: string;
  readonly tenantId: string;
  readonly features: readonly ConnectionFeature[];
  readonly routingDomains: readonly {
    readonly id: string;
    readonly host: string;
    readonly holdMusic?: HoldMusic;
  }[];
}

/** Without what it proves itself with. */
export type StoredCarrier = Omit<Carrier, 'credentials' | 'owner'> & { readonly version: number };

/** One carrier's for the whole platform: a call is whose by where it comes from. */
export const sourceKey = ({ address, port }: Carrier['sources'][number]): string =>
  port === undefined ? address : `${address} port ${port}`;

export interface StoredSignIn {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly personId?: PersonId;
  readonly disabled: boolean;
}

/** Own connections of people, and whether Microsoft tells of changes by itself. */
export interface SpeedSettings {
  readonly ownConnections: OwnConnectionMode;
  readonly accelerate: boolean;
}

/** What was chosen for one person, beside the leaver rule, which stands with the person. */
export interface StoredOwn {
  readonly voicemail?: VoicemailOwner;
  readonly presence?: PresenceChoice;
  readonly exceptions?: Omit<PresenceExceptions, 'timeBoxed'>;
}

/** Whom a range is for. */
export interface RangePlace {
  readonly city?: string;
  readonly department?: string;
}

export interface StoredRange {
  readonly id: string;
  readonly name: string;
  readonly first: E164;
  readonly last: E164;
  readonly when?: RangePlace;
  readonly size: number;
  readonly free: number;
}

export interface StoredWebhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly active: boolean;
}

export type NumberUse =
  | { readonly by: 'person'; readonly personId: PersonId }
  | { readonly by: 'device' }
  | { readonly by: 'queue' }
  | {
      readonly by: 'hold';
      readonly say: string;
      readonly reservedFor?: string;
      readonly formerPersonId?: PersonId;
    };
