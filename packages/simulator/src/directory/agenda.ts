import type { Clock } from '../clock.ts';
import type { MovableClock } from './movable-clock.ts';

interface Entry {
  readonly due: number;
  readonly run: () => void;
}

/** What Microsoft does at a given time of its own clock, though nobody asks; when the clock is moved, at once. */
export class Agenda {
  readonly #clock: MovableClock;
  readonly #real: Pick<Clock, 'after'>;
  readonly #entries = new Set<Entry>();
  #cancel: (() => void) | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: MovableClock, real: Pick<Clock, 'after'>) {
    this.#clock = clock;
    this.#real = real;
  }

  /** Runs `run` once, `ms` from now on Microsoft's clock; the returned function cancels it. */
  after(ms: number, run: () => void): () => void {
    const entry: Entry = { due: this.#clock.wall() + Math.max(0, ms), run };
    if (this.#closed) return () => undefined;
    this.#entries.add(entry);
    if (entry.due < this.#wakeAt) this.#sleep(entry.due);
    return () => void this.#entries.delete(entry);
  }

  /** Does what is due, in its order. Called when the clock was moved. */
  settle(): void {
    const now = this.#clock.wall();
    const due = [...this.#entries].filter((entry) => entry.due <= now).sort((a, b) => a.due - b.due);
    for (const entry of due) if (this.#entries.delete(entry)) entry.run();
    this.#sleep(Math.min(...[...this.#entries].map((entry) => entry.due)));
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#entries.clear();
  }

  #sleep(until: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeAt = until;
    if (until === Number.POSITIVE_INFINITY || this.#closed) return;
    // Node's timers end at 2^31 ms; whoever wakes early sleeps again.
    const ms = Math.min(Math.max(0, until - this.#clock.wall()), 2_000_000_000);
    this.#cancel = this.#real.after(Math.ceil(ms), () => this.settle());
  }
}
