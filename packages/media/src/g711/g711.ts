/**
 * ITU-T G.711. A-law and mu-law as tables: 256 entries to decode, 65,536 to encode, 256 to turn one law into the other.
 * The encode tables are built on first use (128 kB in all), the others at load.
 */

export type G711Law = 'pcma' | 'pcmu';

const MULAW_BIAS = 0x84;
const MULAW_CLIP = 32_635;

function decodeMulaw(byte: number): number {
  const bits = ~byte & 0xff;
  const exponent = (bits >> 4) & 7;
  const magnitude = (((bits & 0x0f) << 3) + MULAW_BIAS) << exponent;
  return bits & 0x80 ? MULAW_BIAS - magnitude : magnitude - MULAW_BIAS;
}

function encodeMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), MULAW_CLIP) + MULAW_BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

function decodeAlaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const base = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? base : (base + 0x100) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function encodeAlaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = (sample >= 0 ? sample : -sample - 1) >> 4;
  const exponent = magnitude < 32 ? (magnitude < 16 ? 0 : 1) : 31 - Math.clz32(magnitude) - 3;
  const mantissa = exponent === 0 ? magnitude : (magnitude >> (exponent - 1)) & 0x0f;
  return (sign | (exponent << 4) | (mantissa & 0x0f)) ^ 0x55;
}

const fill = <T extends Int16Array | Uint8Array>(table: T, value: (index: number) => number): T => {
  for (let i = 0; i < table.length; i += 1) table[i] = value(i);
  return table;
};

/** Linear PCM16 by code. */
export const alawToLinear = fill(new Int16Array(256), decodeAlaw);
export const mulawToLinear = fill(new Int16Array(256), decodeMulaw);

/** One law's code by the other's, through the decoded value (at most one quantising step of extra noise). */
export const alawToMulaw = fill(new Uint8Array(256), (code) => encodeMulaw(decodeAlaw(code)));
export const mulawToAlaw = fill(new Uint8Array(256), (code) => encodeAlaw(decodeMulaw(code)));

/** Indexed by `sample & 0xffff`. */
const encoders: { pcma?: Uint8Array; pcmu?: Uint8Array } = {};
function encoder(law: G711Law): Uint8Array {
  let table = encoders[law];
  if (table === undefined) {
    const encode = law === 'pcma' ? encodeAlaw : encodeMulaw;
    table = fill(new Uint8Array(65_536), (index) => encode((index << 16) >> 16));
    encoders[law] = table;
  }
  return table;
}

export function encodeG711(law: G711Law, samples: Int16Array): Buffer {
  const table = encoder(law);
  const out = Buffer.allocUnsafe(samples.length);
  for (let i = 0; i < samples.length; i += 1) out[i] = table[samples[i]! & 0xffff]!;
  return out;
}

export function decodeG711(law: G711Law, codes: Uint8Array): Int16Array {
  const table = law === 'pcma' ? alawToLinear : mulawToLinear;
  const out = new Int16Array(codes.length);
  for (let i = 0; i < codes.length; i += 1) out[i] = table[codes[i]!]!;
  return out;
}

/** What silence looks like in each law. */
export const g711Silence: Readonly<Record<G711Law, number>> = { pcma: 0xd5, pcmu: 0xff };
