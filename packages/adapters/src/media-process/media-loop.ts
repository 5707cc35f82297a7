import { randomBytes } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { performance } from 'node:perf_hooks';
import {
  type AllocateCommand,
  type ChangeCommand,
  checkLegSettings,
  type LegAllocation,
  type LegSettings,
  type LocalMedia,
  type MediaFailure,
  type MediaFailureReason,
  type MediaOutcome,
  PacketRing,
  type PlayCommand,
  type RecordCommand,
  Recording,
  type RelayAnswers,
  type RelayEvent,
  RelaySession,
  type SessionLocals,
  type SessionReport,
  totalsOf,
} from '@tandem/media';
import type { MediaConfig } from './media-config.ts';
import { PacketTurn } from './packet-turn.ts';
import { PortPool } from './port-pool.ts';
import { PromptStore } from './prompt-store.ts';
import { RecordingFile } from './recording-file.ts';
import { type RestingSocket, RestingSockets } from './resting-sockets.ts';
import { bindUdp, familyOf, type LoopContext, SessionSockets } from './session-sockets.ts';

/** The commands that concern one session; the rest is the command server's business. */
export type SessionCommand = Extract<
  import('@tandem/media').RelayCommand,
  {
    readonly kind:
      | 'allocate'
      | 'change'
      | 'play'
      | 'stop'
      | 'record'
      | 'stop-recording'
      | 'send-dtmf'
      | 'query'
      | 'release';
  }
>;
export type SessionAnswer = MediaOutcome<RelayAnswers[SessionCommand['kind']]>;

const FRAME_MS = 20;
/** Nobody ever wakes it: waiting for it is resting. */
const nobody = new Int32Array(new SharedArrayBuffer(4));
/** A second's sweep in ten slices, so that reports of many calls do not leave in one burst. */
const SLICES = 10;
/** Ports tried before giving up on a busy range. */
const BIND_ATTEMPTS = 32;
const MAX_RECORDING_MS = 3_600_000;
/** A stall longer than this is not caught up: prompts go on from now (a burst of stale audio helps nobody). */
const MAX_CATCH_UP_MS = 500;

export const fail = (reason: MediaFailureReason, detail: string): MediaFailure => ({
  ok: false,
  reason,
  detail,
});

interface Entry {
  readonly session: RelaySession;
  readonly sockets: SessionSockets;
  readonly bound: readonly [a: RestingSocket, b: RestingSocket];
}

/** Owns sessions and their sockets on one thread: one pacer, one sweeper, whatever the number of calls. */
export class MediaLoop {
  readonly #config: MediaConfig;
  readonly #pool: PortPool;
  readonly #resting: RestingSockets;
  readonly #prompts = new PromptStore();
  readonly #context: LoopContext;
  readonly #entries = new Map<string, Entry>();
  readonly #slices: Set<RelaySession>[] = Array.from({ length: SLICES }, () => new Set());
  readonly #paced = new Set<RelaySession>();
  readonly #recordings = new Map<RelaySession, RecordingFile>();
  readonly #binding = new Set<string>();
  readonly #told = new Set<string>();
  #nextSlice = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #tidier: NodeJS.Timeout | undefined;
  #pacer: NodeJS.Timeout | undefined;
  #paceDueMs = 0;

  constructor(config: MediaConfig, onEvent: (event: RelayEvent) => void) {
    this.#config = config;
    this.#pool = new PortPool(config.firstPort, config.lastPort);
    // A small range is for calls: at most a quarter of it rests.
    this.#resting = new RestingSockets(Math.min(512, this.#pool.size >> 2));
    this.#context = {
      ring: new PacketRing(),
      wallOffsetMs: performance.timeOrigin,
      random32,
      fraction: Math.random,
      turn: new PacketTurn({
        now: () => performance.now(),
        soon: setImmediate,
        rest: (ms) => void Atomics.wait(nobody, 0, 0, ms),
        dueMs: () => (this.#pacer === undefined ? Number.POSITIVE_INFINITY : this.#paceDueMs),
      }),
      event: onEvent,
      bug: (session, error) => this.#tellBug(session, error),
    };
  }

  get sessions(): number {
    return this.#entries.size;
  }
  get portsInUse(): number {
    return this.#pool.inUse - this.#resting.size;
  }

  /** Never rejects for what a command says. */
  async execute(command: SessionCommand): Promise<SessionAnswer> {
    if (command.kind === 'allocate') return this.#allocate(command);
    const entry = this.#entries.get(command.session);
    if (entry === undefined) return fail('unknown-session', command.session);
    const { session } = entry;
    if ('leg' in command && command.leg !== 'a' && command.leg !== 'b')
      return fail('bad-request', 'leg is neither a nor b');
    switch (command.kind) {
      case 'change':
        return this.#change(entry, command);
      case 'play':
        return this.#play(session, command);
      case 'stop':
        return { ok: true, value: { stopped: session.stop(command.leg, command.playId) } };
      case 'record':
        return this.#record(session, command);
      case 'stop-recording': {
        const samples = await this.#endRecording(session);
        if (samples === undefined) return fail('bad-request', 'nothing is recorded');
        return { ok: true, value: { samples } };
      }
      case 'send-dtmf': {
        const queued = session.sendDtmf(command.leg, command.digits, command.durationMs, command.gapMs);
        if (queued === undefined) return fail('not-negotiated', 'the leg has no telephone-event');
        this.#pace(session);
        return { ok: true, value: { queued } };
      }
      case 'query':
        return { ok: true, value: session.report(performance.now(), true) };
      case 'release': {
        await this.#endRecording(session);
        // Released twice at once.
        if (!this.#entries.has(command.session)) return fail('unknown-session', command.session);
        const report = this.#release(entry);
        return { ok: true, value: { a: totalsOf(report.a), b: totalsOf(report.b) } };
      }
    }
  }

  /** Says BYE on every leg and closes everything. */
  close(): void {
    for (const session of [...this.#recordings.keys()]) void this.#endRecording(session);
    for (const entry of [...this.#entries.values()]) this.#release(entry);
    clearInterval(this.#tidier);
    this.#closeAll(this.#resting.clear());
    clearTimeout(this.#pacer);
    clearInterval(this.#sweeper);
  }

  async #allocate(command: AllocateCommand): Promise<MediaOutcome<SessionLocals>> {
    const id = command.session;
    if (typeof id !== 'string' || id === '' || id.length > 256)
      return fail('bad-request', 'session is not a name');
    if (this.#entries.has(id) || this.#binding.has(id)) return fail('session-exists', id);
    if (this.#entries.size + this.#binding.size >= this.#config.maxSessions)
      return fail('too-many', `${this.#config.maxSessions} sessions are the limit`);
    for (const side of ['a', 'b'] as const) {
      const fault = command[side] && (checkLegSettings(command[side]) ?? this.#familyFault(command[side]));
      if (fault) return fail('bad-request', `${side}: ${fault}`);
    }
    this.#binding.add(id);
    try {
      // Both draw their first port before either waits, so that calls at the end of the range do not take one each.
      const [a, b] = await Promise.all([this.#bindLeg(command.a), this.#bindLeg(command.b)]);
      if (!a.ok || !b.ok) {
        for (const leg of [a, b]) {
          if (!leg.ok) continue;
          leg.value.socket.close();
          this.#pool.giveBack(leg.value.port);
        }
        return a.ok ? (b as MediaFailure) : a;
      }
      return this.#start(command, a.value, b.value);
    } finally {
      this.#binding.delete(id);
    }
  }

  #start(command: AllocateCommand, a: RestingSocket, b: RestingSocket): MediaOutcome<SessionLocals> {
    const sockets = new SessionSockets(this.#context, a.socket, b.socket);
    const session = new RelaySession(
      {
        session: command.session,
        locals: { a: localOf(a), b: localOf(b) },
        ...(command.label !== undefined && { label: String(command.label).slice(0, 1024) }),
        ...(command.a && { a: command.a }),
        ...(command.b && { b: command.b }),
        timeouts: { talkMs: this.#config.talkTimeoutMs, holdMs: this.#config.holdTimeoutMs },
      },
      sockets,
      performance.now(),
    );
    sockets.start(session);
    this.#entries.set(command.session, { session, sockets, bound: [a, b] });
    this.#slices[this.#entries.size % SLICES]!.add(session);
    this.#sweeper ??= setInterval(() => this.#sweep(), 1000 / SLICES);
    return { ok: true, value: localsOf(session) };
  }

  async #bindLeg(settings: LegAllocation | undefined): Promise<MediaOutcome<RestingSocket>> {
    const address = settings?.localAddress ?? this.#config.address;
    const rested = this.#resting.take(address, random32());
    if (rested) return { ok: true, value: rested };
    const refused: number[] = [];
    try {
      for (let attempt = 0; attempt < BIND_ATTEMPTS; attempt += 1) {
        const port = this.#pool.take(random32());
        if (port === undefined) {
          const tired = this.#resting.take(address, random32(), true);
          return tired
            ? { ok: true, value: tired }
            : fail('no-ports', `all ${this.#pool.size} port pairs are in use`);
        }
        const bound = await bindUdp(address, port);
        if (bound.ok) return { ok: true, value: { socket: bound.socket, address, port, uses: 0 } };
        refused.push(port);
        if (bound.why === 'exhausted') {
          const tired = this.#resting.take(address, random32(), true);
          return tired ? { ok: true, value: tired } : fail('no-ports', bound.detail);
        }
        if (bound.why === 'address') return fail('bad-address', bound.detail);
      }
      return fail('no-ports', `${BIND_ATTEMPTS} ports tried, other programs hold them`);
    } finally {
      for (const port of refused) this.#pool.giveBack(port);
    }
  }

  #change({ session, sockets }: Entry, command: ChangeCommand): MediaOutcome<SessionLocals> {
    for (const side of ['a', 'b'] as const) {
      const fault = command[side] && this.#familyFault(command[side], session[side].local.address);
      if (fault) return fail('bad-request', `${side}: ${fault}`);
    }
    const now = performance.now();
    if (command.begin) session.begin(now);
    const failure = session.change(command, now);
    if (failure) return failure;
    if (command.label !== undefined) session.label = String(command.label).slice(0, 1024);
    for (const side of ['a', 'b'] as const) if (session[side].mux) sockets.closeControl(side);
    return { ok: true, value: localsOf(session) };
  }

  async #play(
    session: RelaySession,
    command: PlayCommand,
  ): Promise<MediaOutcome<{ readonly playId: string }>> {
    const opened = await this.#prompts.open(command.source);
    if (!opened.ok) return fail('bad-source', opened.detail);
    // Released while the file was read.
    if (!this.#entries.has(session.id)) return fail('unknown-session', session.id);
    if (!session.play(command.leg, command.playId, opened.source, command.untilRtp === true))
      return fail('not-negotiated', 'the leg has no G.711 codec to play in');
    this.#pace(session);
    return { ok: true, value: { playId: command.playId } };
  }

  async #record(
    session: RelaySession,
    command: RecordCommand,
  ): Promise<MediaOutcome<{ readonly recordId: string }>> {
    const { leg, recordId, path, maxMs } = command;
    if (typeof path !== 'string' || !isAbsolute(path) || !(maxMs > 0 && maxMs <= MAX_RECORDING_MS))
      return fail('bad-request', 'path is not absolute, or maxMs is not between 0 and an hour');
    if (this.#recordings.has(session)) return fail('bad-request', 'the session is recorded already');
    const recording = new Recording(recordId, maxMs, performance.now());
    const file = await RecordingFile.create(path, leg, recording, () =>
      this.#context.event({ kind: 'recorded', session: session.id, leg, recordId, end: 'failed' }),
    );
    if (typeof file === 'string') return fail('bad-target', file);
    // Released, or recorded by another command, while the file was made.
    if (!this.#entries.has(session.id) || !session.record(leg, recording)) {
      await file.end();
      return fail('unknown-session', session.id);
    }
    this.#recordings.set(session, file);
    return { ok: true, value: { recordId } };
  }

  /** Undefined: nothing was recorded. */
  async #endRecording(session: RelaySession): Promise<number | undefined> {
    const file = this.#recordings.get(session);
    if (file === undefined) return undefined;
    this.#recordings.delete(session);
    session.stopRecording(file.side);
    await file.end();
    return file.recording.samples;
  }

  #release({ session, sockets, bound }: Entry): SessionReport {
    const report = session.end(performance.now());
    sockets.close();
    for (const { socket, address, port, uses } of bound) {
      if (this.#resting.put({ socket, address, port, uses: uses + 1 })) {
        this.#tidier ??= setInterval(() => this.#tidy(), 5_000).unref();
        continue;
      }
      socket.close();
      this.#pool.giveBack(port);
    }
    this.#entries.delete(session.id);
    this.#paced.delete(session);
    for (const slice of this.#slices) slice.delete(session);
    if (this.#entries.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    return report;
  }

  #tidy(): void {
    this.#closeAll(this.#resting.unwanted());
    if (this.#resting.size > 0) return;
    clearInterval(this.#tidier);
    this.#tidier = undefined;
  }

  #closeAll(sockets: readonly RestingSocket[]): void {
    for (const { socket, port } of sockets) {
      socket.close();
      this.#pool.giveBack(port);
    }
  }

  #familyFault(settings: LegSettings & { localAddress?: string }, local?: string): string | undefined {
    if (!settings.remote) return undefined;
    const ours = local ?? settings.localAddress ?? this.#config.address;
    return familyOf(settings.remote.address) === familyOf(ours)
      ? undefined
      : 'remote and local address are of different IP versions';
  }

  #sweep(): void {
    const now = performance.now();
    for (const session of this.#slices[this.#nextSlice]!)
      try {
        session.sweep(now);
        void this.#recordings.get(session)?.flush();
      } catch (error) {
        this.#tellBug(session.id, error);
      }
    this.#nextSlice = (this.#nextSlice + 1) % SLICES;
  }

  #pace(session: RelaySession): void {
    this.#paced.add(session);
    if (this.#pacer !== undefined) return;
    this.#paceDueMs = performance.now();
    this.#pacer = setTimeout(() => this.#paceAll(), 0);
  }

  /** Once per session: a bug in the packet path would fill the log fifty times a second. */
  #tellBug(session: string, error: unknown): void {
    if (this.#told.has(session) || this.#told.size >= 1000) return;
    this.#told.add(session);
    const stack = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${JSON.stringify({ event: 'media-session-bug', session, stack })}\n`);
  }

  /** Absolute due times: late wake-ups do not add up (an interval would fall behind). */
  #paceAll(): void {
    const now = performance.now();
    if (now - this.#paceDueMs > MAX_CATCH_UP_MS) this.#paceDueMs = now;
    while (this.#paceDueMs <= now) {
      for (const session of this.#paced) {
        try {
          session.pace(this.#paceDueMs);
        } catch (error) {
          this.#tellBug(session.id, error);
        }
        if (!session.isPaced) this.#paced.delete(session);
      }
      this.#paceDueMs += FRAME_MS;
    }
    this.#pacer =
      this.#paced.size === 0
        ? undefined
        : setTimeout(() => this.#paceAll(), Math.max(0, this.#paceDueMs - performance.now()));
  }
}

const localOf = ({ address, port }: RestingSocket): LocalMedia => ({
  address,
  rtpPort: port,
  rtcpPort: port + 1,
});

const localsOf = (session: RelaySession): SessionLocals => ({
  session: session.id,
  a: session.a.local,
  b: session.b.local,
});

let entropy = Buffer.alloc(0);
let entropyAt = 0;
/** One system call for many numbers. */
function random32(): number {
  if (entropyAt + 4 > entropy.length) {
    entropy = randomBytes(1024);
    entropyAt = 0;
  }
  entropyAt += 4;
  return entropy.readUInt32BE(entropyAt - 4);
}
