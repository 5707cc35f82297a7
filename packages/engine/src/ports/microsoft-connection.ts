import type { Trouble } from '../connection/trouble.ts';
import type { CredentialPlace, CredentialSecret, StoredConnection } from './connection-store.ts';
import type { PersonTokens } from './own-sign-ins.ts';

/** What a fresh app-only token for the connection's tenant says. */
export type Proof =
  | { readonly is: 'roles'; readonly roles: readonly string[] }
  | { readonly is: 'refused'; readonly trouble: Trouble }
  /** The service does not answer, or nothing can be read from what it gave: says nothing. */
  | { readonly is: 'silent' };

export interface TenantName {
  readonly name?: string;
  /** Verified, lower case. */
  readonly domains: readonly string[];
  readonly country?: string;
}

/** Asks Microsoft about a connection. Nothing throws for what Microsoft says or fails to say. */
export interface ConnectionProbe {
  /** Past every cache: an older token may lack what was approved a moment ago. */
  prove(connection: StoredConnection, place: CredentialPlace): Promise<Proof>;
  /** The same of a credential that nobody keeps yet. */
  proveSecret(
    app: { readonly clientId: string; readonly entraTenantId: string },
    secret: CredentialSecret,
  ): Promise<Proof>;
  /** A read that every connection may make; what came of it is heard through the client as of any other request. */
  readTenant(connection: StoredConnection): Promise<TenantName | undefined>;
  /** The connection's credential or app changed, or it ended: what was kept of it is forgotten. */
  forget(connection: StoredConnection): void;
}

/** Who signed in at Microsoft, from a token that was proved. */
export interface MicrosoftPerson {
  readonly entraTenantId: string;
  readonly objectId: string;
  readonly name: string;
  /** Role template ids; undefined: the registration does not ask for them. */
  readonly wids?: readonly string[];
}

export interface SignInWay {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
}

export type Redeemed =
  /** `tokens`: when scopes were asked for, which is when a sign-in shall be kept. */
  | { readonly ok: true; readonly person: MicrosoftPerson; readonly tokens?: PersonTokens }
  /** The code or our credential was refused. `number`: of AADSTS. */
  | {
      readonly ok: false;
      readonly why: 'refused';
      readonly number?: number;
      readonly trouble?: Trouble;
    }
  | { readonly ok: false; readonly why: 'unavailable' }
  /** The proof is not valid; `detail` is for the log. */
  | { readonly ok: false; readonly why: 'token'; readonly detail: string; readonly trouble?: Trouble };

/** Sign-in of an administrator by authorization code and PKCE, and the way to the approval for a tenant. */
export interface MicrosoftSignIn {
  authorizeUrl(
    way: SignInWay & {
      readonly nonce: string;
      readonly verifier: string;
      /** Absent: to know who it is, nothing else. */
      readonly scopes?: readonly string[];
      /** The account that is expected. */
      readonly loginHint?: string;
    },
  ): string;
  consentUrl(way: SignInWay & { readonly entraTenantId: string }): string;
  redeem(ask: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly code: string;
    readonly verifier: string;
    readonly nonce: string;
    readonly credential: CredentialSecret;
    /** Those of the way there; the tokens come back with the person. */
    readonly scopes?: readonly string[];
  }): Promise<Redeemed>;
}
