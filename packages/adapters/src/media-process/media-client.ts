import { connect, type Socket } from 'node:net';
import {
  type AdoptCommand,
  type AllocateCommand,
  type AnswerTo,
  type ChangeCommand,
  type HelloAnswer,
  type LegSide,
  type ListAnswer,
  type MediaFailure,
  type MediaOutcome,
  NO_ANSWER,
  type PlayCommand,
  type ProcessMessage,
  RELAY_PROTOCOL,
  type RelayAnswers,
  type RelayCommand,
  type RelayEvent,
  type SendDtmfCommand,
  type SessionReport,
} from '@tandem/media';
import { RelayFrameReader, RelayFrameWriter } from './relay-frames.ts';

/** Signalling's end of the media border. */
export interface MediaClientOptions {
  /** Unix socket or named pipe of the media process. */
  readonly socketPath: string;
  /** What is told in one turn of the loop goes out at its end. Default: setImmediate. */
  readonly atTurnEnd?: (work: () => void) => void;
  /** Told in `hello`, for logs. */
  readonly name?: string;
  /** No answer within this long counts as disconnected: alive but deaf is dead (reliability F03). Default 2000. */
  readonly requestTimeoutMs?: number;
  readonly onEvent?: (event: RelayEvent) => void;
  /**
   * After every successful hello. `sameProcess` is false when the media process is another one than before: its
   * predecessor's sessions are gone. True after a mere reconnect: then call `adopt` to own the sessions (and get their
   * events) again before the orphan time is over.
   */
  readonly onConnected?: (hello: HelloAnswer, sameProcess: boolean) => void;
  readonly onDisconnected?: () => void;
}

interface Pending {
  readonly resolve: (outcome: MediaOutcome<RelayAnswers[keyof RelayAnswers]>) => void;
  readonly deadlineMs: number;
}

const RECONNECT_FIRST_MS = 20;
const RECONNECT_MAX_MS = 1000;
const DEADLINE_CHECK_MS = 250;
/** Requests on their way; more means that media cannot keep up (reliability I11). */
const MAX_PENDING = 10_000;

const disconnected = (detail: string): MediaFailure => ({ ok: false, reason: 'disconnected', detail });

/**
 * Connects, reconnects, pairs answers with requests. Every request ends in an outcome; a lost connection ends all that
 * are under way with `disconnected`. Requests are never repeated by themselves: only the caller knows whether an
 * `allocate` may be said again.
 */
export class MediaClient {
  readonly #options: MediaClientOptions;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | undefined;
  #writer: RelayFrameWriter | undefined;
  #next = 1;
  #hello: HelloAnswer | undefined;
  #connected = false;
  #closed = false;
  #retryMs = RECONNECT_FIRST_MS;
  #retry: NodeJS.Timeout | undefined;
  #deadlines: NodeJS.Timeout | undefined;
  #waiters: ((connected: boolean) => void)[] = [];

  constructor(options: MediaClientOptions) {
    this.#options = options;
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }
  /** Of the latest media process, connected or not. */
  get hello(): HelloAnswer | undefined {
    return this.#hello;
  }

  /** True as soon as connected; false after `timeoutMs` or when closed. */
  ready(timeoutMs: number): Promise<boolean> {
    if (this.#connected || this.#closed) return Promise.resolve(this.#connected);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), timeoutMs);
      const done = (connected: boolean): void => {
        clearTimeout(timer);
        this.#waiters = this.#waiters.filter((waiter) => waiter !== done);
        resolve(connected);
      };
      this.#waiters.push(done);
    });
  }

  request<C extends RelayCommand>(command: C): Promise<AnswerTo<C>> {
    if (!this.#connected) return Promise.resolve(disconnected('no media process is connected'));
    return this.#send(command) as Promise<AnswerTo<C>>;
  }

  /** Told and not awaited: the relay takes commands in order and answers none that says so. Lost when disconnected. */
  tell(command: RelayCommand): void {
    if (this.#connected) this.#writer?.write({ n: NO_ANSWER, command });
  }

  allocate(command: Omit<AllocateCommand, 'kind'>): Promise<AnswerTo<AllocateCommand>> {
    return this.request({ ...command, kind: 'allocate' });
  }
  change(command: Omit<ChangeCommand, 'kind'>): Promise<AnswerTo<ChangeCommand>> {
    return this.request({ ...command, kind: 'change' });
  }
  play(command: Omit<PlayCommand, 'kind'>): Promise<AnswerTo<PlayCommand>> {
    return this.request({ ...command, kind: 'play' });
  }
  stop(session: string, leg: LegSide, playId?: string): Promise<MediaOutcome<RelayAnswers['stop']>> {
    return this.request({ kind: 'stop', session, leg, ...(playId !== undefined && { playId }) });
  }
  sendDtmf(command: Omit<SendDtmfCommand, 'kind'>): Promise<AnswerTo<SendDtmfCommand>> {
    return this.request({ ...command, kind: 'send-dtmf' });
  }
  query(session: string): Promise<MediaOutcome<SessionReport>> {
    return this.request({ kind: 'query', session });
  }
  adopt(sessions?: readonly string[]): Promise<AnswerTo<AdoptCommand>> {
    return this.request({ kind: 'adopt', ...(sessions && { sessions }) });
  }
  release(session: string): Promise<MediaOutcome<RelayAnswers['release']>> {
    return this.request({ kind: 'release', session });
  }

  /** All pages of `list`. */
  async list(): Promise<MediaOutcome<ListAnswer['sessions']>> {
    const all: ListAnswer['sessions'][number][] = [];
    for (;;) {
      const after = all.at(-1)?.session;
      const page = await this.request({ kind: 'list', ...(after !== undefined && { after }) });
      if (!page.ok) return page;
      all.push(...page.value.sessions);
      if (!page.value.more) return { ok: true, value: all };
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#deadlines);
    this.#writer?.flush();
    this.#socket?.destroy();
    this.#fall('the client was closed');
  }

  #connect(): void {
    const socket = connect(this.#options.socketPath);
    const reader = new RelayFrameReader();
    this.#socket = socket;
    socket.on('connect', () => {
      this.#writer = new RelayFrameWriter(socket, this.#options.atTurnEnd);
      void this.#greet(socket);
    });
    socket.on('data', (chunk) => {
      const messages = reader.read(chunk);
      if (messages === undefined) socket.destroy();
      else for (const message of messages) this.#receive(message as ProcessMessage);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#fall('the media process closed the connection');
      if (this.#closed) return;
      this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(RECONNECT_MAX_MS, this.#retryMs * 2);
    });
  }

  async #greet(socket: Socket): Promise<void> {
    const command = {
      kind: 'hello',
      protocol: RELAY_PROTOCOL,
      client: this.#options.name ?? 'signalling',
    } as const;
    const outcome = (await this.#send(command)) as MediaOutcome<HelloAnswer>;
    if (!outcome.ok) {
      socket.destroy();
      return;
    }
    const sameProcess = this.#hello?.incarnation === outcome.value.incarnation;
    this.#hello = outcome.value;
    this.#connected = true;
    this.#retryMs = RECONNECT_FIRST_MS;
    this.#options.onConnected?.(outcome.value, sameProcess);
    for (const waiter of [...this.#waiters]) waiter(true);
  }

  #send(command: RelayCommand): Promise<MediaOutcome<RelayAnswers[keyof RelayAnswers]>> {
    const writer = this.#writer;
    if (writer === undefined) return Promise.resolve(disconnected('no media process is connected'));
    if (this.#pending.size >= MAX_PENDING)
      return Promise.resolve({ ok: false, reason: 'too-many', detail: 'media commands pile up' });
    const n = this.#next++;
    return new Promise((resolve) => {
      this.#pending.set(n, {
        resolve,
        deadlineMs: performance.now() + (this.#options.requestTimeoutMs ?? 2000),
      });
      this.#deadlines ??= setInterval(() => this.#checkDeadlines(), DEADLINE_CHECK_MS).unref();
      writer.write({ n, command });
    });
  }

  #receive(message: ProcessMessage): void {
    if ('event' in message) {
      this.#options.onEvent?.(message.event);
      return;
    }
    const pending = this.#pending.get(message.n);
    this.#pending.delete(message.n);
    pending?.resolve(message.outcome);
  }

  /** The oldest request is the first in the map. One that got no answer in time means that nobody listens. */
  #checkDeadlines(): void {
    for (const { deadlineMs } of this.#pending.values()) {
      if (performance.now() > deadlineMs) this.#socket?.destroy();
      return;
    }
    clearInterval(this.#deadlines);
    this.#deadlines = undefined;
  }

  #fall(detail: string): void {
    const wasConnected = this.#connected;
    this.#connected = false;
    this.#writer = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { resolve } of pending) resolve(disconnected(detail));
    if (this.#closed) for (const waiter of [...this.#waiters]) waiter(false);
    if (wasConnected) this.#options.onDisconnected?.();
  }
}
