import {
  addressesOf,
  fromOf,
  hostOfUri,
  parseUri,
  type SipRequest,
  telDigits,
  unescapeUser,
} from '@tandem/sip';
import { type HistoryEntry, historyOf } from './history-info.ts';

/** What a decision may know of an INVITE: plain texts, so that a decision can be tested without a message. */
export interface CallFacts {
  /** Host of the Request-URI, lower case; '' when it has none. */
  readonly host: string;
  /** User part of the Request-URI without separators and parameters. */
  readonly called: string;
  readonly from: Identity;
  /** P-Asserted-Identity, numbers only, in order. */
  readonly asserted: readonly string[];
  readonly privacy: readonly string[];
  readonly history: readonly HistoryEntry[];
}

export interface Identity {
  /** User part, separators gone; '' when there is none. */
  readonly user: string;
  readonly displayName: string | undefined;
}

const nobody: Identity = { user: '', displayName: undefined };

export function callFactsOf(request: SipRequest): CallFacts {
  const from = fromOf(request);
  const asserted: string[] = [];
  if (request.headers.has('p-asserted-identity')) {
    for (const address of addressesOf(request, 'p-asserted-identity')) {
      const user = userOfUri(address.uri);
      if (/^\+?[0-9]+$/.test(user)) asserted.push(user);
    }
  }
  const privacy = request.headers.get('privacy');
  return {
    host: hostOfUri(request.uri) ?? '',
    called: userOfUri(request.uri),
    from: from ? { user: userOfUri(from.uri), displayName: from.displayName } : nobody,
    asserted,
    privacy: privacy ? privacy.toLowerCase().split(/[;,\s]+/) : [],
    history: historyOf(request),
  };
}

/** The telephone part of a sip or tel URI: unescaped, without visual separators and parameters. */
export function userOfUri(text: string): string {
  const uri = parseUri(text);
  if (!uri) return '';
  if (uri.scheme === 'tel') return telDigits(uri.number);
  if (uri.user === undefined) return '';
  const user = unescapeUser(uri.user) ?? uri.user;
  return /^[+0-9*#]/.test(user) ? telDigits(user) : user;
}

/** RFC 3323: the From of a caller who hides the number. */
export function isAnonymous(identity: Identity): boolean {
  return /^(anonymous|restricted|unavailable)$/i.test(identity.user);
}
