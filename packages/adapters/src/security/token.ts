import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Secrets that a program shows: API tokens and session cookies. 256 random bits, so that one SHA-256 is hash enough
 * (nothing to guess); only the hash is kept. The public prefix lets a person find a token in a list and a scanner find
 * a leaked one.
 */
export type TokenKind = 'api' | 'session';

const prefixes: Record<TokenKind, string> = { api: 'tandem_', session: 'tds_' };

export interface NewToken {
  /** Shown once, never stored. */
  readonly text: string;
  /** First characters, kept for lists: 32 of the 256 bits, which leaves more than enough. */
  readonly prefix: string;
  readonly hash: Buffer;
}

export function generateToken(kind: TokenKind): NewToken {
  const text = prefixes[kind] + randomBytes(32).toString('base64url');
  return { text, prefix: text.slice(0, prefixes[kind].length + 5), hash: hashToken(text) };
}

export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** True when `text` could be one of ours: keeps arbitrary bearer text away from the store. */
export function looksLikeToken(kind: TokenKind, text: string): boolean {
  const prefix = prefixes[kind];
  return (
    text.length === prefix.length + 43 &&
    text.startsWith(prefix) &&
    /^[A-Za-z0-9_-]{43}$/.test(text.slice(prefix.length))
  );
}

/** Compares two secrets of any length without telling by time where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashToken(a), hashToken(b));
}
