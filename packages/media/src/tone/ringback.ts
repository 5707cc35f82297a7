import { type PcmSource, ToneSource } from './tone.ts';

/** Frequencies in Hz and the on/off pattern in seconds, repeated. Source: ITU-T E.180 supplement 2. */
export interface Cadence {
  readonly hz: readonly number[];
  readonly pattern: readonly number[];
}

/** By ISO 3166 country code. */
export const ringbackCadences = {
  US: { hz: [440, 480], pattern: [2, 4] },
  CA: { hz: [440, 480], pattern: [2, 4] },
  GB: { hz: [400, 450], pattern: [0.4, 0.2, 0.4, 2] },
  IE: { hz: [400, 450], pattern: [0.4, 0.2, 0.4, 2] },
  AU: { hz: [400, 425], pattern: [0.4, 0.2, 0.4, 2] },
  NZ: { hz: [400, 450], pattern: [0.4, 0.2, 0.4, 2] },
  DE: { hz: [425], pattern: [1, 4] },
  AT: { hz: [420], pattern: [1, 5] },
  CH: { hz: [425], pattern: [1, 4] },
  FR: { hz: [440], pattern: [1.5, 3.5] },
  NL: { hz: [425], pattern: [1, 4] },
  BE: { hz: [425], pattern: [1, 3] },
  IT: { hz: [425], pattern: [1, 4] },
  ES: { hz: [425], pattern: [1.5, 3] },
  SE: { hz: [425], pattern: [1, 5] },
  JP: { hz: [400], pattern: [1, 2] },
} satisfies Record<string, Cadence>;

export type RingbackRegion = keyof typeof ringbackCadences;

const isRegion = (name: string): name is RingbackRegion => Object.hasOwn(ringbackCadences, name);

/** Endless ringback. An unknown region rings like the US. */
export class RingbackSource implements PcmSource {
  readonly rate: number;
  readonly #tone: ToneSource;
  readonly #pattern: readonly number[];
  #phase = 0;
  #leftInPhase: number;

  constructor(region = 'US', rate = 8000) {
    const cadence: Cadence = ringbackCadences[isRegion(region) ? region : 'US'];
    this.rate = rate;
    this.#tone = new ToneSource(cadence.hz, { rate, dbfs: -16 });
    this.#pattern = cadence.pattern;
    this.#leftInPhase = this.#length(0);
  }

  read(samples: number): Int16Array {
    const out = new Int16Array(samples);
    let written = 0;
    while (written < samples) {
      const count = Math.min(samples - written, this.#leftInPhase);
      if (this.#phase % 2 === 0) out.set(this.#tone.read(count), written);
      written += count;
      this.#leftInPhase -= count;
      if (this.#leftInPhase === 0) {
        this.#phase = (this.#phase + 1) % this.#pattern.length;
        this.#leftInPhase = this.#length(this.#phase);
      }
    }
    return out;
  }

  #length(phase: number): number {
    return Math.max(1, Math.round(this.#pattern[phase]! * this.rate));
  }
}
