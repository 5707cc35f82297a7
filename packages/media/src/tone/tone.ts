/** Anything that yields PCM16 samples in order. `read` returns fewer samples than asked only at its end. */
export interface PcmSource {
  readonly rate: number;
  read(samples: number): Int16Array;
}

export interface ToneOptions {
  /** Default 8000. */
  readonly rate?: number;
  /** Peak level relative to full scale, default -12. */
  readonly dbfs?: number;
  /** Endless when absent. */
  readonly seconds?: number;
}

/** One or more sines, phase-continuous over reads. */
export class ToneSource implements PcmSource {
  readonly rate: number;
  readonly frequencies: readonly number[];
  #position = 0;
  #left: number;
  readonly #amplitude: number;

  constructor(hz: number | readonly number[], options: ToneOptions | number = {}) {
    const settings = typeof options === 'number' ? { rate: options } : options;
    this.rate = settings.rate ?? 8000;
    this.frequencies = typeof hz === 'number' ? [hz] : hz;
    this.#left = settings.seconds === undefined ? Infinity : Math.round(settings.seconds * this.rate);
    this.#amplitude = (32_767 * 10 ** ((settings.dbfs ?? -12) / 20)) / this.frequencies.length;
  }

  read(samples: number): Int16Array {
    const count = Math.min(samples, this.#left);
    const out = new Int16Array(count);
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      for (const hz of this.frequencies)
        sum += Math.sin((2 * Math.PI * hz * (this.#position + i)) / this.rate);
      out[i] = Math.round(sum * this.#amplitude);
    }
    this.#position += count;
    this.#left -= count;
    return out;
  }
}

/** Samples that are already there, once or several times over. */
export class SampleSource implements PcmSource {
  readonly rate: number;
  readonly #samples: Int16Array;
  #position = 0;
  #turns: number;

  constructor(samples: Int16Array, rate = 8000, turns = 1) {
    this.rate = rate;
    this.#samples = samples;
    this.#turns = samples.length === 0 ? 0 : turns;
  }

  read(samples: number): Int16Array {
    const out = new Int16Array(samples);
    let written = 0;
    while (written < samples && this.#turns > 0) {
      const piece = this.#samples.subarray(this.#position, this.#position + samples - written);
      out.set(piece, written);
      written += piece.length;
      this.#position += piece.length;
      if (this.#position >= this.#samples.length) {
        this.#position = 0;
        this.#turns -= 1;
      }
    }
    return written === samples ? out : out.subarray(0, written);
  }
}
