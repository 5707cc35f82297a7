/**
 * Session descriptions (RFC 8866, which replaces 4566), kept line by line: what we do not understand stays where it
 * was. Meaning is read from the lines by the functions beside this file.
 *
 *     session   v= o= s= i=? u=? e=* p=* c=? b=* (t= r=*)* k=? a=*
 *     media*    m= i=? c=? b=* k=? a=*
 *
 * The order within a part is kept, not judged: Microsoft and carriers both bend it (a=ice-lite before m=, c= after b=).
 */
import { charClass, isAll } from '../header/chars.ts';
import { limits } from '../message/limits.ts';
import { parsePort } from '../uri/host.ts';
import { words } from './words.ts';

/** One `type=value` line. `value` is latin1, byte for byte. */
export interface SdpLine {
  readonly type: string;
  readonly value: string;
}

export interface MediaDescription {
  /** `audio`, `video`, `image`, `application` … as written. */
  readonly kind: string;
  readonly port: number;
  /** The count of `port/count`. */
  readonly portCount?: number;
  /** `RTP/SAVP` and so on, as written. */
  readonly protocol: string;
  /** Payload numbers for RTP, else whatever the protocol says. */
  readonly formats: readonly string[];
  /** All lines after m=. */
  readonly lines: readonly SdpLine[];
}

export interface SessionDescription {
  /** All lines before the first m=, v= included. */
  readonly lines: readonly SdpLine[];
  readonly media: readonly MediaDescription[];
}

export type SdpOutcome =
  | { readonly ok: true; readonly sdp: SessionDescription }
  | { readonly ok: false; readonly why: string };

export function parseSdp(body: Buffer | string): SdpOutcome {
  if (body.length > limits.sdpBytes) return no('larger than 32 KiB');
  const text = typeof body === 'string' ? body : body.toString('latin1');
  if (text.indexOf('\0') >= 0) return no('NUL inside');
  const session: SdpLine[] = [];
  const media: (MediaDescription & { lines: SdpLine[] })[] = [];
  let current = session;
  let candidates = 0;
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    // §5: CRLF ends a line, parsers should also take a single LF.
    const line = text.slice(at, text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    at = end + 1;
    if (line === '') continue;
    const letter = line.charCodeAt(0);
    if (line.charCodeAt(1) !== 61 || letter < 97 || letter > 122 || line.indexOf('\r') >= 0) {
      return no('a line that is not type=value');
    }
    const type = line.charAt(0);
    const value = line.slice(2);
    if (type === 'm') {
      const description = parseMediaLine(value);
      if (!description) return no('malformed m= line');
      if (media.length >= limits.sdpMedia) return no('more than 10 media');
      current = description.lines;
      media.push(description);
      continue;
    }
    if (type === 'a' && value.startsWith('candidate:') && ++candidates > limits.sdpCandidates) {
      return no('more than 100 candidates');
    }
    current.push({ type, value });
  }
  return judge({ lines: session, media });
}

/** What nobody can work without: v=0 first, one o= that can be read, an address for each medium that is on. */
function judge(sdp: SessionDescription): SdpOutcome {
  const [first] = sdp.lines;
  if (first?.type !== 'v' || first.value.trim() !== '0') return no('does not start with v=0');
  if (count(sdp.lines, 'o') !== 1) return no('not exactly one o= line');
  if (!originOf(sdp)) return no('malformed o= line');
  if (count(sdp.lines, 'c') === 0) {
    for (const { port, lines } of sdp.media)
      if (port !== 0 && count(lines, 'c') === 0) return no('a medium without c= line');
  }
  return { ok: true, sdp };
}

function count(lines: readonly SdpLine[], type: string): number {
  let found = 0;
  for (const line of lines) if (line.type === type) found += 1;
  return found;
}

function no(why: string): SdpOutcome {
  return { ok: false, why };
}

/** `m=<media> <port>[/<count>] <proto> <fmt> …` (§5.14) */
function parseMediaLine(value: string): (MediaDescription & { lines: SdpLine[] }) | undefined {
  const [kind = '', portText = '', protocol = '', ...formats] = words(value);
  if (!kind || !protocol || formats.length === 0 || formats.length > 100) return undefined;
  const lines: SdpLine[] = [];
  const slash = portText.indexOf('/');
  const port = parsePort(slash < 0 ? portText : portText.slice(0, slash));
  if (port === undefined) return undefined;
  if (slash < 0) return { kind, port, protocol, formats, lines };
  const count = portText.slice(slash + 1);
  if (count.length > 5 || !isAll(count, 0, count.length, charClass.digit)) return undefined;
  return { kind, port, portCount: Number(count), protocol, formats, lines };
}

export function printSdp(sdp: SessionDescription): Buffer {
  let text = printLines(sdp.lines);
  for (const media of sdp.media) text += `m=${mediaLine(media)}\r\n${printLines(media.lines)}`;
  return Buffer.from(text, 'latin1');
}

function mediaLine({ kind, port, portCount, protocol, formats }: MediaDescription): string {
  const ports = portCount === undefined ? `${port}` : `${port}/${portCount}`;
  return `${kind} ${ports} ${protocol} ${formats.join(' ')}`;
}

function printLines(lines: readonly SdpLine[]): string {
  let text = '';
  for (const { type, value } of lines) text += `${type}=${value}\r\n`;
  return text;
}

export interface Origin {
  readonly username: string;
  /** Numeric strings of any length: senders use 64-bit NTP times. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly netType: string;
  readonly addressType: string;
  readonly address: string;
}

/** o= (§5.2). MICROSOFT: the address is 127.0.0.1 and means nothing. */
export function originOf(sdp: SessionDescription): Origin | undefined {
  const line = sdp.lines.find(({ type }) => type === 'o');
  const parts = line ? words(line.value) : [];
  const [username, sessionId, sessionVersion, netType, addressType, address] = parts;
  if (!username || !sessionId || !sessionVersion || !netType || !addressType || !address) return undefined;
  if (!isNumber(sessionId) || !isNumber(sessionVersion)) return undefined;
  return { username, sessionId, sessionVersion, netType, addressType, address };
}

function isNumber(text: string): boolean {
  return text.length <= 40 && isAll(text, 0, text.length, charClass.digit);
}

export function printOrigin(origin: Origin): string {
  const { username, sessionId, sessionVersion, netType, addressType, address } = origin;
  return `${username} ${sessionId} ${sessionVersion} ${netType} ${addressType} ${address}`;
}

/** Same session and same version: the other side says that nothing has changed (RFC 3264 §8). */
export function isSameVersion(a: SessionDescription, b: SessionDescription): boolean {
  const left = originOf(a);
  const right = originOf(b);
  return (
    left !== undefined && left.sessionId === right?.sessionId && left.sessionVersion === right.sessionVersion
  );
}
