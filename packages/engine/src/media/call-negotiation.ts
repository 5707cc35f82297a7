import type { LegSettings, LocalMedia } from '@tandem/media';
import {
  acceptAnswer,
  answerOffer,
  type Codec,
  codecsOf,
  createOffer,
  type Direction,
  directionOf,
  type LocalAudio,
  mirrored,
  type NegotiatedAudio,
  type NegotiationFailure,
  parseSdp,
  printSdp,
  type SessionDescription,
  takeOffer,
} from '@tandem/sip';
import type { LegSide, MediaProfile, MediaRefusal } from '../ports/media-port.ts';

/**
 * Offer and answer for the two legs of a call (RFC 3264), for a relay that can turn A-law into mu-law. Each leg is
 * negotiated for itself: towards one side our address, port, key, payload numbers and rtcp-mux are the same in every
 * SDP of the call, whatever happens on the other (teams-direct-routing 5.2, pitfalls 23, 25, 26, 41).
 *
 * Pure: SDP in, SDP and relay settings out. One instance a call.
 */
export interface Negotiated {
  /** For the other side: an answer to its offer, or an offer when it has made none. */
  readonly sdp: Buffer;
  /** What the relay must now know, per leg. */
  readonly settings: { readonly a?: LegSettings; readonly b?: LegSettings };
}

export type NegotiationOutcome =
  | { readonly ok: true; readonly value: Negotiated }
  | { readonly ok: false; readonly refusal: MediaRefusal };

export interface LegInput {
  readonly profile: MediaProfile;
  readonly local: LocalMedia;
  /** 30 bytes: ours towards this side, for the whole call. Only for RTP/SAVP. */
  readonly keySalt?: Buffer;
  /** The id in our o= line. */
  readonly sdpSessionId: string;
}

const pcma: Codec = { payload: 8, name: 'PCMA', clockRate: 8000, channels: 1 };
const pcmu: Codec = { payload: 0, name: 'PCMU', clockRate: 8000, channels: 1 };
const events: Codec = { payload: 101, name: 'telephone-event', clockRate: 8000, channels: 1, fmtp: '0-15' };

interface Leg {
  readonly input: LegInput;
  /** Voice codecs, best first. The order is fixed with the first SDP that goes out on the leg. */
  voice: readonly Codec[];
  version: number;
  sent: { readonly bytes: Buffer; readonly sdp: SessionDescription } | undefined;
  /** The peer's offer that we have not answered yet. */
  offered: SessionDescription | undefined;
  /** Our offer that the peer has not answered yet, or the last one it did. */
  asked: { readonly sdp: SessionDescription; readonly local: LocalAudio } | undefined;
  audio: NegotiatedAudio | undefined;
}

const other = (side: LegSide): LegSide => (side === 'a' ? 'b' : 'a');

export class CallNegotiation {
  readonly #legs: Readonly<Record<LegSide, Leg>>;

  constructor(a: LegInput, b: LegInput) {
    this.#legs = { a: newLeg(a), b: newLeg(b) };
  }

  /** The peer on `from` offered; what to offer on the other side. */
  offer(from: LegSide, body: Buffer): NegotiationOutcome {
    const leg = this.#legs[from];
    const read = this.#takeOffer(leg, body);
    if (!read.ok) return read;
    const target = this.#legs[other(from)];
    // A-law to A-law needs no transcoding: the other side is asked in the order of this one, unless asked before.
    if (!target.sent) target.voice = inOrderOf(read.sdp, target.voice);
    const wanted = directionOf(read.sdp, read.sdp.media[read.media]!);
    return ok(this.#ask(target, holdFor(target, wanted)), {});
  }

  /** Our own offer towards `to`. */
  offerTo(to: LegSide, direction: Direction = 'sendrecv'): NegotiationOutcome {
    return ok(this.#ask(this.#legs[to], direction), {});
  }

  /** The peer on `from` answered our offer; what to tell the other side: its answer, or an offer if it made none. */
  answer(from: LegSide, body: Buffer): NegotiationOutcome {
    const leg = this.#legs[from];
    const asked = leg.asked;
    if (!asked) return refuse({ kind: 'sdp-malformed', detail: 'an answer that nobody asked for' });
    const parsed = parseSdp(body);
    if (!parsed.ok) return refuse({ kind: 'sdp-malformed', detail: parsed.why });
    const accepted = acceptAnswer(asked.sdp, parsed.sdp, asked.local);
    if (!accepted.ok) return refuse(refusalOf(accepted.why, parsed.sdp));
    leg.audio = accepted.audio;
    const settings: { a?: LegSettings; b?: LegSettings } = {};
    settings[from] = settingsOf(leg);

    const target = this.#legs[other(from)];
    if (!target.offered) {
      if (target.audio) return ok(target.sent?.bytes ?? Buffer.alloc(0), settings);
      target.voice = chosenFirst(accepted.audio, target.voice);
      return ok(this.#ask(target, 'sendrecv'), settings);
    }
    const given = this.#give(target, wantedAfter(target.offered, accepted.audio.direction), accepted.audio);
    if (!given.ok) return given;
    settings[other(from)] = settingsOf(target);
    return ok(given.sdp, settings);
  }

  /** Answers the offer of `to` without asking the other side. */
  answerLocally(to: LegSide): NegotiationOutcome {
    const leg = this.#legs[to];
    if (!leg.offered) return refuse({ kind: 'sdp-malformed', detail: 'nothing to answer' });
    const given = this.#give(leg, 'sendrecv', this.#legs[other(to)].audio);
    if (!given.ok) return given;
    const settings = settingsOf(leg);
    return ok(given.sdp, to === 'a' ? { a: settings } : { b: settings });
  }

  #takeOffer(
    leg: Leg,
    body: Buffer,
  ): { ok: true; sdp: SessionDescription; media: number } | { ok: false; refusal: MediaRefusal } {
    const parsed = parseSdp(body);
    if (!parsed.ok) return { ok: false, refusal: { kind: 'sdp-malformed', detail: parsed.why } };
    const trial = takeOffer(parsed.sdp, localAudio(leg, 'sendrecv', muxOf(leg)));
    if (!trial.ok) return { ok: false, refusal: refusalOf(trial.why, parsed.sdp) };
    leg.offered = parsed.sdp;
    return { ok: true, sdp: parsed.sdp, media: trial.audio.media };
  }

  #ask(leg: Leg, direction: Direction): Buffer {
    const local = localAudio(leg, direction, muxOf(leg));
    const { sdp, bytes } = this.#versioned(leg, (version) => createOffer(withVersion(local, version)));
    leg.asked = { sdp, local };
    return bytes;
  }

  #give(
    leg: Leg,
    wanted: Direction,
    across: NegotiatedAudio | undefined,
  ): { ok: true; sdp: Buffer } | { ok: false; refusal: MediaRefusal } {
    const offered = leg.offered!;
    leg.offered = undefined;
    // Keep the codec this leg has; else take the other leg's, so that nothing is transcoded without need.
    leg.voice = chosenFirst(leg.audio ?? across, leg.voice);
    let audio: NegotiatedAudio | undefined;
    let why: NegotiationFailure | undefined;
    const { bytes } = this.#versioned(leg, (version) => {
      const outcome = answerOffer(offered, withVersion(localAudio(leg, wanted, muxOf(leg)), version));
      if (outcome.ok) {
        audio = outcome.audio;
        return outcome.answer;
      }
      why = outcome.why;
      return offered;
    });
    if (!audio) return { ok: false, refusal: refusalOf(why ?? 'no-audio', offered) };
    leg.audio = audio;
    return { ok: true, sdp: bytes };
  }

  /** RFC 3264 §8: the version in o= rises with every SDP that differs from the one before, and only then. */
  #versioned(leg: Leg, make: (version: number) => SessionDescription): NonNullable<Leg['sent']> {
    let sdp = make(leg.version);
    let bytes = printSdp(sdp);
    if (leg.sent && !leg.sent.bytes.equals(bytes)) {
      leg.version += 1;
      sdp = make(leg.version);
      bytes = printSdp(sdp);
    }
    leg.sent = { bytes, sdp };
    return leg.sent;
  }
}

function newLeg(input: LegInput): Leg {
  return {
    input,
    voice: [pcma, pcmu],
    version: 1,
    sent: undefined,
    offered: undefined,
    asked: undefined,
    audio: undefined,
  };
}

/** rtcp-mux is settled with the first exchange and frozen (488 CannotChangeRtcpMultiplexing otherwise). */
function muxOf(leg: Leg): boolean {
  return leg.audio ? leg.audio.rtcpMux : leg.input.profile.role === 'teams';
}

function localAudio(leg: Leg, direction: Direction, rtcpMux: boolean): LocalAudio {
  const { profile, local, keySalt, sdpSessionId } = leg.input;
  const audio: Versioned = {
    address: profile.advertisedAddress,
    port: local.rtpPort,
    codecs: [...leg.voice, events],
    direction,
    ptimeMs: 20,
    rtcpMux,
    session: { username: '-', id: sdpSessionId, version: leg.version },
  };
  if (profile.transport === 'RTP/SAVP' && keySalt) audio.srtp = { suites, keySalt, lifetime: '2^31' };
  return audio;
}

type Versioned = { -readonly [K in keyof LocalAudio]: LocalAudio[K] };
const suites = ['AES_CM_128_HMAC_SHA1_80'] as const;

function withVersion(local: LocalAudio, version: number): LocalAudio {
  if (local.session.version === version) return local;
  const { username, id } = local.session;
  return { ...local, session: { username, id, version } };
}

/**
 * MICROSOFT: only `inactive` holds towards Teams; sendonly and recvonly are not understood (teams-direct-routing 5.1).
 */
function holdFor(target: Leg, offered: Direction): Direction {
  return offered !== 'sendrecv' && target.input.profile.role === 'teams' ? 'inactive' : offered;
}

/** What we want towards the side whose offer waits, after the other side agreed to `direction` (seen from us). */
function wantedAfter(offered: SessionDescription, direction: Direction): Direction {
  const media = offered.media.find(({ kind, port }) => kind === 'audio' && port !== 0);
  // A hold is answered by what it leaves; the other side's `inactive` was only our translation of it.
  if (media && directionOf(offered, media) !== 'sendrecv') return 'sendrecv';
  return mirrored(direction);
}

function inOrderOf(offer: SessionDescription, voice: readonly Codec[]): readonly Codec[] {
  const offered = offer.media.flatMap((media) => codecsOf(media));
  const rank = (codec: Codec): number => {
    const at = offered.findIndex(
      (one) => one.name.toUpperCase() === codec.name && one.clockRate === codec.clockRate,
    );
    return at < 0 ? offered.length : at;
  };
  const ranks = voice.map(rank);
  if (ranks.every((each, at) => at === 0 || ranks[at - 1]! <= each)) return voice;
  return [...voice].sort((a, b) => rank(a) - rank(b));
}

function chosenFirst(audio: NegotiatedAudio | undefined, voice: readonly Codec[]): readonly Codec[] {
  if (!audio) return voice;
  const chosen = audio.codec.name.toUpperCase();
  if (voice[0]?.name === chosen) return voice;
  return [...voice].sort((a, b) => Number(b.name === chosen) - Number(a.name === chosen));
}

type Codecs = NonNullable<LegSettings['codecs']>;

function settingsOf(leg: Leg): LegSettings {
  const audio = leg.audio!;
  const { remote, srtp, telephoneEvent } = audio;
  const send = audio.codec.name.toLowerCase() as 'pcma' | 'pcmu';
  const agreed = audio.codec.sendPayload;
  // DEVIATION: whatever one codec was agreed on, G.711 of the other law is understood too. The static numbers are
  // unmistakable, and a peer that answers one and sends the other is then heard instead of silent.
  const codecs: { -readonly [K in keyof Codecs]: Codecs[K] } = {
    pcma: send === 'pcma' ? agreed : pcma.payload,
    pcmu: send === 'pcmu' ? agreed : pcmu.payload,
    send,
  };
  if (telephoneEvent) codecs.telephoneEvent = telephoneEvent.sendPayload;
  const settings: { -readonly [K in keyof LegSettings]: LegSettings[K] } = {
    remote: { address: remote.address, port: remote.port, rtcpPort: remote.rtcpPort, mux: audio.rtcpMux },
    codecs,
    direction: audio.direction,
    latch: leg.input.profile.role === 'phone' ? 'first-source' : 'sdp',
  };
  if (srtp) {
    const { mki, keySalt } = srtp.remote;
    const keyBase64 = keySalt.toString('base64');
    settings.srtp = {
      suite: 'AES_CM_128_HMAC_SHA1_80',
      tx: { keyBase64: srtp.local.keySalt.toString('base64') },
      rx: mki ? { keyBase64, mki } : { keyBase64 },
    };
  }
  return settings;
}

function refusalOf(why: NegotiationFailure, sdp: SessionDescription): MediaRefusal {
  const audio = sdp.media.filter(({ kind }) => kind === 'audio');
  switch (why) {
    case 'no-srtp':
      return { kind: 'srtp-required' };
    case 'no-common-suite':
      return {
        kind: 'crypto-unsupported',
        offered: audio.flatMap(({ lines }) =>
          lines
            .filter(({ type, value }) => type === 'a' && value.startsWith('crypto:'))
            .map(({ value }) => value.split(' ')[1] ?? ''),
        ),
      };
    case 'no-common-codec':
    case 'srtp-not-wanted':
    case 'no-audio':
    case 'rejected':
      return {
        kind: 'no-common-codec',
        offered: audio.flatMap((media) =>
          codecsOf(media).map(({ name, clockRate }) => `${name}/${clockRate}`),
        ),
      };
    case 'duplicate-payloads':
    case 'no-address':
    case 'answer-mismatch':
      return { kind: 'sdp-malformed', detail: why };
  }
}

function ok(sdp: Buffer, settings: Negotiated['settings']): { ok: true; value: Negotiated } {
  return { ok: true, value: { sdp, settings } };
}

function refuse(refusal: MediaRefusal): { ok: false; refusal: MediaRefusal } {
  return { ok: false, refusal };
}
