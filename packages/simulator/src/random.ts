import { randomBytes } from 'node:crypto';

/**
 * Ids must differ from run to run (a platform keeps its data, ours start over), choices must not: a shuffle or an
 * order is replayable by its seed.
 */
export interface TwinRandom {
  bytes(count: number): Buffer;
  hex(bytes: number): string;
  uuid(): string;
  /** Uniform in [0, 1), from the seed. */
  fraction(): number;
}

export function twinRandom(seed: number, source: (count: number) => Buffer = randomBytes): TwinRandom {
  const fraction = mulberry32(seed);
  return {
    bytes: source,
    hex: (bytes) => source(bytes).toString('hex'),
    uuid: () => {
      const b = source(16);
      b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
      b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
      const h = b.toString('hex');
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
    },
    fraction,
  };
}

/** Ids from the seed too: for tests that compare texts. */
export function seededRandom(seed: number): TwinRandom {
  const next = mulberry32(seed ^ 0x9e37_79b9);
  return twinRandom(seed, (count) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(next() * 256))),
  );
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Fisher-Yates (teams-direct-routing 1.9: trunks of one route are shuffled per call). */
export function shuffled<T>(values: readonly T[], random: Pick<TwinRandom, 'fraction'>): T[] {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random.fraction() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
