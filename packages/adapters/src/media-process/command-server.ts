import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  type AdoptAnswer,
  type ClientMessage,
  type HelloAnswer,
  type ListAnswer,
  type MediaOutcome,
  NO_ANSWER,
  type ProcessMessage,
  RELAY_PROTOCOL,
  type RelayAnswers,
  type RelayCommand,
  type RelayEvent,
} from '@tandem/media';
import type { MediaConfig } from './media-config.ts';
import { fail, type SessionCommand } from './media-loop.ts';
import { type MediaLoops, startLoops } from './media-loops.ts';
import { RelayFrameReader, RelayFrameWriter } from './relay-frames.ts';

type AnyOutcome = MediaOutcome<RelayAnswers[keyof RelayAnswers]>;

interface Connection {
  readonly socket: Socket;
  readonly writer: RelayFrameWriter;
  greeted: boolean;
}

/** What the server itself must know about a session: whom to tell, and when to give up on nobody. */
interface Holding {
  owner: Connection | undefined;
  label: string | undefined;
  orphanedAtMs: number;
}

const PAGE = 500;
const ORPHAN_CHECK_MS = 500;
const sessionCommands: ReadonlySet<string> = new Set<SessionCommand['kind']>([
  'allocate',
  'change',
  'play',
  'stop',
  'record',
  'stop-recording',
  'send-dtmf',
  'query',
  'release',
]);

/**
 * Signalling's door into the media process. Sessions belong to the connection that allocated or adopted them; when it
 * goes, they play on until somebody adopts them or the orphan time is over (reliability I2, section 2).
 */
export class CommandServer {
  readonly #config: MediaConfig;
  readonly #loops: MediaLoops;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #holdings = new Map<string, Holding>();
  readonly #incarnation = randomUUID();
  readonly #orphanCheck: NodeJS.Timeout;

  constructor(config: MediaConfig) {
    this.#config = config;
    this.#loops = startLoops(config, (event) => this.#tell(event));
    this.#server = createServer((socket) => this.#accept(socket));
    this.#orphanCheck = setInterval(() => this.#releaseOrphans(), ORPHAN_CHECK_MS);
  }

  /** Rejects when the socket cannot be listened on. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#config.socket, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#orphanCheck);
    this.#server.close();
    await this.#loops.close();
    for (const { socket, writer } of this.#connections) {
      writer.flush();
      socket.end();
    }
  }

  #accept(socket: Socket): void {
    const connection: Connection = { socket, writer: new RelayFrameWriter(socket), greeted: false };
    const reader = new RelayFrameReader();
    this.#connections.add(connection);
    socket.on('data', (chunk) => {
      const messages = reader.read(chunk);
      if (messages === undefined) socket.destroy();
      else for (const message of messages) this.#receive(connection, message);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(connection);
      const now = performance.now();
      for (const holding of this.#holdings.values()) {
        if (holding.owner !== connection) continue;
        holding.owner = undefined;
        holding.orphanedAtMs = now;
      }
    });
  }

  #receive(connection: Connection, message: unknown): void {
    const request = asRequest(message);
    if (request === undefined) {
      connection.socket.destroy();
      return;
    }
    void this.#answer(connection, request.command)
      // A bug of ours ends with this command, not with everybody's calls.
      .catch((error: unknown) => fail('bad-request', error instanceof Error ? error.message : 'internal'))
      .then((outcome) => {
        if (request.n !== NO_ANSWER)
          connection.writer.write({ n: request.n, outcome } satisfies ProcessMessage);
      });
  }

  async #answer(connection: Connection, command: RelayCommand): Promise<AnyOutcome> {
    if (command.kind === 'hello') {
      if (command.protocol !== RELAY_PROTOCOL)
        return fail('bad-request', `protocol ${String(command.protocol)} is not ${RELAY_PROTOCOL}`);
      connection.greeted = true;
      return { ok: true, value: this.#hello() };
    }
    if (!connection.greeted) return fail('bad-request', 'hello comes first');
    if (command.kind === 'list') return { ok: true, value: this.#list(command.after) };
    if (command.kind === 'adopt') return { ok: true, value: this.#adopt(connection, command.sessions) };
    if (!sessionCommands.has(command.kind))
      return fail('bad-request', `command ${String(command.kind)} is not known`);
    return this.#answerSession(connection, command);
  }

  async #answerSession(connection: Connection, command: SessionCommand): Promise<AnyOutcome> {
    const { session } = command;
    if (command.kind === 'allocate') {
      if (this.#holdings.has(session)) return fail('session-exists', session);
      const holding: Holding = { owner: connection, label: command.label, orphanedAtMs: 0 };
      this.#holdings.set(session, holding);
      const outcome = await this.#loops.execute(command).catch((error: unknown) => {
        this.#holdings.delete(session);
        throw error;
      });
      if (!outcome.ok) this.#holdings.delete(session);
      else if (connection.socket.destroyed) {
        holding.owner = undefined;
        holding.orphanedAtMs = performance.now();
      }
      return outcome;
    }
    const holding = this.#holdings.get(session);
    if (holding === undefined) return fail('unknown-session', String(session));
    const outcome = await this.#loops.execute(command);
    if (command.kind === 'release') this.#holdings.delete(session);
    if (command.kind === 'change' && outcome.ok && command.label !== undefined) holding.label = command.label;
    if (command.kind === 'query' && outcome.ok)
      return {
        ok: true,
        value: { ...(outcome.value as RelayAnswers['query']), owned: holding.owner !== undefined },
      };
    return outcome;
  }

  #hello(): HelloAnswer {
    return {
      protocol: RELAY_PROTOCOL,
      version: process.version,
      pid: process.pid,
      incarnation: this.#incarnation,
      portRange: { first: this.#config.firstPort, last: this.#config.lastPort },
      sessions: this.#holdings.size,
      portsInUse: this.#loops.portsInUse,
    };
  }

  #list(after: string | undefined): ListAnswer {
    const ids = [...this.#holdings.keys()].filter((id) => after === undefined || id > after).sort();
    return {
      sessions: ids.slice(0, PAGE).map((session) => {
        const { label, owner } = this.#holdings.get(session)!;
        return { session, owned: owner !== undefined, ...(label !== undefined && { label }) };
      }),
      more: ids.length > PAGE,
    };
  }

  #adopt(connection: Connection, sessions: readonly string[] | undefined): AdoptAnswer {
    const wanted =
      sessions ?? [...this.#holdings].filter(([, holding]) => holding.owner === undefined).map(([id]) => id);
    const adopted: string[] = [];
    const unknown: string[] = [];
    for (const id of wanted) {
      const holding = this.#holdings.get(id);
      if (holding === undefined) unknown.push(id);
      else {
        holding.owner = connection;
        adopted.push(id);
      }
    }
    return { adopted, unknown };
  }

  #tell(event: RelayEvent): void {
    if (event.kind === 'orphaned') {
      this.#holdings.delete(event.session);
      for (const { writer } of this.#connections) writer.write({ event } satisfies ProcessMessage);
      return;
    }
    this.#holdings.get(event.session)?.owner?.writer.write({ event } satisfies ProcessMessage);
  }

  #releaseOrphans(): void {
    const now = performance.now();
    for (const [session, holding] of this.#holdings) {
      if (holding.owner !== undefined || now - holding.orphanedAtMs < this.#config.orphanMs) continue;
      void this.#loops.execute({ kind: 'release', session });
      this.#tell({ kind: 'orphaned', session, ...(holding.label !== undefined && { label: holding.label }) });
    }
  }
}

function asRequest(message: unknown): ClientMessage | undefined {
  if (typeof message !== 'object' || message === null || !('n' in message) || !('command' in message))
    return undefined;
  const { n, command } = message;
  if (typeof n !== 'number' || typeof command !== 'object' || command === null) return undefined;
  // The commands' own fields are checked by whoever executes them.
  return { n, command: command as RelayCommand };
}
