import { createCipheriv, createHmac } from 'node:crypto';

/**
 * A second SRTP, written straight from the text of RFC 3711 with big integers and one cipher object per packet. It shares
 * no line with the real one: it is the witness in tests.
 */

const aesCm = (key: Buffer, iv: bigint, size: number): Buffer =>
  createCipheriv('aes-128-ctr', key, Buffer.from(iv.toString(16).padStart(32, '0'), 'hex')).update(
    Buffer.alloc(size),
  );

const big = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

/** §4.3: x = key_id XOR master_salt, key_id = label || r (r = 0, 48 bits); IV = x * 2^16. */
export function naiveKey(master: Buffer, label: number, size: number): Buffer {
  const x = (BigInt(label) << 48n) ^ big(master.subarray(16, 30));
  return aesCm(master.subarray(0, 16), x << 16n, size);
}

function crypt(
  master: Buffer,
  labels: { key: number; salt: number },
  ssrc: number,
  index: bigint,
  data: Buffer,
): Buffer {
  const salt = big(naiveKey(master, labels.salt, 14));
  // §4.1.1
  const iv = (salt << 16n) ^ (BigInt(ssrc) << 64n) ^ (index << 16n);
  const stream = aesCm(naiveKey(master, labels.key, 16), iv, data.length);
  return Buffer.from(data.map((byte, i) => byte ^ stream[i]!));
}

/** A 12-byte header is assumed. */
export function naiveProtect(master: Buffer, rtp: Buffer, roc: number, tagBytes: number): Buffer {
  const index = (BigInt(roc) << 16n) | BigInt(rtp.readUInt16BE(2));
  const payload = crypt(master, { key: 0, salt: 2 }, rtp.readUInt32BE(8), index, rtp.subarray(12));
  const authenticated = Buffer.concat([rtp.subarray(0, 12), payload]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(roc);
  const tag = createHmac('sha1', naiveKey(master, 1, 20))
    .update(authenticated)
    .update(tail)
    .digest();
  return Buffer.concat([authenticated, tag.subarray(0, tagBytes)]);
}

export function naiveProtectControl(master: Buffer, rtcp: Buffer, index: number): Buffer {
  const rest = crypt(master, { key: 3, salt: 5 }, rtcp.readUInt32BE(4), BigInt(index), rtcp.subarray(8));
  const trailer = Buffer.alloc(4);
  trailer.writeUInt32BE((index | 0x8000_0000) >>> 0);
  const authenticated = Buffer.concat([rtcp.subarray(0, 8), rest, trailer]);
  const tag = createHmac('sha1', naiveKey(master, 4, 20))
    .update(authenticated)
    .digest();
  return Buffer.concat([authenticated, tag.subarray(0, 10)]);
}
