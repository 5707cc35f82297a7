/**
 * The digest computation: RFC 7616 §3.4.1 to §3.4.3 (and RFC 2617, RFC 2069 without qop), SHA-256 for SIP by RFC 8760.
 *
 *     HA1 = H(user ":" realm ":" password)            -sess: H(HA1 ":" nonce ":" cnonce)
 *     HA2 = H(method ":" uri)                         auth-int: H(method ":" uri ":" H(body))
 *     response = H(HA1 ":" nonce ":" nc ":" cnonce ":" qop ":" HA2)      without qop: H(HA1 ":" nonce ":" HA2)
 */
import { createHash } from 'node:crypto';
import { type DigestAlgorithm, type DigestQop, nonceCount } from '../header/digest.ts';

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** H(user:realm:password) in lower-case hex; see `ha1Of`. */
  readonly ha1: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly qop?: DigestQop;
  readonly cnonce?: string;
  readonly nc?: number;
  /** Needed for `auth-int`. */
  readonly body?: Buffer;
}

/** Name and password are text; their bytes are UTF-8 (RFC 7616 §4). */
export function ha1Of(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hash(algorithm, `${username}:${realm}:${password}`);
}

export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, method, uri, qop, cnonce = '', nc = 1 } = input;
  const ha1 = algorithm.endsWith('-sess') ? hash(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1;
  const entity = qop === 'auth-int' ? `:${hash(algorithm, input.body ?? Buffer.alloc(0))}` : '';
  const ha2 = hash(algorithm, `${method}:${uri}${entity}`);
  const middle = qop ? `${nonce}:${nonceCount(nc)}:${cnonce}:${qop}` : nonce;
  return hash(algorithm, `${ha1}:${middle}:${ha2}`);
}

function hash(algorithm: DigestAlgorithm, data: string | Buffer): string {
  return createHash(algorithm.startsWith('SHA-256') ? 'sha256' : 'md5')
    .update(data)
    .digest('hex');
}
