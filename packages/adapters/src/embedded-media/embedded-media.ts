import { randomBytes, randomInt } from 'node:crypto';
import type { CallId, LegMedia } from '@tandem/domain';
import {
  CallNegotiation,
  type LegInput,
  type NegotiationOutcome,
} from '@tandem/engine/media/call-negotiation.ts';
import type {
  LegSide,
  MediaEvent,
  MediaOutcome,
  MediaPort,
  MediaProfile,
  MediaRefusal,
  MediaSession,
  Sound,
} from '@tandem/engine/ports/media-port.ts';
import {
  type AllocateAnswer,
  type ChangeCommand,
  checkLegSettings,
  countOf,
  type LegSettings,
  type LegTotals,
  type LocalMedia,
  type MediaFailure,
  type PlaySource,
  type RelayCommand,
  type RelayEvent,
  type SrtpSettings,
} from '@tandem/media';
import { MediaClient } from '../media-process/media-client.ts';
import { SpareSessions } from './spare-sessions.ts';
import { whyUnreachable } from './unreachable.ts';

/** How long calls wait for a media process that fell silent before they count as lost. */
const silentMs = 5_000;

export interface EmbeddedMedia extends MediaPort {
  readonly sessions: number;
  readonly connected: boolean;
  /** True as soon as the media process answers; false after `timeoutMs`. */
  ready(timeoutMs: number): Promise<boolean>;
  /** Ends what an earlier node left behind: nobody knows their keys any more. Gives how many. */
  releaseStrangers(): Promise<number>;
  close(): void;
}

/**
 * The media port over the embedded relay: SDP is written here, from `CallNegotiation`, and the relay is told addresses,
 * keys and payload numbers. Only `release` waits for the relay, and `allocate` when no session was allocated ahead;
 * everything between is told and not awaited, because the relay takes commands in order.
 */
export function createEmbeddedMedia(options: {
  readonly socketPath: string;
  readonly name: string;
  /** What is told to the relay in one turn of the loop goes out at its end. Default: setImmediate. */
  readonly atTurnEnd?: (work: () => void) => void;
}): EmbeddedMedia {
  /** By the relay's name of the session. */
  const live = new Map<string, EmbeddedSession>();
  let patience: NodeJS.Timeout | undefined;

  const lose = (): void => {
    for (const session of [...live.values()]) {
      if (session.lost) continue;
      session.lost = true;
      session.onEvent({ kind: 'engine-lost' });
    }
  };

  const client = new MediaClient({
    socketPath: options.socketPath,
    name: options.name,
    ...(options.atTurnEnd && { atTurnEnd: options.atTurnEnd }),
    onEvent(event) {
      const session = live.get(event.session);
      const mapped = session?.eventOf(event);
      if (mapped) session?.onEvent(mapped);
    },
    onConnected(_hello, sameProcess) {
      clearTimeout(patience);
      // Not all of them: what was released or given up while nobody listened must end with the orphans.
      if (sameProcess) void client.adopt([...live.keys(), ...spares.ids]);
      else {
        spares.forget();
        lose();
      }
    },
    onDisconnected() {
      patience = setTimeout(lose, silentMs);
      patience.unref();
    },
  });

  const spares = new SpareSessions(client);

  return {
    get sessions() {
      return live.size;
    },
    async allocate(callId, profiles, onEvent) {
      const keys = { a: keyFor(profiles.a), b: keyFor(profiles.b) };
      const own = { a: allocationFor(keys.a), b: allocationFor(keys.b) };
      let locals: AllocateAnswer | undefined = client.connected ? spares.take() : undefined;
      const ahead = locals !== undefined;
      if (!locals) {
        const granted = await client.request({ kind: 'allocate', session: callId, label: callId, ...own });
        if (!granted.ok) return { ok: false, refusal: refusalOf(granted) };
        locals = granted.value;
      }
      const { session: id } = locals;
      const negotiation = new CallNegotiation(
        legInput(profiles.a, locals.a, keys.a),
        legInput(profiles.b, locals.b, keys.b),
      );
      const session = new EmbeddedSession(client, id, negotiation, locals, onEvent, () => live.delete(id));
      // The first thing said about a session from the store: whose it is, and our keys.
      if (ahead) session.begin({ kind: 'change', session: id, label: callId, begin: true, ...own });
      live.set(id, session);
      return { ok: true, value: session };
    },
    get connected() {
      return client.connected;
    },
    ready: (timeoutMs) => client.ready(timeoutMs),
    async releaseStrangers() {
      const all = await client.list();
      const ours = new Set([...live.keys(), ...spares.ids]);
      const strange = all.ok ? all.value.filter(({ session }) => !ours.has(session)) : [];
      await Promise.all(strange.map(({ session }) => client.release(session)));
      return strange.length;
    },
    close() {
      clearTimeout(patience);
      spares.close();
      client.close();
    },
    async list() {
      const all = await client.list();
      const spare = new Set(spares.ids);
      const calls = all.ok ? all.value.filter(({ session }) => !spare.has(session)) : [];
      return calls.map(({ session, label }) => (label ?? session) as CallId);
    },
  };
}

class EmbeddedSession implements MediaSession {
  lost = false;
  readonly onEvent: (event: MediaEvent) => void;
  readonly #client: MediaClient;
  readonly #id: string;
  readonly #negotiation: CallNegotiation;
  readonly #locals: Readonly<Record<LegSide, LocalMedia>>;
  readonly #forget: () => void;
  #playing = 0;
  /** The sound that plays, or played last. */
  #sound: string | undefined;
  #first: ChangeCommand | undefined;
  #released: Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> | undefined;

  constructor(
    client: MediaClient,
    id: string,
    negotiation: CallNegotiation,
    locals: Readonly<Record<LegSide, LocalMedia>>,
    onEvent: (event: MediaEvent) => void,
    forget: () => void,
  ) {
    this.#client = client;
    this.#id = id;
    this.#negotiation = negotiation;
    this.#locals = locals;
    this.onEvent = onEvent;
    this.#forget = forget;
  }

  /** Said together with the first settings of the legs. */
  begin(command: ChangeCommand): void {
    this.#first = command;
  }

  offer(from: LegSide, sdp: Buffer): Promise<MediaOutcome<Buffer>> {
    return this.#apply(this.#negotiation.offer(from, sdp));
  }

  answer(from: LegSide, sdp: Buffer): Promise<MediaOutcome<Buffer>> {
    return this.#apply(this.#negotiation.answer(from, sdp));
  }

  offerTo(to: LegSide): Promise<MediaOutcome<Buffer>> {
    return this.#apply(this.#negotiation.offerTo(to));
  }

  answerLocally(to: LegSide): Promise<MediaOutcome<Buffer>> {
    return this.#apply(this.#negotiation.answerLocally(to));
  }

  playRingback(to: LegSide): void {
    this.#playing += 1;
    this.#tell({
      kind: 'play',
      session: this.#id,
      leg: to,
      playId: `ringback-${this.#playing}`,
      source: { kind: 'ringback' },
      untilRtp: true,
    });
  }

  playMusic(to: LegSide): void {
    this.#playing += 1;
    this.#tell({
      kind: 'play',
      session: this.#id,
      leg: to,
      playId: `music-${this.#playing}`,
      source: { kind: 'music' },
    });
  }

  stop(to: LegSide): void {
    this.#tell({ kind: 'stop', session: this.#id, leg: to });
  }

  play(to: LegSide, sound: Sound): void {
    if (this.lost || this.#released) return;
    this.#beginTelling();
    this.#playing += 1;
    const playId = `sound-${this.#playing}`;
    this.#sound = playId;
    void this.#client
      .play({ session: this.#id, leg: to, playId, source: sourceOf(sound) })
      .then((outcome) => {
        if (!outcome.ok && this.#sound === playId) this.onEvent({ kind: 'played', side: to });
      });
  }

  async record(from: LegSide, file: string, maxMs: number): Promise<boolean> {
    if (this.lost || this.#released) return false;
    this.#beginTelling();
    const outcome = await this.#client.request({
      kind: 'record',
      session: this.#id,
      leg: from,
      recordId: file,
      path: file,
      maxMs,
    });
    return outcome.ok;
  }

  async stopRecording(from: LegSide): Promise<void> {
    if (this.lost) return;
    await this.#client.request({ kind: 'stop-recording', session: this.#id, leg: from });
  }

  leave(side: LegSide): void {
    const gone: LegSettings = { remote: null };
    this.#tell(this.#changeOf(side === 'a' ? gone : undefined, side === 'b' ? gone : undefined));
  }

  /** What the relay says, in the words of the border. Undefined: nobody asked for it. */
  eventOf(event: RelayEvent): MediaEvent | undefined {
    switch (event.kind) {
      case 'first-rtp':
        return { kind: 'first-rtp', side: event.leg };
      case 'timeout':
        return { kind: 'silent', side: event.leg, forMs: event.silentMs };
      case 'dtmf':
        return { kind: 'dtmf', side: event.leg, digit: event.digit };
      case 'orphaned':
        return { kind: 'engine-lost' };
      case 'recorded':
        return { kind: 'recorded', side: event.leg, end: event.end };
      case 'played':
        // What was replaced or stopped is over by somebody's will, who knows it.
        return event.playId === this.#sound && event.end === 'finished'
          ? { kind: 'played', side: event.leg }
          : undefined;
    }
  }

  release(): Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> {
    try {
      const report = await this.#client.request({ kind: 'release', session: this.#id });
      if (!report.ok) return {};
      const { a, b } = this.#locals;
      return { a: legMedia(a, report.value.a), b: legMedia(b, report.value.b) };
    } finally {
      this.#forget();
    }
  }

  #apply(outcome: NegotiationOutcome): Promise<MediaOutcome<Buffer>> {
    if (!outcome.ok) return Promise.resolve(outcome);
    if (this.lost || this.#released)
      return Promise.resolve({
        ok: false,
        refusal: { kind: 'engine-down', detail: 'the media process was lost' },
      });
    const { a, b } = outcome.value.settings;
    const refusal = this.#faultOf('a', a) ?? this.#faultOf('b', b);
    if (refusal) return Promise.resolve({ ok: false, refusal });
    // What is told now would be lost, and the call would talk to nobody.
    if ((a || b) && !this.#client.connected)
      return Promise.resolve({
        ok: false,
        refusal: { kind: 'engine-down', detail: 'the media process does not answer now' },
      });
    if (a || b) this.#tell(this.#changeOf(a, b));
    return Promise.resolve({ ok: true, value: outcome.value.sdp });
  }

  #changeOf(a: LegSettings | undefined, b: LegSettings | undefined): ChangeCommand {
    const first = this.#first;
    if (!first) return { kind: 'change', session: this.#id, ...(a && { a }), ...(b && { b }) };
    this.#first = undefined;
    return { ...first, a: { ...first.a, ...a }, b: { ...first.b, ...b } };
  }

  /** What the relay would refuse unheard, and addresses that nothing is sent to. */
  #faultOf(side: LegSide, settings: LegSettings | undefined): MediaRefusal | undefined {
    if (!settings) return undefined;
    const theirs = settings.remote?.address;
    const why = theirs === undefined ? undefined : whyUnreachable(theirs, this.#locals[side].address);
    if (why !== undefined) return { kind: 'media-unreachable', detail: why };
    const detail = checkLegSettings(settings);
    return detail === undefined ? undefined : { kind: 'sdp-malformed', detail };
  }

  /** Told, not awaited. A relay that refuses has lost the session, which it says by itself. */
  #tell(command: RelayCommand): void {
    if (this.lost || this.#released) return;
    if (command.kind !== 'change') this.#beginTelling();
    this.#client.tell(command);
  }

  /** Whose session it is, and our keys, come before anything else. */
  #beginTelling(): void {
    if (this.#first) this.#client.tell(this.#changeOf(undefined, undefined));
  }
}

const keyBytes = 30;
let fresh = Buffer.alloc(0);

/** Keys for 64 calls cost one system call; each leaves the pool for good when it is drawn. */
function keyFor(profile: MediaProfile): Buffer | undefined {
  if (profile.transport !== 'RTP/SAVP') return undefined;
  if (fresh.length === 0) fresh = randomBytes(64 * keyBytes);
  const key = Buffer.from(fresh.subarray(0, keyBytes));
  fresh.fill(0, 0, keyBytes);
  fresh = fresh.subarray(keyBytes);
  return key;
}

function legInput(wanted: MediaProfile, local: LocalMedia, keySalt: Buffer | undefined): LegInput {
  // Another session of this relay finds us where the socket really is, whatever the world is told.
  const profile =
    wanted.role === 'inside' ? { ...wanted, advertisedAddress: reachable(local.address) } : wanted;
  const sdpSessionId = String(randomInt(1, 2 ** 47));
  return keySalt ? { profile, local, sdpSessionId, keySalt } : { profile, local, sdpSessionId };
}

function reachable(bound: string): string {
  if (bound === '0.0.0.0') return '127.0.0.1';
  return bound === '::' ? '::1' : bound;
}

function allocationFor(key: Buffer | undefined): LegSettings {
  if (!key) return {};
  const srtp: SrtpSettings = { suite: 'AES_CM_128_HMAC_SHA1_80', tx: { keyBase64: key.toString('base64') } };
  return { srtp };
}

function refusalOf(failure: MediaFailure): MediaRefusal {
  return failure.reason === 'no-ports' || failure.reason === 'too-many'
    ? { kind: 'no-ports' }
    : { kind: 'engine-down', detail: `${failure.reason}: ${failure.detail}` };
}

/** The pitch of answering machines: systems that listen for a beep know it. */
const beep = { kind: 'tone', hz: 1400, seconds: 0.4, dbfs: -12 } as const;

function sourceOf(sound: Sound): PlaySource {
  if (sound.kind === 'beep') return beep;
  return sound.kind === 'file' ? sound : { kind: sound.kind };
}

function legMedia(local: LocalMedia, totals: LegTotals): LegMedia {
  const { remote, codecReceived } = totals;
  const media: { -readonly [K in keyof LegMedia]: LegMedia[K] } = {
    localAddress: `${local.address}:${local.rtpPort}`,
    packetsIn: countOf(totals, 'packetsReceived'),
    packetsOut: countOf(totals, 'packetsSent'),
    bytesIn: countOf(totals, 'bytesReceived'),
    bytesOut: countOf(totals, 'bytesSent'),
    lostIn: countOf(totals, 'packetsLost'),
    jitterMs: Math.round(countOf(totals, 'jitterMs') * 10) / 10,
    rejected: {
      auth: countOf(totals, 'rejectedAuth'),
      source: countOf(totals, 'rejectedSource'),
      replay: countOf(totals, 'rejectedReplay'),
      other: countOf(totals, 'rejectedOther'),
    },
  };
  if (codecReceived !== undefined) media.codec = codecReceived;
  if (totals.srtp) media.srtpSuite = 'AES_CM_128_HMAC_SHA1_80';
  if (remote) media.remoteAddress = `${remote.address}:${remote.port}`;
  return media;
}
