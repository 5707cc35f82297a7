import { randomBytes } from 'node:crypto';
import type { AllocateAnswer } from '@tandem/media';
import type { MediaClient } from '../media-process/media-client.ts';

/** Enough for the calls of two round trips at several hundred calls a second. */
const wanted = 64;
/** One spare for so many pairs of ports: a small range is kept for calls. */
const pairsPerSpare = 16;
/** Calls within a second from which on sessions are kept in store. */
const busyPerSecond = 10;
/** Without a call for so long the store is emptied: an idle node holds no ports that a neighbour may want. */
const idleMs = 5_000;

/**
 * Sessions that the relay has allocated ahead of their calls, ports bound: a call takes one without waiting, and a
 * frame that asks for many costs as much as one that asks for one. Only while calls come one after another. They belong
 * to this client like any other session: adopted after a reconnect, orphaned with the node.
 */
export class SpareSessions {
  readonly #client: MediaClient;
  readonly #free: AllocateAnswer[] = [];
  readonly #prefix = randomBytes(6).toString('hex');
  readonly #now: () => number;
  #asked = 0;
  #named = 0;
  #secondBegan = Number.NEGATIVE_INFINITY;
  #inSecond = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(client: MediaClient, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#now = now;
  }

  get ids(): string[] {
    return this.#free.map(({ session }) => session);
  }

  /** Undefined when none is left: the relay must be asked for this call. */
  take(): AllocateAnswer | undefined {
    const spare = this.#free.pop();
    const now = this.#now();
    if (now - this.#secondBegan >= 1_000) {
      this.#secondBegan = now;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond >= busyPerSecond && this.#free.length + this.#asked < wanted / 2) this.#fill();
    return spare;
  }

  close(): void {
    clearInterval(this.#idle);
  }

  #fill(): void {
    const range = this.#client.hello?.portRange;
    const pairs = range ? (range.last - range.first + 1) >> 1 : 0;
    const most = Math.min(wanted, Math.floor(pairs / (2 * pairsPerSpare)));
    this.#idle ??= setInterval(() => this.#emptyWhenIdle(), idleMs).unref();
    while (this.#client.connected && this.#free.length + this.#asked < most) {
      this.#asked += 1;
      void this.#client.request({ kind: 'allocate', session: this.#name() }).then((granted) => {
        this.#asked -= 1;
        if (granted.ok) this.#free.push(granted.value);
      });
    }
  }

  #emptyWhenIdle(): void {
    if (this.#now() - this.#secondBegan < idleMs || this.#asked > 0) return;
    clearInterval(this.#idle);
    this.#idle = undefined;
    for (const { session } of this.#free.splice(0)) void this.#client.release(session);
  }

  /** The relay that held them is gone. */
  forget(): void {
    this.#free.length = 0;
  }

  #name(): string {
    this.#named += 1;
    return `${this.#prefix}-${this.#named}`;
  }
}
