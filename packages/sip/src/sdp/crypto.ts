/**
 * a=crypto: SRTP keys in SDP (RFC 4568 §9.1).
 *
 *     crypto = tag SP suite SP "inline:" base64(key | salt) [ "|" lifetime ] [ "|" MKI ":" length ] *( SP session-param )
 *
 * MICROSOFT: lines may carry `|1:1` (MKI 1, length 1) and `|2^31`; both are read, neither is needed.
 */
import { attributeLine, attributes } from './attribute.ts';
import type { MediaDescription, SdpLine } from './sdp.ts';
import { words } from './words.ts';

export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

export interface CryptoLine {
  /** 0..999999999; an answer repeats that of the offer's line it takes. */
  readonly tag: number;
  /** As written; we can do those of `SrtpSuite`. */
  readonly suite: string;
  /** Master key and salt in one (30 bytes for AES_CM_128). A secret: never log it (I14). */
  readonly keySalt: Buffer;
  /** As written: `2^31`, a number. Packets the key may protect. */
  readonly lifetime?: string;
  readonly mki?: { readonly value: number; readonly length: number };
  /** `UNENCRYPTED_SRTP`, `KDR=…`, `WSH=…` …, as written. */
  readonly sessionParams: readonly string[];
}

const suites: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** The readable lines, in the sender's order. More than one key in a line (`;inline:`) is not read: nobody sends it. */
export function cryptosOf(media: MediaDescription): CryptoLine[] {
  const cryptos: CryptoLine[] = [];
  for (const value of attributes(media.lines, 'crypto')) {
    const line = parseCrypto(value);
    if (line) cryptos.push(line);
  }
  return cryptos;
}

export function parseCrypto(value: string): CryptoLine | undefined {
  const [tag = '', suite = '', key = '', ...sessionParams] = words(value);
  if (!/^[0-9]{1,9}$/.test(tag) || !suite || !/^inline:/i.test(key)) return undefined;
  const [base64 = '', ...rest] = key.slice(7).split('|');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const line: { -readonly [K in keyof CryptoLine]: CryptoLine[K] } = {
    tag: Number(tag),
    suite,
    keySalt: Buffer.from(base64, 'base64'),
    sessionParams,
  };
  for (const part of rest) {
    const mki = /^([0-9]{1,9}):([0-9]{1,3})$/.exec(part);
    if (mki) line.mki = { value: Number(mki[1]), length: Number(mki[2]) };
    else if (/^(?:2\^)?[0-9]{1,20}$/.test(part)) line.lifetime = part;
    else return undefined;
  }
  return line;
}

export function printCrypto(line: CryptoLine): SdpLine {
  let value = `${line.tag} ${line.suite} inline:${line.keySalt.toString('base64')}`;
  if (line.lifetime !== undefined) value += `|${line.lifetime}`;
  if (line.mki) value += `|${line.mki.value}:${line.mki.length}`;
  for (const param of line.sessionParams) value += ` ${param}`;
  return attributeLine('crypto', value);
}

/** Bytes of key and salt together for the suites that we do (RFC 4568 §6.2). */
export const keySaltBytes = 30;

/**
 * The offered line to take: `_80` before `_32` whatever the offer's order (Microsoft lists `_32` first), key of the
 * right size, no session parameter that changes what we do (RFC 4568 §6.3: an unknown or unsupported one voids the line).
 */
export function chooseCrypto(
  offered: readonly CryptoLine[],
  wanted: readonly SrtpSuite[] = suites,
): (CryptoLine & { readonly suite: SrtpSuite }) | undefined {
  for (const suite of wanted) {
    const line = offered.find((candidate) => candidate.suite === suite && isUsable(candidate));
    if (line) return line as CryptoLine & { readonly suite: SrtpSuite };
  }
  return undefined;
}

function isUsable(line: CryptoLine): boolean {
  return (
    line.keySalt.length === keySaltBytes && line.sessionParams.every((param) => param.startsWith('WSH='))
  );
}
