import type {
  ApprovalLink,
  ConnectionFeature,
  ConnectionFeatureList,
  GoTo,
  NewAccount,
  OutgoingMail,
  ProblemCode,
  StopPreview,
  TenantCheck,
} from '@tandem/contract';
import type { Account, AccountId, ConnectionId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import type { PageAsk, PageOf } from './services.ts';

/** Who asks: for the audit, and to bind a way to Microsoft to the session that began it. */
export interface Asker extends AuditActor {
  /** The same for every request of one session or API token, and of no other. */
  readonly session: string;
}

export type BoardOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ProblemCode; readonly detail?: string };

export type OwnCredential =
  | { readonly kind: 'secret'; readonly secret: string; readonly endsAt: string }
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  | { readonly kind: 'make-certificate'; readonly days: number };

/** What the browser came back with from Microsoft. */
export interface MicrosoftReturn {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_subcode?: string | undefined;
  readonly admin_consent?: string | undefined;
  readonly tenant?: string | undefined;
}

export interface Returned {
  readonly connection: StoredConnection;
  readonly step: 'consent' | 'waiting' | 'done' | 'ask-admin' | 'again';
  readonly sentence: string;
}

/** Connections of accounts with Microsoft 365 tenants. The HTTP side filters by scope before it asks for one. */
export interface ConnectionBoard {
  /** From memory, oldest first. */
  list(): readonly StoredConnection[];
  find(id: string): StoredConnection | undefined;
  features(): ConnectionFeatureList;
  signIn(
    ask: {
      readonly accountId: AccountId;
      readonly connectionId?: ConnectionId | undefined;
      readonly features?: readonly ConnectionFeature[] | undefined;
      readonly returnTo: string;
      readonly shareTenant: boolean;
    },
    by: Asker,
  ): Promise<BoardOutcome<GoTo>>;
  consent(
    id: ConnectionId,
    returnTo: string,
    by: Asker,
    registration: 'main' | 'presence',
  ): Promise<BoardOutcome<GoTo>>;
  /** `sees`: whether the asker may see the account that the state belongs to. */
  complete(
    back: MicrosoftReturn,
    by: Asker,
    sees: (accountId: AccountId) => boolean,
  ): Promise<BoardOutcome<Returned>>;
  approvalLink(id: ConnectionId, returnTo: string, by: Asker): Promise<BoardOutcome<ApprovalLink>>;
  /** Nobody is signed in here: the link is the proof that an admin of the account asked. */
  approve(
    ask: { readonly link?: string | undefined; readonly back?: MicrosoftReturn | undefined },
    address: string,
  ): Promise<
    BoardOutcome<{ readonly step: 'go' | 'done'; readonly url?: string; readonly sentence: string }>
  >;
  register(
    ask: {
      readonly accountId: AccountId;
      readonly tenantId: string;
      readonly clientId: string;
      readonly credential: OwnCredential;
      readonly features?: readonly ConnectionFeature[] | undefined;
      readonly shareTenant: boolean;
    },
    by: Asker,
  ): Promise<BoardOutcome<StoredConnection>>;
  replaceRegistration(
    id: ConnectionId,
    ask: { readonly clientId?: string | undefined; readonly credential: OwnCredential },
    by: Asker,
  ): Promise<BoardOutcome<StoredConnection>>;
  setPresenceRegistration(
    id: ConnectionId,
    ask: { readonly clientId: string; readonly credential: OwnCredential },
    by: Asker,
  ): Promise<BoardOutcome<StoredConnection>>;
  dropPresenceRegistration(id: ConnectionId, by: Asker): Promise<BoardOutcome<StoredConnection>>;
  changeFeatures(
    id: ConnectionId,
    features: readonly ConnectionFeature[],
    by: Asker,
  ): Promise<BoardOutcome<StoredConnection>>;
  recheck(id: ConnectionId, by: Asker): Promise<BoardOutcome<StoredConnection>>;
  stops(id: ConnectionId): Promise<BoardOutcome<StopPreview>>;
  disconnect(
    id: ConnectionId,
    ask: { readonly preview: string; readonly reason?: string | undefined },
    by: Asker,
  ): Promise<BoardOutcome<StoredConnection>>;
  tenant(id: ConnectionId): Promise<BoardOutcome<TenantCheck>>;
  /** Undefined: of all accounts. */
  mails(accountId: AccountId | undefined, ask: PageAsk): Promise<PageOf<OutgoingMail>>;
}

export type AccountChangeAsk = Partial<
  Pick<
    Account,
    | 'name'
    | 'status'
    | 'mailDomains'
    | 'country'
    | 'areaCode'
    | 'timeZone'
    | 'mainNumber'
    | 'unknownCaller'
    | 'noAnswerSeconds'
    | 'carriers'
    | 'teams'
  >
>;

/** What the operator does with accounts. */
export interface AccountDesk {
  create(account: NewAccount, by: Asker): Promise<BoardOutcome<Account>>;
  change(accountId: AccountId, change: AccountChangeAsk, by: Asker): Promise<BoardOutcome<Account>>;
}
