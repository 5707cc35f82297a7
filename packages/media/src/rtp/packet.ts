/**
 * RTP packets, RFC 3550 §5.1.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |           synchronization source (SSRC) identifier            |
 *    |            contributing source (CSRC) identifiers (CC)        |
 *    |  [X: profile-defined, length in 32-bit words, extension ...]  |
 */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs?: readonly number[];
  readonly extension?: { readonly profile: number; readonly data: Buffer };
  /** A view of the packet, padding removed. */
  readonly payload: Buffer;
}

export const RTP_HEADER = 12;

/**
 * Bytes before the payload (CSRCs and extension included), or 0 if this is not an RTP packet. Also the offset at which
 * SRTP starts to encrypt.
 */
export function rtpHeaderLength(packet: Uint8Array, length: number): number {
  if (length < RTP_HEADER) return 0;
  const first = packet[0]!;
  if (first >> 6 !== 2) return 0;
  let header = RTP_HEADER + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (header + 4 > length) return 0;
    header += 4 + 4 * ((packet[header + 2]! << 8) | packet[header + 3]!);
  }
  return header <= length ? header : 0;
}

/** RTP and RTCP on one port are told apart by the second byte: 192..223 is RTCP (RFC 5761 §4). */
export const isRtcp = (packet: Uint8Array, length: number): boolean =>
  length >= 8 && packet[0]! >> 6 === 2 && packet[1]! >= 192 && packet[1]! <= 223;

/** Undefined for anything that is not RTP; never throws. */
export function parseRtp(packet: Buffer, length = packet.length): RtpPacket | undefined {
  const header = rtpHeaderLength(packet, length);
  if (header === 0) return undefined;
  let end = length;
  if (packet[0]! & 0x20) {
    const padding = packet[length - 1]!;
    if (padding === 0 || header + padding > length) return undefined;
    end -= padding;
  }
  const csrcCount = packet[0]! & 0x0f;
  const afterCsrcs = RTP_HEADER + 4 * csrcCount;
  return {
    marker: (packet[1]! & 0x80) !== 0,
    payloadType: packet[1]! & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    ...(csrcCount > 0 && {
      csrcs: Array.from({ length: csrcCount }, (_, i) => packet.readUInt32BE(RTP_HEADER + 4 * i)),
    }),
    ...(packet[0]! & 0x10 && {
      extension: {
        profile: packet.readUInt16BE(afterCsrcs),
        data: packet.subarray(afterCsrcs + 4, header),
      },
    }),
    payload: packet.subarray(header, end),
  };
}

export function printRtp(packet: RtpPacket): Buffer {
  const csrcs = packet.csrcs ?? [];
  const extension = packet.extension;
  const header = RTP_HEADER + 4 * csrcs.length + (extension ? 4 + extension.data.length : 0);
  const out = Buffer.allocUnsafe(header + packet.payload.length);
  out[0] = 0x80 | (extension ? 0x10 : 0) | csrcs.length;
  out[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  out.writeUInt16BE(packet.sequence, 2);
  out.writeUInt32BE(packet.timestamp, 4);
  out.writeUInt32BE(packet.ssrc, 8);
  csrcs.forEach((csrc, i) => {
    out.writeUInt32BE(csrc, RTP_HEADER + 4 * i);
  });
  if (extension) {
    const at = RTP_HEADER + 4 * csrcs.length;
    out.writeUInt16BE(extension.profile, at);
    out.writeUInt16BE(extension.data.length / 4, at + 2);
    extension.data.copy(out, at + 4);
  }
  packet.payload.copy(out, header);
  return out;
}
