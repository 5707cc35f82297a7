import type { Clock } from '@tandem/engine';

/** Time that goes as fast as the work lets it: from one timer to the next, with everything in between done. */
export class VirtualTime implements Clock {
  #now = Date.UTC(2026, 5, 1, 8);
  #timers: { at: number; order: number; fire: () => void }[] = [];
  #order = 0;

  now = (): number => this.#now;
  wall = (): number => this.#now;
  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fire };
    // Sorted on the way in: there are few timers, and most come last.
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.at ?? 0) > timer.at) index--;
    this.#timers.splice(index, 0, timer);
    return () => {
      const known = this.#timers.indexOf(timer);
      if (known >= 0) this.#timers.splice(known, 1);
    };
  };
  sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.after(ms, resolve));

  /** Until it is so, or this much time has passed. True: it is so. */
  async until(isSo: () => boolean, mostMs: number): Promise<boolean> {
    const end = this.#now + mostMs;
    for (;;) {
      // Everything that waits for nothing but its turn is done before time goes on.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isSo()) return true;
      const [next] = this.#timers;
      if (!next || next.at > end) {
        this.#now = end;
        return false;
      }
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
  }
}
