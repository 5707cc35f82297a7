/** Hosts and ports as SIP writes them: names, IPv4, and IPv6 in brackets (RFC 3261 §25.1, RFC 5118). */

import { charClass, isAll } from '../header/chars.ts';

/** A port, 0..65535, digits only. */
export function parsePort(text: string): number | undefined {
  if (text.length === 0 || text.length > 5) return undefined;
  let port = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    port = port * 10 + digit;
  }
  return port <= 65_535 ? port : undefined;
}

/**
 * Whether this is a host: a name, an IPv4 address, or an IPv6 address in brackets.
 * DEVIATION: underscores are taken, because carriers have them in names (RFC 1123 does not).
 */
export function isHost(host: string): boolean {
  if (host.charCodeAt(0) === 91) return host.charCodeAt(host.length - 1) === 93 && isIPv6(host.slice(1, -1));
  return isName(host);
}

function isName(host: string): boolean {
  const first = host.charCodeAt(0);
  if (first === 45 || first === 46 || host.length > 255) return false;
  return isAll(host, 0, host.length, charClass.host) && host.indexOf('..') < 0;
}

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** An IPv6 address without brackets and without a zone (a zone means nothing to a peer). */
export function isIPv6(text: string): boolean {
  return ipv6Groups(text) !== undefined;
}

export function isIp(host: string): boolean {
  return isIPv4(host) || isIPv6(withoutBrackets(host));
}

/** `[2001:db8::1]` to `2001:db8::1`; anything else unchanged. */
export function withoutBrackets(host: string): string {
  return host.charCodeAt(0) === 91 && host.charCodeAt(host.length - 1) === 93 ? host.slice(1, -1) : host;
}

/** How a host is written in a URI or Via: IPv6 gets its brackets. */
export function hostReference(address: string): string {
  return address.includes(':') && address.charCodeAt(0) !== 91 ? `[${address}]` : address;
}

/** Whether two hosts are the same: names without case, IPv6 by value (RFC 5118 §4.5 and following). */
export function hostEquals(a: string, b: string): boolean {
  if (a === b) return true;
  const left = ipv6Groups(withoutBrackets(a));
  const right = ipv6Groups(withoutBrackets(b));
  if (left && right) return left.every((group, index) => group === right[index]);
  return !left && !right && a.toLowerCase() === b.toLowerCase();
}

/** The eight 16-bit groups, or undefined when the text is no IPv6 address (RFC 4291 §2.2). */
export function ipv6Groups(text: string): number[] | undefined {
  if (text.length < 2 || text.length > 45 || text.indexOf(':') < 0) return undefined;
  const gap = text.indexOf('::');
  if (gap >= 0 && text.indexOf('::', gap + 1) >= 0) return undefined;
  const left = groups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const right = gap < 0 ? [] : groups(text.slice(gap + 2), true);
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

function groups(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === '') return [];
  const values: number[] = [];
  const pieces = text.split(':');
  for (const [index, piece] of pieces.entries()) {
    if (index === pieces.length - 1 && mayEndInIPv4 && isIPv4(piece)) {
      const [a, b, c, d] = piece.split('.').map(Number) as [number, number, number, number];
      values.push(a * 256 + b, c * 256 + d);
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(piece)) return undefined;
      values.push(Number.parseInt(piece, 16));
    }
  }
  return values;
}
