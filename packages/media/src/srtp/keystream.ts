import { type Cipheriv, createCipheriv } from 'node:crypto';

/**
 * AES in counter mode for many small packets (RFC 3711 §4.1.1):
 *
 *     IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16), then + block number
 *
 *     byte  0..3   4..7         8..13          14..15
 *           salt   salt^SSRC    salt^index     block
 *
 * One persistent AES-ECB object of OpenSSL (constant time) encrypts counter blocks. Packet indexes are almost always
 * consecutive, so the keystream of the next {@link AHEAD} packets is made in the same call: 0.4 us a packet instead of
 * 3 for one call each and 14 or more for a cipher object each.
 */

const AHEAD = 16;
const EMPTY = Buffer.alloc(0);
const NO_WORDS = new Int32Array(0);
/** Counter blocks on their way into the cipher. Grown to the largest packet seen, shared by all streams. */
let counters = Buffer.alloc(AHEAD * 16 * 16);
let counterWords = new DataView(counters.buffer, counters.byteOffset, counters.length);

/** The AES key schedule of one set of session keys, shared by its streams. Made on first use. */
export class BlockCipher {
  readonly #key: Buffer;
  #cipher: Cipheriv | undefined;

  constructor(key: Buffer) {
    this.#key = key;
  }

  encrypt(blocks: Buffer): Buffer {
    if (this.#cipher === undefined) {
      this.#cipher = createCipheriv('aes-128-ecb', this.#key, null);
      this.#cipher.setAutoPadding(false);
    }
    return this.#cipher.update(blocks);
  }
}

/** Keystream of one SSRC. */
export class Keystream {
  readonly #cipher: BlockCipher;
  /** The IV of packet index 0. */
  readonly #iv: DataView;
  #ahead: Buffer = EMPTY;
  #aheadWords: Int32Array = NO_WORDS;
  #firstIndex = 0;
  #packets = 0;
  #bytesEach = 0;
  #lastIndex = -1;

  constructor(cipher: BlockCipher, salt: Uint8Array, ssrc: number) {
    this.#cipher = cipher;
    const iv = Buffer.alloc(16);
    iv.set(salt);
    this.#iv = new DataView(iv.buffer, iv.byteOffset, 16);
    this.#iv.setInt32(4, this.#iv.getInt32(4) ^ ssrc);
  }

  /** XORs `packet[from..to)` with the keystream of packet `index` (48 bits: rollover counter and sequence number). */
  apply(packet: Uint8Array, from: number, to: number, index: number): void {
    const size = to - from;
    if (size <= 0) return;
    let offset = index - this.#firstIndex;
    if (offset < 0 || offset >= this.#packets || size > this.#bytesEach) {
      this.#prepare(index, size, index === this.#lastIndex + 1 ? AHEAD : 1);
      offset = 0;
    }
    this.#lastIndex = index;
    let at = offset * this.#bytesEach;
    let next = from;
    const start = packet.byteOffset + from;
    if ((start & 3) === 0) {
      // Four bytes at a time, in whatever order the machine has them: 0.15 us a packet instead of 0.5.
      const words = new Int32Array(packet.buffer, start, size >> 2);
      const stream = this.#aheadWords;
      for (let i = 0, p = at >> 2; i < words.length; i += 1, p += 1) words[i]! ^= stream[p]!;
      next += words.length * 4;
      at += words.length * 4;
    }
    const stream = this.#ahead;
    for (; next < to; next += 1, at += 1) packet[next]! ^= stream[at]!;
  }

  /** Lets go of what was made ahead; a call on hold should cost nothing. */
  trim(): void {
    this.#ahead = EMPTY;
    this.#aheadWords = NO_WORDS;
    this.#packets = 0;
  }

  #prepare(index: number, size: number, packets: number): void {
    const blocks = (size + 15) >> 4;
    const bytes = packets * blocks * 16;
    if (counters.length < bytes) {
      counters = Buffer.alloc(bytes);
      counterWords = new DataView(counters.buffer, counters.byteOffset, bytes);
    }
    const to = counterWords;
    const iv = this.#iv;
    const first = iv.getInt32(0);
    const second = iv.getInt32(4);
    const high = iv.getInt32(8);
    const low = iv.getInt32(12);
    let at = 0;
    for (let p = 0; p < packets; p += 1) {
      const packetIndex = index + p;
      const third = high ^ Math.floor(packetIndex / 0x1_0000);
      const fourth = low ^ ((packetIndex & 0xffff) << 16);
      for (let block = 0; block < blocks; block += 1, at += 16) {
        to.setInt32(at, first);
        to.setInt32(at + 4, second);
        to.setInt32(at + 8, third);
        to.setInt32(at + 12, fourth ^ block);
      }
    }
    this.#ahead = this.#cipher.encrypt(counters.subarray(0, bytes));
    const { buffer, byteOffset } = this.#ahead;
    this.#aheadWords = new Int32Array(buffer, byteOffset, bytes >> 2);
    this.#firstIndex = index;
    this.#packets = packets;
    this.#bytesEach = blocks * 16;
  }
}
