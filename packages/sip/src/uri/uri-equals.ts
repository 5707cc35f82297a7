/**
 * Whether two SIP URIs mean the same (RFC 3261 §19.1.4). Not transitive, as the RFC says itself.
 *
 *     user and password   with case; escapes resolved for unreserved characters
 *     host                without case;  port: given or not must match
 *     user, ttl, method, maddr (and transport)   must stand on both sides or on none
 *     other parameters    compared only if both have them
 *     headers             must match as a set
 */
import { type Params, paramOf } from '../header/params.ts';
import { hostEquals } from './host.ts';
import type { SipUri } from './uri.ts';

/** transport is not in the RFC's list, but its examples (`sip:bob@biloxi.com` and `…;transport=udp` differ) want it. */
const mustMatch = ['user', 'ttl', 'method', 'maddr', 'transport'];

export function sipUriEquals(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    normal(a.user) === normal(b.user) &&
    normal(a.password) === normal(b.password) &&
    hostEquals(a.host, b.host) &&
    a.port === b.port &&
    paramsAgree(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

function paramsAgree(a: Params, b: Params): boolean {
  for (const name of mustMatch) {
    if (lower(paramOf(a, name)) !== lower(paramOf(b, name))) return false;
  }
  return a.every(({ name, value }) => {
    const other = paramOf(b, name);
    return other === undefined || lower(normal(value ?? '')) === lower(normal(other));
  });
}

function sameHeaders(a = '', b = ''): boolean {
  if (a === b) return true;
  const left = headerSet(a);
  const right = headerSet(b);
  return left.length === right.length && left.every((header, index) => header === right[index]);
}

function headerSet(text: string): string[] {
  return text
    .split('&')
    .map((header) => {
      const equals = header.indexOf('=');
      const name = equals < 0 ? header : header.slice(0, equals);
      return name.toLowerCase() + normal(header.slice(name.length));
    })
    .sort();
}

function lower(text: string | undefined): string | undefined {
  return text?.toLowerCase();
}

/** Resolves escapes of characters that need none, upper-cases the others: %61 is `a`, %2f is %2F. */
function normal<T extends string | undefined>(text: T): T {
  if (!text?.includes('%')) return text;
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escaped) => {
    const char = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return /[A-Za-z0-9_.!~*'()-]/.test(char) ? char : escaped.toUpperCase();
  }) as T;
}
