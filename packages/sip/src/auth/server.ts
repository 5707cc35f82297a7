/**
 * Challenging and checking (RFC 3261 §22.4, RFC 7616, RFC 8760). Pure but for the replay guard that the caller owns.
 * What the wire learns from a refusal is the same for an unknown user and a wrong password (threat T02).
 */
import { timingSafeEqual } from 'node:crypto';
import {
  type DigestAlgorithm,
  type DigestCredentials,
  parseCredentials,
  printChallenge,
} from '../header/digest.ts';
import type { SipRequest } from '../message/message.ts';
import { digestResponse } from './digest.ts';
import { judgeNonce, mintNonce, type NonceKey } from './nonce.ts';
import type { ReplayGuard } from './replay.ts';

export interface DigestRealm {
  readonly realm: string;
  readonly key: NonceKey;
  /** In order of preference; SHA-256 first where the peers know it (RFC 8760 §2.3). */
  readonly algorithms: readonly DigestAlgorithm[];
}

/** The values for WWW-Authenticate or Proxy-Authenticate, one header line each, best first. */
export function challengeValues(
  { realm, key, algorithms }: DigestRealm,
  source: string,
  nowMs: number,
  salt: Buffer,
  stale = false,
): string[] {
  const nonce = mintNonce(key, source, nowMs, salt);
  return algorithms.map((algorithm) => printChallenge({ realm, nonce, algorithm, qop: ['auth'], stale }));
}

export type DigestVerdict =
  | { readonly kind: 'ok'; readonly username: string }
  /** No credentials for our realm: challenge. */
  | { readonly kind: 'absent' }
  /** Right or wrong, the nonce is too old or used: challenge with `stale=TRUE`. */
  | { readonly kind: 'stale' }
  /** Wrong password, unknown user, other URI: challenge afresh, count it. `why` is for the log only. */
  | {
      readonly kind: 'rejected';
      readonly username: string;
      readonly why: string;
      /** Our nonce for another source, or none of ours: nothing shows that the sender is where the packet says it is. */
      readonly foreignNonce: boolean;
    };

export interface DigestCheck {
  readonly request: SipRequest;
  /** `authorization` as registrar or UAS, `proxy-authorization` when we challenged with 407. */
  readonly header: 'authorization' | 'proxy-authorization';
  readonly source: string;
  readonly nowMs: number;
  readonly replay: ReplayGuard;
  /** HA1 in hex for the user, or undefined when there is none. Compare costs the same either way. */
  readonly ha1: (username: string, algorithm: DigestAlgorithm) => string | undefined;
  /** Whether credentials for this URI, which is not the Request-URI, are good for it all the same. Default: never. */
  readonly goodFor?: (credentialsUri: string) => boolean;
}

export function checkDigest(realm: DigestRealm, check: DigestCheck): DigestVerdict {
  const credentials = credentialsFor(realm, check);
  if (!credentials) return { kind: 'absent' };
  const { username, algorithm, nonce, qop, nc, cnonce } = credentials;
  const verdict = judgeNonce(realm.key, nonce, check.source, check.nowMs);
  const foreignNonce = verdict.kind === 'foreign';
  const rejected = (why: string): DigestVerdict => ({ kind: 'rejected', username, why, foreignNonce });
  if (foreignNonce) return rejected('nonce of another source or server');
  if (typeof algorithm !== 'string' || !realm.algorithms.includes(algorithm)) {
    return rejected('algorithm that was not offered');
  }
  // Our challenges always name qop, so a client without it is older than RFC 2617 or is lying.
  if (!qop || nc === undefined || !cnonce) return rejected('no qop');

  const ha1 = check.ha1(username, algorithm);
  const expected = digestResponse({
    algorithm,
    ha1: ha1 ?? 'no such user',
    nonce,
    method: check.request.method,
    uri: credentials.uri,
    qop,
    cnonce,
    nc,
    body: check.request.body,
  });
  if (!sameHex(expected, credentials.response) || ha1 === undefined) return rejected('wrong response');
  // RFC 7616 §3.4.6 wants the URIs to name the same resource. Compared as text: clients repeat the Request-URI.
  if (credentials.uri !== check.request.uri && check.goodFor?.(credentials.uri) !== true)
    return rejected('credentials for another URI');
  if (verdict.kind === 'stale' || !check.replay.use(nonce, nc, verdict.issuedAtMs)) return { kind: 'stale' };
  return { kind: 'ok', username };
}

function credentialsFor(realm: DigestRealm, check: DigestCheck): DigestCredentials | undefined {
  for (const value of check.request.headers.getAll(check.header)) {
    const credentials = parseCredentials(value);
    if (credentials?.realm === realm.realm) return credentials;
  }
  return undefined;
}

function sameHex(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}
