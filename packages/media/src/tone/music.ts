import { type PcmSource, ToneSource } from './tone.ts';

/** Notes in Hz and their length in seconds; 0 is a rest. A calm broken chord, so that a caller hears that the line lives. */
const melody: readonly (readonly [hz: number, seconds: number])[] = [
  [523.25, 0.4],
  [659.25, 0.4],
  [783.99, 0.4],
  [659.25, 0.4],
  [587.33, 0.4],
  [698.46, 0.4],
  [880, 0.4],
  [698.46, 0.4],
  [0, 0.4],
];
/** Each note begins and ends softly, or it would click. */
const slopeSeconds = 0.02;

/** The lowest and highest note, for whoever listens for it. */
export const musicRangeHz: readonly [number, number] = [523, 880];

/** Endless music on hold. Made here: there is nothing to license and no file to lose. */
export class MusicSource implements PcmSource {
  readonly rate: number;
  #at = 0;
  #left: number;
  #length: number;
  #note: ToneSource;

  constructor(rate = 8000) {
    this.rate = rate;
    this.#length = this.#samplesOf(0);
    this.#left = this.#length;
    this.#note = this.#noteAt(0);
  }

  read(samples: number): Int16Array {
    const out = new Int16Array(samples);
    let written = 0;
    while (written < samples) {
      const count = Math.min(samples - written, this.#left);
      const [hz] = melody[this.#at]!;
      if (hz > 0) {
        const piece = this.#note.read(count);
        const slope = slopeSeconds * this.rate;
        for (let i = 0; i < count; i += 1) {
          const from = this.#length - this.#left + i;
          const gain = Math.min(1, from / slope, (this.#length - from) / slope);
          out[written + i] = Math.round(piece[i]! * gain);
        }
      }
      written += count;
      this.#left -= count;
      if (this.#left === 0) this.#next();
    }
    return out;
  }

  #next(): void {
    this.#at = (this.#at + 1) % melody.length;
    this.#length = this.#samplesOf(this.#at);
    this.#left = this.#length;
    this.#note = this.#noteAt(this.#at);
  }

  #samplesOf(at: number): number {
    return Math.max(1, Math.round(melody[at]![1] * this.rate));
  }

  #noteAt(at: number): ToneSource {
    return new ToneSource(melody[at]![0], { rate: this.rate, dbfs: -18 });
  }
}
