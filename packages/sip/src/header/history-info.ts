/**
 * History-Info (RFC 7044; reasons inside the URI by RFC 7044 §10.2 and RFC 3326) and Diversion (RFC 5806).
 *
 *     <sip:+12025550142@host;user=phone?Reason=SIP%3Bcause%3D486>;index=1.2
 *
 * MICROSOFT: the Reason inside the URI comes escaped and unescaped (`?Reason=SIP;cause=302;text="Moved Temporarily"`);
 * both are read. Since `;` then stands inside the brackets, nothing outside is touched by it.
 */

import { splitList } from './list.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { type Params, paramOf } from './params.ts';
import { parseReason, type Reason } from './reason.ts';
import { textFromWire, unquote } from './text.ts';

export interface HistoryEntry {
  readonly displayName?: string;
  /** Without the embedded headers. */
  readonly uri: string;
  /** `1.1`; undefined when the peer leaves it out. */
  readonly index?: string;
  readonly reasons: readonly Reason[];
  /** Embedded `Privacy=history`, or any other value that asks for privacy. */
  readonly private: boolean;
  readonly params: Params;
}

/** The readable entries of one header line, in order (which is that of time). */
export function parseHistoryInfo(value: string): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const piece of splitHistory(value)) {
    const entry = parseEntry(piece);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** `text="Moved, twice"` inside the brackets may hold a comma, even a `>`; only the brackets' own end counts. */
function splitHistory(value: string): string[] {
  return splitList(value);
}

function parseEntry(piece: string): HistoryEntry | undefined {
  const open = piece.indexOf('<');
  const close = piece.indexOf('>', open);
  const question = open < 0 ? -1 : piece.indexOf('?', open);
  let embedded = '';
  let bare = piece;
  if (question >= 0 && question < close) {
    embedded = piece.slice(question + 1, close);
    bare = piece.slice(0, question) + piece.slice(close);
  }
  const address: NameAddr | undefined = parseNameAddr(bare);
  if (!address) return undefined;
  const headers = embeddedHeaders(embedded);
  const index = paramOf(address.params, 'index');
  const reasons = headers
    .filter(([name]) => name === 'reason')
    .map(([, text]) => parseReason(text))
    .filter((reason) => reason !== undefined);
  const privacy = headers.find(([name]) => name === 'privacy')?.[1].toLowerCase();
  return {
    ...(address.displayName !== undefined && { displayName: address.displayName }),
    uri: address.uri,
    ...(index ? { index } : {}),
    reasons,
    private: privacy !== undefined && privacy !== 'none',
    params: address.params,
  };
}

/** `Privacy=history&Reason=SIP%3Bcause%3D486` to names (lower case) and unescaped values. */
function embeddedHeaders(text: string): [string, string][] {
  const headers: [string, string][] = [];
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    if (equals > 0)
      headers.push([part.slice(0, equals).toLowerCase(), unescapeLatin1(part.slice(equals + 1))]);
  }
  return headers;
}

/** `%xx` to bytes, in the latin1 world; a broken escape stays as it is. */
function unescapeLatin1(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Escapes for a URI header value (RFC 3261 §19.1.1 hnv-unreserved). */
function escapeHeader(wire: string): string {
  return wire.replace(
    /[^A-Za-z0-9_.!~*'()[\]/?:+$-]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** One entry of ours; `reason` is the printed Reason value, escaped here as the RFC wants it. */
export function printHistoryEntry(entry: {
  readonly uri: string;
  readonly index: string;
  readonly reason?: string;
}): string {
  const embedded = entry.reason === undefined ? '' : `?Reason=${escapeHeader(entry.reason)}`;
  return `<${entry.uri}${embedded}>;index=${entry.index}`;
}

export interface Diversion extends NameAddr {
  /** Lower case: `unconditional`, `user-busy`, `no-answer`, `unavailable` …; `unknown` when unsaid. */
  readonly reason: string;
  /** How many diversions this entry stands for; 1 when unsaid. */
  readonly counter: number;
  /** `privacy=full` and the like, lower case. */
  readonly privacy?: string;
}

/** RFC 5806 §10; top entry = the last diversion. */
export function parseDiversion(value: string): Diversion | undefined {
  const address = parseNameAddr(value);
  if (!address) return undefined;
  const reason = textFromWire(unquote(paramOf(address.params, 'reason') ?? 'unknown')).toLowerCase();
  const counter = paramOf(address.params, 'counter') ?? '1';
  const privacy = paramOf(address.params, 'privacy');
  return {
    ...address,
    reason,
    counter: /^[0-9]{1,2}$/.test(counter) ? Number(counter) : 1,
    ...(privacy !== undefined && { privacy: unquote(privacy).toLowerCase() }),
  };
}
