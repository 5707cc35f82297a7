import type { Dependency, Presence } from '@tandem/contract';
import type { Outgoing } from '@tandem/contract/areas/outgoing-routes.ts';
import type {
  Account,
  CallRecord,
  Carrier,
  Device,
  E164,
  LeaverChoice,
  LinkState,
  Person,
  PersonId,
  Queue,
  ReadinessReport,
} from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import type { ChainReport } from '../audit/audit-log.ts';
import type { AuditStore } from '../postgres/audit-store.ts';
import type { AccountNumber, NumberStateAsked } from '../postgres/number-store.ts';
import type { WebhookBoard } from '../webhooks/webhook-board.ts';
import type { AccessBoard } from './access-board.ts';
import type { ContactBoard } from './areas/contact-handlers.ts';
import type { DiallingBoard } from './areas/dialling-handlers.ts';
import type { TenantDirectoryBoard } from './areas/tenant-directory.ts';
import type { MicrosoftDoor } from './auth/microsoft-door.ts';
import type { SessionService } from './auth/session-service.ts';
import type { AccountDesk, ConnectionBoard } from './connection-board.ts';
import type { ConsentBoard } from './consent/consent-board.ts';
import type { EventFeed } from './events/event-feed.ts';
import type { JobBoard } from './job-board.ts';
import type { MicrosoftDataBoard } from './microsoft-data-board.ts';
import type { NumberBoard } from './number-board.ts';
import type { OwnConnectionBoard } from './own-connection-board.ts';
import type { OwnPresenceBoard } from './own-presence-board.ts';
import type { PresenceSyncBoard } from './presence-sync-board.ts';
import type { ProvisioningBoard } from './provisioning-board.ts';
import type { QueueBoard } from './queue-board.ts';
import type { RoutingDomainBoard } from './routing-domain-board.ts';
import type { Scope } from './scope.ts';
import type { TagBoard } from './tag-board.ts';
import type { TenantFileBoard } from './tenant-file-board.ts';
import type { VoicemailBoard } from './voicemail-board.ts';

/**
 * What the HTTP API needs from the rest. Every question about customers' data carries a scope (I9): a store cannot be
 * asked anything without saying for whom. A store whose database is away throws an error that `isAway` knows.
 */
export interface ApiServices {
  readonly version: string;
  readonly clock: ApiClock;
  readonly sessions: SessionService;
  readonly microsoftDoor: MicrosoftDoor;
  readonly directory: Directory;
  readonly calls: FinishedCalls;
  readonly live: LiveCalls;
  readonly readiness: ReadinessBoard;
  readonly provisioning: ProvisioningBoard;
  readonly presence: PresenceBoard;
  readonly ownPresence: OwnPresenceBoard;
  readonly ownConnections: OwnConnectionBoard;
  readonly presenceSync: PresenceSyncBoard;
  readonly peers: PeerBoard;
  readonly phones: PhoneBoard;
  readonly tenantDirectory: TenantDirectoryBoard;
  readonly events: EventFeed;
  readonly metrics: MetricsText;
  readonly audit: AuditBoard;
  readonly connections: ConnectionBoard;
  readonly microsoftData: MicrosoftDataBoard;
  readonly outgoing: OutgoingBoard;
  readonly accountDesk: AccountDesk;
  readonly webhooks: WebhookBoard;
  readonly routingDomains: RoutingDomainBoard;
  readonly numbers: NumberBoard;
  readonly jobs: JobBoard;
  readonly tags: TagBoard;
  readonly tenantFiles: TenantFileBoard;
  readonly dialling: DiallingBoard;
  readonly access: AccessBoard;
  readonly consents: ConsentBoard;
  readonly contacts: ContactBoard;
  readonly queues: QueueBoard;
  readonly voicemail: VoicemailBoard;
  /** For `/readyz`. Must answer within a second, also when a dependency hangs. */
  dependencies(): Promise<readonly Dependency[]>;
}

/** The chained log of changes. */
export interface AuditBoard {
  list: AuditStore['list'];
  /** Undefined: the platform's own chain. */
  check(accountId: Account['id'] | undefined): Promise<ChainReport>;
}

export interface ApiClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall milliseconds since 1970. */
  wall(): number;
  after(ms: number, fire: () => void): () => void;
}

export interface PageAsk {
  readonly limit: number;
  /** Opaque: what the same store gave as `nextCursor`. */
  readonly cursor?: string | undefined;
}

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
  readonly total?: number | undefined;
}

export interface PeopleAsk extends PageAsk {
  readonly search?: string | undefined;
  /** Only these: what is judged in memory cannot be asked of a store. */
  readonly keep?: ((account: Account, person: Person) => boolean) | undefined;
}

export interface NumberOwner {
  readonly number: E164;
  readonly accountId: Account['id'];
  readonly person?: { readonly id: Person['id']; readonly displayName: string };
  readonly device?: Pick<Device, 'id' | 'name'>;
  readonly queue?: Pick<Queue, 'id' | 'name'>;
  readonly held?: NonNullable<AccountNumber['held']>;
}

export interface PersonChangeAsk {
  readonly teamsToggle?: boolean | undefined;
  /** The main number; `null` takes it away. */
  readonly number?: E164 | null | undefined;
  readonly platformLicence?: boolean | undefined;
  readonly active?: boolean | undefined;
  /** `null`: by the account's rule again. */
  readonly leaver?: LeaverChoice | null | undefined;
}

export type PersonChangeOutcome =
  | { readonly kind: 'changed'; readonly person: Person; readonly before: Person }
  | { readonly kind: 'unknown' }
  /** `say`: who has it. */
  | { readonly kind: 'number-taken'; readonly say?: string }
  | { readonly kind: 'number-held'; readonly say: string };

export type ListedCarrier = Omit<Carrier, 'credentials'> & { readonly username?: string };

export interface Directory {
  accounts(scope: Scope, ask: PageAsk): Promise<PageOf<Account>>;
  people(scope: Scope, ask: PeopleAsk): Promise<PageOf<Person>>;
  /** `undefined` for what does not exist and for what the scope may not see, alike. */
  person(scope: Scope, id: string): Promise<Person | undefined>;
  changePerson(
    scope: Scope,
    id: string,
    change: PersonChangeAsk,
    by: AuditActor,
  ): Promise<PersonChangeOutcome>;
  /** Never with a password. The operator's carriers that the scope's account uses, and the account's own. */
  carriers(scope: Scope, ask: PageAsk): Promise<PageOf<ListedCarrier>>;
  numbers(
    scope: Scope,
    ask: PageAsk & {
      readonly search?: string | undefined;
      readonly state?: NumberStateAsked | undefined;
      readonly range?: string | undefined;
    },
  ): Promise<PageOf<NumberOwner>>;
}

/** What provisioning found out last, from memory: answers while Microsoft or the database is away. */
export interface ReadinessBoard {
  /** Judged anew with the person as it is now and Microsoft as it was read last. */
  of(account: Account, person: Person): JudgedPerson;
  /** Somebody looks at one of this account's people: Microsoft is read again if that was a while ago. */
  look?(accountId: Account['id']): void;
}

export interface JudgedPerson {
  readonly report: ReadinessReport;
  /** Absent while provisioning does not look at this account. */
  readonly state?: LinkState;
  /** When Microsoft was read last; absent: never. */
  readonly checkedAtWallMs?: number;
}

export interface PresenceBoard {
  /** Undefined: nothing is known of this person. */
  of(personId: PersonId): Presence | undefined;
}

export interface CallAsk extends PageAsk {
  /** Part of either party's number, as typed: separators and plus do not matter. */
  readonly number?: string | undefined;
  readonly result?: CallRecord['result'] | undefined;
  readonly direction?: CallRecord['direction'] | undefined;
  readonly personId?: string | undefined;
  /** Call-ID of either leg, exact. */
  readonly sipCallId?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly beforeWallMs?: number | undefined;
}

export interface FinishedCalls {
  /** Newest first. */
  list(scope: Scope, ask: CallAsk): Promise<PageOf<CallRecord>>;
  record(scope: Scope, id: string): Promise<CallRecord | undefined>;
  ladder(scope: Scope, id: string): Promise<readonly LadderEntry[] | undefined>;
}

export type CallPhase = 'setting-up' | 'ringing' | 'talking' | 'ending';

export interface LiveCall {
  readonly record: CallRecord;
  readonly phase: CallPhase;
}

/** From memory: answers while the database is away. The HTTP side filters by scope. */
export interface LiveCalls {
  list(): readonly LiveCall[];
  find(id: string): LiveCall | undefined;
  ladder(id: string): readonly LadderEntry[];
  /** `false` when the call was over before it could be ended. */
  hangUp(id: string, by: string): Promise<boolean>;
}

/** OPTIONS one way. Times are wall milliseconds. */
export interface Heard {
  readonly lastAtMs?: number | undefined;
  readonly status?: number | undefined;
  readonly rttMs?: number | undefined;
}

export interface PeerHealth {
  readonly id: string;
  readonly kind: 'hub' | 'carrier';
  readonly name: string;
  /** `TLS host:port`, `UDP host:port`. */
  readonly address: string;
  /** Set for a carrier that belongs to one account. */
  readonly accountId?: string | undefined;
  readonly state: 'up' | 'degraded' | 'down' | 'unknown';
  /** Why, when the health checker knows more than the state says, for example `connect refused`. */
  readonly reason?: string | undefined;
  readonly sinceMs?: number | undefined;
  /** Our OPTIONS: when the last answer came, which, and how fast. */
  readonly weAsk: Heard;
  /** The peer's OPTIONS to us. */
  readonly theyAsk: Heard;
}

/** A phone as the registrar knows it. From memory. */
export interface PhoneState {
  readonly device: Device;
  readonly registration?: {
    readonly transport: 'UDP' | 'TCP' | 'TLS';
    readonly sinceWallMs: number;
    readonly expiresAtWallMs: number;
  };
}

export interface PhoneBoard {
  list(): readonly PhoneState[];
}

/** Whom this installation may connect to, and did. */
export interface OutgoingBoard {
  show(): Promise<Outgoing>;
}

export interface PeerBoard {
  list(): readonly PeerHealth[];
}

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/**
 * The database cannot be asked now: what the stores throw for that carries this code (see `postgres/errors.ts`). Judged
 * by the code, so that a store on other technology fits too.
 */
export function isAway(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'database-unavailable';
}
