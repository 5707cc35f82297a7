import type { CallId, LegMedia } from '@tandem/domain';

/**
 * The border between call and media: small enough to fake in a test. It speaks SDP, so that an engine that writes SDP
 * itself (rtpengine) and one that does not (the embedded relay) fit behind it alike. All work is per call; `a` is the
 * originating side, `b` the terminating one.
 */
export type LegSide = 'a' | 'b';

/** What kind of peer stands on a side: decides profile, codecs, hold style, and what may never change. */
export interface MediaProfile {
  /** `inside`: another session of the same media engine; the address is the engine's own to know. */
  readonly role: 'teams' | 'carrier' | 'phone' | 'inside';
  /** `RTP/SAVP` is SDES with AES_CM_128_HMAC_SHA1_80 only. */
  readonly transport: 'RTP/AVP' | 'RTP/SAVP';
  /** Address written into c= lines of this side. */
  readonly advertisedAddress: string;
}

export type MediaRefusal =
  | { readonly kind: 'no-ports' }
  | { readonly kind: 'engine-down'; readonly detail: string }
  | { readonly kind: 'sdp-malformed'; readonly detail: string }
  | { readonly kind: 'media-unreachable'; readonly detail: string } // an address that nothing is sent to
  | { readonly kind: 'no-common-codec'; readonly offered: readonly string[] }
  | { readonly kind: 'srtp-required' } // offer without SRTP where the profile wants it
  | { readonly kind: 'crypto-unsupported'; readonly offered: readonly string[] };

export type MediaOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: MediaRefusal };

export type MediaEvent =
  | { readonly kind: 'first-rtp'; readonly side: LegSide }
  | { readonly kind: 'silent'; readonly side: LegSide; readonly forMs: number } // RTP and RTCP
  | { readonly kind: 'dtmf'; readonly side: LegSide; readonly digit: string }
  /** What `play` began is over; it was heard to its end, or could not be played. */
  | { readonly kind: 'played'; readonly side: LegSide }
  /** A recording ended by itself: as long as it may be, or it cannot be written any more. */
  | { readonly kind: 'recorded'; readonly side: LegSide; readonly end: 'full' | 'failed' }
  | { readonly kind: 'engine-lost' };

/** Something that is played once. */
export type Sound =
  | { readonly kind: 'beep' }
  /** A pattern of tones that says: a mailbox answers. There is no speech without a recording of somebody's. */
  | { readonly kind: 'mailbox' }
  /** Falling tones: it did not work. */
  | { readonly kind: 'sorry' }
  /** The special information tone: what was dialled cannot be reached (ITU-T E.180). */
  | { readonly kind: 'not-in-service' }
  /** A WAV file that the media engine can read. */
  | { readonly kind: 'file'; readonly path: string };

export interface MediaPort {
  /** Ports for both sides, one round trip. `onEvent` may fire until `release` resolves. */
  allocate(
    callId: CallId,
    profiles: { readonly a: MediaProfile; readonly b: MediaProfile },
    onEvent: (event: MediaEvent) => void,
  ): Promise<MediaOutcome<MediaSession>>;
  /** Calls the engine holds, for the sweeper and for adoption after a crash. */
  list(): Promise<readonly CallId[]>;
}

export interface MediaSession {
  /**
   * The peer on `from` offered `sdp`; gives what to offer to the other side. Serves first offers and re-INVITEs alike:
   * our address, port, SSRC and key towards a side stay the same for the whole call, payload numbers too.
   */
  offer(from: LegSide, sdp: Buffer): Promise<MediaOutcome<Buffer>>;
  /**
   * The peer on `from` answered our offer; gives the answer for the other side. May come again for another fork
   * (`fork` is its To tag): the last one given wins the media.
   */
  answer(from: LegSide, sdp: Buffer, fork: string): Promise<MediaOutcome<Buffer>>;
  /** An offer of our own towards `to`: session refresh, or an offerless INVITE from the other side. */
  offerTo(to: LegSide): Promise<MediaOutcome<Buffer>>;
  /**
   * An answer of our own towards `to`, whose offer was handed to `offer` before, without waiting for the other side:
   * refreshes and holds that are terminated per leg.
   */
  answerLocally(to: LegSide): Promise<MediaOutcome<Buffer>>;
  /** Ringback towards `to` until RTP arrives from the other side or `stop` is called. */
  playRingback(to: LegSide): void;
  /** Music on hold towards `to` until `stop` is called. */
  playMusic(to: LegSide): void;
  stop(to: LegSide): void;
  /** Plays `sound` towards `to` once, instead of what plays there; its end is an event. */
  play(to: LegSide, sound: Sound): void;
  /**
   * What `from` says from now on goes into the file, as mu-law without a header, and to nobody else; what is not heard is
   * silence. The file must not exist yet. False: it cannot be written.
   */
  record(from: LegSide, file: string, maxMs: number): Promise<boolean>;
  /** Resolves when all that was heard is in the file. */
  stopRecording(from: LegSide): Promise<void>;
  /** Whoever was on `side` is gone: nothing is sent there, and nothing from there is passed on. */
  leave(side: LegSide): void;
  /** Frees the ports; the final counters. Idempotent. */
  release(): Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }>;
}
