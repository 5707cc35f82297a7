import { sha1Block } from './sha1-block.ts';

/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) with the key's two pad blocks hashed once. Written out in JavaScript because it is the
 * packet path: a createHmac object per packet costs 5-10 us, this about 1 us for a 172-byte packet, and it reads the
 * packet where it lies.
 */

/** Working state of the one hash in progress; never awaited over, so one is enough. */
const h = new Int32Array(5);
/** The block on its way into the hash. */
const w = new Int32Array(16);
/** What is left of a message behind its whole blocks, padded: one block or two. */
const rest = Buffer.alloc(128);

function hashBlock(bytes: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 16; i += 1, p += 4)
    w[i] = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  sha1Block(h, w);
}

function loadInitial(): void {
  h[0] = 0x67452301;
  h[1] = 0xefcdab89 | 0;
  h[2] = 0x98badcfe | 0;
  h[3] = 0x10325476;
  h[4] = 0xc3d2e1f0 | 0;
}

/**
 * SHA-1 of `message[0..length)`, then of `tail` as a 32-bit word when it is >= 0, continuing from `h` after `before` bytes
 * of earlier input.
 */
function finish(message: Uint8Array, length: number, tail: number, before: number): void {
  const whole = length & ~63;
  for (let at = 0; at < whole; at += 64) hashBlock(message, at);
  let end = length - whole;
  for (let i = 0; i < end; i += 1) rest[i] = message[whole + i]!;
  if (tail >= 0) {
    rest[end] = tail >>> 24;
    rest[end + 1] = tail >>> 16;
    rest[end + 2] = tail >>> 8;
    rest[end + 3] = tail;
    end += 4;
  }
  // Lengths stay far below 2^29 bytes: the upper word of the bit count is always zero.
  const bits = (before + whole + end) * 8;
  rest[end] = 0x80;
  const size = end + 9 > 64 ? 128 : 64;
  for (let i = end + 1; i < size - 4; i += 1) rest[i] = 0;
  rest[size - 4] = bits >>> 24;
  rest[size - 3] = bits >>> 16;
  rest[size - 2] = bits >>> 8;
  rest[size - 1] = bits;
  hashBlock(rest, 0);
  if (size > 64) hashBlock(rest, 64);
}

export class HmacSha1 {
  readonly #inner = new Int32Array(5);
  readonly #outer = new Int32Array(5);

  constructor(key: Uint8Array) {
    let block = key;
    if (key.length > 64) {
      loadInitial();
      finish(key, key.length, -1, 0);
      block = new Uint8Array(20);
      writeState(block, 0, 20);
    }
    const pad = new Uint8Array(64);
    for (const [state, value] of [
      [this.#inner, 0x36],
      [this.#outer, 0x5c],
    ] as const) {
      for (let i = 0; i < 64; i += 1) pad[i] = (block[i] ?? 0) ^ value;
      loadInitial();
      hashBlock(pad, 0);
      state.set(h);
    }
  }

  /**
   * The MAC of `message[0..length)` followed by `tail` as a 32-bit word (SRTP's rollover counter) when it is >= 0, left in
   * the module's state for {@link writeTag} and {@link equalsTag}.
   */
  #compute(message: Uint8Array, length: number, tail: number): void {
    load(this.#inner);
    finish(message, length, tail, 64);
    // The inner hash is 20 bytes of the outer one's only block: 64 + 20 bytes = 672 bits.
    for (let i = 0; i < 5; i += 1) w[i] = h[i]!;
    w[5] = 0x8000_0000 | 0;
    for (let i = 6; i < 15; i += 1) w[i] = 0;
    w[15] = 672;
    load(this.#outer);
    sha1Block(h, w);
  }

  /** Writes the leftmost `size` bytes of the MAC to `out[at..)`. */
  writeTag(
    message: Uint8Array,
    length: number,
    tail: number,
    out: Uint8Array,
    at: number,
    size: number,
  ): void {
    this.#compute(message, length, tail);
    writeState(out, at, size);
  }

  /** Whether `tag[at..at+size)` is the MAC. Looks at every byte whatever the first ones say. */
  equalsTag(
    message: Uint8Array,
    length: number,
    tail: number,
    tag: Uint8Array,
    at: number,
    size: number,
  ): boolean {
    this.#compute(message, length, tail);
    let difference = 0;
    for (let i = 0; i < size; i += 1)
      difference |= tag[at + i]! ^ ((h[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff);
    return difference === 0;
  }
}

function load(state: Int32Array): void {
  for (let i = 0; i < 5; i += 1) h[i] = state[i]!;
}

function writeState(out: Uint8Array, at: number, size: number): void {
  for (let i = 0; i < size; i += 1) out[at + i] = h[i >> 2]! >>> (24 - 8 * (i & 3));
}
