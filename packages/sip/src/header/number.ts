/** Headers that hold a number: Max-Forwards, Expires, Min-Expires, Min-SE, Retry-After (RFC 3261 §20, RFC 4028). */
import { noParams, type Params, paramOf, parseParams, printParams } from './params.ts';

/** Digits only, up to 2^32-1 (RFC 3261 §20.19). */
export function parseNumber(value: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(value)) return undefined;
  const number = Number(value);
  return number <= 0xffffffff ? number : undefined;
}

/** `Max-Forwards`: 0..255 (§20.22). */
export function parseMaxForwards(value: string): number | undefined {
  const hops = parseNumber(value);
  return hops !== undefined && hops <= 255 ? hops : undefined;
}

/** A number with parameters: `Session-Expires: 1800;refresher=uac`. */
export interface NumberWithParams {
  readonly seconds: number;
  readonly params: Params;
}

function parseSeconds(value: string): NumberWithParams | undefined {
  const semicolon = value.indexOf(';');
  const seconds = parseNumber((semicolon < 0 ? value : value.slice(0, semicolon)).trim());
  const params = semicolon < 0 ? noParams : parseParams(value, semicolon);
  return seconds === undefined || !params ? undefined : { seconds, params };
}

/** Session-Expires (RFC 4028 §4). */
export interface SessionExpires extends NumberWithParams {
  readonly refresher?: 'uac' | 'uas';
}

export function parseSessionExpires(value: string): SessionExpires | undefined {
  const parsed = parseSeconds(value);
  if (!parsed) return undefined;
  const refresher = paramOf(parsed.params, 'refresher')?.toLowerCase();
  return refresher === 'uac' || refresher === 'uas' ? { ...parsed, refresher } : parsed;
}

export function printSessionExpires(seconds: number, refresher?: 'uac' | 'uas'): string {
  return refresher ? `${seconds};refresher=${refresher}` : String(seconds);
}

/** Min-SE (RFC 4028 §5): seconds; parameters are allowed and mean nothing. */
export function parseMinSe(value: string): number | undefined {
  return parseSeconds(value)?.seconds;
}

/** Retry-After (§20.33): `120 (in a meeting);duration=60`. The comment is skipped. */
export function parseRetryAfter(value: string): NumberWithParams | undefined {
  const open = value.indexOf('(');
  if (open < 0) return parseSeconds(value);
  const close = value.lastIndexOf(')');
  return close < open ? undefined : parseSeconds(`${value.slice(0, open).trim()}${value.slice(close + 1)}`);
}

export function printRetryAfter({ seconds, params }: NumberWithParams): string {
  return `${seconds}${printParams(params)}`;
}
