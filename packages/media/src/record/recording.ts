import { alawToMulaw, type G711Law, g711Silence } from '../g711/g711.ts';

/** A pause longer than this is a clock that jumped, not silence: nothing is filled in. 8 kHz. */
const longestGap = 10 * 8000;

/**
 * What one party says, as mu-law at 8 kHz. Packets take their place by their RTP timestamps: what did not come is silence,
 * what comes late or twice is dropped. Never longer than `maxMs`, in samples and by the clock.
 */
export class Recording {
  readonly recordId: string;
  readonly #maxSamples: number;
  readonly #endMs: number;
  #codes = Buffer.allocUnsafe(16_000);
  #length = 0;
  #taken = 0;
  #ssrc = -1;
  #next = 0;

  constructor(recordId: string, maxMs: number, nowMs: number) {
    this.recordId = recordId;
    this.#maxSamples = Math.round(maxMs * 8);
    this.#endMs = nowMs + maxMs;
  }

  /** Samples so far. */
  get samples(): number {
    return this.#taken + this.#length;
  }

  /** As long as it may be: by what was said, or by the time that it had. */
  isFull(nowMs: number): boolean {
    return this.samples >= this.#maxSamples || nowMs >= this.#endMs;
  }

  /** The payload of one packet, `from` to `to` of its buffer, which is read and not kept. */
  push(law: G711Law, packet: Buffer, from: number, to: number, ssrc: number, timestamp: number): void {
    const length = to - from;
    // Behind what is there: late, or sent twice. Unsigned, as RTP counts.
    const ahead = (timestamp - this.#next) >>> 0;
    if (ssrc === this.#ssrc && ahead >= 0x8000_0000) return;
    if (ssrc === this.#ssrc && ahead > 0 && ahead <= longestGap) this.#silence(ahead);
    this.#ssrc = ssrc;
    this.#next = (timestamp + length) >>> 0;
    const room = Math.min(length, this.#maxSamples - this.samples);
    if (room <= 0) return;
    this.#grow(room);
    if (law === 'pcmu') packet.copy(this.#codes, this.#length, from, from + room);
    else for (let i = 0; i < room; i += 1) this.#codes[this.#length + i] = alawToMulaw[packet[from + i]!]!;
    this.#length += room;
  }

  /** What came since the last time; the caller's from now on. */
  take(): Buffer {
    const codes = Buffer.from(this.#codes.subarray(0, this.#length));
    this.#taken += this.#length;
    this.#length = 0;
    return codes;
  }

  #silence(samples: number): void {
    const room = Math.min(samples, this.#maxSamples - this.samples);
    if (room <= 0) return;
    this.#grow(room);
    this.#codes.fill(g711Silence.pcmu, this.#length, this.#length + room);
    this.#length += room;
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#codes.length) return;
    const more = Buffer.allocUnsafe(Math.max(this.#codes.length * 2, this.#length + by));
    this.#codes.copy(more, 0, 0, this.#length);
    this.#codes = more;
  }
}
