/**
 * WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization with the Digest scheme
 * (RFC 3261 §20.7 and §20.44, RFC 7616 §3.3 and §3.4, RFC 8760). One challenge or credential per header line, as
 * SIP wants it: these headers are never comma-joined (RFC 3261 §7.3.1).
 */
import { splitOutside } from './list.ts';
import { isToken, quote, unquote } from './text.ts';

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';
export type DigestQop = 'auth' | 'auth-int';

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly stale: boolean;
  /** The name as sent when we cannot do it; absent on the wire means MD5. */
  readonly algorithm: DigestAlgorithm | { readonly unknown: string };
  /** Those of ours that are offered; [] when the challenge names no qop at all (RFC 2069 style). */
  readonly qop: readonly DigestQop[];
  /** qop was there but held nothing that we can do. */
  readonly qopUnusable: boolean;
}

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm | { readonly unknown: string };
  readonly cnonce?: string;
  readonly opaque?: string;
  readonly qop?: DigestQop;
  /** Hexadecimal nonce count as a number. */
  readonly nc?: number;
}

const algorithms: readonly DigestAlgorithm[] = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'];

export function parseChallenge(value: string): DigestChallenge | undefined {
  const fields = digestFields(value);
  const realm = fields?.get('realm');
  const nonce = fields?.get('nonce');
  if (!fields || realm === undefined || nonce === undefined) return undefined;
  const offered = fields
    .get('qop')
    ?.split(',')
    .map((name) => name.trim().toLowerCase());
  const qop = (offered ?? []).filter((name): name is DigestQop => name === 'auth' || name === 'auth-int');
  const opaque = fields.get('opaque');
  return {
    realm,
    nonce,
    ...(opaque === undefined ? {} : { opaque }),
    stale: fields.get('stale')?.toLowerCase() === 'true',
    algorithm: algorithmOf(fields.get('algorithm')),
    qop,
    qopUnusable: offered !== undefined && qop.length === 0,
  };
}

export function printChallenge(challenge: {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop: readonly DigestQop[];
  readonly opaque?: string;
  readonly stale?: boolean;
}): string {
  const parts = [`realm=${quote(challenge.realm)}`, `nonce=${quote(challenge.nonce)}`];
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.stale) parts.push('stale=TRUE');
  parts.push(`algorithm=${challenge.algorithm}`);
  if (challenge.qop.length > 0) parts.push(`qop="${challenge.qop.join(',')}"`);
  return `Digest ${parts.join(', ')}`;
}

export function parseCredentials(value: string): DigestCredentials | undefined {
  const fields = digestFields(value);
  if (!fields) return undefined;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(
    (name) => fields.get(name),
  );
  if (
    username === undefined ||
    realm === undefined ||
    nonce === undefined ||
    uri === undefined ||
    response === undefined
  ) {
    return undefined;
  }
  const qop = fields.get('qop')?.toLowerCase();
  if (qop !== undefined && qop !== 'auth' && qop !== 'auth-int') return undefined;
  const count = fields.get('nc');
  if (count !== undefined && !/^[0-9a-f]{1,8}$/i.test(count)) return undefined;
  const cnonce = fields.get('cnonce');
  const opaque = fields.get('opaque');
  return {
    username,
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm: algorithmOf(fields.get('algorithm')),
    ...(cnonce === undefined ? {} : { cnonce }),
    ...(opaque === undefined ? {} : { opaque }),
    ...(qop === undefined ? {} : { qop }),
    ...(count === undefined ? {} : { nc: Number.parseInt(count, 16) }),
  };
}

/** RFC 7616 §3.4: algorithm, qop and nc stand without quotes. */
export function printCredentials(
  credentials: DigestCredentials & { readonly algorithm: DigestAlgorithm },
): string {
  const parts = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(credentials.realm)}`,
    `nonce=${quote(credentials.nonce)}`,
    `uri=${quote(credentials.uri)}`,
    `response="${credentials.response}"`,
    `algorithm=${credentials.algorithm}`,
  ];
  if (credentials.cnonce !== undefined) parts.push(`cnonce=${quote(credentials.cnonce)}`);
  if (credentials.opaque !== undefined) parts.push(`opaque=${quote(credentials.opaque)}`);
  if (credentials.qop !== undefined) parts.push(`qop=${credentials.qop}`);
  if (credentials.nc !== undefined) parts.push(`nc=${nonceCount(credentials.nc)}`);
  return `Digest ${parts.join(', ')}`;
}

/** Eight hexadecimal digits. */
export function nonceCount(nc: number): string {
  return nc.toString(16).padStart(8, '0');
}

function algorithmOf(name: string | undefined): DigestAlgorithm | { readonly unknown: string } {
  if (name === undefined) return 'MD5';
  const lower = name.toLowerCase();
  return algorithms.find((known) => known.toLowerCase() === lower) ?? { unknown: name };
}

/** `Digest name=value, name="value"`; undefined when it is another scheme, broken, or names something twice. */
function digestFields(value: string): Map<string, string> | undefined {
  if (!/^digest[ \t]/i.test(value)) return undefined;
  const fields = new Map<string, string>();
  for (const piece of splitOutside(value.slice(7), 44)) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (!isToken(name) || fields.has(name)) return undefined;
    fields.set(name, unquote(piece.slice(equals + 1).trim()));
  }
  return fields;
}
