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
/** Counter blocks on their way into the cipher. Grown to the largest packet seen, shared by all streams. */
let counters = Buffer.alloc(AHEAD * 16 * 16);

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
  readonly #iv: Buffer;
  #ahead: Buffer = EMPTY;
  #firstIndex = 0;
  #packets = 0;
  #bytesEach = 0;
  #lastIndex = -1;

  constructor(cipher: BlockCipher, salt: Uint8Array, ssrc: number) {
    this.#cipher = cipher;
    this.#iv = Buffer.alloc(16);
    this.#iv.set(salt);
    this.#iv[4]! ^= ssrc >>> 24;
    this.#iv[5]! ^= ssrc >>> 16;
    this.#iv[6]! ^= ssrc >>> 8;
    this.#iv[7]! ^= ssrc;
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
    const stream = this.#ahead;
    let at = offset * this.#bytesEach;
    for (let i = from; i < to; i += 1, at += 1) packet[i]! ^= stream[at]!;
  }

  /** Lets go of what was made ahead; a call on hold should cost nothing. */
  trim(): void {
    this.#ahead = EMPTY;
    this.#packets = 0;
  }

  #prepare(index: number, size: number, packets: number): void {
    const blocks = (size + 15) >> 4;
    const bytes = packets * blocks * 16;
    if (counters.length < bytes) counters = Buffer.alloc(bytes);
    const iv = this.#iv;
    let at = 0;
    for (let p = 0; p < packets; p += 1) {
      const packetIndex = index + p;
      const high = Math.floor(packetIndex / 0x1_0000);
      for (let block = 0; block < blocks; block += 1, at += 16) {
        counters.set(iv, at);
        counters[at + 8]! ^= high >>> 24;
        counters[at + 9]! ^= high >>> 16;
        counters[at + 10]! ^= high >>> 8;
        counters[at + 11]! ^= high;
        counters[at + 12]! ^= packetIndex >>> 8;
        counters[at + 13]! ^= packetIndex;
        counters[at + 14] = block >>> 8;
        counters[at + 15] = block;
      }
    }
    this.#ahead = this.#cipher.encrypt(counters.subarray(0, bytes));
    this.#firstIndex = index;
    this.#packets = packets;
    this.#bytesEach = blocks * 16;
  }
}
