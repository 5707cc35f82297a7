import { eventOfDigit, printTelephoneEvent } from './telephone-event.ts';

/** One RTP packet to send in place of audio. */
export interface DtmfPacket {
  readonly payload: Buffer;
  readonly marker: boolean;
  /** Samples that the event began before the current frame; its packets all carry that timestamp. */
  readonly samplesSinceStart: number;
}

const FRAME = 160;
const VOLUME = 10;
const END_REPEATS = 3;
export const MAX_QUEUED_DIGITS = 64;
/** Longer events would need the segments of RFC 4733 §2.5.1.3. */
const MAX_DURATION_MS = 6000;

/** Plays queued digits as RFC 4733 events, one packet per 20 ms frame, end packets three times (§2.5.1.4). */
export class DtmfSender {
  readonly #queue: { event: number; duration: number; gap: number }[] = [];
  #elapsed = 0;
  #endsSent = 0;
  #gapLeft = 0;

  /** How many digits were taken; anything that is not a DTMF digit is left out. */
  queue(digits: string, durationMs = 160, gapMs = 80): number {
    let taken = 0;
    for (const digit of digits) {
      const event = eventOfDigit(digit);
      if (event === undefined || this.#queue.length >= MAX_QUEUED_DIGITS) continue;
      const frames = Math.max(2, Math.round(Math.min(durationMs, MAX_DURATION_MS) / 20));
      this.#queue.push({ event, duration: frames * FRAME, gap: Math.max(40, gapMs) * 8 });
      taken += 1;
    }
    return taken;
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#gapLeft <= 0;
  }

  /** What goes out in this 20 ms frame: an event packet, or undefined in a gap (and when idle). */
  nextFrame(): DtmfPacket | undefined {
    const current = this.#queue[0];
    if (this.#gapLeft > 0 || current === undefined) {
      this.#gapLeft -= FRAME;
      return undefined;
    }
    const marker = this.#elapsed === 0;
    const samplesSinceStart = this.#elapsed;
    this.#elapsed += FRAME;
    const end = this.#elapsed >= current.duration;
    const payload = printTelephoneEvent({
      event: current.event,
      end,
      volume: VOLUME,
      duration: Math.min(this.#elapsed, current.duration),
    });
    if (end) {
      this.#endsSent += 1;
      if (this.#endsSent >= END_REPEATS) {
        this.#queue.shift();
        this.#elapsed = 0;
        this.#endsSent = 0;
        this.#gapLeft = current.gap;
      }
    }
    return { payload, marker, samplesSinceStart };
  }
}
