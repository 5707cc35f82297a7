import type { ReceiveStatistics } from '../rtp/receive-statistics.ts';
import { ntpFraction, ntpMiddle, ntpSeconds } from './ntp-time.ts';
import { parseRtcp, printRtcp, type RtcpPacket } from './packet.ts';

/**
 * One party's side of RTCP: when to report, what to say, what was heard of ourselves. RFC 3550 §6.3 and §6.4.
 * Reports also flow on hold: MICROSOFT: they feed its call quality data (teams-direct-routing 6.7).
 */

/** Mean interval. RFC 3550 §6.2: five seconds, each drawn from 0.5 to 1.5 of it so that reports do not bunch. */
export const RTCP_INTERVAL_MS = 5000;

export interface SentSoFar {
  readonly packets: number;
  readonly octets: number;
  /** RTP timestamp that `atMs` would carry. */
  readonly rtpTimestamp: number;
}

export class ReportExchange {
  readonly ssrc: number;
  readonly cname: string;
  remotePacketsLost: number | undefined;
  remoteJitter: number | undefined;
  roundTripMs: number | undefined;
  received = 0;
  sent = 0;

  #dueMs: number;
  #lastPackets = 0;
  #lastSr = 0;
  #lastSrAtMs = 0;

  constructor(ssrc: number, cname: string, firstDueMs: number) {
    this.ssrc = ssrc;
    this.cname = cname;
    this.#dueMs = firstDueMs;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs;
  }

  /** A compound of SR or RR, CNAME and, at the end, BYE. `fraction` in [0, 1) spreads the next one. */
  report(
    sent: SentSoFar,
    heard: ReceiveStatistics,
    nowMs: number,
    wallMs: number,
    fraction: number,
    bye = false,
  ): Buffer {
    this.#dueMs = nowMs + RTCP_INTERVAL_MS * (0.5 + fraction);
    this.sent += 1;
    const delay = this.#lastSr === 0 ? 0 : Math.floor(((nowMs - this.#lastSrAtMs) * 65_536) / 1000);
    const reports = heard.received > 0 ? [heard.report(this.#lastSr, delay)] : [];
    const isSender = sent.packets > this.#lastPackets;
    this.#lastPackets = sent.packets;
    const packets: RtcpPacket[] = [
      isSender
        ? {
            kind: 'sr',
            ssrc: this.ssrc,
            sender: {
              ntpSeconds: ntpSeconds(wallMs),
              ntpFraction: ntpFraction(wallMs),
              rtpTimestamp: sent.rtpTimestamp >>> 0,
              packets: sent.packets,
              octets: sent.octets,
            },
            reports,
          }
        : { kind: 'rr', ssrc: this.ssrc, reports },
      { kind: 'sdes', ssrc: this.ssrc, cname: this.cname },
    ];
    if (bye) packets.push({ kind: 'bye', ssrcs: [this.ssrc] });
    return printRtcp(packets);
  }

  /** False if it is not RTCP. */
  receive(datagram: Buffer, length: number, nowMs: number, wallMs: number): boolean {
    const packets = parseRtcp(datagram, length);
    if (packets === undefined) return false;
    this.received += 1;
    for (const packet of packets) {
      if (packet.kind === 'sr') {
        this.#lastSr = ntpMiddle(packet.sender.ntpSeconds, packet.sender.ntpFraction);
        this.#lastSrAtMs = nowMs;
      }
      if (packet.kind !== 'sr' && packet.kind !== 'rr') continue;
      for (const block of packet.reports) {
        if (block.ssrc !== this.ssrc) continue;
        this.remotePacketsLost = block.cumulativeLost;
        this.remoteJitter = block.jitter;
        if (block.lastSenderReport !== 0) {
          const now = ntpMiddle(ntpSeconds(wallMs), ntpFraction(wallMs));
          const trip = (now - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
          // Clock granularity can make a loopback trip slightly negative.
          this.roundTripMs = Math.max(0, (trip * 1000) / 65_536);
        }
      }
    }
    return true;
  }
}
