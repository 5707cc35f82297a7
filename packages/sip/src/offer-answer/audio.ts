/**
 * Negotiating the one audio stream of a telephone call (RFC 3264 §5 to §8): making an offer, answering one, reading an
 * answer. Pure: addresses, ports, keys and version numbers come from the caller.
 */
import { attribute, attributeLine } from '../sdp/attribute.ts';
import {
  type Codec,
  type CodecName,
  codecsOf,
  duplicatePayloads,
  isComfortNoise,
  isTelephoneEvent,
  printRtpmap,
  sameCodec,
} from '../sdp/codec.ts';
import { connectionOf, hasRtcpMux, printConnection, rtcpOf } from '../sdp/connection.ts';
import { type CryptoLine, chooseCrypto, cryptosOf, printCrypto, type SrtpSuite } from '../sdp/crypto.ts';
import { answerDirection, type Direction, directionOf, mirrored } from '../sdp/direction.ts';
import {
  type MediaDescription,
  originOf,
  printOrigin,
  type SdpLine,
  type SessionDescription,
} from '../sdp/sdp.ts';

/** Our end of the stream. */
export interface LocalAudio {
  readonly address: string;
  readonly port: number;
  /** What we can do, best first; telephone-event among them if we want it. Payload numbers are those of our offers. */
  readonly codecs: readonly Codec[];
  readonly direction: Direction;
  readonly ptimeMs?: number;
  readonly rtcpMux: boolean;
  /** Present = RTP/SAVP; absent = RTP/AVP. Offers carry the first suite; answers take any of them, in this order. */
  readonly srtp?: {
    readonly suites: readonly SrtpSuite[];
    readonly keySalt: Buffer;
    readonly lifetime?: string;
  };
  readonly session: SessionIdentity;
}

/** Our o= line. `version` rises by one with every SDP that differs from the one before (§8). */
export interface SessionIdentity {
  readonly username: string;
  readonly id: string;
  readonly version: number;
  /** Default `-`. */
  readonly name?: string;
}

/** One stream as agreed, seen from our end. */
export interface NegotiatedAudio {
  /** Index of the m= line. */
  readonly media: number;
  /** What we send: the peer's payload number; what we accept: ours. The same in an answer (§6.1). */
  readonly codec: {
    readonly name: string;
    readonly clockRate: number;
    readonly sendPayload: number;
    readonly receivePayload: number;
  };
  readonly telephoneEvent?: {
    readonly sendPayload: number;
    readonly receivePayload: number;
    readonly fmtp?: string;
  };
  readonly direction: Direction;
  readonly remote: {
    readonly address: string;
    readonly port: number;
    readonly rtcpPort: number;
    readonly rtcpAddress?: string;
  };
  readonly rtcpMux: boolean;
  readonly ptimeMs?: number;
  readonly srtp?: { readonly local: CryptoLine; readonly remote: CryptoLine };
}

export type NegotiationFailure =
  | 'no-audio'
  | 'no-common-codec'
  | 'no-srtp'
  | 'srtp-not-wanted'
  | 'no-common-suite'
  | 'duplicate-payloads'
  | 'no-address'
  /** An answer that does not fit the offer (§6: as many m= lines, same order, kinds and protocols). */
  | 'answer-mismatch'
  /** The answer has port 0 on our stream. */
  | 'rejected';

export type AnswerOutcome =
  | { readonly ok: true; readonly answer: SessionDescription; readonly audio: NegotiatedAudio }
  | { readonly ok: false; readonly why: NegotiationFailure };

export type AcceptOutcome =
  | { readonly ok: true; readonly audio: NegotiatedAudio }
  | { readonly ok: false; readonly why: NegotiationFailure };

/** One m=audio with all our codecs. */
export function createOffer(local: LocalAudio): SessionDescription {
  const lines = streamLines(local, local.codecs, local.direction);
  // One line only: two would put one key under two suites (RFC 4568 §6.1), and peers choke on long lists.
  const suite = local.srtp?.suites[0];
  if (suite) lines.push(printCrypto(localCrypto(local, 1, suite)));
  return {
    lines: sessionLines(local),
    media: [
      {
        kind: 'audio',
        port: local.port,
        protocol: local.srtp ? 'RTP/SAVP' : 'RTP/AVP',
        formats: local.codecs.map(({ payload }) => String(payload)),
        lines,
      },
    ],
  };
}

/**
 * Answers the first audio line that we can take; every other m= line is declined with port 0 (§6). The answer holds
 * one codec, ours by our order, under the offer's number, and telephone-event with the same clock if both have it.
 */
export function answerOffer(offer: SessionDescription, local: LocalAudio): AnswerOutcome {
  const taken = takeOffer(offer, local);
  if (!taken.ok) return taken;
  return { ok: true, audio: taken.audio, answer: printAnswer(offer, taken.audio, local) };
}

/** What `answerOffer` would agree to, for those who do not answer yet. */
export function takeOffer(offer: SessionDescription, local: LocalAudio): AcceptOutcome {
  let why: NegotiationFailure = 'no-audio';
  for (const [index, media] of offer.media.entries()) {
    if (media.kind !== 'audio' || media.port === 0) continue;
    const audio = takeStream(offer, index, media, local);
    if (typeof audio === 'string') {
      if (why === 'no-audio') why = audio;
      continue;
    }
    return { ok: true, audio };
  }
  return { ok: false, why };
}

function takeStream(
  offer: SessionDescription,
  index: number,
  media: MediaDescription,
  local: LocalAudio,
): NegotiatedAudio | NegotiationFailure {
  if (duplicatePayloads(media).length > 0) return 'duplicate-payloads';
  const srtp = agreeSrtp(media, local);
  if (typeof srtp === 'string') return srtp;
  const remote = remotePlace(offer, media);
  if (!remote) return 'no-address';
  const offered = codecsOf(media);
  const codec = firstCommon(voiceCodecs(local.codecs), offered);
  if (!codec) return 'no-common-codec';
  const event = eventFor(codec, offered, local.codecs);
  const audio: AudioDraft = {
    media: index,
    codec: {
      name: codec.name,
      clockRate: codec.clockRate,
      sendPayload: codec.payload,
      receivePayload: codec.payload,
    },
    direction: answerDirection(directionOf(offer, media), local.direction),
    remote,
    // RFC 5761 §5.1.1: only if both want it.
    rtcpMux: local.rtcpMux && hasRtcpMux(media),
  };
  return withTheRest(audio, event, event, ptimeOf(media) ?? local.ptimeMs, srtp);
}

type AudioDraft = { -readonly [K in keyof NegotiatedAudio]: NegotiatedAudio[K] };

/** What a stream may do without. Set one by one: every call comes by here, and spreads cost it ten times as much. */
function withTheRest(
  audio: AudioDraft,
  event: Codec | undefined,
  ownEvent: Codec | undefined,
  ptimeMs: number | undefined,
  srtp: NegotiatedAudio['srtp'],
): NegotiatedAudio {
  if (event && ownEvent) {
    const { payload, fmtp } = event;
    const ours = ownEvent.payload;
    audio.telephoneEvent =
      fmtp === undefined
        ? { sendPayload: payload, receivePayload: ours }
        : { sendPayload: payload, receivePayload: ours, fmtp };
  }
  if (ptimeMs !== undefined) audio.ptimeMs = ptimeMs;
  if (srtp) audio.srtp = srtp;
  return audio;
}

/** Undefined: no SRTP on either side. */
function agreeSrtp(media: MediaDescription, local: LocalAudio): NegotiatedAudio['srtp'] | NegotiationFailure {
  const secure = isSecure(media);
  if (!local.srtp) return secure ? 'srtp-not-wanted' : undefined;
  if (!secure) return 'no-srtp';
  const remote = chooseCrypto(cryptosOf(media), local.srtp.suites);
  // RFC 4568 §5.1.2: the tag of the line taken, our own key.
  return remote ? { remote, local: localCrypto(local, remote.tag, remote.suite) } : 'no-common-suite';
}

/** `RTP/SAVP`, `RTP/SAVPF`, and the DTLS spellings of them, which Microsoft uses beside SDES lines. */
export function isSecure(media: MediaDescription): boolean {
  return /(?:^|\/)RTP\/SAVPF?$/i.test(media.protocol);
}

function printAnswer(
  offer: SessionDescription,
  audio: NegotiatedAudio,
  local: LocalAudio,
): SessionDescription {
  const media = offer.media.map((offered, index): MediaDescription => {
    if (index !== audio.media) return declined(offered);
    const codecs = codecsOf(offered);
    const ours: Codec[] = [];
    for (const wanted of [audio.codec.sendPayload, audio.telephoneEvent?.sendPayload]) {
      const codec = codecs.find(({ payload }) => payload === wanted);
      if (codec) ours.push(withOurFmtp(codec, local.codecs));
    }
    const { rtcpMux, ptimeMs = local.ptimeMs } = audio;
    const lines = streamLines({ port: local.port, rtcpMux, ptimeMs }, ours, audio.direction);
    if (audio.srtp) lines.push(printCrypto(audio.srtp.local));
    return {
      kind: offered.kind,
      port: local.port,
      protocol: offered.protocol,
      formats: ours.map(({ payload }) => String(payload)),
      lines,
    };
  });
  return { lines: sessionLines(local), media };
}

/** §6: port 0, formats repeated because the grammar wants some. */
function declined({ kind, protocol, formats }: MediaDescription): MediaDescription {
  return { kind, port: 0, protocol, formats: formats.slice(0, 1), lines: [] };
}

function withOurFmtp(codec: Codec, ours: readonly Codec[]): Codec {
  const own = ours.find((other) => sameCodec(other, codec));
  const { payload, name, clockRate, channels } = codec;
  const fmtp = own?.fmtp;
  return fmtp === undefined
    ? { payload, name, clockRate, channels }
    : { payload, name, clockRate, channels, fmtp };
}

/** What the peer agreed to of our offer. A codec that we did not offer is not taken up. */
export function acceptAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
  local: LocalAudio,
): AcceptOutcome {
  const index = offer.media.findIndex(({ kind, port }) => kind === 'audio' && port !== 0);
  const asked = offer.media[index];
  const media = answer.media[index];
  if (!asked) return { ok: false, why: 'no-audio' };
  if (!media || answer.media.length !== offer.media.length || media.kind !== asked.kind) {
    return { ok: false, why: 'answer-mismatch' };
  }
  if (media.port === 0) return { ok: false, why: 'rejected' };
  if (isSecure(media) !== isSecure(asked))
    return { ok: false, why: isSecure(asked) ? 'no-srtp' : 'srtp-not-wanted' };
  const remote = remotePlace(answer, media);
  if (!remote) return { ok: false, why: 'no-address' };

  const offered = codecsOf(asked);
  const answered = codecsOf(media);
  const codec = answered.find(
    (candidate) => !isTelephoneEvent(candidate) && findSame(voiceCodecs(offered), candidate),
  );
  const own = codec && findSame(offered, codec);
  if (!codec || !own) return { ok: false, why: 'no-common-codec' };
  const event = eventFor(codec, answered, offered);
  const ownEvent = event && findSame(offered, event);

  let srtp: NegotiatedAudio['srtp'];
  if (isSecure(asked)) {
    const ours = cryptosOf(asked);
    const theirs = cryptosOf(media)[0];
    const taken = theirs && ours.find(({ tag, suite }) => tag === theirs.tag && suite === theirs.suite);
    if (!theirs || !taken || !chooseCrypto([theirs])) return { ok: false, why: 'no-common-suite' };
    srtp = { local: taken, remote: theirs };
  }
  const audio: AudioDraft = {
    media: index,
    codec: {
      name: codec.name,
      clockRate: codec.clockRate,
      sendPayload: codec.payload,
      receivePayload: own.payload,
    },
    // Never more than we offered, whatever the answer claims.
    direction: answerDirection(directionOf(answer, media), directionOf(offer, asked)),
    remote,
    rtcpMux: hasRtcpMux(asked) && hasRtcpMux(media),
  };
  return {
    ok: true,
    audio: withTheRest(audio, event, ownEvent, ptimeOf(media) ?? local.ptimeMs, srtp),
  };
}

/** a=ptime in ms, 1..200; anything else is taken as unsaid. */
export function ptimeOf(media: MediaDescription): number | undefined {
  const value = attribute(media.lines, 'ptime')?.trim();
  if (value === undefined || !/^[0-9]{1,3}$/.test(value)) return undefined;
  const ms = Number(value);
  return ms >= 1 && ms <= 200 ? ms : undefined;
}

function remotePlace(
  sdp: SessionDescription,
  media: MediaDescription,
): NegotiatedAudio['remote'] | undefined {
  const connection = connectionOf(sdp, media);
  if (!connection) return undefined;
  const { address: rtcpAddress, port: rtcpAlone } = rtcpOf(media);
  const { address } = connection;
  const { port } = media;
  const rtcpPort = hasRtcpMux(media) ? port : rtcpAlone;
  return rtcpAddress === undefined ? { address, port, rtcpPort } : { address, port, rtcpPort, rtcpAddress };
}

/** Speech only: telephone-event and comfort noise cannot carry a call. */
function voiceCodecs<T extends CodecName>(codecs: readonly T[]): T[] {
  return codecs.filter((codec) => !isTelephoneEvent(codec) && !isComfortNoise(codec));
}

function firstCommon(preferred: readonly CodecName[], offered: readonly Codec[]): Codec | undefined {
  for (const wanted of preferred) {
    const found = findSame(offered, wanted);
    if (found) return found;
  }
  return undefined;
}

function findSame<T extends CodecName>(codecs: readonly T[], wanted: CodecName): T | undefined {
  return codecs.find((codec) => sameCodec(codec, wanted));
}

/** RFC 4733 §2.5.1.3: telephone-event runs on the clock of the codec beside it. */
function eventFor(codec: CodecName, theirs: readonly Codec[], ours: readonly CodecName[]): Codec | undefined {
  const clocked = (event: CodecName) => isTelephoneEvent(event) && event.clockRate === codec.clockRate;
  return ours.some(clocked) ? theirs.find(clocked) : undefined;
}

function localCrypto(local: LocalAudio, tag: number, suite: string): CryptoLine {
  const srtp = local.srtp;
  if (!srtp) throw new Error('a crypto line without a key');
  return {
    tag,
    suite,
    keySalt: srtp.keySalt,
    sessionParams: [],
    ...(srtp.lifetime !== undefined && { lifetime: srtp.lifetime }),
  };
}

function sessionLines(local: LocalAudio): SdpLine[] {
  const { username, id, version, name = '-' } = local.session;
  const connection = printConnection(local.address);
  return [
    { type: 'v', value: '0' },
    { type: 'o', value: `${username} ${id} ${version} ${connection}` },
    { type: 's', value: name },
    { type: 'c', value: connection },
    { type: 't', value: '0 0' },
  ];
}

function streamLines(
  local: { readonly port: number; readonly rtcpMux: boolean; readonly ptimeMs?: number | undefined },
  codecs: readonly Codec[],
  direction: Direction,
): SdpLine[] {
  const lines: SdpLine[] = [];
  if (local.rtcpMux) lines.push(attributeLine('rtcp', local.port), attributeLine('rtcp-mux'));
  for (const codec of codecs) {
    lines.push(attributeLine('rtpmap', printRtpmap(codec)));
    if (codec.fmtp !== undefined) lines.push(attributeLine('fmtp', `${codec.payload} ${codec.fmtp}`));
  }
  if (local.ptimeMs !== undefined) lines.push(attributeLine('ptime', local.ptimeMs));
  lines.push(attributeLine(direction));
  return lines;
}

/** The same description under the next version number: for an SDP that differs from the last one we sent (§8). */
export function withNextVersion(sdp: SessionDescription): SessionDescription {
  const origin = originOf(sdp);
  if (!origin) return sdp;
  const value = printOrigin({ ...origin, sessionVersion: String(BigInt(origin.sessionVersion) + 1n) });
  return { ...sdp, lines: sdp.lines.map((line) => (line.type === 'o' ? { type: 'o', value } : line)) };
}

/** The direction that the peer's SDP gives us, for music on hold and ringback decisions: `sendonly` there = we receive. */
export function directionTowardsUs(sdp: SessionDescription, media: MediaDescription): Direction {
  return mirrored(directionOf(sdp, media));
}
