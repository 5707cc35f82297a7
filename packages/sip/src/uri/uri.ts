/**
 * SIP, SIPS and tel URIs (RFC 3261 §19.1 and §25.1, RFC 3966). Every part stays as written: no unescaping, no
 * lower-casing, parameters in order, so that `printUri(parseUri(x)) === x` for every x that parses.
 *
 *     sip:user:password@host:port;uri-parameters?headers
 *     tel:+1-202-555-0142;ext=1001
 *
 * MICROSOFT: `/`, `:`, `+`, `&`, `$` stand unescaped in parameter values (`x-c=a/b/c`, `x-m=8:orgid:…`) and must
 * survive (param-unreserved of §25.1).
 */

import { charClass, spanEscaped, spanOf } from '../header/chars.ts';
import { noParams, type Param, type Params, paramOf, printParams } from '../header/params.ts';
import { limits } from '../message/limits.ts';
import { isHost, parsePort } from './host.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Raw; `;` parts of a telephone subscriber (`+1202…;ext=1001`) are in here. */
  readonly user?: string;
  readonly password?: string;
  /** Raw; IPv6 in brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  /** What follows `?`, raw. */
  readonly headers?: string;
}

export interface TelUri {
  readonly scheme: 'tel';
  /** As written, visual separators included; see `telDigits`. */
  readonly number: string;
  readonly params: Params;
}

export type Uri = SipUri | TelUri;

/** A sip, sips or tel URI; undefined for another scheme or a broken one. */
export function parseUri(text: string): Uri | undefined {
  if (text.length > limits.uriChars) return undefined;
  if (text.startsWith('sip:')) return parseSip('sip', text, 4);
  const colon = text.indexOf(':');
  if (colon < 3 || colon > 4) return undefined;
  switch (text.slice(0, colon).toLowerCase()) {
    case 'sip':
      return parseSip('sip', text, 4);
    case 'sips':
      return parseSip('sips', text, 5);
    case 'tel':
      return parseTel(text, 4);
    default:
      return undefined;
  }
}

/** As `parseUri`, for those who can use a sip or sips URI only. */
export function parseSipUri(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri && uri.scheme !== 'tel' ? uri : undefined;
}

const HEADERS = /^[\x21-\x3b\x3d\x3f-\x7e\x80-\xff]*$/;

function parseSip(scheme: 'sip' | 'sips', text: string, from: number): SipUri | undefined {
  let at = from;
  const uri: { -readonly [K in keyof SipUri]: SipUri[K] } = { scheme, host: '', params: noParams };

  // The first `@` ends the user part: `?` and `;` may stand in it, an unescaped `@` nowhere else (§25.1).
  // DEVIATION: `#` unescaped is taken in the user part (star codes such as `*31#`); the RFC wants %23.
  const sign = text.indexOf('@', at);
  if (sign >= 0) {
    const userEnd = spanEscaped(text, at, sign, charClass.user);
    if (userEnd === at) return undefined;
    uri.user = text.slice(at, userEnd);
    if (userEnd < sign) {
      if (text.charCodeAt(userEnd) !== 58) return undefined;
      if (spanEscaped(text, userEnd + 1, sign, charClass.password) !== sign) return undefined;
      uri.password = text.slice(userEnd + 1, sign);
    }
    at = sign + 1;
  }

  const question = text.indexOf('?', at);
  const end = question < 0 ? text.length : question;
  if (question >= 0) {
    const headers = text.slice(question + 1);
    if (!HEADERS.test(headers) && !looseHeaders(headers)) return undefined;
    uri.headers = headers;
  }

  let hostEnd = text.indexOf(';', at);
  if (hostEnd < 0 || hostEnd > end) hostEnd = end;
  if (!takeHostPort(uri, text.slice(at, hostEnd))) return undefined;
  if (hostEnd < end) {
    const params = parseUriParams(text, hostEnd, end);
    if (!params) return undefined;
    uri.params = params;
  }
  return uri;
}

/** MICROSOFT: History-Info carries `?Reason=SIP;cause=302;text="Moved Temporarily"`, blanks and quotes unescaped. */
function looseHeaders(headers: string): boolean {
  return /^[\x20-\x3b\x3d\x3f-\x7e\x80-\xff]*$/.test(headers);
}

function takeHostPort(uri: { host: string; port?: number }, text: string): boolean {
  const bracket = text.charCodeAt(0) === 91 ? text.indexOf(']') : 0;
  const colon = bracket < 0 ? -1 : text.indexOf(':', bracket);
  uri.host = colon < 0 ? text : text.slice(0, colon);
  if (!isHost(uri.host)) return false;
  if (colon < 0) return true;
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) return false;
  uri.port = port;
  return true;
}

/** DEVIATION: an empty value (`;x=`), an inner `=` and quotes are kept; senders write them and nobody is hurt. */
function parseUriParams(text: string, from: number, end: number): Params | undefined {
  const params: Param[] = [];
  let at = from;
  while (at < end) {
    const nameEnd = spanEscaped(text, at + 1, end, charClass.param);
    if (text.charCodeAt(at) !== 59 || nameEnd === at + 1 || params.length >= limits.params) return undefined;
    const name = text.slice(at + 1, nameEnd);
    at = nameEnd;
    let value: string | undefined;
    if (nameEnd < end && text.charCodeAt(nameEnd) === 61) {
      at = spanOf(text, nameEnd + 1, end, charClass.paramValue);
      value = text.slice(nameEnd + 1, at);
    }
    params.push({ name, value });
  }
  return params;
}

const TEL_NUMBER = /^\+?[0-9A-Fa-f*#().-]+$/;

function parseTel(text: string, from: number): TelUri | undefined {
  let end = text.indexOf(';', from);
  if (end < 0) end = text.length;
  const number = text.slice(from, end);
  if (!TEL_NUMBER.test(number) || !/[0-9A-Fa-f*#]/.test(number)) return undefined;
  const params = parseUriParams(text, end, text.length);
  return params && { scheme: 'tel', number, params };
}

export function printUri(uri: Uri): string {
  if (uri.scheme === 'tel') return `tel:${uri.number}${printParams(uri.params)}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${uri.host}${port}${printParams(uri.params)}${headers}`;
}

/** `user=phone`: the user part is a telephone number whatever it looks like (§19.1.1). */
export function isPhoneUri(uri: Uri): boolean {
  return uri.scheme === 'tel' || paramOf(uri.params, 'user')?.toLowerCase() === 'phone';
}

/** Escapes a user part for a URI of our making (§19.1.2); text beyond ASCII as UTF-8. */
export function escapeUser(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(24|26|2B|2C|3B|3D|3F|2F)/g, (escaped) =>
    decodeURIComponent(escaped),
  );
}

/** Resolves `%` escapes to text; undefined when they are broken. */
export function unescapeUser(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** The number of a tel URI or telephone user part without visual separators and parameters (RFC 3966 §5.1.1). */
export function telDigits(number: string): string {
  const semicolon = number.indexOf(';');
  return (semicolon < 0 ? number : number.slice(0, semicolon)).replace(/[-.()]/g, '');
}
