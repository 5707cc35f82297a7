import type { Account, AccountId, ConnectionId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ConnectionWrite,
  CredentialPlace,
  CredentialSecret,
  SignInAttempts,
  StoredConnection,
} from '../ports/connection-store.ts';
import type { ConnectionProbe, MicrosoftSignIn } from '../ports/microsoft-connection.ts';
import type { ConnectionKeeper } from './connection-keeper.ts';

export type DeskRefusal =
  | 'not-found'
  | 'teams-not-enabled'
  | 'no-app-registration'
  | 'return-address-unknown'
  | 'sign-in-over'
  | 'other-session'
  | 'other-tenant'
  | 'token-refused'
  | 'microsoft-refused'
  | 'microsoft-unavailable'
  | 'tenant-taken'
  | 'credential-invalid'
  | 'wrong-state'
  | 'preview-outdated';

export type DeskOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DeskRefusal; readonly detail?: string };

/** Who asks. `session`: the same for all requests of one session, and of no other. */
export interface DeskAsker extends AuditActor {
  readonly session: string;
}

/** What the browser came back with. `tenant` and `admin_consent` are claims of whoever sent the browser here (T19). */
export interface MicrosoftBack {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_subcode?: string | undefined;
  readonly admin_consent?: string | undefined;
  readonly tenant?: string | undefined;
}

export interface DeskReturned {
  readonly connection: StoredConnection;
  readonly step: 'consent' | 'waiting' | 'done' | 'ask-admin' | 'again';
  readonly sentence: string;
}

export type NewCredential =
  | { readonly kind: 'secret'; readonly secret: string; readonly endsAt: string }
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  | { readonly kind: 'make-certificate'; readonly days: number };

export interface DeskParts {
  readonly keeper: ConnectionKeeper;
  readonly attempts: SignInAttempts;
  readonly signIn: MicrosoftSignIn;
  readonly probe: ConnectionProbe;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Undefined: the platform has no app registration. Its credential is the operator's. */
  readonly platformApp: { readonly clientId: string; credential(): Promise<CredentialSecret> } | undefined;
  /** For presence alone (G23). Undefined: the platform has none. */
  readonly presenceApp?: { readonly clientId: string } | undefined;
  readonly account: (accountId: AccountId) => Account | undefined;
  readonly redirectUris: () => readonly string[];
  readonly newId: () => ConnectionId;
  /** 256 random bits as text. */
  readonly secretText: () => string;
  readonly certificates: {
    make(
      name: string,
      days: number,
    ): Promise<{
      readonly certificate: string;
      readonly privateKey: string;
      readonly endsWallMs: number;
    }>;
    fault(certificate: string, privateKey: string): string | undefined;
    endsWallMs(certificate: string): number;
  };
  readonly saveSecret: (
    connection: StoredConnection,
    place: CredentialPlace,
    secret: CredentialSecret | null,
  ) => Promise<ConnectionWrite>;
  /** People whose calls from Teams rest on this connection, for the preview of its end. */
  readonly peopleOf: (connection: StoredConnection) => number;
  /** A hash, for the preview. */
  readonly digest: (text: string) => string;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

const minuteMs = 60_000;
/** Of a way to Microsoft and back. */
export const wayMs = 10 * minuteMs;
/** Of a link that is sent to somebody who may approve. */
export const linkMs = 7 * 24 * 60 * minuteMs;

export const refuse = (code: DeskRefusal, detail?: string) =>
  ({ ok: false, code, ...(detail !== undefined && { detail }) }) as const;
export const done = <T>(value: T): DeskOutcome<T> => ({ ok: true, value });
