/**
 * SIP over a byte stream (RFC 3261 §18.3, keep-alives of RFC 5626 §3.5.1 and §4.4.1). Sans-I/O: bytes in, events out;
 * any cutting of the stream gives the same messages, one byte at a time included.
 *
 *     between messages:  CRLF CRLF = ping (answer with CRLF),  CRLF = pong or padding
 *     message:           start line … CRLF CRLF, then as many bytes as Content-Length says
 *
 * A fault is final: who lost the frame cannot find it again, so the connection must be closed (threat T01).
 */
import { limits } from '../message/limits.ts';

export type FramerFault =
  /** What stands where a start line should is no SIP. */
  | 'desync'
  /** Head or head and body beyond the limits. */
  | 'too-large'
  /** On a stream every message states its length (§18.3). */
  | 'missing-content-length'
  /** Not a number, or several that differ. */
  | 'bad-content-length';

export type FramerEvent =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  /** `head`: start line and headers if they were complete, for a last answer before closing. */
  | { readonly kind: 'fault'; readonly fault: FramerFault; readonly head?: Buffer };

const CR = 13;
const LF = 10;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

export class SipFramer {
  #held = NOTHING;
  #length = 0;
  /** Where the search for the end of the head goes on; bytes before it were looked at. */
  #searched = 0;
  /** Length of the whole message once its head is known, else 0. */
  #wanted = 0;
  #blankLines = 0;
  #dead = false;

  /** Bytes of an unfinished message: what a slow sender has us hold (threat T05). */
  get pendingBytes(): number {
    return this.#length;
  }

  /** Takes what arrived. `chunk` is not kept; returned buffers may share its memory. After a fault always []. */
  push(chunk: Buffer): FramerEvent[] {
    const events: FramerEvent[] = [];
    if (this.#dead || chunk.length === 0) return events;
    const data = this.#length === 0 ? chunk : this.#hold(chunk);
    const shared = this.#length === 0;
    let at = 0;
    while (at < data.length && !this.#dead) {
      const rest = at === 0 ? data : data.subarray(at);
      const used = this.#take(rest, events, shared);
      if (used === 0) break;
      at += used;
    }
    if (at < data.length || this.#dead) this.#keep(data.subarray(at), shared);
    else this.#keep(NOTHING, shared);
    return events;
  }

  /** Consumes one thing from the front and returns its size; 0 when more bytes are needed. */
  #take(data: Buffer, events: FramerEvent[], shared: boolean): number {
    if (this.#wanted === 0) {
      if (data[0] === CR || data[0] === LF) return this.#takeBlankLine(data, events);
      if (!this.#readHead(data, events)) return 0;
    }
    if (data.length < this.#wanted) return 0;
    const bytes = data.subarray(0, this.#wanted);
    events.push({ kind: 'message', bytes: shared ? bytes : Buffer.from(bytes) });
    this.#wanted = 0;
    this.#searched = 0;
    this.#blankLines = 0;
    return bytes.length;
  }

  #takeBlankLine(data: Buffer, events: FramerEvent[]): number {
    if (data[0] === LF) {
      this.#fail('desync', events);
      return 0;
    }
    if (data.length < 2) return 0;
    if (data[1] !== LF) {
      this.#fail('desync', events);
      return 0;
    }
    this.#blankLines++;
    if (this.#blankLines === 2) {
      this.#blankLines = 0;
      events.push({ kind: 'ping' });
    } else if (data.length === 2) {
      // Half a ping cut in two also ends here: a pong too many, which nobody waits for.
      events.push({ kind: 'pong' });
    }
    return 2;
  }

  /** Finds the end of the head and sets the wanted length. False: not there yet, or a fault. */
  #readHead(data: Buffer, events: FramerEvent[]): boolean {
    const end = data.indexOf(HEAD_END, Math.max(0, this.#searched - 3));
    this.#searched = data.length;
    const headBytes = end < 0 ? data.length : end + 4;
    if (!startsLikeSip(data, end >= 0)) return this.#fail('desync', events);
    if (headBytes > limits.messageBytes) return this.#fail('too-large', events);
    if (end < 0) return false;
    const length = contentLength(data.toString('latin1', 0, end + 2));
    if (typeof length !== 'number') return this.#fail(length, events, data.subarray(0, headBytes));
    if (headBytes + length > limits.messageBytes) {
      return this.#fail('too-large', events, data.subarray(0, headBytes));
    }
    this.#wanted = headBytes + length;
    return true;
  }

  #fail(fault: FramerFault, events: FramerEvent[], head?: Buffer): false {
    this.#dead = true;
    events.push(head ? { kind: 'fault', fault, head: Buffer.from(head) } : { kind: 'fault', fault });
    return false;
  }

  /** Appends to what is held; the store doubles, so that single bytes do not cost a copy of all before them. */
  #hold(chunk: Buffer): Buffer {
    const total = this.#length + chunk.length;
    if (this.#held.length < total) {
      const larger = Buffer.allocUnsafeSlow(Math.max(total, this.#held.length * 2));
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#length);
    return this.#held.subarray(0, total);
  }

  #keep(rest: Buffer, shared: boolean): void {
    this.#length = this.#dead ? 0 : rest.length;
    if (this.#length === 0) {
      // One long message must not leave its store behind on an idle connection.
      this.#held = NOTHING;
    } else if (shared) {
      this.#held = Buffer.from(rest);
    } else if (rest.byteOffset !== this.#held.byteOffset) {
      rest.copy(this.#held, 0);
    }
  }
}

const LONGEST_START_LINE = limits.uriChars + 256;

/** A first line with `SIP/` in it; before it is complete: printable bytes, and not too many of them. */
function startsLikeSip(data: Buffer, complete: boolean): boolean {
  const first = data[0] ?? 0;
  if (first <= 32 || first >= 127) return false;
  // `SIP/`: a response.
  if (first === 83 && data[1] === 73 && data[2] === 80 && data[3] === 47) return true;
  const end = data.subarray(0, LONGEST_START_LINE + 2).indexOf(LF);
  // A Request-URI that is too long is still answered with 414 if the rest of the message frames it.
  if (end < 0) return complete || data.length <= limits.messageBytes;
  return data.toString('latin1', 0, end).toUpperCase().includes('SIP/');
}

/** Content-Length or its compact form `l`, folded or not. `head` ends with the CRLF of its last line. */
function contentLength(head: string): number | FramerFault {
  let found: string | undefined;
  for (let at = head.indexOf('\n') + 1; at > 0 && at < head.length; at = head.indexOf('\n', at) + 1) {
    const first = head.charCodeAt(at) | 32;
    if (first !== 99 && first !== 108) continue;
    const colon = head.indexOf(':', at);
    if (colon < 0 || colon - at > 64) continue;
    const name = head.slice(at, colon).trimEnd().toLowerCase();
    if (name !== 'content-length' && name !== 'l') continue;
    let end = head.indexOf('\r\n', colon);
    while (end >= 0 && (head.charCodeAt(end + 2) === 32 || head.charCodeAt(end + 2) === 9)) {
      end = head.indexOf('\r\n', end + 2);
    }
    const value = head.slice(colon + 1, end < 0 ? head.length : end).trim();
    if (found !== undefined && found !== value) return 'bad-content-length';
    found = value;
  }
  if (found === undefined) return 'missing-content-length';
  return /^[0-9]{1,10}$/.test(found) ? Number(found) : 'bad-content-length';
}
