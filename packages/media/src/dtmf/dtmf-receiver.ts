import { digitOfEvent, parseTelephoneEvent } from './telephone-event.ts';

export interface DtmfDigit {
  readonly digit: string;
  readonly durationMs: number;
}

/** An event whose three end packets were all lost counts as ended after this silence. */
const LOST_END_MS = 250;

/**
 * Turns event packets into digits, each exactly once. All packets of one event share the timestamp at which it began
 * (RFC 4733 §2.5.1.2), the end is sent three times, and any packet may be lost or late.
 */
export class DtmfReceiver {
  #event = -1;
  #startTimestamp = -1;
  #duration = 0;
  #lastMs = 0;
  #open = false;
  readonly #clock: number;

  constructor(clock = 8000) {
    this.#clock = clock;
  }

  /** Zero, one or two digits: a new event also ends one whose end was lost. */
  receive(payload: Uint8Array, timestamp: number, nowMs: number): readonly DtmfDigit[] {
    const packet = parseTelephoneEvent(payload);
    if (packet === undefined) return [];
    const found: DtmfDigit[] = [];
    if (timestamp !== this.#startTimestamp) {
      // A packet of an earlier event that was overtaken: its digit was reported when the later one began.
      if (this.#startTimestamp >= 0 && ((timestamp - this.#startTimestamp) | 0) < 0) return [];
      if (this.#open) found.push(...this.#close());
      this.#event = packet.event;
      this.#startTimestamp = timestamp;
      this.#duration = 0;
      this.#open = true;
    }
    if (!this.#open) return found;
    this.#lastMs = nowMs;
    this.#duration = Math.max(this.#duration, packet.duration);
    if (packet.end) found.push(...this.#close());
    return found;
  }

  /** Call now and then: ends an event that fell silent. */
  sweep(nowMs: number): readonly DtmfDigit[] {
    return this.#open && nowMs - this.#lastMs > LOST_END_MS ? this.#close() : [];
  }

  /** The party's timestamps start over (new SSRC). */
  reset(): void {
    this.#open = false;
    this.#startTimestamp = -1;
  }

  #close(): readonly DtmfDigit[] {
    this.#open = false;
    const digit = digitOfEvent(this.#event);
    return digit === undefined
      ? []
      : [{ digit, durationMs: Math.round((this.#duration * 1000) / this.#clock) }];
  }
}
