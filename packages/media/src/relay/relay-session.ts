import type { DtmfDigit } from '../dtmf/dtmf-receiver.ts';
import { DtmfSender } from '../dtmf/dtmf-sender.ts';
import type { Recording } from '../record/recording.ts';
import { isRtcp, RTP_HEADER, rtpHeaderLength } from '../rtp/packet.ts';
import { SRTP_REJECTED_AUTH, SRTP_REJECTED_REPLAY } from '../srtp/srtp.ts';
import type { PcmSource } from '../tone/tone.ts';
import { type CodecRoute, codecRoutes } from './codec-routes.ts';
import { checkLegSettings } from './leg-settings-check.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import type { PacketRing } from './packet-ring.ts';
import { Playing } from './playing.ts';
import type {
  LegAllocation,
  LegSettings,
  LegSide,
  LocalMedia,
  MediaFailure,
  RelayEvent,
  SessionReport,
} from './relay-commands.ts';
import { RelayLeg } from './relay-leg.ts';

/**
 * Two legs and what passes between them. A packet comes in by {@link RelaySession.receive}; what must go out leaves
 * through {@link RelayPorts}. DEVIATION: outputs leave through a port and not as values, because a value per packet is
 * garbage per packet. Nothing here throws on wire input.
 */
export interface RelayPorts {
  /** Sends at once or drops; the buffer may be reused 512 packets later. */
  send(leg: RelayLeg, channel: 'rtp' | 'rtcp', packet: Buffer, length: number): void;
  event(event: RelayEvent): void;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Cryptographically random 32 bits: SSRCs, first sequence numbers and timestamps (RFC 3550 §5.1). */
  random32(): number;
  /** Unix time minus monotonic time, ms; for sender reports. */
  readonly wallOffsetMs: number;
  readonly ring: PacketRing;
}

/** Reliability, section 2: silence that ends a call, RTCP counting as life. */
export interface MediaTimeouts {
  readonly talkMs: number;
  readonly holdMs: number;
}
export const mediaTimeouts: MediaTimeouts = { talkMs: 60_000, holdMs: 1_800_000 };

/** A telephone packet is far below; what is longer is somebody else's. */
const MAX_PACKET = 1600;
const IDLE_TRIM_MS = 3000;

export interface SessionOptions {
  readonly session: string;
  readonly label?: string;
  readonly locals: { readonly a: LocalMedia; readonly b: LocalMedia };
  readonly a?: LegAllocation;
  readonly b?: LegAllocation;
  readonly timeouts?: MediaTimeouts;
}

export class RelaySession {
  readonly id: string;
  label: string | undefined;
  readonly a: RelayLeg;
  readonly b: RelayLeg;
  readonly #ports: RelayPorts;
  #startedMs: number;
  readonly #timeouts: MediaTimeouts;
  /** Whose recording was said to be full. */
  readonly #full = new Set<LegSide>();

  /** Settings must have passed `checkLegSettings`. */
  constructor(options: SessionOptions, ports: RelayPorts, nowMs: number) {
    this.id = options.session;
    this.label = options.label;
    this.#ports = ports;
    this.#startedMs = nowMs;
    this.#timeouts = options.timeouts ?? mediaTimeouts;
    this.a = this.#makeLeg('a', options.locals.a, options.a, nowMs);
    this.b = this.#makeLeg('b', options.locals.b, options.b, nowMs);
    this.#route();
  }

  /** The call begins for which this session was allocated ahead: times and packets count from now. */
  begin(nowMs: number): void {
    this.#startedMs = nowMs;
    for (const leg of [this.a, this.b])
      leg.rejectedAuth = leg.rejectedSource = leg.rejectedReplay = leg.rejectedOther = 0;
  }

  /** All or nothing: a wrong leg changes neither. */
  change(
    settings: { readonly a?: LegSettings; readonly b?: LegSettings },
    nowMs: number,
  ): MediaFailure | undefined {
    for (const side of ['a', 'b'] as const) {
      const fault = settings[side] && checkLegSettings(settings[side]);
      if (fault) return { ok: false, reason: 'bad-request', detail: `${side}: ${fault}` };
      if (settings[side] && this[side].isRetired(settings[side]))
        return { ok: false, reason: 'bad-request', detail: `${side}: srtp.tx was used and replaced before` };
    }
    for (const side of ['a', 'b'] as const) {
      const leg = this[side];
      const said = settings[side];
      if (said === undefined) continue;
      leg.apply(said, nowMs);
      if (!leg.speaks) leg.out.interruptRelay();
    }
    this.#route();
    return undefined;
  }

  /** A datagram on one of our ports. With mux, RTCP arrives on the RTP port. The buffer is overwritten. */
  receive(
    side: LegSide,
    channel: 'rtp' | 'rtcp',
    packet: Buffer,
    length: number,
    address: string,
    port: number,
    nowMs: number,
  ): void {
    const leg = side === 'a' ? this.a : this.b;
    if (length > MAX_PACKET || length < 8) leg.rejectedOther += 1;
    else if (channel === 'rtcp' || isRtcp(packet, length))
      this.#receiveControl(leg, channel, packet, length, address, port, nowMs);
    else this.#receiveMedia(leg, side === 'a' ? this.b : this.a, packet, length, address, port, nowMs);
  }

  // The packet path: checks in the order of their price, no objects, one buffer.
  #receiveMedia(
    leg: RelayLeg,
    other: RelayLeg,
    packet: Buffer,
    received: number,
    address: string,
    port: number,
    nowMs: number,
  ): void {
    let length = received;
    const { protection } = leg;
    if (protection !== undefined) {
      const rx = protection.rx;
      if (rx === undefined) {
        // Media that overtook the answer with its key: dropped, and no sign of an attack.
        leg.rejectedOther += 1;
        return;
      }
      length = rx.rtp.unprotect(packet, length);
      if (length < 0) {
        this.#reject(leg, length);
        return;
      }
      leg.latch.acceptsAuthenticated(address, port);
    }
    const header = rtpHeaderLength(packet, length);
    if (header === 0) {
      leg.rejectedOther += 1;
      return;
    }
    const sequence = (packet[2]! << 8) | packet[3]!;
    const timestamp = ((packet[4]! << 24) | (packet[5]! << 16) | (packet[6]! << 8) | packet[7]!) >>> 0;
    const ssrc = ((packet[8]! << 24) | (packet[9]! << 16) | (packet[10]! << 8) | packet[11]!) >>> 0;
    if (protection === undefined && !leg.latch.accepts(address, port, ssrc, sequence, nowMs)) {
      leg.rejectedSource += 1;
      return;
    }
    const route = leg.routeOf(packet[1]! & 0x7f);
    const padding = packet[0]! & 0x20 ? packet[length - 1]! : 0;
    if (route === undefined || header + padding > length) {
      leg.rejectedOther += 1;
      return;
    }
    length -= padding;
    if (ssrc !== leg.heard.ssrc) leg.dtmfIn.reset();
    leg.heard.update(ssrc, sequence, timestamp, nowMs, route.kind === 'audio' ? route.clock : 0);
    leg.bytesReceived += received;
    leg.lastRtpMs = nowMs;
    leg.aliveMs = nowMs;
    leg.timedOut = false;
    if (leg.firstRtpMs < 0) this.#firstRtp(leg, nowMs);
    if (route.kind === 'event') this.#hearEvent(leg, packet.subarray(header, length), timestamp, nowMs);
    if (leg.recording !== undefined) {
      if (leg.hears && route.kind === 'audio' && (route.name === 'pcma' || route.name === 'pcmu'))
        leg.recording.push(route.name, packet, header, length, ssrc, timestamp);
      return;
    }
    if (!leg.hears || !other.speaks) {
      other.out.interruptRelay();
      return;
    }
    if (other.playing !== undefined) {
      if (!other.playing.untilRtp || route.kind !== 'audio') return;
      this.#endPlaying(other, 'rtp-arrived');
    }
    if (other.dtmfOut !== undefined) return;
    this.#forward(other, route, packet, header, length, ssrc, sequence, timestamp, nowMs);
  }

  #forward(
    to: RelayLeg,
    route: CodecRoute,
    packet: Buffer,
    header: number,
    length: number,
    ssrc: number,
    sequence: number,
    timestamp: number,
    nowMs: number,
  ): void {
    const { out } = to;
    if (route.outPayloadType < 0) {
      out.skip(ssrc, sequence);
      return;
    }
    const marked = (packet[1]! & 0x80) !== 0;
    if (!out.relay(ssrc, sequence, timestamp, nowMs, route.clock)) return;
    const { protection } = to;
    let target = packet;
    let from = header;
    let end = length;
    // Header extensions and CSRCs were negotiated with the other party only: they end here.
    if (protection !== undefined || header !== RTP_HEADER) {
      target = this.#ports.ring.next();
      packet.copy(target, RTP_HEADER, header, length);
      from = RTP_HEADER;
      end = length - header + RTP_HEADER;
    }
    const { translate } = route;
    if (translate !== undefined) for (let i = from; i < end; i += 1) target[i] = translate[target[i]!]!;
    target[0] = 0x80;
    this.#send(to, target, end, route.outPayloadType, marked || out.marker);
    out.marker = false;
    if (route.kind === 'audio') to.codecSent = route.outName;
  }

  /** Writes the header that `out` stands for, protects, sends, counts. */
  #send(to: RelayLeg, packet: Buffer, length: number, payloadType: number, marker: boolean): void {
    const { out, protection } = to;
    packet[1] = (marker ? 0x80 : 0) | payloadType;
    packet[2] = out.sequence >>> 8;
    packet[3] = out.sequence;
    packet[4] = out.timestamp >>> 24;
    packet[5] = out.timestamp >>> 16;
    packet[6] = out.timestamp >>> 8;
    packet[7] = out.timestamp;
    packet[8] = out.ssrc >>> 24;
    packet[9] = out.ssrc >>> 16;
    packet[10] = out.ssrc >>> 8;
    packet[11] = out.ssrc;
    let size = length;
    if (protection !== undefined) {
      size = protection.tx.rtp.protect(packet, length);
      // A duplicate of the plain side: its index is used up (RFC 3711 §9.1).
      if (size < 0) return;
    }
    out.sent(length - RTP_HEADER);
    this.#ports.send(to, 'rtp', packet, size);
  }

  #receiveControl(
    leg: RelayLeg,
    channel: 'rtp' | 'rtcp',
    packet: Buffer,
    received: number,
    address: string,
    port: number,
    nowMs: number,
  ): void {
    let length = received;
    const latch = channel === 'rtp' ? leg.latch : leg.controlLatch;
    if (leg.protection !== undefined) {
      const rx = leg.protection.rx;
      if (rx === undefined) {
        leg.rejectedOther += 1;
        return;
      }
      length = rx.rtcp.unprotect(packet, length);
      if (length < 0) {
        this.#reject(leg, length);
        return;
      }
      latch.acceptsAuthenticated(address, port);
    } else if (!this.#isControlSource(leg, channel, address, port, nowMs)) {
      leg.rejectedSource += 1;
      return;
    }
    if (!leg.exchange.receive(packet, length, nowMs, nowMs + this.#ports.wallOffsetMs)) {
      leg.rejectedOther += 1;
      return;
    }
    leg.aliveMs = nowMs;
    leg.timedOut = false;
  }

  /** Plain RTCP may come from where SDP says, or (behind NAT) from the host whose RTP is latched. It never latches RTP. */
  #isControlSource(
    leg: RelayLeg,
    channel: 'rtp' | 'rtcp',
    address: string,
    port: number,
    nowMs: number,
  ): boolean {
    if (channel === 'rtp') {
      if (!leg.mux) return false;
      return leg.latch.address === undefined
        ? address === leg.remote?.address && port === leg.remote.port
        : address === leg.latch.address && port === leg.latch.port;
    }
    if (leg.controlLatch.accepts(address, port, 0, -1, nowMs)) return true;
    if (leg.latchPolicy !== 'first-source' || leg.controlLatch.address !== undefined) return false;
    if (leg.latch.address === undefined || address !== leg.latch.address) return false;
    leg.controlLatch.acceptsAuthenticated(address, port);
    return true;
  }

  // --- playing and DTMF ---

  /** Replaces what the leg hears until it ends. False when the leg has no G.711 to play in. */
  play(side: LegSide, playId: string, source: PcmSource, untilRtp: boolean): boolean {
    const leg = this[side];
    if (this.#lawOf(leg) === undefined) return false;
    if (leg.playing) this.#endPlaying(leg, 'replaced');
    leg.playing = new Playing(playId, source, untilRtp);
    return true;
  }

  stop(side: LegSide, playId?: string): boolean {
    const leg = this[side];
    if (leg.playing === undefined || (playId !== undefined && leg.playing.playId !== playId)) return false;
    this.#endPlaying(leg, 'stopped');
    return true;
  }

  /** From now on this party is recorded, and heard by nobody else. False: it is recorded already. */
  record(side: LegSide, recording: Recording): boolean {
    const leg = this[side];
    if (leg.recording !== undefined) return false;
    leg.recording = recording;
    return true;
  }

  /** Undefined: nothing is recorded. */
  stopRecording(side: LegSide): Recording | undefined {
    const { recording } = this[side];
    this[side].recording = undefined;
    this.#full.delete(side);
    return recording;
  }

  /** How many digits were queued; undefined when the leg has no telephone-event. */
  sendDtmf(side: LegSide, digits: string, durationMs?: number, gapMs?: number): number | undefined {
    const leg = this[side];
    if (leg.codecs?.telephoneEvent === undefined) return undefined;
    leg.dtmfOut ??= new DtmfSender();
    return leg.dtmfOut.queue(digits, durationMs, gapMs);
  }

  /** Whether {@link RelaySession.pace} must be called every 20 ms. */
  get isPaced(): boolean {
    return this.a.playing !== undefined || this.b.playing !== undefined || this.#sendsDigits;
  }

  get #sendsDigits(): boolean {
    return this.a.dtmfOut !== undefined || this.b.dtmfOut !== undefined;
  }

  /** One 20 ms frame for whatever is played. `nowMs`: when it is due, not when the caller woke up. */
  pace(nowMs: number): void {
    this.#paceLeg(this.a, nowMs);
    this.#paceLeg(this.b, nowMs);
  }

  #paceLeg(leg: RelayLeg, nowMs: number): void {
    if (leg.dtmfOut !== undefined) {
      if (!leg.dtmfOut.idle) {
        this.#paceDigits(leg, leg.dtmfOut, nowMs);
        return;
      }
      leg.dtmfOut = undefined;
    }
    if (leg.playing === undefined) return;
    const law = this.#lawOf(leg);
    const codes = law && leg.playing.frame(law);
    if (law === undefined || codes === undefined) {
      this.#endPlaying(leg, 'finished');
      return;
    }
    if (!leg.speaks) return;
    leg.out.local(nowMs);
    const packet = this.#ports.ring.next();
    codes.copy(packet, RTP_HEADER);
    packet[0] = 0x80;
    leg.codecSent = law;
    this.#send(leg, packet, RTP_HEADER + codes.length, leg.codecs![law]!, leg.out.marker);
  }

  #paceDigits(leg: RelayLeg, digits: DtmfSender, nowMs: number): void {
    const event = digits.nextFrame();
    const payloadType = leg.codecs?.telephoneEvent;
    if (event === undefined || payloadType === undefined || !leg.speaks) {
      leg.out.pause(nowMs);
      return;
    }
    const { out } = leg;
    out.local(nowMs);
    const frameTimestamp = out.timestamp;
    out.timestamp = (frameTimestamp - event.samplesSinceStart) >>> 0;
    const packet = this.#ports.ring.next();
    event.payload.copy(packet, RTP_HEADER);
    packet[0] = 0x80;
    this.#send(leg, packet, RTP_HEADER + event.payload.length, payloadType, event.marker);
  }

  /** G.711 that this leg takes: what it wants most, else what it knows. */
  #lawOf(leg: RelayLeg): 'pcma' | 'pcmu' | undefined {
    const { codecs } = leg;
    if (codecs === undefined) return undefined;
    if ((codecs.send === 'pcma' || codecs.send === 'pcmu') && codecs[codecs.send] !== undefined)
      return codecs.send;
    return codecs.pcma !== undefined ? 'pcma' : codecs.pcmu !== undefined ? 'pcmu' : undefined;
  }

  #endPlaying(leg: RelayLeg, end: 'finished' | 'stopped' | 'replaced' | 'rtp-arrived'): void {
    const { playing } = leg;
    if (playing === undefined) return;
    leg.playing = undefined;
    this.#ports.event({ kind: 'played', session: this.id, leg: leg.side, playId: playing.playId, end });
  }

  #hearEvent(leg: RelayLeg, payload: Buffer, timestamp: number, nowMs: number): void {
    this.#tellDigits(leg, leg.dtmfIn.receive(payload, timestamp, nowMs));
  }

  #tellDigits(leg: RelayLeg, digits: readonly DtmfDigit[]): void {
    for (const { digit, durationMs } of digits)
      this.#ports.event({ kind: 'dtmf', session: this.id, leg: leg.side, digit, durationMs });
  }

  // --- once a second ---

  /** Reports that are due, silence, ends that were lost, memory that is not needed. */
  sweep(nowMs: number): void {
    const held = this.a.direction !== 'sendrecv' || this.b.direction !== 'sendrecv';
    const limit = held ? this.#timeouts.holdMs : this.#timeouts.talkMs;
    for (const leg of [this.a, this.b]) {
      this.#tellDigits(leg, leg.dtmfIn.sweep(nowMs));
      if (leg.exchange.isDue(nowMs)) this.#sendReport(leg, nowMs, false);
      if (leg.recording?.isFull(nowMs) && !this.#full.has(leg.side)) {
        this.#full.add(leg.side);
        const { recordId } = leg.recording;
        this.#ports.event({ kind: 'recorded', session: this.id, leg: leg.side, recordId, end: 'full' });
      }
      const silentMs = nowMs - leg.aliveMs;
      if (silentMs >= limit && leg.remote !== undefined && !leg.timedOut) {
        leg.timedOut = true;
        this.#ports.event({ kind: 'timeout', session: this.id, leg: leg.side, silentMs });
      }
      if (silentMs >= IDLE_TRIM_MS && silentMs < IDLE_TRIM_MS * 2) leg.protection?.trim();
    }
  }

  /** Says goodbye in RTCP and ends what plays. The caller closes the ports. */
  end(nowMs: number): SessionReport {
    for (const leg of [this.a, this.b]) {
      this.#endPlaying(leg, 'stopped');
      // RFC 3550 §6.3.7: who never sent anything must not say BYE.
      if (leg.out.packets > 0 || leg.exchange.sent > 0) this.#sendReport(leg, nowMs, true);
    }
    return this.report(nowMs, true);
  }

  report(nowMs: number, owned: boolean): SessionReport {
    return {
      session: this.id,
      ...(this.label !== undefined && { label: this.label }),
      ageMs: nowMs - this.#startedMs,
      owned,
      a: this.a.report(this.#startedMs, nowMs),
      b: this.b.report(this.#startedMs, nowMs),
    };
  }

  #sendReport(leg: RelayLeg, nowMs: number, bye: boolean): void {
    if (!leg.reachable) return;
    const plain = leg.exchange.report(
      { packets: leg.out.packets, octets: leg.out.octets, rtpTimestamp: leg.out.timestampAt(nowMs) },
      leg.heard,
      nowMs,
      nowMs + this.#ports.wallOffsetMs,
      this.#ports.fraction(),
      bye,
    );
    const packet = leg.protection ? leg.protection.tx.rtcp.protect(plain) : plain;
    if (packet) this.#ports.send(leg, leg.mux ? 'rtp' : 'rtcp', packet, packet.length);
  }

  #firstRtp(leg: RelayLeg, nowMs: number): void {
    leg.firstRtpMs = nowMs;
    this.#ports.event({
      kind: 'first-rtp',
      session: this.id,
      leg: leg.side,
      afterMs: nowMs - this.#startedMs,
    });
  }

  #reject(leg: RelayLeg, code: number): void {
    if (code === SRTP_REJECTED_AUTH) leg.rejectedAuth += 1;
    else if (code === SRTP_REJECTED_REPLAY) leg.rejectedReplay += 1;
    else leg.rejectedOther += 1;
  }

  #route(): void {
    this.a.routes = codecRoutes(this.a.codecs, this.b.codecs);
    this.b.routes = codecRoutes(this.b.codecs, this.a.codecs);
    this.a.lastRoute = undefined;
    this.b.lastRoute = undefined;
  }

  #makeLeg(side: LegSide, local: LocalMedia, settings: LegAllocation | undefined, nowMs: number): RelayLeg {
    const ports = this.#ports;
    const out = new OutgoingStream(
      settings?.ssrc ?? ports.random32(),
      ports.random32() & 0x7fff,
      ports.random32(),
    );
    const cname = settings?.cname ?? ports.random32().toString(36) + ports.random32().toString(36);
    const leg = new RelayLeg(side, local, out, cname, nowMs + 1000 + 2000 * ports.fraction(), nowMs);
    if (settings) leg.apply(settings, nowMs);
    return leg;
  }
}
