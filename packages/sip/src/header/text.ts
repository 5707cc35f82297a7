/**
 * Text on the wire. Inside the stack a header is a latin1 string, one char per byte; people's names are UTF-8 in
 * there (RFC 3261 §7.3.1, §25.1 TEXT-UTF8). These functions are the only place where the two meet.
 */

import { charClass, isAll } from './chars.ts';

const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/;
const ALL_CONTROLS = /[\0-\x08\x0a-\x1f\x7f]+/g;
const NON_ASCII = /[^\0-\x7f]/;
const BEYOND_BYTE = /[^\0-\xff]/;
/** Either of the two that a value is cleaned of. */
const UNCLEAN = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/;

/** Header value without controls; a fold or a smuggled line break becomes one space. Beyond-latin1 text becomes UTF-8 bytes. */
export function cleanValue(value: string): string {
  if (!UNCLEAN.test(value)) return value;
  const clean = CONTROLS.test(value) ? value.replace(ALL_CONTROLS, ' ').trim() : value;
  return BEYOND_BYTE.test(clean) ? Buffer.from(clean, 'utf8').toString('latin1') : clean;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Wire bytes (as latin1) to text for people. Bytes that are no UTF-8 are read as latin1. */
export function textFromWire(wire: string): string {
  if (!NON_ASCII.test(wire)) return wire;
  try {
    return strictUtf8.decode(Buffer.from(wire, 'latin1'));
  } catch {
    return wire;
  }
}

/** Text for people to wire bytes (UTF-8, as latin1). Lone surrogates become U+FFFD. */
export function textToWire(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

export function isToken(text: string): boolean {
  return isAll(text, 0, text.length, charClass.token);
}

/** RFC 3261 §25.1 quoted-string, controls dropped: they may not appear even escaped in what we send (threat T11). */
export function quote(wire: string): string {
  const clean = CONTROLS.test(wire) ? wire.replace(ALL_CONTROLS, '') : wire;
  if (clean.indexOf('"') < 0 && clean.indexOf('\\') < 0) return `"${clean}"`;
  return `"${clean.replace(/["\\]/g, '\\$&')}"`;
}

/** The content of a quoted-string, escapes resolved; text without quotes comes back as it is. */
export function unquote(value: string): string {
  if (value.length < 2 || value.charCodeAt(0) !== 34 || value.charCodeAt(value.length - 1) !== 34)
    return value;
  const inner = value.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
}

/** Offset of the quote that closes the one at `open`; -1 when there is none. */
export function closingQuote(text: string, open: number): number {
  let at = open + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return -1;
    let slashes = 0;
    while (end - slashes - 1 > open && text.charCodeAt(end - slashes - 1) === 92) slashes++;
    if (slashes % 2 === 0) return end;
    at = end + 1;
  }
}
