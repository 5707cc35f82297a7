import type { Socket } from 'node:net';
import {
  type Endpoint,
  type Failed,
  type Flow,
  nextFlowId,
  type Protocol,
  type TransportFailure,
} from './flow.ts';
import type { LoopTurn } from './loop-turn.ts';

/** What a framer makes of a stream. The sip package's framer has this shape. */
export type FrameEvent =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'fault'; readonly fault: string };

export interface Framer {
  push(chunk: Buffer): FrameEvent[];
  /** Bytes of a message whose rest has not come yet. */
  readonly pendingBytes: number;
}

export interface StreamLimits {
  readonly handshakeMs: number;
  readonly firstMessageMs: number;
  readonly partialMessageMs: number;
  readonly idleMs: number;
  /** Bytes queued towards a peer that does not read, after which it is cut off. */
  readonly maxQueuedBytes: number;
}

/** reliability-and-security T05. */
export const defaultLimits: StreamLimits = {
  handshakeMs: 5_000,
  firstMessageMs: 10_000,
  partialMessageMs: 10_000,
  idleMs: 120_000,
  maxQueuedBytes: 4 << 20,
};

export interface StreamEvents {
  onMessage(bytes: Buffer, flow: Flow): void;
  onClosed(connection: StreamConnection, why: TransportFailure): void;
  onAnomaly(what: string, flow: Flow): void;
}

const pong = Buffer.from('\r\n');
/** A peer that does not close its side of what we closed has this long, ms; then the connection is gone (T05). */
const lingerMs = 5_000;

/** One TCP or TLS connection: frames what comes, batches what goes, and knows why it ended. */
export class StreamConnection implements Flow {
  readonly id = nextFlowId();
  readonly protocol: Protocol;
  readonly listener: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  peer: unknown;
  open = true;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #limits: StreamLimits;
  readonly #events: StreamEvents;
  readonly #now: () => number;
  readonly #turn: LoopTurn;
  readonly #openedAt: number;
  #heardAt: number | undefined;
  #partialSince: number | undefined;
  #usedAt: number;
  /** What is written together at the end of the turn, and who hears if it fails. */
  #waiting: Buffer[] = [];
  #waitingFor: Failed[] = [];
  #waitingBytes = 0;
  #finishedAt: number | undefined;
  #ended: TransportFailure | undefined;
  readonly #unsent = new Set<Failed>();

  constructor(options: {
    socket: Socket;
    protocol: Protocol;
    listener: string;
    framer: Framer;
    limits: StreamLimits;
    events: StreamEvents;
    now: () => number;
    turn: LoopTurn;
    peer?: unknown;
  }) {
    const { socket } = options;
    this.#socket = socket;
    this.protocol = options.protocol;
    this.listener = options.listener;
    this.#framer = options.framer;
    this.#limits = options.limits;
    this.#events = options.events;
    this.#now = options.now;
    this.#turn = options.turn;
    this.peer = options.peer;
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#openedAt = this.#usedAt = options.now();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#ended ??= { kind: 'reset', detail: error.code ?? error.message };
    });
    socket.on('end', () => {
      this.#flush();
      socket.end();
    });
    socket.on('close', () => this.#closed());
  }

  write(bytes: Buffer, failed: Failed): void {
    if (!this.open) {
      const why = this.#ended ?? { kind: 'closed' as const, detail: 'the connection was closed' };
      queueMicrotask(() => failed(why));
      return;
    }
    if (this.#queuedBytes > this.#limits.maxQueuedBytes) {
      queueMicrotask(() => failed({ kind: 'send', detail: 'the peer does not read' }));
      this.end({ kind: 'timeout', detail: 'the peer does not read' });
      return;
    }
    const now = this.#now();
    this.#usedAt = now;
    // A TLS record and a system call for several messages cost about what they cost for one.
    if (this.#waiting.length === 0) this.#turn.atEnd(this.#flush);
    this.#unsent.add(failed);
    this.#waiting.push(bytes);
    this.#waitingFor.push(failed);
    this.#waitingBytes += bytes.length;
  }

  get #queuedBytes(): number {
    return this.#socket.writableLength + this.#waitingBytes;
  }

  readonly #flush = (): void => {
    const [waiting, all, bytes] = [this.#waiting, this.#waitingFor, this.#waitingBytes];
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#waitingFor = [];
    this.#waitingBytes = 0;
    if (!this.open || this.#socket.destroyed) return;
    // One piece: TLS would copy several into one itself, after the stream has kept account of each.
    this.#socket.write(waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, bytes), (error) => {
      // A peer that never spoke may have refused our certificate after its side of the handshake (TLS 1.3): what was
      // written to it counts as not delivered until something is heard.
      if (!error && this.#heardAt !== undefined) for (const failed of all) this.#unsent.delete(failed);
    });
  };

  /** Bounds of T05; the transport's sweeper calls this about once a second. */
  sweep(now: number): void {
    if (!this.open) return;
    const limits = this.#limits;
    if (this.#finishedAt !== undefined && now - this.#finishedAt > lingerMs) this.#socket.destroy();
    else if (this.#partialSince !== undefined && now - this.#partialSince > limits.partialMessageMs)
      this.end({ kind: 'timeout', detail: 'half a message for too long' });
    else if (
      this.#heardAt === undefined &&
      now - this.#openedAt > limits.firstMessageMs &&
      this.#usedAt === this.#openedAt
    )
      this.end({ kind: 'timeout', detail: 'no message after connecting' });
    else if (now - this.#usedAt > limits.idleMs) this.end({ kind: 'timeout', detail: 'idle' });
  }

  end(why: TransportFailure): void {
    this.#ended ??= why;
    this.#socket.destroy();
  }

  /** Sends what is queued, then closes. */
  finish(): void {
    this.#ended ??= { kind: 'closed', detail: 'closed by us' };
    this.#finishedAt ??= this.#now();
    this.#flush();
    this.#socket.end();
  }

  #receive(chunk: Buffer): void {
    const now = this.#now();
    this.#usedAt = now;
    for (const event of this.#framer.push(chunk)) {
      if (!this.open || this.#socket.destroyed) return;
      if (event.kind === 'message') {
        this.#hear(now);
        this.#turn.heard('stream');
        this.#events.onMessage(event.bytes, this);
      } else if (event.kind === 'ping') {
        this.#hear(now);
        this.write(pong, () => undefined);
      } else if (event.kind === 'fault') {
        // A stream that lost its framing cannot be trusted again (T01).
        this.#events.onAnomaly(event.fault, this);
        this.end({ kind: 'closed', detail: event.fault });
        return;
      }
    }
    this.#partialSince = this.#framer.pendingBytes > 0 ? (this.#partialSince ?? now) : undefined;
  }

  #hear(now: number): void {
    if (this.#heardAt === undefined && this.#queuedBytes === 0) this.#unsent.clear();
    this.#heardAt = now;
  }

  #closed(): void {
    if (!this.open) return;
    this.open = false;
    const why = this.#ended ?? { kind: 'closed', detail: 'closed by the peer' };
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    this.#events.onClosed(this, why);
    for (const failed of unsent) failed(why);
  }
}
