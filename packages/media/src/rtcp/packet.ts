import type { ReportBlock } from '../rtp/receive-statistics.ts';

/** RTCP compound packets: SR, RR, SDES (CNAME), BYE. RFC 3550 §6. Other types are kept as they are. */

const types = { SR: 200, RR: 201, SDES: 202, BYE: 203 } as const;
const CNAME = 1;

export interface SenderInfo {
  /** 64-bit NTP time as two words. */
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export type RtcpPacket =
  | {
      readonly kind: 'sr';
      readonly ssrc: number;
      readonly sender: SenderInfo;
      readonly reports: readonly ReportBlock[];
    }
  | { readonly kind: 'rr'; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly kind: 'sdes'; readonly ssrc: number; readonly cname: string }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[]; readonly reason?: string }
  | { readonly kind: 'other'; readonly type: number; readonly bytes: Buffer };

/**
 * Undefined unless the whole datagram is a compound of well-formed packets (RFC 3550 A.2, except that the first need
 * not be SR or RR: reduced-size RTCP, RFC 5506). Never throws.
 */
export function parseRtcp(datagram: Buffer, length = datagram.length): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at + 4 <= length) {
    const first = datagram[at]!;
    if (first >> 6 !== 2) return undefined;
    const end = at + 4 * (datagram.readUInt16BE(at + 2) + 1);
    if (end > length) return undefined;
    const packet = parseOne(datagram.subarray(at, end), datagram[at + 1]!, first & 0x1f);
    if (packet === undefined) return undefined;
    packets.push(packet);
    at = end;
  }
  return at === length && packets.length > 0 ? packets : undefined;
}

function parseOne(bytes: Buffer, type: number, count: number): RtcpPacket | undefined {
  switch (type) {
    case types.SR: {
      if (bytes.length < 28 + 24 * count) return undefined;
      const sender = {
        ntpSeconds: bytes.readUInt32BE(8),
        ntpFraction: bytes.readUInt32BE(12),
        rtpTimestamp: bytes.readUInt32BE(16),
        packets: bytes.readUInt32BE(20),
        octets: bytes.readUInt32BE(24),
      };
      return { kind: 'sr', ssrc: bytes.readUInt32BE(4), sender, reports: parseReports(bytes, 28, count) };
    }
    case types.RR:
      if (bytes.length < 8 + 24 * count) return undefined;
      return { kind: 'rr', ssrc: bytes.readUInt32BE(4), reports: parseReports(bytes, 8, count) };
    case types.SDES:
      return parseSdes(bytes, count);
    case types.BYE: {
      if (bytes.length < 4 + 4 * count) return undefined;
      const ssrcs = Array.from({ length: count }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
      const reasonAt = 4 + 4 * count;
      const reasonLength = bytes[reasonAt];
      if (reasonLength === undefined || reasonAt + 1 + reasonLength > bytes.length)
        return { kind: 'bye', ssrcs };
      return {
        kind: 'bye',
        ssrcs,
        reason: bytes.toString('utf8', reasonAt + 1, reasonAt + 1 + reasonLength),
      };
    }
    default:
      return { kind: 'other', type, bytes };
  }
}

function parseReports(bytes: Buffer, from: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + 24 * i;
    return {
      ssrc: bytes.readUInt32BE(at),
      fractionLost: bytes[at + 4]!,
      cumulativeLost: bytes.readIntBE(at + 5, 3),
      extendedHighestSequence: bytes.readUInt32BE(at + 8),
      jitter: bytes.readUInt32BE(at + 12),
      lastSenderReport: bytes.readUInt32BE(at + 16),
      delaySinceLastSenderReport: bytes.readUInt32BE(at + 20),
    };
  });
}

/** The first chunk's CNAME is all that anybody needs. */
function parseSdes(bytes: Buffer, count: number): RtcpPacket | undefined {
  if (count === 0) return { kind: 'other', type: types.SDES, bytes };
  if (bytes.length < 8) return undefined;
  let at = 8;
  while (at + 2 <= bytes.length && bytes[at] !== 0) {
    const size = bytes[at + 1]!;
    if (at + 2 + size > bytes.length) return undefined;
    if (bytes[at] === CNAME)
      return {
        kind: 'sdes',
        ssrc: bytes.readUInt32BE(4),
        cname: bytes.toString('utf8', at + 2, at + 2 + size),
      };
    at += 2 + size;
  }
  return { kind: 'sdes', ssrc: bytes.readUInt32BE(4), cname: '' };
}

export const printRtcp = (packets: readonly RtcpPacket[]): Buffer => Buffer.concat(packets.map(printOne));

function printOne(packet: RtcpPacket): Buffer {
  switch (packet.kind) {
    case 'sr': {
      const out = start(types.SR, packet.reports.length, 28 + 24 * packet.reports.length, packet.ssrc);
      out.writeUInt32BE(packet.sender.ntpSeconds, 8);
      out.writeUInt32BE(packet.sender.ntpFraction, 12);
      out.writeUInt32BE(packet.sender.rtpTimestamp, 16);
      out.writeUInt32BE(packet.sender.packets >>> 0, 20);
      out.writeUInt32BE(packet.sender.octets >>> 0, 24);
      return printReports(out, 28, packet.reports);
    }
    case 'rr':
      return printReports(
        start(types.RR, packet.reports.length, 8 + 24 * packet.reports.length, packet.ssrc),
        8,
        packet.reports,
      );
    case 'sdes': {
      const name = Buffer.from(packet.cname.slice(0, 60), 'utf8');
      // Item, then at least one null octet up to the next word (§6.5).
      const out = start(types.SDES, 1, 8 + Math.ceil((2 + name.length + 1) / 4) * 4, packet.ssrc);
      out[8] = CNAME;
      out[9] = name.length;
      name.copy(out, 10);
      return out;
    }
    case 'bye': {
      const reason = Buffer.from(packet.reason?.slice(0, 60) ?? '', 'utf8');
      const tail = reason.length > 0 ? Math.ceil((1 + reason.length) / 4) * 4 : 0;
      const out = start(types.BYE, packet.ssrcs.length, 4 + 4 * packet.ssrcs.length + tail);
      packet.ssrcs.forEach((ssrc, i) => {
        out.writeUInt32BE(ssrc, 4 + 4 * i);
      });
      if (tail > 0) {
        out[4 + 4 * packet.ssrcs.length] = reason.length;
        reason.copy(out, 5 + 4 * packet.ssrcs.length);
      }
      return out;
    }
    case 'other':
      return packet.bytes;
  }
}

function start(type: number, count: number, size: number, ssrc?: number): Buffer {
  const out = Buffer.alloc(size);
  out[0] = 0x80 | count;
  out[1] = type;
  out.writeUInt16BE(size / 4 - 1, 2);
  if (ssrc !== undefined) out.writeUInt32BE(ssrc, 4);
  return out;
}

function printReports(out: Buffer, from: number, reports: readonly ReportBlock[]): Buffer {
  reports.forEach((report, i) => {
    const at = from + 24 * i;
    out.writeUInt32BE(report.ssrc, at);
    out[at + 4] = report.fractionLost;
    out.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, report.cumulativeLost)), at + 5, 3);
    out.writeUInt32BE(report.extendedHighestSequence, at + 8);
    out.writeUInt32BE(report.jitter >>> 0, at + 12);
    out.writeUInt32BE(report.lastSenderReport >>> 0, at + 16);
    out.writeUInt32BE(report.delaySinceLastSenderReport >>> 0, at + 20);
  });
  return out;
}
