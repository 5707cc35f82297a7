/**
 * Answering a challenge (RFC 3261 §22.2, §22.3; RFC 8760 §2.4). Whether one may be answered at all, and with whose
 * password, is the caller's decision (threat T07): this only computes.
 */
import {
  type DigestAlgorithm,
  type DigestChallenge,
  parseChallenge,
  printCredentials,
} from '../header/digest.ts';
import type { SipResponse } from '../message/message.ts';
import { digestResponse, ha1Of } from './digest.ts';

export interface UsableChallenge extends DigestChallenge {
  readonly algorithm: DigestAlgorithm;
  /** True for Proxy-Authenticate: the answer goes into Proxy-Authorization. */
  readonly proxy: boolean;
}

/**
 * The challenges of a 401 or 407 that we can answer, one per realm: the topmost that we support, which is the
 * server's preference (RFC 8760 §2.4).
 */
export function challengesOf(response: SipResponse): UsableChallenge[] {
  const chosen: UsableChallenge[] = [];
  for (const proxy of [false, true]) {
    for (const value of response.headers.getAll(proxy ? 'proxy-authenticate' : 'www-authenticate')) {
      const challenge = parseChallenge(value);
      if (!challenge || typeof challenge.algorithm !== 'string' || challenge.qopUnusable) continue;
      if (chosen.some((other) => other.proxy === proxy && other.realm === challenge.realm)) continue;
      chosen.push({ ...challenge, algorithm: challenge.algorithm, proxy });
    }
  }
  return chosen;
}

export interface ChallengeAnswerInput {
  readonly challenge: UsableChallenge;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** The Request-URI, as it will stand in the request. */
  readonly uri: string;
  /** Fresh and unguessable; from the random port. */
  readonly cnonce: string;
  /** How often this nonce has been used, this time included. */
  readonly nc: number;
  readonly body?: Buffer;
}

/** Header name and value to add to the repeated request. `auth` is preferred; `auth-int` only if nothing else is offered. */
export function answerChallenge(input: ChallengeAnswerInput): {
  readonly name: string;
  readonly value: string;
} {
  const { challenge, username, password, method, uri, cnonce, nc } = input;
  const { algorithm, realm, nonce, opaque } = challenge;
  const qop = challenge.qop.includes('auth') ? 'auth' : challenge.qop[0];
  const needsCnonce = qop !== undefined || algorithm.endsWith('-sess');
  const response = digestResponse({
    algorithm,
    ha1: ha1Of(algorithm, username, realm, password),
    nonce,
    method,
    uri,
    ...(qop ? { qop, nc } : {}),
    ...(needsCnonce ? { cnonce } : {}),
    ...(input.body ? { body: input.body } : {}),
  });
  const value = printCredentials({
    username,
    realm,
    nonce,
    uri,
    response,
    algorithm,
    ...(opaque === undefined ? {} : { opaque }),
    ...(qop ? { qop, nc } : {}),
    ...(needsCnonce ? { cnonce } : {}),
  });
  return { name: challenge.proxy ? 'Proxy-Authorization' : 'Authorization', value };
}
