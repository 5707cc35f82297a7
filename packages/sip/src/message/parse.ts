/**
 * Bytes to message. One pass indexes the lines; values are decoded when somebody asks.
 *
 * Checked here, once, because every later reader relies on it (RFC 3261 §8.1.1, §8.2, §16.3, §18.3):
 *
 *     start line      shape, method token, `SIP/2.0` (else 505), Request-URI length (414) and scheme (416)
 *     header lines    name and colon, no NUL, no bare CR or LF, count and length limits
 *     To From Call-ID CSeq Via   present, once (Via: at least once); Via and CSeq readable
 *     CSeq            below 2^31; its method is the request's
 *     once-only headers          not repeated (two Content-Lengths that agree are let through)
 *     Content-Length  digits, not more than there is; what follows the body in a datagram is dropped (§18.3)
 *
 * A fault says what to answer. No `status` means silence: the bytes are no SIP, or a response, or an ACK, which are
 * never answered. `partial` holds what could be read, for the Via, From, To, Call-ID and CSeq of the answer.
 */
import { type CSeq, parseCSeq } from '../header/cseq.ts';
import { splitList } from '../header/list.ts';
import { isToken } from '../header/text.ts';
import { parseVia } from '../header/via.ts';
import { knownHeader } from './header-names.ts';
import { Headers } from './headers.ts';
import { limits } from './limits.ts';
import type { SipMessage } from './message.ts';

export type FaultStatus = 400 | 413 | 414 | 416 | 505;

export interface ParseFault {
  readonly status?: FaultStatus;
  /** For the log and the Reason-Phrase; holds nothing from the wire. */
  readonly why: string;
  readonly partial?: SipMessage;
}

export type ParseOutcome =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly fault: ParseFault };

const HEAD_END = Buffer.from('\r\n\r\n');
const NO_BODY = Buffer.alloc(0);

export function parseMessage(bytes: Buffer): ParseOutcome {
  const start = skipBlankLines(bytes);
  const oversize = bytes.length - start > limits.messageBytes;
  const readable = oversize ? bytes.subarray(start, start + limits.messageBytes) : bytes.subarray(start);
  const headEnd = readable.indexOf(HEAD_END);
  const head = readable.toString('latin1', 0, headEnd < 0 ? readable.length : headEnd + 2);

  const lineEnd = head.indexOf('\r\n');
  const startLine = lineEnd > 0 ? readStartLine(head.slice(0, lineEnd)) : undefined;
  if (!startLine) return { ok: false, fault: { why: 'not a SIP message' } };

  const { message } = startLine;
  const headerFault = indexHeaders(head, lineEnd + 2, message.headers);
  let why = startLine.fault;
  if (oversize) why ??= { status: 413, why: 'message larger than 64 KiB' };
  if (headEnd < 0) why ??= { status: 400, why: 'headers do not end' };
  why ??= headerFault;
  why ??= requiredFault(message);
  if (!why) {
    const body = readable.subarray(headEnd + 4);
    const length = bodyLength(message.headers, body.length);
    if (typeof length === 'number') message.body = length === 0 ? NO_BODY : body.subarray(0, length);
    else why = length;
  }
  if (!why) return { ok: true, message };
  return { ok: false, fault: faultOf(message, why) };
}

interface Complaint {
  readonly status: FaultStatus;
  readonly why: string;
}

/** Responses and ACKs are never answered (RFC 3261 §8.1.3.3 and §17.1.1.3): their faults carry no status. */
function faultOf(message: SipMessage, { status, why }: Complaint): ParseFault {
  const answerable = message.kind === 'request' && message.method !== 'ACK';
  return answerable ? { status, why, partial: message } : { why, partial: message };
}

/** RFC 3261 §7.5: CRLFs before the start line are ignored. */
function skipBlankLines(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 13 || bytes[at] === 10)) at++;
  return at;
}

interface StartLine {
  readonly message: SipMessage;
  readonly fault: Complaint | undefined;
}

/** `METHOD SP Request-URI SP SIP/2.0` or `SIP/2.0 SP 3DIGIT SP Reason`; the version compares without case (§7.1). */
function readStartLine(line: string): StartLine | undefined {
  const headers = new Headers();
  if (line.startsWith('SIP/') || line.startsWith('sip/')) {
    const match = /^sip\/2\.0 ([1-6][0-9][0-9])(?: ([^\0-\x08\x0a-\x1f\x7f]*))?$/i.exec(line);
    if (!match) return undefined;
    const [, status, reason = ''] = match;
    return {
      message: { kind: 'response', status: Number(status), reason, headers, body: NO_BODY },
      fault: undefined,
    };
  }
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0) return undefined;
  const method = line.slice(0, first);
  const version = line.slice(last + 1);
  // What does not end like SIP (HTTP, noise) is not for us: silence. One blank too many is a SIP peer's mistake: 400.
  if (!isToken(method)) return undefined;
  if (version !== 'SIP/2.0' && !/SIP\/[0-9]+\.[0-9]+ *$/i.test(line.slice(-24))) return undefined;
  const uri = last > first ? line.slice(first + 1, last) : '';
  const message: SipMessage = { kind: 'request', method, uri, headers, body: NO_BODY };
  return { message, fault: versionFault(version) ?? uriFault(uri) };
}

function versionFault(version: string): Complaint | undefined {
  if (version === 'SIP/2.0') return undefined;
  if (version === '') return { status: 400, why: 'blanks after the start line' };
  return version.toUpperCase() === 'SIP/2.0' ? undefined : { status: 505, why: 'SIP version not supported' };
}

function uriFault(uri: string): Complaint | undefined {
  if (uri.length > limits.uriChars) return { status: 414, why: 'Request-URI too long' };
  const broken = /[\0-\x20\x7f]/.test(uri);
  if (uri.startsWith('sip:') && !broken) return undefined;
  const colon = uri.indexOf(':');
  if (broken || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(uri.slice(0, Math.max(colon, 0)))) {
    return { status: 400, why: 'malformed Request-URI' };
  }
  const scheme = uri.slice(0, colon).toLowerCase();
  // urn: service URNs (RFC 5031), which emergency calls may carry.
  if (scheme === 'sip' || scheme === 'sips' || scheme === 'tel' || scheme === 'urn') return undefined;
  return { status: 416, why: 'Request-URI scheme not supported' };
}

/** Goes on after a fault, so that the answer finds its Via even when a line above it is broken. */
function indexHeaders(head: string, from: number, headers: Headers): Complaint | undefined {
  let fault: Complaint | undefined;
  if (head.indexOf('\0') >= 0) fault = { status: 400, why: 'NUL in a header' };
  const seen = new Set<string>();
  let lines = 0;
  let at = from;
  while (at < head.length) {
    let cr = head.indexOf('\r', at);
    // A fold continues the field (§7.3.1).
    while (cr >= 0 && head.charCodeAt(cr + 1) === 10 && isFold(head.charCodeAt(cr + 2))) {
      cr = head.indexOf('\r', cr + 1);
    }
    let end = cr;
    let next = cr + 2;
    if (cr < 0) {
      end = head.length;
      next = end;
    } else if (head.charCodeAt(cr + 1) !== 10) {
      fault ??= { status: 400, why: 'bare CR in a header' };
      const lf = head.indexOf('\n', cr);
      end = lf < 0 ? head.length : lf;
      next = end + 1;
    }
    if (++lines > limits.headerLines) {
      return fault ?? { status: 400, why: 'too many header lines' };
    }
    const line = head.slice(at, end);
    at = next;
    fault = indexLine(line, headers, seen) ?? fault;
  }
  return fault;
}

function indexLine(line: string, headers: Headers, seen: Set<string>): Complaint | undefined {
  if (line.length > limits.headerLineChars) return { status: 400, why: 'header line longer than 8 KiB' };
  const colon = line.indexOf(':');
  if (colon <= 0) return { status: 400, why: 'header line without a name' };
  let name = line.slice(0, colon);
  let known = knownHeader(name);
  if (!known) {
    name = name.trimEnd();
    known = knownHeader(name);
    if (!known && !isToken(name)) return { status: 400, why: 'malformed header name' };
  }
  const lf = line.indexOf('\n');
  if (lf >= 0 && hasBareLf(line, lf)) return { status: 400, why: 'bare LF in a header' };
  let fault: Complaint | undefined;
  if (known?.single) {
    if (seen.has(known.key) && known.key !== 'content-length') {
      fault = { status: 400, why: `${known.name} appears twice` };
    }
    seen.add(known.key);
  }
  headers.takeLine(known?.key ?? name.toLowerCase(), line, colon);
  return fault;
}

function isFold(code: number): boolean {
  return code === 32 || code === 9;
}

function hasBareLf(line: string, first: number): boolean {
  for (let at = first; at >= 0; at = line.indexOf('\n', at + 1)) {
    if (line.charCodeAt(at - 1) !== 13) return true;
  }
  return false;
}

/** The top value of a Via line, read here and found again by `topVia`. */
export function parseTopVia(value: string): ReturnType<typeof parseVia> {
  return parseVia(value.indexOf(',') < 0 ? value : (splitList(value)[0] ?? ''));
}

function requiredFault(message: SipMessage): Complaint | undefined {
  const { headers } = message;
  const via = headers.decode('via', parseTopVia);
  if (!via) return { status: 400, why: headers.has('via') ? 'malformed Via' : 'Via is missing' };
  const cseq: CSeq | undefined = headers.decode('cseq', parseCSeq);
  if (!cseq) return { status: 400, why: headers.has('cseq') ? 'malformed CSeq' : 'CSeq is missing' };
  if (message.kind === 'request' && cseq.method !== message.method) {
    return { status: 400, why: 'CSeq method is not the method of the request' };
  }
  if (!headers.get('from')) return { status: 400, why: 'From is missing' };
  if (!headers.get('to')) return { status: 400, why: 'To is missing' };
  if (!headers.get('call-id')) return { status: 400, why: 'Call-ID is missing' };
  return undefined;
}

/** The stated body length, or what is wrong with it. Without a statement the body is all there is (§18.3, UDP). */
function bodyLength(headers: Headers, available: number): number | Complaint {
  const stated = headers.getAll('content-length');
  if (stated.length === 0) return available;
  const [first = ''] = stated;
  if (stated.some((other) => other !== first)) return { status: 400, why: 'Content-Lengths disagree' };
  if (!/^[0-9]{1,10}$/.test(first)) return { status: 400, why: 'malformed Content-Length' };
  const length = Number(first);
  if (length > limits.messageBytes) return { status: 413, why: 'body larger than 64 KiB' };
  if (length > available) return { status: 400, why: 'body shorter than Content-Length' };
  return length;
}
