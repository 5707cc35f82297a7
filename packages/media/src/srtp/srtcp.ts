import { HmacSha1 } from './hmac-sha1.ts';
import { BlockCipher, Keystream } from './keystream.ts';
import { ReplayWindow } from './replay-window.ts';
import { deriveSessionKeys, SRTCP_TAG_BYTES } from './session-keys.ts';
import { SRTP_REJECTED_AUTH, SRTP_REJECTED_FORM, SRTP_REJECTED_REPLAY, type SrtpOptions } from './srtp.ts';

/**
 * SRTCP, RFC 3711 §3.4.
 *
 *     | RTCP header, SSRC | encrypted ... | E + index (31 bits) | [MKI] | tag |
 *     |<------------- authenticated ---------------------------->|
 */

const HEADER = 8;
const INDEX = 4;
/** §9.2: at most 2^31 packets under one key. */
const LAST_INDEX = 0x7fff_ffff;
const MAX_SENDERS = 64;

abstract class Context {
  protected readonly hmac: HmacSha1;
  protected readonly mkiBytes: Buffer;
  readonly #cipher: BlockCipher;
  readonly #salt: Buffer;

  constructor(options: SrtpOptions) {
    const keys = deriveSessionKeys(options.master, 'srtcp');
    this.hmac = new HmacSha1(keys.authKey);
    this.#cipher = new BlockCipher(keys.cipherKey);
    this.#salt = keys.salt;
    this.mkiBytes = Buffer.alloc(options.mki?.length ?? 0);
    if (options.mki)
      for (let i = 0; i < Math.min(4, this.mkiBytes.length); i += 1)
        this.mkiBytes[this.mkiBytes.length - 1 - i] = options.mki.value >>> (8 * i);
  }

  /** A report every five seconds: nothing is kept between packets. */
  protected crypt(packet: Buffer, to: number, index: number): void {
    new Keystream(this.#cipher, this.#salt, packet.readUInt32BE(4)).apply(packet, HEADER, to, index);
  }
}

export class SrtcpSender extends Context {
  // One counter for all SSRCs under this key is stricter than the RFC asks.
  #index = 0;

  /** A new buffer, or undefined when the packet is not RTCP or the key is used up. */
  protect(rtcp: Buffer): Buffer | undefined {
    if (rtcp.length < HEADER || this.#index >= LAST_INDEX) return undefined;
    this.#index += 1;
    const out = Buffer.alloc(rtcp.length + INDEX + this.mkiBytes.length + SRTCP_TAG_BYTES);
    rtcp.copy(out);
    this.crypt(out, rtcp.length, this.#index);
    out.writeUInt32BE((0x8000_0000 | this.#index) >>> 0, rtcp.length);
    this.mkiBytes.copy(out, rtcp.length + INDEX);
    this.hmac.writeTag(out, rtcp.length + INDEX, -1, out, out.length - SRTCP_TAG_BYTES, SRTCP_TAG_BYTES);
    return out;
  }
}

export class SrtcpReceiver extends Context {
  readonly #seen = new Map<number, ReplayWindow>();

  /** In place. The length of the RTCP packet or one of the `SRTP_REJECTED_…` numbers. */
  unprotect(packet: Buffer, length: number): number {
    const tagAt = length - SRTCP_TAG_BYTES;
    const withMki = this.#authentic(packet, tagAt, tagAt - this.mkiBytes.length);
    const indexEnd = withMki ? tagAt - this.mkiBytes.length : tagAt;
    const end = indexEnd - INDEX;
    if (end < HEADER) return SRTP_REJECTED_FORM;
    if (!withMki && !this.hmac.equalsTag(packet, tagAt, -1, packet, tagAt, SRTCP_TAG_BYTES))
      return SRTP_REJECTED_AUTH;
    const word = packet.readUInt32BE(end);
    const index = word & LAST_INDEX;
    const ssrc = packet.readUInt32BE(4);
    let seen = this.#seen.get(ssrc);
    if (seen === undefined) {
      if (this.#seen.size >= MAX_SENDERS) return SRTP_REJECTED_FORM;
      seen = new ReplayWindow();
      this.#seen.set(ssrc, seen);
    }
    if (!seen.isFresh(index)) return SRTP_REJECTED_REPLAY;
    seen.mark(index);
    // The E bit is authenticated: clear means the sender left it in clear (UNENCRYPTED_SRTCP).
    if (word >>> 31 === 1) this.crypt(packet, end, index);
    return end;
  }

  #authentic(packet: Buffer, tagAt: number, mkiAt: number): boolean {
    if (this.mkiBytes.length === 0 || mkiAt < HEADER + INDEX) return false;
    return (
      this.mkiBytes.compare(packet, mkiAt, tagAt) === 0 &&
      this.hmac.equalsTag(packet, mkiAt, -1, packet, tagAt, SRTCP_TAG_BYTES)
    );
  }
}
