import type { Socket } from 'node:net';
import { MAX_RELAY_FRAME } from '@tandem/media';

/** Frames of the relay's control socket: 4 bytes of length, then a JSON array (relay-commands.ts). */

/** Cuts a byte stream into messages. Returns undefined when the peer does not speak our protocol: close it. */
export class RelayFrameReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): unknown[] | undefined {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: unknown[] = [];
    while (this.#rest.length >= 4) {
      const size = this.#rest.readUInt32BE(0);
      if (size > MAX_RELAY_FRAME) return undefined;
      if (this.#rest.length < 4 + size) break;
      const frame = parseArray(this.#rest.toString('utf8', 4, 4 + size));
      if (frame === undefined) return undefined;
      messages.push(...frame);
      this.#rest = this.#rest.subarray(4 + size);
    }
    return messages;
  }
}

function parseArray(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A peer that does not read may hold this much; then it is cut off (reliability I11). */
const MAX_UNSENT = 8 * MAX_RELAY_FRAME;
/** Well below MAX_RELAY_FRAME, so that a turn with many messages becomes several frames. */
const SPLIT_AT = 256 * 1024;

/**
 * A frame wakes the other process, which costs both sides many times what a message does. So a busy writer writes at
 * most once in this time, ms: half of a packet of audio. Whoever was silent for so long writes at once.
 */
const PACE_MS = 8;

/** Collects what one turn of the loop has to say, under load what a few turns have, and writes it at once. */
export class RelayFrameWriter {
  readonly #socket: Socket;
  readonly #atTurnEnd: (work: () => void) => void;
  #waiting: string[] = [];
  #scheduled = false;
  #writtenMs = 0;

  /** `atTurnEnd` runs work when the turn of the loop has nothing more to say. */
  constructor(socket: Socket, atTurnEnd: (work: () => void) => void = setImmediate) {
    this.#socket = socket;
    this.#atTurnEnd = atTurnEnd;
  }

  write(message: unknown): void {
    this.#waiting.push(JSON.stringify(message));
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#writtenMs + PACE_MS - performance.now();
    if (wait < 1) this.#atTurnEnd(this.flush);
    else setTimeout(this.flush, wait);
  }

  readonly flush = (): void => {
    this.#scheduled = false;
    this.#writtenMs = performance.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0 || this.#socket.destroyed) return;
    let from = 0;
    while (from < waiting.length) {
      let to = from;
      let size = 0;
      do size += waiting[to++]!.length;
      while (to < waiting.length && size + waiting[to]!.length < SPLIT_AT);
      const text = `[${waiting.slice(from, to).join(',')}]`;
      const bytes = Buffer.byteLength(text);
      const frame = Buffer.allocUnsafe(4 + bytes);
      frame.writeUInt32BE(bytes, 0);
      frame.write(text, 4, 'utf8');
      this.#socket.write(frame);
      from = to;
    }
    if (this.#socket.writableLength > MAX_UNSENT) this.#socket.destroy(new Error('peer does not read'));
  };
}
