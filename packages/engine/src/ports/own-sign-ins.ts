import type { AccountId, PersonId, SignInId } from '@tandem/domain';
import type { SecretText } from '../own-connection/secret-text.ts';
import type { SignInLife } from '../own-connection/sign-in-life.ts';
import type { SignInTrouble } from '../own-connection/sign-in-trouble.ts';
import type { CredentialSecret } from './connection-store.ts';

/** `own`: serves the person who signed in, and nobody else. `accelerator`: hears of changes of presence for an account. */
export const signInUses = ['own', 'accelerator'] as const;
export type SignInUse = (typeof signInUses)[number];

/** Somebody's sign-in at Microsoft, kept for what they agreed to. */
export interface StoredSignIn {
  readonly id: SignInId;
  readonly accountId: AccountId;
  readonly use: SignInUse;
  /** Whose it is; an accelerator is nobody's. */
  readonly personId?: PersonId;
  /** Lower case, both: who it is at Microsoft, by the ID token (T18). */
  readonly entraTenantId: string;
  readonly objectId: string;
  /** As Microsoft shows the account, for people to recognise it. */
  readonly name: string;
  readonly clientId: string;
  /** What the person agreed to, as the sign-in service said last. */
  readonly scopes: readonly string[];
  readonly life: SignInLife;
  readonly createdWallMs: number;
}

/** `off`: nobody has one. `fallback`: where the organisation's connection does not serve. `always`: before it. */
export const ownConnectionModes = ['off', 'fallback', 'always'] as const;
export type OwnConnectionMode = (typeof ownConnectionModes)[number];

/** What an account decided about sign-ins of people. */
export interface OwnConnectionSettings {
  readonly ownConnections: OwnConnectionMode;
  /** Subscriptions to changes of presence, by the sign-ins that were given for it. */
  readonly accelerate: boolean;
}

export const defaultOwnConnectionSettings: OwnConnectionSettings = {
  ownConnections: 'fallback',
  accelerate: false,
};

export type SignInWrite =
  | { readonly ok: true }
  /** `taken`: another person has this Microsoft account. `unknown`: the account or the person is gone. */
  | { readonly ok: false; readonly why: 'taken' | 'unknown' };

/** Sign-ins with their refresh tokens, sealed. Rejects while the store is away. */
export interface OwnSignInStore {
  loadForPlatform(): Promise<{
    readonly signIns: readonly StoredSignIn[];
    readonly settings: ReadonlyMap<AccountId, OwnConnectionSettings>;
  }>;
  /** In the place of the same person's, or of the same account's accelerator of the same Microsoft user. */
  put(signIn: StoredSignIn, token: SecretText): Promise<SignInWrite>;
  saveLife(signIn: StoredSignIn): Promise<void>;
  /** The sign-in service gave a new one. */
  rotate(accountId: AccountId, id: SignInId, token: SecretText): Promise<void>;
  /** Undefined: there is none, or it was sealed under another master key. */
  tokenOf(accountId: AccountId, id: SignInId): Promise<SecretText | undefined>;
  remove(accountId: AccountId, id: SignInId): Promise<void>;
  saveSettings(accountId: AccountId, settings: OwnConnectionSettings): Promise<void>;
}

/** What the sign-in service gives for a person. */
export interface PersonTokens {
  readonly accessToken: SecretText;
  readonly expiresInSeconds: number;
  /** Absent: the old one goes on. */
  readonly refreshToken?: SecretText;
  readonly scopes: readonly string[];
}

export type RefreshOutcome =
  | { readonly is: 'tokens'; readonly tokens: PersonTokens }
  | { readonly is: 'refused'; readonly trouble: SignInTrouble }
  /** Our own app or its credential is refused: nothing that the person did or can cure. `detail` is for the log. */
  | { readonly is: 'ours'; readonly detail: string }
  | { readonly is: 'later' };

/** The token endpoint for people, always by the GUID of their tenant (T18, T20). Never throws. */
export interface PersonTokenService {
  refresh(ask: {
    readonly clientId: string;
    readonly entraTenantId: string;
    readonly refreshToken: SecretText;
    readonly scopes: readonly string[];
    readonly credential: CredentialSecret;
  }): Promise<RefreshOutcome>;
}
