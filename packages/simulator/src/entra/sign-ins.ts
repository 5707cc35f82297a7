import type { TwinRandom } from '../random.ts';

/** Who is signed in and what was handed out for it: sessions of browsers, codes, refresh tokens (graph 1.2, A11, A12). */

const day = 86_400_000;
/** Inactivity that ends a refresh token; what a single-page app gets has a fixed end. */
export const refreshTokenIdleMs = 90 * day;
export const spaRefreshTokenMs = day;
export const codeMs = 10 * 60_000;
/** A browser that did nothing for so long signs in again. */
const sessionMs = day;

export interface SignedIn {
  readonly tenantId: string;
  readonly objectId: string;
  /** A second factor was shown. */
  readonly secondFactor: boolean;
  /** Wall ms at which the person signed in. */
  readonly at: number;
}

export interface Grant {
  readonly clientId: string;
  readonly who: SignedIn;
  /** Permissions that were asked for; `openid` and the like among them. */
  readonly scopes: readonly string[];
  readonly everything: boolean;
  readonly redirectKind: 'web' | 'spa' | 'public';
}

export interface AuthorizationCode extends Grant {
  readonly redirectUri: string;
  readonly nonce: string | undefined;
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
  readonly issuedAt: number;
  redeemed: boolean;
}

export interface RefreshToken extends Grant {
  readonly issuedAt: number;
  /** Wall ms; only of a single-page app. */
  readonly fixedEnd: number | undefined;
}

export class SignIns {
  readonly #now: () => number;
  readonly #random: TwinRandom;
  readonly #codes = new Map<string, AuthorizationCode>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  readonly #sessions = new Map<string, { accounts: SignedIn[]; lastSeen: number }>();
  /** Tenants whose Conditional Access lets nobody in. */
  readonly blockedTenants = new Set<string>();
  /** Wall ms before which nothing counts any more, by object id: a password was reset. */
  readonly #revoked = new Map<string, number>();

  constructor(now: () => number, random: TwinRandom) {
    this.#now = now;
    this.#random = random;
  }

  /** Resetting a password, or "revoke sessions": whatever was handed out before is worthless. */
  revoke(objectId: string): void {
    this.#revoked.set(objectId, this.#now());
  }

  isRevoked({ objectId, at }: SignedIn): boolean {
    return (this.#revoked.get(objectId) ?? Number.NEGATIVE_INFINITY) >= at;
  }

  issueCode(code: Omit<AuthorizationCode, 'issuedAt' | 'redeemed'>): string {
    const now = this.#now();
    // Expired ones are kept as long again, so that they can be told from unknown ones.
    for (const [key, { issuedAt }] of this.#codes) if (issuedAt + 2 * codeMs < now) this.#codes.delete(key);
    const key = `1.A${this.#random.bytes(64).toString('base64url')}`;
    this.#codes.set(key, { ...code, issuedAt: now, redeemed: false });
    return key;
  }

  code(key: string): AuthorizationCode | undefined {
    return this.#codes.get(key);
  }

  /** A refreshed token is a new one; the old one lives on to its end. */
  issueRefreshToken(grant: Grant, fixedEnd?: number): string {
    const now = this.#now();
    for (const [key, { issuedAt }] of this.#refreshTokens)
      if (issuedAt + 2 * refreshTokenIdleMs < now) this.#refreshTokens.delete(key);
    const key = `0.A${this.#random.bytes(96).toString('base64url')}`;
    const { clientId, who, scopes, everything, redirectKind } = grant;
    const end = redirectKind === 'spa' ? (fixedEnd ?? now + spaRefreshTokenMs) : undefined;
    this.#refreshTokens.set(key, {
      clientId,
      who,
      scopes,
      everything,
      redirectKind,
      issuedAt: now,
      fixedEnd: end,
    });
    return key;
  }

  refreshToken(key: string): RefreshToken | undefined {
    return this.#refreshTokens.get(key);
  }

  /** Who is signed in in this browser, last one first. */
  accounts(session: string | undefined): readonly SignedIn[] {
    const found = session === undefined ? undefined : this.#sessions.get(session);
    if (!found || found.lastSeen + sessionMs < this.#now()) return [];
    found.lastSeen = this.#now();
    found.accounts = found.accounts.filter((one) => !this.isRevoked(one));
    return found.accounts;
  }

  /** The name of the browser's session from now on. */
  enter(session: string | undefined, who: SignedIn): string {
    const others = this.accounts(session).filter(({ objectId }) => objectId !== who.objectId);
    // A new name with every sign-in: who planted the old one learns nothing.
    if (session !== undefined) this.#sessions.delete(session);
    const name = this.#random.bytes(32).toString('base64url');
    this.#sessions.set(name, { accounts: [who, ...others], lastSeen: this.#now() });
    return name;
  }

  leave(session: string | undefined): void {
    if (session !== undefined) this.#sessions.delete(session);
  }
}
