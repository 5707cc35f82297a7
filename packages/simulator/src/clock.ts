/** Time for the twin. Tests drive their own; durations are monotonic, people read wall time. */
export interface Clock {
  now(): number;
  wall(): number;
  /** Runs `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    // Listeners keep the twin alive, not what might still be due when they are closed.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
