import type { Clock } from '@tandem/engine';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  dead: boolean;
}

/** Time that goes from one timer to the next, with everything in between done. For thousands of timers. */
export class VirtualTime implements Clock {
  #now = Date.UTC(2026, 5, 1, 8);
  #order = 0;
  /** A heap, the next one first. */
  readonly #heap: Timer[] = [];

  now = (): number => this.#now;
  wall = (): number => this.#now;

  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fire, dead: false };
    this.#push(timer);
    return () => {
      timer.dead = true;
    };
  };

  sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.after(ms, resolve));

  /** Runs everything that falls due in this time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await turn();
      const next = this.#heap[0];
      if (!next || next.at > end) break;
      this.#pop();
      if (next.dead) continue;
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      // Whatever falls due at the same moment belongs to the same turn.
      for (let same = this.#heap[0]; same && same.at <= this.#now; same = this.#heap[0]) {
        this.#pop();
        if (!same.dead) same.fire();
      }
    }
    this.#now = end;
    await turn();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Timer;
      if (before(parent, timer)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && before(heap[right] as Timer, heap[left] as Timer) ? right : left;
      if (before(last, heap[child] as Timer)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Promises, and what waits for its turn behind them. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
