import { type DigestAlgorithm, fromOf, parseCredentials, type SipRequest } from '@tandem/sip';
import { BoundedMap, said } from './bounded-map.ts';

/**
 * Which algorithms a phone is offered, and in which order.
 *
 * DEVIATION: RFC 8760 §2.3 has the server name SHA-256 first and the client skip what it does not know. Clients from
 * before it do not skip: they take the first line only, or give up at any unknown one. So SHA-256 comes first for whoever
 * names a user agent that is not known to stumble; who names none is offered MD5 first; and whoever comes back without
 * credentials after such an offer is offered MD5 alone. Somebody on the path could have forced MD5 in any case by
 * striking the other line.
 */
export class AlgorithmOffer {
  /** Addresses of record, by source, that were offered SHA-256 and have not answered. */
  readonly #unanswered: BoundedMap<string, true>;

  constructor(remembered: number) {
    this.#unanswered = new BoundedMap(remembered);
  }

  next(request: SipRequest, address: string): readonly DigestAlgorithm[] {
    const agent = request.headers.get('user-agent');
    if (agent !== undefined && stumbles.test(agent)) return old;
    const key = keyOf(request, address);
    const credentials = request.headers.getAll('authorization');
    if (credentials.length === 0 && this.#unanswered.get(key)) return old;
    this.#unanswered.set(key, true);
    return agent === undefined ? plain : preferred;
  }

  /** It answered: with SHA-256 it is forgotten that it might not know it. */
  answered(request: SipRequest, address: string): void {
    const values = request.headers.getAll('authorization').map(parseCredentials);
    if (values.some((value) => value?.algorithm === 'SHA-256'))
      this.#unanswered.delete(keyOf(request, address));
  }
}

export const preferred: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];
const plain: readonly DigestAlgorithm[] = ['MD5', 'SHA-256'];
const old: readonly DigestAlgorithm[] = ['MD5'];
/** Seen: "Function not implemented" at any SHA-256 line, also beside MD5. */
const stumbles = /^baresip v[01]\./i;

const keyOf = (request: SipRequest, address: string): string =>
  `${address} ${said(fromOf(request)?.uri ?? '')}`;
