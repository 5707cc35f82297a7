import type { ApiClock } from '../services.ts';

/** Time that moves when told to. `settle` lets what is due run, promises included. */
export function createManualClock(startWallMs = Date.UTC(2026, 10, 22, 12)): ApiClock & {
  advance(ms: number): void;
} {
  let now = 0;
  let timers: { at: number; fire: () => void }[] = [];
  return {
    now: () => now,
    wall: () => startWallMs + now,
    after(ms, fire) {
      const timer = { at: now + ms, fire };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (!next || next.at > until) break;
        timers.shift();
        now = next.at;
        next.fire();
      }
      now = until;
    },
  };
}
