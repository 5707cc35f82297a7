import { type DtmfDigit, DtmfReceiver } from '../dtmf/dtmf-receiver.ts';
import { DtmfSender } from '../dtmf/dtmf-sender.ts';
import { decodeG711, encodeG711, type G711Law } from '../g711/g711.ts';
import type { SrtpSettings } from '../relay/relay-commands.ts';
import { ReportExchange } from '../rtcp/report-exchange.ts';
import { isRtcp, parseRtp, printRtp } from '../rtp/packet.ts';
import { ReceiveStatistics } from '../rtp/receive-statistics.ts';
import { parseMasterKey } from '../srtp/session-keys.ts';
import { SrtcpReceiver, SrtcpSender } from '../srtp/srtcp.ts';
import { SRTP_REJECTED_AUTH, SRTP_REJECTED_REPLAY, SrtpReceiver, SrtpSender } from '../srtp/srtp.ts';
import { dominantFrequency } from '../tone/dominant-frequency.ts';
import type { PcmSource } from '../tone/tone.ts';
import { HeardAudio } from './heard-audio.ts';

/**
 * One party of a call, without sockets or clock: a telephone for tests, for the twin and for the command line. Give it
 * what arrives ({@link RtpEndpoint.receive}), call {@link RtpEndpoint.tick} about every 20 ms, send what it returns.
 */

const FRAME = 160;
const FRAME_MS = 20;
/** After a pause longer than this the endpoint goes on from now instead of sending what it missed. */
const CATCH_UP_MS = 200;

export interface EndpointCodecs {
  readonly pcma?: number;
  readonly pcmu?: number;
  readonly telephoneEvent?: number;
  /** Comfort noise is heard as silence. */
  readonly cn?: number;
  readonly send: G711Law;
}

export interface EndpointOptions {
  /** Random 32 bits, chosen by the caller. */
  readonly ssrc: number;
  /** Random 15 bits (RFC 3711 §3.3.1: not close to the rollover); default 1. */
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly cname?: string;
  readonly codecs: EndpointCodecs;
  /** Absent: plain RTP. Both `tx` and `rx` may be set later with {@link RtpEndpoint.secure}. */
  readonly srtp?: SrtpSettings;
  /** How much audio is kept, default 120 s. */
  readonly keepSeconds?: number;
  /** Added to monotonic time to get Unix time, for sender reports; default 0. */
  readonly wallOffsetMs?: number;
  /** Uniform in [0, 1): spreads RTCP. Default: always 0.5. */
  readonly fraction?: () => number;
}

export type EndpointPacket = { readonly channel: 'rtp' | 'rtcp'; readonly packet: Buffer };

/** What a packet was. `rejected` says why it was not heard. */
export type EndpointInput =
  | { readonly kind: 'audio'; readonly law: G711Law; readonly samples: number }
  | { readonly kind: 'event'; readonly digits: readonly DtmfDigit[] }
  | { readonly kind: 'comfort-noise' }
  | { readonly kind: 'rtcp' }
  | { readonly kind: 'rejected'; readonly reason: 'form' | 'auth' | 'replay' | 'payload-type' };

export interface EndpointStatistics {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** 0..1 */
  readonly lossFraction: number;
  readonly jitterMs: number;
  readonly rtcpSent: number;
  readonly rtcpReceived: number;
  readonly rejectedAuth: number;
  readonly rejectedReplay: number;
  readonly rejectedOther: number;
  readonly roundTripMs: number | undefined;
  readonly firstRtpAtMs: number | undefined;
  readonly lastRtpAtMs: number | undefined;
}

export class RtpEndpoint {
  readonly ssrc: number;
  /** Every digit heard, in order. */
  readonly digits: DtmfDigit[] = [];
  codecs: EndpointCodecs;

  readonly #heard: HeardAudio;
  readonly #statistics = new ReceiveStatistics();
  readonly #exchange: ReportExchange;
  readonly #dtmfIn = new DtmfReceiver();
  readonly #dtmfOut = new DtmfSender();
  readonly #wallOffsetMs: number;
  readonly #fraction: () => number;

  #srtp: { tx: SrtpSender; txControl: SrtcpSender; rx?: SrtpReceiver; rxControl?: SrtcpReceiver } | undefined;
  #said: SrtpSettings | undefined;
  #source: PcmSource | undefined;
  #sending = true;
  #sequence: number;
  #timestamp: number;
  #marker = true;
  #dueMs = -1;
  #packetsSent = 0;
  #octetsSent = 0;
  #rejectedAuth = 0;
  #rejectedReplay = 0;
  #rejectedOther = 0;
  #firstRtpAtMs: number | undefined;
  #lastRtpAtMs: number | undefined;

  constructor(options: EndpointOptions) {
    this.ssrc = options.ssrc >>> 0;
    this.codecs = options.codecs;
    this.#sequence = options.sequence ?? 1;
    this.#timestamp = options.timestamp ?? 0;
    this.#wallOffsetMs = options.wallOffsetMs ?? 0;
    this.#fraction = options.fraction ?? (() => 0.5);
    this.#heard = new HeardAudio((options.keepSeconds ?? 120) * 8000);
    this.#exchange = new ReportExchange(this.ssrc, options.cname ?? `endpoint-${this.ssrc}`, -1);
    if (options.srtp) this.secure(options.srtp);
  }

  /** Sets or changes the keys; undefined = plain. The same key again keeps its context. Throws on a key of wrong form. */
  secure(settings: SrtpSettings | undefined): void {
    if (settings === undefined) {
      this.#srtp = undefined;
      this.#said = undefined;
      return;
    }
    const before = this.#said?.suite === settings.suite ? this.#srtp : undefined;
    const tx = before && this.#said?.tx.keyBase64 === settings.tx.keyBase64 ? before : undefined;
    const rx = before?.rx && this.#said?.rx?.keyBase64 === settings.rx?.keyBase64 ? before : undefined;
    const sender = tx ?? senderOf(settings);
    const receiver = rx ?? receiverOf(settings);
    this.#srtp = {
      tx: sender.tx,
      txControl: sender.txControl,
      ...(receiver?.rx && { rx: receiver.rx }),
      ...(receiver?.rxControl && { rxControl: receiver.rxControl }),
    };
    this.#said = settings;
  }

  /** What to say from now on; undefined = silence (packets go on). An ended source is followed by silence. */
  play(source: PcmSource | undefined): void {
    this.#source = source;
  }

  /** False: no RTP at all (on hold). RTCP goes on. */
  setSending(sending: boolean): void {
    if (sending && !this.#sending) {
      this.#marker = true;
      this.#dueMs = -1;
    }
    this.#sending = sending;
  }

  /** Queues digits as RFC 4733 events; 0 when no telephone-event was negotiated. */
  sendDtmf(digits: string, durationMs = 160, gapMs = 80): number {
    return this.codecs.telephoneEvent === undefined ? 0 : this.#dtmfOut.queue(digits, durationMs, gapMs);
  }

  get dtmfIdle(): boolean {
    return this.#dtmfOut.idle;
  }

  /** Packets that are due. Frames keep their 20 ms grid whatever the caller's clock does. */
  tick(nowMs: number): EndpointPacket[] {
    const out: EndpointPacket[] = [];
    if (this.#sending) {
      if (this.#dueMs < 0) this.#dueMs = nowMs;
      if (nowMs - this.#dueMs > CATCH_UP_MS) {
        const missed = Math.floor((nowMs - this.#dueMs) / FRAME_MS);
        this.#dueMs += missed * FRAME_MS;
        this.#timestamp = (this.#timestamp + missed * FRAME) >>> 0;
        this.#marker = true;
      }
      while (this.#dueMs <= nowMs) {
        const packet = this.#frame();
        if (packet) out.push({ channel: 'rtp', packet });
        this.#dueMs += FRAME_MS;
      }
    }
    this.digits.push(...this.#dtmfIn.sweep(nowMs));
    // The first report goes with the first audio; then about every five seconds.
    if (this.#exchange.isDue(nowMs)) {
      const packet = this.report(nowMs);
      if (packet) out.push({ channel: 'rtcp', packet });
    }
    return out;
  }

  /** A report now; with `bye`, the last one. */
  report(nowMs: number, bye = false): Buffer | undefined {
    const plain = this.#exchange.report(
      { packets: this.#packetsSent, octets: this.#octetsSent, rtpTimestamp: this.#timestamp },
      this.#statistics,
      nowMs,
      nowMs + this.#wallOffsetMs,
      this.#fraction(),
      bye,
    );
    return this.#srtp ? this.#srtp.txControl.protect(plain) : plain;
  }

  /** Takes RTP and RTCP, on one port or two. The packet is decrypted in place. */
  receive(packet: Buffer, nowMs: number): EndpointInput {
    if (isRtcp(packet, packet.length)) return this.#receiveControl(packet, nowMs);
    let length = packet.length;
    if (this.#srtp) {
      if (this.#srtp.rx === undefined) return this.#reject('auth');
      length = this.#srtp.rx.unprotect(packet, length);
      if (length < 0) return this.#reject(reasonOf(length));
    }
    const rtp = parseRtp(packet, length);
    if (rtp === undefined) return this.#reject('form');
    const { codecs } = this;
    const pt = rtp.payloadType;
    const law = pt === codecs.pcma ? 'pcma' : pt === codecs.pcmu ? 'pcmu' : undefined;
    if (law === undefined && pt !== codecs.telephoneEvent && pt !== codecs.cn)
      return this.#reject('payload-type');
    if (rtp.ssrc !== this.#statistics.ssrc) {
      this.#heard.rebase();
      this.#dtmfIn.reset();
    }
    this.#statistics.update(rtp.ssrc, rtp.sequence, rtp.timestamp, nowMs, law === undefined ? 0 : 8000);
    this.#firstRtpAtMs ??= nowMs;
    this.#lastRtpAtMs = nowMs;
    if (pt === codecs.telephoneEvent) {
      const digits = this.#dtmfIn.receive(rtp.payload, rtp.timestamp, nowMs);
      this.digits.push(...digits);
      return { kind: 'event', digits };
    }
    if (law === undefined) return { kind: 'comfort-noise' };
    this.#heard.add(rtp.timestamp, decodeG711(law, rtp.payload));
    return { kind: 'audio', law, samples: rtp.payload.length };
  }

  /** All audio heard so far, 8 kHz: a view, valid until the next packet. */
  heard(): Int16Array {
    return this.#heard.samples();
  }

  /** The dominant tone of the last `seconds` heard. */
  heardHz(seconds = 2): number | undefined {
    return dominantFrequency(this.heard().subarray(-Math.round(seconds * 8000)), 8000);
  }

  forgetHeard(): void {
    this.#heard.clear();
  }

  statistics(): EndpointStatistics {
    return {
      packetsSent: this.#packetsSent,
      packetsReceived: this.#statistics.received,
      packetsLost: this.#statistics.lost,
      lossFraction: this.#statistics.lossFraction,
      jitterMs: this.#statistics.jitterMs,
      rtcpSent: this.#exchange.sent,
      rtcpReceived: this.#exchange.received,
      rejectedAuth: this.#rejectedAuth,
      rejectedReplay: this.#rejectedReplay,
      rejectedOther: this.#rejectedOther,
      roundTripMs: this.#exchange.roundTripMs,
      firstRtpAtMs: this.#firstRtpAtMs,
      lastRtpAtMs: this.#lastRtpAtMs,
    };
  }

  #frame(): Buffer | undefined {
    const { codecs } = this;
    const law = codecs.send;
    const event = this.#dtmfOut.idle ? undefined : this.#dtmfOut.nextFrame();
    let payload: Buffer;
    let payloadType: number | undefined;
    let timestamp = this.#timestamp;
    let marker = this.#marker;
    if (event !== undefined) {
      payload = event.payload;
      payloadType = codecs.telephoneEvent;
      timestamp = (timestamp - event.samplesSinceStart) >>> 0;
      marker = event.marker;
    } else {
      const pcm = new Int16Array(FRAME);
      const said = this.#source?.read(FRAME);
      if (said) pcm.set(said);
      payload = encodeG711(law, pcm);
      payloadType = codecs[law];
      this.#marker = false;
    }
    this.#timestamp = (this.#timestamp + FRAME) >>> 0;
    if (payloadType === undefined) return undefined;
    const plain = printRtp({
      marker,
      payloadType,
      sequence: this.#sequence,
      timestamp,
      ssrc: this.ssrc,
      payload,
    });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packetsSent += 1;
    this.#octetsSent += payload.length;
    if (this.#srtp === undefined) return plain;
    const room = Buffer.alloc(plain.length + this.#srtp.tx.overhead);
    plain.copy(room);
    const length = this.#srtp.tx.protect(room, plain.length);
    return length < 0 ? undefined : room.subarray(0, length);
  }

  #receiveControl(packet: Buffer, nowMs: number): EndpointInput {
    let length = packet.length;
    if (this.#srtp) {
      if (this.#srtp.rxControl === undefined) return this.#reject('auth');
      length = this.#srtp.rxControl.unprotect(packet, length);
      if (length < 0) return this.#reject(reasonOf(length));
    }
    const taken = this.#exchange.receive(packet, length, nowMs, nowMs + this.#wallOffsetMs);
    return taken ? { kind: 'rtcp' } : this.#reject('form');
  }

  #reject(reason: 'form' | 'auth' | 'replay' | 'payload-type'): EndpointInput {
    if (reason === 'auth') this.#rejectedAuth += 1;
    else if (reason === 'replay') this.#rejectedReplay += 1;
    else this.#rejectedOther += 1;
    return { kind: 'rejected', reason };
  }
}

const reasonOf = (code: number): 'form' | 'auth' | 'replay' =>
  code === SRTP_REJECTED_AUTH ? 'auth' : code === SRTP_REJECTED_REPLAY ? 'replay' : 'form';

function masterOf(keyBase64: string): Buffer {
  const master = parseMasterKey(keyBase64);
  // A key that we were handed by our own code: a bug, not wire input.
  if (master === undefined) throw new RangeError('an SRTP key is 40 base64 characters');
  return master;
}

function senderOf({ suite, tx }: SrtpSettings): { tx: SrtpSender; txControl: SrtcpSender } {
  const options = { suite, master: masterOf(tx.keyBase64), ...(tx.mki && { mki: tx.mki }) };
  return { tx: new SrtpSender(options), txControl: new SrtcpSender(options) };
}

function receiverOf({ suite, rx }: SrtpSettings): { rx: SrtpReceiver; rxControl: SrtcpReceiver } | undefined {
  if (rx === undefined) return undefined;
  const options = { suite, master: masterOf(rx.keyBase64), ...(rx.mki && { mki: rx.mki }) };
  return { rx: new SrtpReceiver(options), rxControl: new SrtcpReceiver(options) };
}
