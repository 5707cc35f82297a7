/** Share of the signal's power that must sit at the answer; noise and silence stay far below. */
const MIN_SHARE = 0.3;
/** Mean square below which we call it silence: about -60 dBFS. */
const SILENCE_POWER = 1_000;
/** Half a second: resolves 1 Hz well, and fits between the gaps of a cadence. */
const WINDOW = 4_096;
const SCAN = 1_024;

export interface Spectrum {
  /** Hz of the strongest component, interpolated; undefined for silence and for noise. */
  readonly hz: number | undefined;
  /** Share of all power within about 2 bins of it, 0..1. */
  readonly share: number;
  readonly dbfs: number;
}

/**
 * Which tone do these samples carry? Goertzel over the loudest half second (so leading silence and gaps do not
 * blur the answer): a coarse scan of the whole band, then a fine one around the peak. Good to about 1 Hz for
 * half a second of audio.
 */
export function analyseTone(samples: Int16Array, rate = 8000): Spectrum {
  const part = loudest(samples, WINDOW);
  const power = meanSquare(part);
  const dbfs = power > 0 ? 10 * Math.log10(power / 32_768 ** 2) : -Infinity;
  if (part.length < 64 || power < SILENCE_POWER) return { hz: undefined, share: 0, dbfs };
  const bin = rate / part.length;
  const scan = loudest(part, SCAN);
  const coarseStep = rate / scan.length / 2;
  let best = coarseStep;
  let bestPower = -1;
  for (let hz = Math.max(40, coarseStep); hz < rate / 2; hz += coarseStep) {
    const found = goertzel(scan, hz, rate);
    if (found > bestPower) {
      bestPower = found;
      best = hz;
    }
  }
  let step = coarseStep;
  let fine = goertzel(part, best, rate);
  const from = best - 2 * coarseStep;
  for (let hz = from; hz <= from + 4 * coarseStep; hz += bin / 4) {
    const found = goertzel(part, hz, rate);
    if (found > fine) {
      fine = found;
      best = hz;
    }
  }
  step = bin / 4;
  while (step > 0.05) {
    step /= 2;
    const [low, high] = [goertzel(part, best - step, rate), goertzel(part, best + step, rate)];
    if (low > fine && low >= high) [fine, best] = [low, best - step];
    else if (high > fine) [fine, best] = [high, best + step];
  }
  const share = Math.min(1, fine / power);
  return { hz: share >= MIN_SHARE ? best : undefined, share, dbfs };
}

/** The dominant tone in Hz, or undefined when there is none. */
export const dominantFrequency = (samples: Int16Array, rate = 8000): number | undefined =>
  analyseTone(samples, rate).hz;

/**
 * Goertzel's filter for one frequency, any real Hz. Returns the mean power of a sine of that frequency in the samples,
 * so that a pure tone gives its own mean square.
 */
export function goertzel(samples: Int16Array, hz: number, rate = 8000): number {
  const omega = (2 * Math.PI * hz) / rate;
  const coefficient = 2 * Math.cos(omega);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const s0 = samples[i]! + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const magnitude = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return (2 * magnitude) / (samples.length * samples.length);
}

function loudest(samples: Int16Array, size: number): Int16Array {
  if (samples.length <= size) return samples;
  let best = samples.subarray(0, size);
  let bestPower = -1;
  for (let at = 0; at + size <= samples.length; at += size / 4) {
    const part = samples.subarray(at, at + size);
    const power = meanSquare(part);
    // A later stretch must be clearly louder: the first good one is as telling as any.
    if (power > bestPower * 1.05) {
      best = part;
      bestPower = power;
    }
  }
  return best;
}

function meanSquare(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i]! * samples[i]!;
  return samples.length === 0 ? 0 : sum / samples.length;
}
