/** A turn that came to this many datagrams may have left some in the socket: libuv reads 32 of one in a row. */
const datagramsOfATurn = 32;

export interface TurnOptions {
  /** A busy loop takes a turn no more often than this, ms. 0: it never rests. */
  readonly cadenceMs: number;
  /** From so many messages a second on the loop is busy. */
  readonly busyPerSecond: number;
  /** False while somebody on this loop waits for more than SIP (a request, the database): then nobody rests. */
  readonly mayRest?: () => boolean;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
  /** Keeps the thread asleep for so many ms. */
  readonly sleep?: (ms: number) => void;
  /** Runs the work when the turn has read what there was to read. */
  readonly schedule?: (work: () => void) => void;
}

/** How long what came is counted before the loop is called busy or not, ms. */
const windowMs = 200;

const cell = new Int32Array(new SharedArrayBuffer(4));
const sleepHere = (ms: number): void => {
  Atomics.wait(cell, 0, 0, ms);
};

/**
 * One turn of the event loop. What is to be sent goes out together at its end, and then a busy loop rests until the next
 * turn is due, as a network card holds back its interrupts: most of what a message costs on a machine that is not full
 * is the wake-up (caches that others have filled, the way out of the idle state), and a turn with fifty messages pays it
 * once (docs/decisions/0025). A quiet loop never rests, so its messages are handled at once.
 */
export class LoopTurn {
  readonly #cadenceMs: number;
  readonly #busyPerSecond: number;
  readonly #mayRest: () => boolean;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => void;
  readonly #schedule: (work: () => void) => void;
  #work: (() => void)[] = [];
  #begun: number | undefined;
  #messages = 0;
  #datagrams = 0;
  #countedSince: number;
  #counted = 0;
  #busy = false;

  constructor(options: TurnOptions) {
    this.#cadenceMs = options.cadenceMs;
    this.#busyPerSecond = options.busyPerSecond;
    this.#mayRest = options.mayRest ?? (() => true);
    this.#now = options.now ?? (() => performance.now());
    this.#sleep = options.sleep ?? sleepHere;
    this.#schedule = options.schedule ?? setImmediate;
    this.#countedSince = this.#now();
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** A message came: only turns with messages are followed by a rest. */
  heard(from: 'datagram' | 'stream'): void {
    this.#messages += 1;
    if (from === 'datagram') this.#datagrams += 1;
    this.#begin();
  }

  /** Runs `work` at the end of this turn, in the order of asking, before the rest. */
  atEnd(work: () => void): void {
    this.#work.push(work);
    this.#begin();
  }

  #begin(): void {
    if (this.#begun !== undefined) return;
    this.#begun = this.#now();
    this.#schedule(this.#end);
  }

  readonly #end = (): void => {
    const begun = this.#begun ?? 0;
    const [messages, datagrams] = [this.#messages, this.#datagrams];
    this.#begun = undefined;
    this.#messages = this.#datagrams = 0;
    const work = this.#work;
    this.#work = [];
    let failed: { readonly error: unknown } | undefined;
    for (const one of work)
      try {
        one();
      } catch (error) {
        // What others wanted to send goes out all the same.
        failed ??= { error };
      }
    if (failed) throw failed.error;
    if (messages === 0) return;
    const now = this.#now();
    this.#count(messages, now);
    // More lies in the socket: it is read before anybody rests.
    if (!this.#busy || datagrams >= datagramsOfATurn) return;
    const left = this.#cadenceMs - (now - begun);
    if (left >= 1 && this.#mayRest()) this.#sleep(left);
  };

  #count(messages: number, now: number): void {
    this.#counted += messages;
    const elapsed = now - this.#countedSince;
    if (elapsed < windowMs) return;
    this.#busy = (this.#counted * 1_000) / elapsed >= this.#busyPerSecond;
    this.#counted = 0;
    this.#countedSince = now;
  }
}
