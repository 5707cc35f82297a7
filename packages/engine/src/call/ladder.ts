import type { Destination, Flow } from '@tandem/sip/ua/types.ts';
import type { LadderEntry } from '../ports/call-log.ts';

/** Messages kept per call; a call that refreshes for days keeps its beginning and loses its middle. */
const maxEntries = 200;

interface Seen {
  readonly atMs: number;
  readonly leg: 'a' | 'b';
  readonly direction: 'in' | 'out';
  /** A name once compacted. */
  peer: Flow | Destination | string;
  /** Text once compacted, and for steps. */
  what: Buffer | string;
}

/**
 * What went over the wire for one call, byte for byte. Text without secrets is made at the end of a short call, and
 * after a while in a long one, because the bytes may be a small part of a large buffer.
 */
export class Ladder {
  readonly #seen: Seen[] = [];
  readonly #startedAt: number;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  message(
    leg: 'a' | 'b',
    direction: 'in' | 'out',
    bytes: Buffer,
    peer: Flow | Destination,
    now: number,
  ): void {
    this.#add({ atMs: this.#since(now), leg, direction, peer, what: bytes });
  }

  step(leg: 'a' | 'b', sentence: string, now: number): void {
    this.#add({
      atMs: this.#since(now),
      leg,
      direction: 'out',
      peer: 'step',
      what: sentence,
    });
  }

  /** Lets go of the bytes. */
  compact(): void {
    let peer: Flow | Destination | undefined;
    let name = '';
    for (let at = 0; at < this.#seen.length; at++) {
      const seen = this.#seen[at]!;
      if (typeof seen.what !== 'string') seen.what = redact(seen.what.toString('latin1'));
      if (typeof seen.peer === 'string') continue;
      if (seen.peer !== peer) name = peerName(seen.peer);
      peer = seen.peer;
      seen.peer = name;
    }
  }

  /** The first message was seen a moment before the call was made of it. */
  #since(now: number): number {
    return Math.max(0, Math.round(now - this.#startedAt));
  }

  render(): readonly LadderEntry[] {
    this.compact();
    return this.#seen.map(({ atMs, leg, direction, peer, what }) => ({
      atMs,
      leg,
      direction,
      peer: String(peer),
      text: String(what),
    }));
  }

  /** It has been rendered for good: transactions may remember the call for half a minute more (RFC 6026). */
  clear(): void {
    this.#seen.length = 0;
  }

  #add(seen: Seen): void {
    if (this.#seen.length >= maxEntries) this.#seen.splice(maxEntries / 2, 1);
    this.#seen.push(seen);
  }
}

export function peerName(peer: Flow | Destination): string {
  if ('remote' in peer) return `${peer.protocol} ${peer.remote.host}:${peer.remote.port}`;
  return `${peer.protocol} ${peer.host}:${peer.port}`;
}

/** Media keys and credentials never reach a store (I14). */
export function redact(text: string): string {
  // Most messages hold neither, and a call has a dozen of them: one search for both.
  if (!/inline:|authorization/i.test(text)) return text;
  let clean = text;
  // Without case, as `a=crypto` is read (RFC 4568 §9.1: ABNF strings).
  if (/inline:/i.test(clean)) clean = clean.replace(/(inline:)[^\s;|]+/gi, '$1[redacted]');
  if (/authorization/i.test(clean))
    clean = clean.replace(/^((?:proxy-)?authorization\s*:).*(?:\r\n[ \t].*)*/gim, '$1 [redacted]');
  return clean;
}

/**
 * The last messages of Call-IDs that nobody knows yet: an INVITE and our 100 pass before the call exists. Small on
 * purpose; a stranger can only push other strangers out.
 */
export class UnclaimedMessages {
  readonly #recent: {
    direction: 'in' | 'out';
    sipCallId: string;
    bytes: Buffer;
    peer: Flow | Destination;
    now: number;
  }[] = [];

  add(
    direction: 'in' | 'out',
    sipCallId: string,
    bytes: Buffer,
    peer: Flow | Destination,
    now: number,
  ): void {
    if (this.#recent.length >= 16) this.#recent.shift();
    this.#recent.push({ direction, sipCallId, bytes, peer, now });
  }

  claim(sipCallId: string, ladder: Ladder, leg: 'a' | 'b'): void {
    for (let at = 0; at < this.#recent.length; ) {
      const entry = this.#recent[at];
      if (entry?.sipCallId === sipCallId) {
        ladder.message(leg, entry.direction, entry.bytes, entry.peer, entry.now);
        this.#recent.splice(at, 1);
      } else at++;
    }
  }
}
