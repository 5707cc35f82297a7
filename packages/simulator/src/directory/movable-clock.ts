import type { Clock } from '../clock.ts';

/** Microsoft's clock: the machine's, moved forward on demand. Nothing sleeps on it; what is due is found when it is looked at. */
export class MovableClock {
  readonly #base: Clock;
  #offset = 0;
  /** How far Microsoft's clock is from the machine's, without any time having passed: a wrong clock on one of both sides. */
  skewMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  wall(): number {
    return this.#base.wall() + this.#offset + this.skewMs;
  }

  /** For what is judged against the platform's clock, which nobody moves on: the date of an answer, a proof that it made. */
  stamp(): number {
    return this.#base.wall() + this.skewMs;
  }

  /** Monotonic, moved with the wall. */
  now(): number {
    return this.#base.now() + this.#offset;
  }

  get offsetMs(): number {
    return this.#offset;
  }

  advance(ms: number): void {
    this.#offset += Math.max(0, ms);
  }
}
