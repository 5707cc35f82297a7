/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) with the key's two pad blocks hashed once. Written out in JavaScript because it is the
 * packet path: a createHmac object per packet costs 5-10 us, this about 1.5 us for a 172-byte packet. SHA-1 has no
 * secret-dependent branch or table, so timing tells nothing.
 */

const w = new Int32Array(80);
/** Working state of the one hash in progress; never awaited over, so one is enough. */
const h = new Int32Array(5);
/** Message in blocks: longest RTP datagram plus padding. */
const scratch = new Uint8Array(65_536 + 128);
const outer = new Uint8Array(64);

function compress(bytes: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 16; i += 1, p += 4)
    w[i] = (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  for (let i = 16; i < 80; i += 1) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = h[0]!;
  let b = h[1]!;
  let c = h[2]!;
  let d = h[3]!;
  let e = h[4]!;
  for (let i = 0; i < 20; i += 1) {
    const t = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + w[i]! + 0x5a827999) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 20; i < 40; i += 1) {
    const t = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + w[i]! + 0x6ed9eba1) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 40; i < 60; i += 1) {
    const t = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + w[i]! - 0x70e44324) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (let i = 60; i < 80; i += 1) {
    const t = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + w[i]! - 0x359d3e2a) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  h[0] = h[0]! + a;
  h[1] = h[1]! + b;
  h[2] = h[2]! + c;
  h[3] = h[3]! + d;
  h[4] = h[4]! + e;
}

function loadInitial(): void {
  h[0] = 0x67452301;
  h[1] = 0xefcdab89 | 0;
  h[2] = 0x98badcfe | 0;
  h[3] = 0x10325476;
  h[4] = 0xc3d2e1f0 | 0;
}

/** SHA-1 of `length` bytes already in `scratch`, continuing from `h` after `before` bytes of earlier input. */
function finish(length: number, before: number): void {
  scratch[length] = 0x80;
  const end = (length + 9 + 63) & ~63;
  scratch.fill(0, length + 1, end - 4);
  // Lengths stay far below 2^29 bytes: the upper word of the bit count is always zero.
  const bits = (before + length) * 8;
  scratch[end - 4] = bits >>> 24;
  scratch[end - 3] = bits >>> 16;
  scratch[end - 2] = bits >>> 8;
  scratch[end - 1] = bits;
  for (let at = 0; at < end; at += 64) compress(scratch, at);
}

export class HmacSha1 {
  readonly #inner = new Int32Array(5);
  readonly #outer = new Int32Array(5);

  constructor(key: Uint8Array) {
    let block = key;
    if (key.length > 64) {
      loadInitial();
      scratch.set(key, 0);
      finish(key.length, 0);
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
      compress(pad, 0);
      state.set(h);
    }
  }

  /**
   * The MAC of `message[0..length)` followed by `tail` as a 32-bit word (SRTP's rollover counter) when it is >= 0, left in
   * the module's state for {@link writeTag} and {@link equalsTag}.
   */
  #compute(message: Uint8Array, length: number, tail: number): void {
    scratch.set(length === message.length ? message : message.subarray(0, length), 0);
    let end = length;
    if (tail >= 0) {
      scratch[end] = tail >>> 24;
      scratch[end + 1] = tail >>> 16;
      scratch[end + 2] = tail >>> 8;
      scratch[end + 3] = tail;
      end += 4;
    }
    h.set(this.#inner);
    finish(end, 64);
    writeState(outer, 0, 20);
    h.set(this.#outer);
    outer[20] = 0x80;
    // 64 + 20 bytes = 672 bits; the rest of the block stays zero.
    outer[62] = 0x02;
    outer[63] = 0xa0;
    compress(outer, 0);
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

function writeState(out: Uint8Array, at: number, size: number): void {
  for (let i = 0; i < size; i += 1) out[at + i] = h[i >> 2]! >>> (24 - 8 * (i & 3));
}
