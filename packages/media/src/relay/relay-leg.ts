import { DtmfReceiver } from '../dtmf/dtmf-receiver.ts';
import type { DtmfSender } from '../dtmf/dtmf-sender.ts';
import type { Recording } from '../record/recording.ts';
import { ReportExchange } from '../rtcp/report-exchange.ts';
import { ReceiveStatistics } from '../rtp/receive-statistics.ts';
import { type CodecRoute, clockOf } from './codec-routes.ts';
import { Latch } from './latch.ts';
import { LegProtection } from './leg-protection.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { Playing } from './playing.ts';
import type {
  CodecMap,
  LatchPolicy,
  LegReport,
  LegSettings,
  LegSide,
  LocalMedia,
  MediaDirection,
  RemoteMedia,
} from './relay-commands.ts';

/** One side of a session: what signalling said, what we send, what we heard. Fields are plain for the packet path. */
export class RelayLeg {
  readonly side: LegSide;
  local: LocalMedia;
  remote: RemoteMedia | undefined;
  protection: LegProtection | undefined;
  codecs: CodecMap | undefined;
  direction: MediaDirection = 'sendrecv';
  latchPolicy: LatchPolicy = 'sdp';

  /** What this leg's packets become on the other leg. */
  routes: readonly CodecRoute[] = [];
  lastRoute: CodecRoute | undefined;

  readonly latch = new Latch();
  readonly controlLatch = new Latch();
  readonly heard = new ReceiveStatistics();
  readonly exchange: ReportExchange;
  readonly out: OutgoingStream;
  readonly dtmfIn = new DtmfReceiver();
  dtmfOut: DtmfSender | undefined;
  playing: Playing | undefined;
  /** Takes all that this party says; nobody else hears it meanwhile. */
  recording: Recording | undefined;

  readonly #retiredKeys: Uint8Array[] = [];

  bytesReceived = 0;
  rejectedAuth = 0;
  rejectedSource = 0;
  rejectedReplay = 0;
  rejectedOther = 0;
  firstRtpMs = -1;
  lastRtpMs = -1;
  /** Last sign of life, RTCP and signalling included. */
  aliveMs: number;
  timedOut = false;
  codecSent: string | undefined;

  constructor(
    side: LegSide,
    local: LocalMedia,
    out: OutgoingStream,
    cname: string,
    firstReportMs: number,
    nowMs: number,
  ) {
    this.side = side;
    this.local = local;
    this.out = out;
    this.exchange = new ReportExchange(out.ssrc, cname, firstReportMs);
    this.aliveMs = nowMs;
  }

  /** Settings that passed `checkLegSettings`. The caller rebuilds the routes of both legs afterwards. */
  apply(settings: LegSettings, nowMs: number): void {
    if (settings.codecs !== undefined) this.codecs = settings.codecs ?? undefined;
    if (settings.direction !== undefined) this.direction = settings.direction;
    if (settings.latch !== undefined) this.latchPolicy = settings.latch;
    if (settings.srtp !== undefined) {
      const before = this.protection;
      this.protection = settings.srtp === null ? undefined : new LegProtection(settings.srtp, before);
      if (before && before.tx !== this.protection?.tx) this.#retiredKeys.push(before.tx.options.master);
    }
    if (settings.remote !== undefined) {
      // rtcp-mux never goes back (teams-direct-routing 5.2): our RTCP port is closed by then.
      const mux = this.remote?.mux === true || settings.remote?.mux === true;
      this.remote = settings.remote === null ? undefined : { ...settings.remote, mux };
      if (mux) this.local = { ...this.local, rtcpPort: this.local.rtpPort };
    }
    if (this.remote === undefined) {
      this.latch.close();
      this.controlLatch.close();
    } else if (settings.remote !== undefined || settings.latch !== undefined || settings.relatch === true) {
      const { address, port } = this.remote;
      const relatch = settings.relatch === true;
      this.latch.signal(this.latchPolicy, address, port, nowMs, relatch);
      this.controlLatch.signal(this.latchPolicy, address, this.remote.rtcpPort ?? port + 1, nowMs, relatch);
    }
    this.aliveMs = nowMs;
    this.timedOut = false;
  }

  /** A key that was replaced must not come back: with our SSRC its indexes would be used twice (RFC 3711 §9.1). */
  isRetired(settings: LegSettings): boolean {
    const key = settings.srtp && Buffer.from(settings.srtp.tx.keyBase64, 'base64');
    return (
      key !== undefined &&
      key !== null &&
      this.#retiredKeys.some((retired) => Buffer.compare(retired, key) === 0)
    );
  }

  get mux(): boolean {
    return this.remote?.mux === true;
  }

  /** Where RTP goes: the latched source of a party behind NAT, else what SDP says. */
  get rtpAddress(): string {
    return this.latch.address ?? this.remote!.address;
  }
  get rtpPort(): number {
    return this.latch.address === undefined ? this.remote!.port : this.latch.port;
  }
  get rtcpAddress(): string {
    return this.controlLatch.address ?? this.latch.address ?? this.remote!.address;
  }
  get rtcpPort(): number {
    const remote = this.remote!;
    return this.controlLatch.address === undefined
      ? (remote.rtcpPort ?? remote.port + 1)
      : this.controlLatch.port;
  }

  /** `c=0.0.0.0` is an old way of saying hold (RFC 3264 §8.4): sent there, packets would reach this very host. */
  get reachable(): boolean {
    return this.remote !== undefined && this.remote.address !== '0.0.0.0' && this.remote.address !== '::';
  }

  /** May this party be heard, may we send it anything? */
  get hears(): boolean {
    return this.direction === 'sendrecv' || this.direction === 'recvonly';
  }
  get speaks(): boolean {
    return this.reachable && (this.direction === 'sendrecv' || this.direction === 'sendonly');
  }

  /** The route of a payload type; undefined if the party never negotiated it. Talk stays with one: remember it. */
  routeOf(payloadType: number): CodecRoute | undefined {
    const last = this.lastRoute;
    if (last !== undefined && last.payloadType === payloadType) return last;
    for (const route of this.routes) {
      if (route.payloadType !== payloadType) continue;
      if (route.kind === 'audio') this.lastRoute = route;
      return route;
    }
    return undefined;
  }

  report(startedMs: number, nowMs: number): LegReport {
    const { exchange, heard } = this;
    const clock = this.codecSent === undefined ? 8000 : clockOf(this.codecSent);
    return {
      local: this.local,
      ...(this.remote && { remote: this.remote }),
      ...(this.latch.address !== undefined && {
        latched: { address: this.latch.address, port: this.latch.port },
      }),
      direction: this.direction,
      srtp: this.protection !== undefined,
      ssrc: this.out.ssrc,
      counters: {
        packetsReceived: heard.received,
        bytesReceived: this.bytesReceived,
        packetsSent: this.out.packets,
        bytesSent: this.out.octets,
        packetsLost: heard.lost,
        lossFraction: heard.lossFraction,
        jitterMs: heard.jitterMs,
        rtcpReceived: exchange.received,
        rtcpSent: exchange.sent,
        rejectedAuth: this.rejectedAuth,
        rejectedSource: this.rejectedSource,
        rejectedReplay: this.rejectedReplay,
        rejectedOther: this.rejectedOther,
        ...(exchange.remotePacketsLost !== undefined && { remotePacketsLost: exchange.remotePacketsLost }),
        ...(exchange.remoteJitter !== undefined && {
          remoteJitterMs: (exchange.remoteJitter * 1000) / clock,
        }),
        ...(exchange.roundTripMs !== undefined && { roundTripMs: exchange.roundTripMs }),
        ...(this.firstRtpMs >= 0 && { firstRtpAfterMs: this.firstRtpMs - startedMs }),
        ...(this.lastRtpMs >= 0 && { lastRtpAgeMs: nowMs - this.lastRtpMs }),
        ...(this.lastRoute && { codecReceived: this.lastRoute.name }),
        ...(this.codecSent !== undefined && { codecSent: this.codecSent }),
      },
    };
  }
}
