import type { AccountId, ConnectionId, PersonId } from '@tandem/domain';
import type { ConnectionLife } from '../connection/connection-life.ts';
import type { ConnectionFeature } from '../connection/features.ts';
import type { PresenceRegistration } from '../connection/presence-registration.ts';

/** What everybody may know of an own registration's credential. */
export interface CredentialFacts {
  readonly kind: 'secret' | 'certificate';
  readonly endsWallMs?: number;
  /** PEM, without the key. */
  readonly certificate?: string;
}

/** What only the token endpoint may know. Sealed in the store; never in a log, an answer or the audit. */
export type CredentialSecret =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string };

/** An account's connection with one Entra tenant, as it is kept. */
export interface StoredConnection {
  readonly id: ConnectionId;
  readonly accountId: AccountId;
  /** Lower case. */
  readonly entraTenantId: string;
  readonly tenantName?: string;
  /** Verified domains, lower case, as read last. */
  readonly domains: readonly string[];
  readonly kind: 'platform-app' | 'own-app';
  readonly clientId: string;
  readonly credential?: CredentialFacts;
  /** Waits for its proof; then it replaces the present one. `clientId`: with another app. */
  readonly nextCredential?: CredentialFacts & { readonly clientId: string };
  /** Presence goes by an app registration of its own, and only by that. Absent: `clientId` does everything. */
  readonly presence?: PresenceRegistration;
  readonly features: readonly ConnectionFeature[];
  /** Of the last fresh token. */
  readonly roles: readonly string[];
  readonly rolesReadWallMs?: number;
  /** When a request last needed the role, by role. */
  readonly roleUses: Readonly<Record<string, number>>;
  readonly life: ConnectionLife;
  /** Who signed in at Microsoft last, by the ID token. */
  readonly signedIn?: {
    readonly objectId: string;
    readonly name: string;
    readonly roles: readonly string[];
    readonly mayConsent: boolean;
  };
  /** User of the platform who connected it. */
  readonly connectedBy?: string;
  readonly connectedWallMs?: number;
  readonly createdWallMs: number;
  readonly version: number;
}

export type ConnectionWrite =
  | { readonly ok: true; readonly connection: StoredConnection }
  | { readonly ok: false; readonly why: 'tenant-taken' | 'conflict' | 'unknown' };

/** `present` signs in; `next` waits for its proof; `presence` signs in the registration for presence. */
export type CredentialPlace = 'present' | 'next' | 'presence';

export interface ConnectionStore {
  listAllConnectionsForPlatform(): Promise<readonly StoredConnection[]>;
  /** `secret`: for `credential`, or for `nextCredential` where there is one. */
  create(connection: StoredConnection, secret?: CredentialSecret): Promise<ConnectionWrite>;
  /** Refuses when somebody else wrote since `connection.version`. */
  save(connection: StoredConnection): Promise<ConnectionWrite>;
  /** Together with the facts about it. `null` forgets. */
  saveWithSecret(
    connection: StoredConnection,
    place: CredentialPlace,
    secret: CredentialSecret | null,
  ): Promise<ConnectionWrite>;
  /** The next credential becomes the present one. */
  promote(connection: StoredConnection): Promise<ConnectionWrite>;
  /** Undefined: there is none, or it was sealed under another master key. */
  secretOf(
    accountId: AccountId,
    id: ConnectionId,
    place: CredentialPlace,
  ): Promise<CredentialSecret | undefined>;
}

/** A way to Microsoft and back that was begun: bound to who began it, used once (T18, T19). */
export interface SignInAttempt {
  readonly accountId: AccountId;
  readonly connectionId?: ConnectionId;
  readonly purpose:
    | 'sign-in'
    | 'consent'
    | 'presence-consent'
    | 'approval-link'
    | 'approval-sign-in'
    | 'approval-consent'
    | 'approval-presence-consent'
    | 'own-connection'
    | 'accelerator';
  /** For an own connection: the person of ours who began. */
  readonly personId?: PersonId;
  /** For sign-ins that are kept: what the person is asked to agree to. */
  readonly scopes?: readonly string[];
  /** Of the session, or of the API token: the same must come back with it. Empty for the ways of an approval link. */
  readonly boundTo: string;
  readonly by: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly nonce: string;
  /** PKCE: never leaves the platform before the code is redeemed. */
  readonly verifier: string;
  readonly features: readonly ConnectionFeature[];
  readonly shareTenant: boolean;
  /** For consent: the tenant whose administrator signed in. */
  readonly entraTenantId?: string;
  readonly endsWallMs: number;
}

export interface SignInAttempts {
  /** `state` is kept as a hash. */
  open(state: string, attempt: SignInAttempt): Promise<void>;
  /** Gives it once and never again. Undefined: unknown, used or over. */
  take(state: string, nowWallMs: number): Promise<SignInAttempt | undefined>;
}
