/**
 * What signalling asks of a media relay and what the relay says back. Plain JSON values: the same types are used by the
 * media process, by its client and by whoever implements the engine's media port.
 *
 * Rules that hold for every command
 * - The caller chooses the session id and generates SRTP keys, so an SDP can be written before the answer is back.
 * - Local ports never change during a session. Remote address, payload map, direction and keys may.
 * - Nothing throws over this border: a wish that cannot be granted is a {@link MediaFailure} value.
 */

/** A-leg originates, B-leg terminates. The relay itself treats both alike. */
export type LegSide = 'a' | 'b';

export const otherSide = (side: LegSide): LegSide => (side === 'a' ? 'b' : 'a');

/**
 * From our point of view, as written in **our** SDP towards that leg: `sendonly` = we send to this party and discard
 * what it sends, `recvonly` = we listen to it and send it nothing. RTCP flows in every direction, `inactive` included.
 */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Where the party told us (in its SDP) to send. Addresses are numeric; the relay never resolves names. */
export interface RemoteMedia {
  readonly address: string;
  readonly port: number;
  /** `a=rtcp`; defaults to `port + 1`, ignored with `mux`. */
  readonly rtcpPort?: number;
  /** `a=rtcp-mux` agreed (RFC 5761). The relay then closes its own RTCP port. It cannot be taken back. */
  readonly mux?: boolean;
}

export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** Base64 of 30 bytes: 16 of master key, 14 of master salt (RFC 4568 §6.1). Never logged. */
export interface SrtpKey {
  readonly keyBase64: string;
  /** Only when `|value:length` was negotiated for this direction. Sent only if we wrote it into our own line. */
  readonly mki?: { readonly value: number; readonly length: number };
}

/**
 * SDES keys of a leg. `tx` is ours (what we send is protected with it), `rx` the party's. Saying the same key again
 * changes nothing; a different key starts a fresh context with rollover counter 0 (teams-direct-routing 5.2). `rx` may
 * follow later (offer sent, answer not yet here): until then whatever arrives on the leg is dropped as unauthenticated.
 */
export interface SrtpSettings {
  readonly suite: SrtpSuite;
  readonly tx: SrtpKey;
  readonly rx?: SrtpKey;
}

/**
 * Payload type numbers of one leg. G.711 is transcoded between legs when they differ; any other codec (`g722`, `g729`,
 * `silk/16000` …: encoding name in lower case, with the clock if several share the name) passes only if both legs name it.
 */
export interface CodecMap {
  readonly pcma?: number;
  readonly pcmu?: number;
  /** RFC 4733 events, clock 8000. */
  readonly telephoneEvent?: number;
  /** RFC 3389 comfort noise, clock 8000. Dropped towards a leg that does not name it. */
  readonly cn?: number;
  readonly others?: { readonly [encodingName: string]: number };
  /** What we send on this leg: `pcma`, `pcmu` or a key of `others`. */
  readonly send: string;
}

/**
 * Who may be heard on a plain-RTP leg (reliability T08). `sdp`: the address and port in SDP and nobody else (RFC 4961).
 * `first-source`: for parties behind NAT; within 3 s after signalling the first source with 5 consecutive sequence
 * numbers of one SSRC, and we send there too. Both latch once; only a changed `remote` or `relatch` starts over. On an
 * SRTP leg the tag decides who is heard.
 */
export type LatchPolicy = 'sdp' | 'first-source';

/** A leg as it can be said at allocation or changed later. Absent = unchanged (or the default); null = taken away. */
export interface LegSettings {
  readonly remote?: RemoteMedia | null;
  readonly srtp?: SrtpSettings | null;
  readonly codecs?: CodecMap | null;
  /** Default `sendrecv`. */
  readonly direction?: MediaDirection;
  /** Default `sdp`. */
  readonly latch?: LatchPolicy;
  /** Forget the latched source although `remote` did not change. */
  readonly relatch?: boolean;
}

/** Where our SDP says that we listen. `rtcpPort` equals `rtpPort` once mux is agreed. */
export interface LocalMedia {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/** What is played to a leg. It replaces what the other leg sends until it ends. Volume is dBm0-like: 0 = full scale. */
export type PlaySource =
  | { readonly kind: 'ringback'; readonly region?: string }
  /** Music on hold, until something else is played or it is stopped. */
  | { readonly kind: 'music' }
  /** Patterns of tones, once: a mailbox answers; it did not work; the number is not in service. */
  | { readonly kind: 'mailbox' | 'sorry' | 'not-in-service' }
  | { readonly kind: 'tone'; readonly hz: number; readonly seconds?: number; readonly dbfs?: number }
  /** A WAV file (PCM16, A-law or mu-law, 8 or 16 kHz, mono) readable by the media process. */
  | { readonly kind: 'file'; readonly path: string; readonly repeat?: number };

// --- commands -------------------------------------------------------------------------------------------------------

export interface HelloCommand {
  readonly kind: 'hello';
  readonly protocol: typeof RELAY_PROTOCOL;
  /** Name of the signalling instance, for logs. */
  readonly client: string;
}

export interface AllocateCommand {
  readonly kind: 'allocate';
  readonly session: string;
  /** Anything signalling wants back from `list` after its own crash (call id, node). Up to 1,024 characters. */
  readonly label?: string;
  readonly a?: LegAllocation;
  readonly b?: LegAllocation;
}

export interface LegAllocation extends LegSettings {
  /** Local address to bind when the host has several; default from the process's configuration. */
  readonly localAddress?: string;
  /** SSRC that we send with; random when absent. */
  readonly ssrc?: number;
  /** RTCP CNAME; random when absent. */
  readonly cname?: string;
}

export interface ChangeCommand {
  readonly kind: 'change';
  readonly session: string;
  readonly a?: LegSettings;
  readonly b?: LegSettings;
  /** Replaces the label. */
  readonly label?: string;
  /** The session was allocated ahead of its call, which begins now: its clocks start over. */
  readonly begin?: true;
}

export interface PlayCommand {
  readonly kind: 'play';
  readonly session: string;
  readonly leg: LegSide;
  /** Chosen by the caller; comes back in the `played` event. */
  readonly playId: string;
  readonly source: PlaySource;
  /** End as soon as the other leg's RTP arrives (local ringback). */
  readonly untilRtp?: boolean;
}

export interface StopCommand {
  readonly kind: 'stop';
  readonly session: string;
  readonly leg: LegSide;
  /** Only this one, if it still plays; without it whatever plays. */
  readonly playId?: string;
}

/**
 * What the leg says goes into a file as headerless mu-law at 8 kHz, and is not passed on meanwhile. One a session. The file
 * must not exist; it ends with `stop-recording` or with the session.
 */
export interface RecordCommand {
  readonly kind: 'record';
  readonly session: string;
  readonly leg: LegSide;
  /** Chosen by the caller; comes back in the `recorded` event. */
  readonly recordId: string;
  /** Absolute; on a disk that the media process can write. */
  readonly path: string;
  readonly maxMs: number;
}

export interface StopRecordingCommand {
  readonly kind: 'stop-recording';
  readonly session: string;
  readonly leg: LegSide;
}

export interface SendDtmfCommand {
  readonly kind: 'send-dtmf';
  readonly session: string;
  readonly leg: LegSide;
  /** `0-9 * # A-D`, up to 64. */
  readonly digits: string;
  /** Default 160. */
  readonly durationMs?: number;
  /** Pause between digits, default 80. */
  readonly gapMs?: number;
}

export interface QueryCommand {
  readonly kind: 'query';
  readonly session: string;
}

/** `after`: the last id of the previous page; up to 500 a page, ordered by id. */
export interface ListCommand {
  readonly kind: 'list';
  readonly after?: string;
}

/** This connection takes over the events of the sessions (default: all that nobody owns) and stops their orphan timer. */
export interface AdoptCommand {
  readonly kind: 'adopt';
  readonly sessions?: readonly string[];
}

export interface ReleaseCommand {
  readonly kind: 'release';
  readonly session: string;
}

export type RelayCommand =
  | HelloCommand
  | AllocateCommand
  | ChangeCommand
  | PlayCommand
  | StopCommand
  | RecordCommand
  | StopRecordingCommand
  | SendDtmfCommand
  | QueryCommand
  | ListCommand
  | AdoptCommand
  | ReleaseCommand;

// --- answers --------------------------------------------------------------------------------------------------------

export interface HelloAnswer {
  readonly protocol: typeof RELAY_PROTOCOL;
  readonly version: string;
  readonly pid: number;
  /** Changes with every start of the process: a client that sees a new one knows that its sessions are gone. */
  readonly incarnation: string;
  readonly portRange: { readonly first: number; readonly last: number };
  readonly sessions: number;
  readonly portsInUse: number;
}

export interface AllocateAnswer {
  readonly session: string;
  readonly a: LocalMedia;
  readonly b: LocalMedia;
}

/** Loss and jitter per RFC 3550 A.3 and A.8 of what the party sent us; the `remote*` values are what it reports of us. */
export interface LegCounters {
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsLost: number;
  readonly lossFraction: number;
  readonly jitterMs: number;
  readonly rtcpReceived: number;
  readonly rtcpSent: number;
  readonly rejectedAuth: number;
  readonly rejectedSource: number;
  readonly rejectedReplay: number;
  /** Not RTP, unknown payload type, direction forbids it, no remote known … */
  readonly rejectedOther: number;
  readonly remotePacketsLost?: number;
  readonly remoteJitterMs?: number;
  readonly roundTripMs?: number;
  /** Milliseconds after allocation. */
  readonly firstRtpAfterMs?: number;
  readonly lastRtpAgeMs?: number;
  readonly codecReceived?: string;
  readonly codecSent?: string;
}

export interface LegReport {
  readonly local: LocalMedia;
  readonly remote?: RemoteMedia;
  readonly latched?: { readonly address: string; readonly port: number };
  readonly direction: MediaDirection;
  readonly srtp: boolean;
  readonly ssrc: number;
  readonly counters: LegCounters;
}

export interface SessionReport {
  readonly session: string;
  readonly label?: string;
  readonly ageMs: number;
  readonly owned: boolean;
  readonly a: LegReport;
  readonly b: LegReport;
}

/**
 * What is left of a leg when its session is released: what a call record keeps, and nothing else, because every call
 * says it. `counts` in the order of {@link totalNames}; absent when nothing came or went.
 */
export interface LegTotals {
  readonly remote?: { readonly address: string; readonly port: number };
  readonly srtp?: true;
  readonly codecReceived?: string;
  readonly counts?: readonly number[];
}

export const totalNames = [
  'packetsReceived',
  'packetsSent',
  'bytesReceived',
  'bytesSent',
  'packetsLost',
  'jitterMs',
  'rejectedAuth',
  'rejectedSource',
  'rejectedReplay',
  'rejectedOther',
] as const satisfies readonly (keyof LegCounters)[];

/** One of a leg's totals by its name. */
export const countOf = (totals: LegTotals, name: (typeof totalNames)[number]): number =>
  totals.counts?.[totalNames.indexOf(name)] ?? 0;

export function totalsOf(report: LegReport): LegTotals {
  const counts = totalNames.map((name) => report.counters[name]);
  const { codecReceived } = report.counters;
  return {
    ...(report.remote && { remote: { address: report.remote.address, port: report.remote.port } }),
    ...(report.srtp && { srtp: true as const }),
    ...(codecReceived !== undefined && { codecReceived }),
    ...(counts.some((count) => count !== 0) && { counts }),
  };
}

export interface ReleaseAnswer {
  readonly a: LegTotals;
  readonly b: LegTotals;
}

export interface ListAnswer {
  readonly sessions: readonly {
    readonly session: string;
    readonly label?: string;
    readonly owned: boolean;
  }[];
  /** More after the last one. */
  readonly more: boolean;
}

export interface AdoptAnswer {
  readonly adopted: readonly string[];
  readonly unknown: readonly string[];
}

/** Each command's answer when it could be granted. */
export interface RelayAnswers {
  readonly hello: HelloAnswer;
  readonly allocate: AllocateAnswer;
  readonly change: SessionLocals;
  readonly play: { readonly playId: string };
  readonly stop: { readonly stopped: boolean };
  readonly record: { readonly recordId: string };
  /** When all of it is on the disk. */
  readonly 'stop-recording': { readonly samples: number };
  readonly 'send-dtmf': { readonly queued: number };
  readonly query: SessionReport;
  readonly list: ListAnswer;
  readonly adopt: AdoptAnswer;
  readonly release: ReleaseAnswer;
}

export type SessionLocals = AllocateAnswer;

export type MediaFailureReason =
  | 'no-ports' // the port range is exhausted (reliability F19: answer 503)
  | 'bad-address' // the local address cannot be bound here
  | 'unknown-session'
  | 'session-exists'
  | 'bad-request' // the command breaks a rule of this file; `detail` says which
  | 'bad-target' // the recording cannot be written there
  | 'bad-source' // what shall be played cannot be read
  | 'not-negotiated' // the leg has no payload type for what was asked (DTMF, playing)
  | 'too-many' // a bound is reached (sessions, queued digits)
  | 'disconnected'; // said by the client only: no media process, or it went away before answering

export interface MediaFailure {
  readonly ok: false;
  readonly reason: MediaFailureReason;
  /** For people; carries no keys. */
  readonly detail: string;
}

export type MediaOutcome<T> = { readonly ok: true; readonly value: T } | MediaFailure;

export type AnswerTo<C extends RelayCommand> = MediaOutcome<RelayAnswers[C['kind']]>;

// --- events ---------------------------------------------------------------------------------------------------------

export type RelayEvent =
  /** First accepted RTP packet from this leg. */
  | { readonly kind: 'first-rtp'; readonly session: string; readonly leg: LegSide; readonly afterMs: number }
  /** Neither RTP nor RTCP from this leg for 60 s (30 min while on hold). Said once until media comes back. */
  | { readonly kind: 'timeout'; readonly session: string; readonly leg: LegSide; readonly silentMs: number }
  | {
      readonly kind: 'dtmf';
      readonly session: string;
      readonly leg: LegSide;
      readonly digit: string;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'played';
      readonly session: string;
      readonly leg: LegSide;
      readonly playId: string;
      readonly end: 'finished' | 'stopped' | 'replaced' | 'rtp-arrived';
    }
  /** A recording cannot go on: as long as it may be, or the disk takes no more. Said once. */
  | {
      readonly kind: 'recorded';
      readonly session: string;
      readonly leg: LegSide;
      readonly recordId: string;
      readonly end: 'full' | 'failed';
    }
  /** Nobody adopted the session in time; it is gone. Told to whoever is connected. */
  | { readonly kind: 'orphaned'; readonly session: string; readonly label?: string };

// --- frames ---------------------------------------------------------------------------------------------------------

/**
 * On the socket: a 4-byte big-endian length, then UTF-8 JSON: an **array** of messages, so that what happens in one turn
 * of the loop costs one frame. Requests carry `n`, their answers repeat it; events carry none. A command whose outcome
 * nobody waits for carries `NO_ANSWER`.
 */
export type ClientMessage = { readonly n: number; readonly command: RelayCommand };
export type ProcessMessage =
  | { readonly n: number; readonly outcome: MediaOutcome<RelayAnswers[keyof RelayAnswers]> }
  | { readonly event: RelayEvent };

export const NO_ANSWER = 0;

export const RELAY_PROTOCOL = 1;

/** Longest frame that either side accepts, in bytes. */
export const MAX_RELAY_FRAME = 1_048_576;
