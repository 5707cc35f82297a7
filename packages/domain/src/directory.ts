import type { E164 } from './e164.ts';
import type { AccountId, CarrierId, DeviceId, PersonId, QueueId } from './ids.ts';
import type { Queue } from './queue.ts';
import type { VoicemailChoices } from './voicemail.ts';

/** The nouns that routing needs. They are plain data: the store fills them, the engine reads them. */

export interface Account {
  readonly id: AccountId;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  /** The SBC FQDNs by which Microsoft and we know this customer, lower case. The first is used for calls to Teams. */
  readonly sbcHosts: readonly string[];
  readonly mailDomains: readonly string[];
  readonly entraTenantId?: string;
  /** ISO 3166 alpha-2: how numbers without a plus are read and which emergency numbers count. */
  readonly country: string;
  readonly areaCode?: string;
  readonly timeZone: string;
  /** Shown and billed when the caller's own number is not usable. */
  readonly mainNumber?: E164;
  /** What a call from Teams gets whose caller number is nobody's here (product-behaviour 4.3). */
  readonly unknownCaller: 'reject' | 'main-number';
  /** Carriers for outbound calls, first choice first. */
  readonly carriers: readonly CarrierId[];
  /** Ring time before the unavailable route, seconds, 5-60. */
  readonly noAnswerSeconds: number;
  /**
   * Whether the operator lets the account use the Teams service; absent: yes. After the service was ended, calls of those
   * who are ready go on until `endsAtWallMs`.
   */
  readonly teams?: { readonly enabled: boolean; readonly endsAtWallMs?: number };
}

export interface Person {
  readonly id: PersonId;
  readonly accountId: AccountId;
  readonly displayName: string;
  /** User principal name at Microsoft, lower case. */
  readonly upn: string;
  readonly mail?: string;
  readonly extension?: string;
  /** Numbers of this person, the main one first. */
  readonly numbers: readonly E164[];
  /** Active in the platform (product-behaviour 1.1 row 2). */
  readonly active: boolean;
  /** The person's own switch for calls in Teams (row 7). */
  readonly teamsToggle: boolean;
  /** The platform's Teams licence (row 9). */
  readonly platformLicence: boolean;
  /** Should they leave (product-behaviour 1.4); absent: by the account's rule. */
  readonly leaver?: LeaverChoice;
}

/** A phone that registers with us by SIP digest (RFC 3261 §22). The secret never stands in the routing facts. */
export interface Device {
  readonly id: DeviceId;
  readonly accountId: AccountId;
  /** Unique within the account, lower case, for example `dana-desk`. */
  readonly name: string;
  readonly kind: 'desk-phone' | 'common-area-phone';
  /** Digest user name, unique on the platform: the one thing that tells whose phone it is. */
  readonly sipUser: string;
  readonly extension?: string;
  readonly number?: E164;
  /** On whose desk it stands: it rings for calls to this person and calls as this person. */
  readonly personId?: PersonId;
}

/** Who owns a number or an extension. More kinds come with the phone system. */
export type Owner =
  | { readonly kind: 'person'; readonly personId: PersonId; readonly accountId: AccountId }
  | { readonly kind: 'device'; readonly deviceId: DeviceId; readonly accountId: AccountId }
  | { readonly kind: 'queue'; readonly queueId: QueueId; readonly accountId: AccountId };

export interface CarrierTarget {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'UDP' | 'TCP' | 'TLS';
  /** Lower is tried first; equal priorities are spread by weight. */
  readonly priority: number;
  readonly weight: number;
}

export interface Carrier {
  readonly id: CarrierId;
  readonly name: string;
  /** Owned by the operator (shared by customers) or by one account. */
  readonly owner: 'operator' | AccountId;
  readonly targets: readonly CarrierTarget[];
  /** Sources that are this carrier: address, and port when several carriers share an address. */
  readonly sources: readonly { readonly address: string; readonly port?: number }[];
  readonly probeWithOptions: boolean;
  readonly credentials?: { readonly username: string; readonly password: string; readonly realm?: string };
  readonly maxCalls?: number;
  /** How the carrier wants numbers: with plus, or digits only. */
  readonly numberFormat: 'e164' | 'digits';
  /** Emergency calls may leave here. */
  readonly emergency: boolean;
}

/** One of Microsoft's connection points, in the order in which they must be tried (teams-direct-routing 1.1). */
export interface Hub {
  readonly name: string;
  readonly port: number;
}

/**
 * Everything that deciding about a new call needs, in memory and immutable (I3). A change makes a new snapshot.
 * Every lookup that belongs to a customer is keyed by the customer.
 */
/** Who is rung for somebody who left. A number is one of the same account. */
export type LeaverForward =
  | { readonly kind: 'person'; readonly personId: PersonId }
  | { readonly kind: 'number'; readonly number: E164 }
  | { readonly kind: 'queue'; readonly queueId: QueueId };

/**
 * What callers of one person get once they left: somebody else, the person's mailbox as long as the person is still here, or
 * that the number is not in service.
 */
export type LeaverChoice = LeaverForward | { readonly kind: 'voicemail' } | { readonly kind: 'announcement' };

/** A number of an account that nobody has, and why it is not free. */
export interface HeldNumber {
  readonly accountId: AccountId;
  readonly kind: 'reserved' | 'quarantine' | 'ported';
  /** Absent: until somebody says otherwise. */
  readonly untilWallMs?: number;
  readonly reason?: string;
  /** Address, lower case. */
  readonly reservedFor?: string;
  /** Name of who had it last. */
  readonly formerOwner?: string;
  readonly formerPersonId?: PersonId;
  readonly forward?: LeaverForward;
}

export interface RoutingSnapshot {
  readonly version: number;
  readonly builtAtWallMs: number;
  readonly accounts: ReadonlyMap<AccountId, Account>;
  /** SBC FQDN, lower case, exact: the one thing that tells customers apart on the Teams side. */
  readonly accountBySbcHost: ReadonlyMap<string, AccountId>;
  readonly people: ReadonlyMap<PersonId, Person>;
  readonly devices: ReadonlyMap<DeviceId, Device>;
  readonly queues: ReadonlyMap<QueueId, Queue>;
  /** DIDs of all customers: a number has exactly one owner on the platform. */
  readonly numbers: ReadonlyMap<E164, Owner>;
  /** Numbers without an owner that are held back. Their time is judged by who asks. */
  readonly held?: ReadonlyMap<E164, HeldNumber>;
  readonly extensions: ReadonlyMap<AccountId, ReadonlyMap<string, Owner>>;
  readonly carriers: ReadonlyMap<CarrierId, Carrier>;
  readonly hubs: readonly Hub[];
  /** Absent: nobody chose anything. */
  readonly voicemail?: VoicemailChoices;
}
