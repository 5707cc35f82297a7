/** Time for the engine. Monotonic for durations and timers, wall for people (I12). */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall milliseconds since 1970. */
  wall(): number;
  /** Runs `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}
