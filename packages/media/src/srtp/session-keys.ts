import { createCipheriv } from 'node:crypto';
import type { SrtpSuite } from '../relay/relay-commands.ts';

/** Tag bytes per suite. SRTCP always carries 80 bits (RFC 4568 §6.2.2). */
export const srtpTagBytes: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 10,
  AES_CM_128_HMAC_SHA1_32: 4,
};
export const SRTCP_TAG_BYTES = 10;

export const MASTER_KEY_BYTES = 16;
export const MASTER_SALT_BYTES = 14;

export interface SessionKeys {
  readonly cipherKey: Buffer;
  readonly salt: Buffer;
  readonly authKey: Buffer;
}

/** Labels of RFC 3711 §4.3.2. */
const labels = {
  srtp: { cipher: 0x00, auth: 0x01, salt: 0x02 },
  srtcp: { cipher: 0x03, auth: 0x04, salt: 0x05 },
} as const;

/** `inline:` of an SDP crypto line, decoded; undefined unless it is exactly key and salt. */
export function parseMasterKey(base64: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]{40}$/.test(base64)) return undefined;
  return Buffer.from(base64, 'base64');
}

export interface DerivedKeys {
  readonly srtp: SessionKeys;
  readonly srtcp: SessionKeys;
}

// A cipher object costs 25-40 us, a whole call would need sixteen: all six keys come from one, once per master key.
const derived = new WeakMap<Uint8Array, DerivedKeys>();

/**
 * RFC 3711 §4.3.1 and §4.3.3 with key derivation rate 0: keystream of AES-CM under the master key, from
 * `(label << 48) XOR master_salt`, shifted 16 bits left. `master`: key and salt, 30 bytes.
 */
export function deriveSessionKeys(master: Uint8Array, use: 'srtp' | 'srtcp'): SessionKeys {
  let keys = derived.get(master);
  if (keys === undefined) {
    keys = deriveAll(master);
    derived.set(master, keys);
  }
  return keys[use];
}

function deriveAll(master: Uint8Array): DerivedKeys {
  // Two counter blocks per label: the longest key has 20 bytes.
  const blocks = Buffer.alloc(6 * 2 * 16);
  for (let label = 0; label < 6; label += 1) {
    for (let block = 0; block < 2; block += 1) {
      const at = (label * 2 + block) * 16;
      blocks.set(master.subarray(MASTER_KEY_BYTES, MASTER_KEY_BYTES + MASTER_SALT_BYTES), at);
      blocks[at + 7]! ^= label;
      blocks[at + 15] = block;
    }
  }
  const cipher = createCipheriv('aes-128-ecb', master.subarray(0, MASTER_KEY_BYTES), null);
  cipher.setAutoPadding(false);
  const stream = cipher.update(blocks);
  const key = (label: number, size: number): Buffer => stream.subarray(label * 32, label * 32 + size);
  const keysOf = (label: { cipher: number; auth: number; salt: number }): SessionKeys => ({
    cipherKey: key(label.cipher, 16),
    authKey: key(label.auth, 20),
    salt: key(label.salt, MASTER_SALT_BYTES),
  });
  return { srtp: keysOf(labels.srtp), srtcp: keysOf(labels.srtcp) };
}
