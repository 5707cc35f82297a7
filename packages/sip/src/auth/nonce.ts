/**
 * Nonces without memory: the server recognises its own by a keyed hash over the time of issue, a salt and the source
 * that it was given to, so a nonce is worthless elsewhere and after its time (threat T07).
 *
 *     nonce = base64url( 6 bytes time in ms | 6 bytes salt | 16 bytes HMAC-SHA-256(secret, time | salt | source) )
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface NonceKey {
  /** At least 32 random bytes. */
  readonly secret: Buffer;
  readonly lifetimeMs: number;
}

export type NonceVerdict =
  | { readonly kind: 'good'; readonly issuedAtMs: number }
  /** Ours, but too old: challenge again with `stale=TRUE`. */
  | { readonly kind: 'stale' }
  /** Not ours, or given to another source. */
  | { readonly kind: 'foreign' };

const STAMP = 12;
const TAG = 16;

/** `source` names the peer (address, or connection); `salt` holds 6 bytes from the random port. */
export function mintNonce(key: NonceKey, source: string, nowMs: number, salt: Buffer): string {
  const stamp = Buffer.alloc(STAMP);
  stamp.writeUIntBE(Math.max(0, Math.floor(nowMs)), 0, 6);
  salt.copy(stamp, 6, 0, 6);
  return Buffer.concat([stamp, seal(key, stamp, source)]).toString('base64url');
}

export function judgeNonce(key: NonceKey, nonce: string, source: string, nowMs: number): NonceVerdict {
  if (!/^[A-Za-z0-9_-]{38}$/.test(nonce)) return { kind: 'foreign' };
  const bytes = Buffer.from(nonce, 'base64url');
  const stamp = bytes.subarray(0, STAMP);
  if (bytes.length !== STAMP + TAG || bytes.toString('base64url') !== nonce) return { kind: 'foreign' };
  if (!timingSafeEqual(bytes.subarray(STAMP), seal(key, stamp, source))) return { kind: 'foreign' };
  const issuedAtMs = stamp.readUIntBE(0, 6);
  const age = nowMs - issuedAtMs;
  return age > key.lifetimeMs || age < -1000 ? { kind: 'stale' } : { kind: 'good', issuedAtMs };
}

function seal(key: NonceKey, stamp: Buffer, source: string): Buffer {
  return createHmac('sha256', key.secret).update(stamp).update(source).digest().subarray(0, TAG);
}
