import type { SrtpSuite } from '../relay/relay-commands.ts';
import { rtpHeaderLength } from '../rtp/packet.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import { BlockCipher, Keystream } from './keystream.ts';
import { ReplayWindow } from './replay-window.ts';
import { deriveSessionKeys, type SessionKeys, srtpTagBytes } from './session-keys.ts';

/**
 * SRTP, RFC 3711, suites of RFC 4568 §6.2.
 *
 *     | RTP header | encrypted payload ... | [MKI] | tag |
 *     |<------- authenticated, then ROC -->|
 *
 * Written for the packet path: buffers in place, numbers out, no objects per packet.
 */

/** What {@link SrtpReceiver.unprotect} says instead of a length. */
export const SRTP_REJECTED_FORM = -1;
export const SRTP_REJECTED_AUTH = -2;
export const SRTP_REJECTED_REPLAY = -3;

/** A party that changes its SSRC this often under one key is not a telephone (reliability I11). */
const MAX_STREAMS = 64;

export interface SrtpOptions {
  readonly suite: SrtpSuite;
  /** 16 bytes of key, 14 of salt. */
  readonly master: Uint8Array;
  readonly mki?: { readonly value: number; readonly length: number };
}

interface Stream {
  readonly ssrc: number;
  readonly keystream: Keystream;
  readonly seen: ReplayWindow;
}

abstract class Context {
  protected readonly tagBytes: number;
  protected readonly mki: Buffer;
  protected readonly hmac: HmacSha1;
  readonly #keys: SessionKeys;
  readonly #cipher: BlockCipher;
  readonly #streams: Stream[] = [];
  #latest: Stream | undefined;

  constructor(options: SrtpOptions) {
    this.tagBytes = srtpTagBytes[options.suite];
    this.mki = Buffer.alloc(options.mki?.length ?? 0);
    if (options.mki) {
      const { value, length } = options.mki;
      for (let i = 0; i < length; i += 1) this.mki[length - 1 - i] = i < 4 ? value >>> (8 * i) : 0;
    }
    this.#keys = deriveSessionKeys(options.master, 'srtp');
    this.hmac = new HmacSha1(this.#keys.authKey);
    this.#cipher = new BlockCipher(this.#keys.cipherKey);
  }

  /** Gives back what is kept ahead of need. */
  trim(): void {
    for (const stream of this.#streams) stream.keystream.trim();
  }

  protected find(ssrc: number): Stream | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.ssrc === ssrc) return latest;
    const found = this.#streams.find((stream) => stream.ssrc === ssrc);
    if (found !== undefined) this.#latest = found;
    return found;
  }

  protected add(ssrc: number): Stream | undefined {
    // Forgetting a stream would forget its replay window (and a sender's counter): refuse instead.
    if (this.#streams.length >= MAX_STREAMS) return undefined;
    const stream = {
      ssrc,
      keystream: new Keystream(this.#cipher, this.#keys.salt, ssrc),
      seen: new ReplayWindow(),
    };
    this.#streams.push(stream);
    this.#latest = stream;
    return stream;
  }
}

export class SrtpSender extends Context {
  /** Bytes that {@link protect} adds. */
  get overhead(): number {
    return this.tagBytes + this.mki.length;
  }

  /**
   * Encrypts `packet[0..length)` in place and appends the tag; the buffer must have room for {@link overhead} bytes more.
   * Returns the new length, or a refusal: an index is used once only, because a second packet under the same key, SSRC
   * and index would give away both (RFC 3711 §9.1).
   */
  protect(packet: Buffer, length: number): number {
    const header = rtpHeaderLength(packet, length);
    if (header === 0 || length + this.overhead > packet.length) return SRTP_REJECTED_FORM;
    const ssrc = packet.readUInt32BE(8);
    const stream = this.find(ssrc) ?? this.add(ssrc);
    if (stream === undefined) return SRTP_REJECTED_FORM;
    const index = estimateIndex(stream.seen.highest, (packet[2]! << 8) | packet[3]!);
    if (index < 0 || !stream.seen.isFresh(index)) return SRTP_REJECTED_REPLAY;
    stream.seen.mark(index);
    stream.keystream.apply(packet, header, length, index);
    let end = length;
    if (this.mki.length > 0) end += this.mki.copy(packet, end);
    this.hmac.writeTag(packet, length, Math.floor(index / 0x1_0000), packet, end, this.tagBytes);
    return end + this.tagBytes;
  }
}

export class SrtpReceiver extends Context {
  /**
   * Checks the tag (before anything else looks at the packet), then the replay window, then decrypts in place. Returns
   * the length of the RTP packet or one of the `SRTP_REJECTED_…` numbers.
   */
  unprotect(packet: Buffer, length: number): number {
    const header = rtpHeaderLength(packet, length);
    if (header === 0 || length < header + this.tagBytes) return SRTP_REJECTED_FORM;
    const ssrc = packet.readUInt32BE(8);
    const known = this.find(ssrc);
    const index = estimateIndex(known?.seen.highest ?? -1, (packet[2]! << 8) | packet[3]!);
    if (index < 0) return SRTP_REJECTED_REPLAY;
    const end = this.#authentic(packet, length, header, Math.floor(index / 0x1_0000));
    if (end < 0) return SRTP_REJECTED_AUTH;
    const stream = known ?? this.add(ssrc);
    if (stream === undefined) return SRTP_REJECTED_FORM;
    if (!stream.seen.isFresh(index)) return SRTP_REJECTED_REPLAY;
    stream.seen.mark(index);
    stream.keystream.apply(packet, header, end, index);
    return end;
  }

  /**
   * Where the RTP packet ends, or -1. With an MKI agreed, packets with and without it are taken: some peers agree to one
   * and then leave it out.
   */
  #authentic(packet: Buffer, length: number, header: number, roc: number): number {
    const tagAt = length - this.tagBytes;
    const mkiAt = tagAt - this.mki.length;
    if (this.mki.length > 0 && mkiAt >= header && this.mki.compare(packet, mkiAt, tagAt) === 0) {
      if (this.hmac.equalsTag(packet, mkiAt, roc, packet, tagAt, this.tagBytes)) return mkiAt;
    }
    return this.hmac.equalsTag(packet, tagAt, roc, packet, tagAt, this.tagBytes) ? tagAt : -1;
  }
}

/**
 * The 48-bit index that a sequence number most likely means, given the highest so far (-1: none yet). RFC 3711 §3.3.1 and
 * appendix A. Negative when it would lie before the first packet.
 */
export function estimateIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence;
  const last = highest % 0x1_0000;
  const roc = (highest - last) / 0x1_0000;
  if (last < 0x8000) return (sequence - last > 0x8000 ? roc - 1 : roc) * 0x1_0000 + sequence;
  return (last - 0x8000 > sequence ? roc + 1 : roc) * 0x1_0000 + sequence;
}
