import { Worker } from 'node:worker_threads';
import type { RelayEvent } from '@tandem/media';
import type { MediaConfig } from './media-config.ts';
import { fail, MediaLoop, type SessionAnswer, type SessionCommand } from './media-loop.ts';

/** Where a session's commands go: this thread's loop, or one of several worker threads. */
export interface MediaLoops {
  execute(command: SessionCommand): Promise<SessionAnswer>;
  readonly portsInUse: number;
  close(): Promise<void>;
}

export type WorkerRequest =
  | { readonly n: number; readonly command: SessionCommand }
  | { readonly close: true };
export type WorkerReply =
  | {
      readonly n: number;
      readonly answer: SessionAnswer;
      readonly sessions: number;
      readonly portsInUse: number;
    }
  | { readonly event: RelayEvent }
  | { readonly closed: true };

export function startLoops(config: MediaConfig, onEvent: (event: RelayEvent) => void): MediaLoops {
  return config.threads === 1 ? oneLoop(config, onEvent) : new WorkerLoops(config, onEvent);
}

function oneLoop(config: MediaConfig, onEvent: (event: RelayEvent) => void): MediaLoops {
  const loop = new MediaLoop(config, onEvent);
  return {
    execute: (command) => loop.execute(command),
    get portsInUse() {
      return loop.portsInUse;
    },
    close: async () => loop.close(),
  };
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, (answer: SessionAnswer) => void>;
  sessions: number;
  portsInUse: number;
  alive: boolean;
  onClosed: (() => void) | undefined;
}

class WorkerLoops implements MediaLoops {
  readonly #threads: Thread[];
  readonly #home = new Map<string, Thread>();
  readonly #onEvent: (event: RelayEvent) => void;
  #next = 1;

  constructor(config: MediaConfig, onEvent: (event: RelayEvent) => void) {
    this.#onEvent = onEvent;
    this.#threads = Array.from({ length: config.threads }, (_, i) => this.#startThread(shareOf(config, i)));
  }

  get portsInUse(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.portsInUse, 0);
  }

  async execute(command: SessionCommand): Promise<SessionAnswer> {
    let thread = this.#home.get(command.session);
    if (command.kind === 'allocate') {
      if (thread !== undefined) return fail('session-exists', command.session);
      thread = this.#leastBusy();
      if (thread === undefined) return fail('no-ports', 'no relay thread is alive');
      this.#home.set(command.session, thread);
      thread.sessions += 1;
      const answer = await this.#ask(thread, command);
      if (!answer.ok) this.#home.delete(command.session);
      return answer;
    }
    if (thread === undefined) return fail('unknown-session', command.session);
    const answer = await this.#ask(thread, command);
    if (command.kind === 'release') this.#home.delete(command.session);
    return answer;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map(
        (thread) =>
          new Promise<void>((resolve) => {
            if (!thread.alive) return resolve();
            thread.onClosed = resolve;
            thread.worker.postMessage({ close: true } satisfies WorkerRequest);
          }),
      ),
    );
  }

  #leastBusy(): Thread | undefined {
    const alive = this.#threads.filter((thread) => thread.alive);
    return alive.reduce<Thread | undefined>(
      (best, thread) => (best === undefined || thread.sessions < best.sessions ? thread : best),
      undefined,
    );
  }

  #ask(thread: Thread, command: SessionCommand): Promise<SessionAnswer> {
    if (!thread.alive) return Promise.resolve(fail('unknown-session', 'its relay thread ended'));
    const n = this.#next++;
    return new Promise((resolve) => {
      thread.pending.set(n, resolve);
      thread.worker.postMessage({ n, command } satisfies WorkerRequest);
    });
  }

  #startThread(config: MediaConfig): Thread {
    const worker = new Worker(new URL('./media-worker.ts', import.meta.url), { workerData: config });
    const thread: Thread = {
      worker,
      pending: new Map(),
      sessions: 0,
      portsInUse: 0,
      alive: true,
      onClosed: undefined,
    };
    worker.on('message', (reply: WorkerReply) => {
      if ('event' in reply) this.#onEvent(reply.event);
      else if ('closed' in reply) thread.onClosed?.();
      else {
        thread.sessions = reply.sessions;
        thread.portsInUse = reply.portsInUse;
        thread.pending.get(reply.n)?.(reply.answer);
        thread.pending.delete(reply.n);
      }
    });
    worker.on('error', (error) =>
      process.stderr.write(`${JSON.stringify({ event: 'media-thread-died', error: error.message })}\n`),
    );
    worker.on('exit', () => {
      thread.alive = false;
      thread.onClosed?.();
      for (const resolve of thread.pending.values())
        resolve(fail('unknown-session', 'its relay thread ended'));
      thread.pending.clear();
      for (const [session, home] of this.#home) {
        if (home !== thread) continue;
        this.#home.delete(session);
        this.#onEvent({ kind: 'orphaned', session });
      }
    });
    return thread;
  }
}

/** Each thread has its own part of the port range and of the session limit. */
function shareOf(config: MediaConfig, index: number): MediaConfig {
  const pairs = Math.floor((config.lastPort - config.firstPort + 1) / 2 / config.threads);
  const firstPort = config.firstPort + index * pairs * 2;
  return {
    ...config,
    threads: 1,
    firstPort,
    lastPort: firstPort + pairs * 2 - 1,
    maxSessions: Math.ceil(config.maxSessions / config.threads),
  };
}
