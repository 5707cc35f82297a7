import { randomBytes, randomInt } from 'node:crypto';
import type { CallId, LegMedia } from '@tandem/domain';
import { CallNegotiation, type NegotiationOutcome } from '@tandem/engine/media/call-negotiation.ts';
import type {
  LegSide,
  MediaEvent,
  MediaOutcome,
  MediaPort,
  MediaProfile,
  MediaRefusal,
  MediaSession,
} from '@tandem/engine/ports/media-port.ts';
import {
  checkLegSettings,
  type LegReport,
  type LegSettings,
  type LocalMedia,
  type MediaFailure,
  type RelayCommand,
  type RelayEvent,
  type SrtpSettings,
} from '@tandem/media';
import { MediaClient } from '../media-process/media-client.ts';

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
 * keys and payload numbers. Only `allocate` and `release` wait for the relay; everything between is told and not
 * awaited, because the relay takes commands in order.
 */
export function createEmbeddedMedia(options: {
  readonly socketPath: string;
  readonly name: string;
}): EmbeddedMedia {
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
    onEvent(event) {
      const session = live.get(event.session);
      const mapped = session && eventOf(event);
      if (mapped) session.onEvent(mapped);
    },
    onConnected(_hello, sameProcess) {
      clearTimeout(patience);
      // Not all of them: what was released or given up while nobody listened must end with the orphans.
      if (sameProcess) void client.adopt([...live.keys()]);
      else lose();
    },
    onDisconnected() {
      patience = setTimeout(lose, silentMs);
      patience.unref();
    },
  });

  return {
    get sessions() {
      return live.size;
    },
    async allocate(callId, profiles, onEvent) {
      const keys = { a: keyFor(profiles.a), b: keyFor(profiles.b) };
      const granted = await client.request({
        kind: 'allocate',
        session: callId,
        a: allocationFor(keys.a),
        b: allocationFor(keys.b),
      });
      if (!granted.ok) return { ok: false, refusal: refusalOf(granted) };
      const leg = (side: LegSide) => ({
        profile: profiles[side],
        local: granted.value[side],
        ...(keys[side] && { keySalt: keys[side] }),
        sdpSessionId: String(randomInt(1, 2 ** 47)),
      });
      const negotiation = new CallNegotiation(leg('a'), leg('b'));
      const session = new EmbeddedSession(client, callId, negotiation, granted.value, onEvent, () =>
        live.delete(callId),
      );
      live.set(callId, session);
      return { ok: true, value: session };
    },
    get connected() {
      return client.connected;
    },
    ready: (timeoutMs) => client.ready(timeoutMs),
    async releaseStrangers() {
      const all = await client.list();
      const strange = all.ok ? all.value.filter(({ session }) => !live.has(session)) : [];
      await Promise.all(strange.map(({ session }) => client.release(session)));
      return strange.length;
    },
    close() {
      clearTimeout(patience);
      client.close();
    },
    async list() {
      const all = await client.list();
      return all.ok ? all.value.map(({ session }) => session as CallId) : [];
    },
  };
}

class EmbeddedSession implements MediaSession {
  lost = false;
  readonly onEvent: (event: MediaEvent) => void;
  readonly #client: MediaClient;
  readonly #callId: CallId;
  readonly #negotiation: CallNegotiation;
  readonly #locals: Readonly<Record<LegSide, LocalMedia>>;
  readonly #forget: () => void;
  #playing = 0;
  #released: Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> | undefined;

  constructor(
    client: MediaClient,
    callId: CallId,
    negotiation: CallNegotiation,
    locals: Readonly<Record<LegSide, LocalMedia>>,
    onEvent: (event: MediaEvent) => void,
    forget: () => void,
  ) {
    this.#client = client;
    this.#callId = callId;
    this.#negotiation = negotiation;
    this.#locals = locals;
    this.onEvent = onEvent;
    this.#forget = forget;
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
      session: this.#callId,
      leg: to,
      playId: `ringback-${this.#playing}`,
      source: { kind: 'ringback' },
      untilRtp: true,
    });
  }

  stop(to: LegSide): void {
    this.#tell({ kind: 'stop', session: this.#callId, leg: to });
  }

  release(): Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<{ readonly a?: LegMedia; readonly b?: LegMedia }> {
    try {
      const report = await this.#client.request({ kind: 'release', session: this.#callId });
      return report.ok ? { a: legMedia(report.value.a), b: legMedia(report.value.b) } : {};
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
    const detail = this.#faultOf('a', a) ?? this.#faultOf('b', b);
    if (detail) return Promise.resolve({ ok: false, refusal: { kind: 'sdp-malformed', detail } });
    // What is told now would be lost, and the call would talk to nobody.
    if ((a || b) && !this.#client.connected)
      return Promise.resolve({
        ok: false,
        refusal: { kind: 'engine-down', detail: 'the media process does not answer now' },
      });
    if (a || b) this.#tell({ kind: 'change', session: this.#callId, ...(a && { a }), ...(b && { b }) });
    return Promise.resolve({ ok: true, value: outcome.value.sdp });
  }

  /** What the relay would refuse unheard: a host name or another IP version where our address should send to. */
  #faultOf(side: LegSide, settings: LegSettings | undefined): string | undefined {
    if (!settings) return undefined;
    const fault = checkLegSettings(settings);
    if (fault || !settings.remote) return fault;
    const same = settings.remote.address.includes(':') === this.#locals[side].address.includes(':');
    return same ? undefined : 'the media address is of another IP version than ours';
  }

  /** Told, not awaited. A relay that refuses has lost the session, which it says by itself. */
  #tell(command: RelayCommand): void {
    if (this.lost || this.#released) return;
    this.#client.tell(command);
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

function eventOf(event: RelayEvent): MediaEvent | undefined {
  switch (event.kind) {
    case 'first-rtp':
      return { kind: 'first-rtp', side: event.leg };
    case 'timeout':
      return { kind: 'silent', side: event.leg, forMs: event.silentMs };
    case 'dtmf':
      return { kind: 'dtmf', side: event.leg, digit: event.digit };
    case 'orphaned':
      return { kind: 'engine-lost' };
    case 'played':
      return undefined;
  }
}

function legMedia(report: LegReport): LegMedia {
  const { counters } = report;
  return {
    ...(counters.codecReceived !== undefined && { codec: counters.codecReceived }),
    ...(report.srtp && { srtpSuite: 'AES_CM_128_HMAC_SHA1_80' }),
    localAddress: `${report.local.address}:${report.local.rtpPort}`,
    ...(report.remote && { remoteAddress: `${report.remote.address}:${report.remote.port}` }),
    packetsIn: counters.packetsReceived,
    packetsOut: counters.packetsSent,
    bytesIn: counters.bytesReceived,
    bytesOut: counters.bytesSent,
    lostIn: counters.packetsLost,
    jitterMs: Math.round(counters.jitterMs * 10) / 10,
    rejected: {
      auth: counters.rejectedAuth,
      source: counters.rejectedSource,
      replay: counters.rejectedReplay,
      other: counters.rejectedOther,
    },
  };
}
