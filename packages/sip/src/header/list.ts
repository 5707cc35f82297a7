/**
 * Comma-separated header values (RFC 3261 §7.3.1). A comma inside a quoted string or inside `<…>` does not
 * separate. One pass, linear; unbalanced quotes or brackets make the rest one value, which its own parser refuses.
 */
import { closingQuote } from './text.ts';

export function splitList(value: string): string[] {
  if (value.indexOf(',') < 0) return value === '' ? [] : [value];
  return splitOutside(value, 44);
}

/** Splits at `separator` (a char code) outside of quotes and angle brackets; trims, drops empty pieces. */
export function splitOutside(value: string, separator: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  let at = 0;
  while (at < value.length) {
    const code = value.charCodeAt(at);
    if (code === separator) {
      pushTrimmed(pieces, value, start, at);
      start = at + 1;
    } else if (code === 34) {
      const end = closingQuote(value, at);
      if (end < 0) break;
      at = end;
    } else if (code === 60) {
      const end = value.indexOf('>', at);
      if (end < 0) break;
      at = end;
    }
    at++;
  }
  pushTrimmed(pieces, value, start, value.length);
  return pieces;
}

function pushTrimmed(pieces: string[], value: string, start: number, end: number): void {
  const piece = value.slice(start, end).trim();
  if (piece !== '') pieces.push(piece);
}
