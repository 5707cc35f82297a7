/**
 * What a UAS looks at before it looks at meaning (RFC 3261 §8.2, §16.3; RFC 7332 for a B2BUA's Max-Forwards).
 * `parseMessage` has already refused what cannot be read at all; merged requests (482) and dialogs (481) belong to
 * the layer that knows transactions and dialogs.
 */
import { parseContacts } from '../header/contact.ts';
import { parseNameAddr } from '../header/name-addr.ts';
import { parseMaxForwards } from '../header/number.ts';
import { isToken } from '../header/text.ts';
import { parseUri } from '../uri/uri.ts';
import { contactsOf, fromOf, toOf, toTagOf } from './access.ts';
import { Headers } from './headers.ts';
import type { SipRequest } from './message.ts';

export interface RequestRules {
  /** Option tags that we understand in Require; compared without case. */
  readonly supported: readonly string[];
  /** Methods that we answer; what is not in here gets 405. ACK and CANCEL need not be listed. */
  readonly methods: readonly string[];
  /** Those of them that the Allow of a 405 names; all by default. */
  readonly named?: readonly string[];
  /** Option tags that a peer must support, else 421 (RFC 3261 §21.4.15). None by default. */
  readonly required?: readonly string[];
}

export interface Refusal {
  readonly status: 400 | 405 | 416 | 420 | 421 | 483;
  readonly headers: Headers;
  /** For log and Reason-Phrase; nothing from the wire. */
  readonly why: string;
}

/** The answer for a request that must not go further; undefined when it may. ACK is never answered: drop it instead. */
export function checkRequest(request: SipRequest, rules: RequestRules): Refusal | undefined {
  const { headers, method } = request;
  const refuse = (status: Refusal['status'], why: string, ...pairs: [string, string][]): Refusal => ({
    status,
    why,
    headers: Headers.of(pairs),
  });

  // §8.2.1
  if (method !== 'ACK' && method !== 'CANCEL' && !rules.methods.includes(method)) {
    return refuse(405, 'method not allowed', ['Allow', (rules.named ?? rules.methods).join(', ')]);
  }
  // §8.2.2.1. urn: is known to routing, not to parseUri.
  if (request.uri.startsWith('sip:') || !request.uri.toLowerCase().startsWith('urn:')) {
    const uri = parseUri(request.uri);
    if (!uri) return refuse(400, 'malformed Request-URI');
    // §19.1.5 and RFC 4475 §3.1.2.14: headers have no place in a Request-URI.
    if (uri.scheme !== 'tel' && uri.headers !== undefined) return refuse(400, 'headers in the Request-URI');
  }
  const from = fromOf(request);
  if (!from) return refuse(400, 'malformed From');
  if (!toOf(request)) return refuse(400, 'malformed To');
  if (!headers.getAll('contact').every(parseContacts)) return refuse(400, 'malformed Contact');
  // §12.1.1: a dialog needs somewhere to send to; `*` and an empty line name nobody.
  if (method === 'INVITE' && !toTagOf(request)) {
    if (contactsOf(request).length === 0) return refuse(400, 'Contact is missing');
    if (!headers.list('record-route').every(parseNameAddr)) return refuse(400, 'malformed Record-Route');
  }
  // §16.3 (3) and RFC 7332: zero hops left. An OPTIONS that reached its end is answered (§11.2).
  const hops = headers.get('max-forwards');
  if (hops !== undefined) {
    if (parseMaxForwards(hops) === undefined) return refuse(400, 'malformed Max-Forwards');
    if (Number(hops) === 0 && method === 'INVITE') return refuse(483, 'too many hops');
  }
  // §8.2.2.3: not for CANCEL and ACK.
  if (method !== 'CANCEL' && method !== 'ACK') {
    if (headers.has('require')) {
      const known = rules.supported.map((tag) => tag.toLowerCase());
      const unknown = headers.list('require').filter((tag) => !known.includes(tag.toLowerCase()));
      if (unknown.length > 0) {
        return refuse(420, 'extension not supported', ['Unsupported', unknown.filter(isToken).join(', ')]);
      }
    }
    if (rules.required !== undefined) {
      const theirs = [...headers.list('supported'), ...headers.list('require')].map((tag) =>
        tag.toLowerCase(),
      );
      const missing = rules.required.filter((tag) => !theirs.includes(tag.toLowerCase()));
      if (missing.length > 0) return refuse(421, 'extension required', ['Require', missing.join(', ')]);
    }
  }
  return undefined;
}
