import { defaultPauseMs } from './polling-plan.ts';

/**
 * Who at Microsoft asked us to wait: one state an app and tenant for everything about presence, since calls made during a
 * wait count too (microsoft-graph 7.5). Writer and reader share it. Without a time it is 10 s, doubling to 300 s, and a
 * little more for each so that tenants do not come back together (reliability F08).
 */
export interface TenantPauses {
  /** Monotonic ms; undefined: nobody waits. */
  untilMs(entraTenantId: string): number | undefined;
  /** Microsoft said 429, or 503 with a time. */
  throttled(entraTenantId: string, retryAfterMs: number | undefined): void;
  /** An answer as usual. */
  good(entraTenantId: string): void;
}

export const longestPauseMs = 300_000;

export function createTenantPauses(now: () => number, random: () => number = () => 0): TenantPauses {
  const pauses = new Map<string, { untilMs: number; rounds: number }>();
  return {
    untilMs(id) {
      const pause = pauses.get(id);
      return pause && pause.untilMs > now() ? pause.untilMs : undefined;
    },
    throttled(id, retryAfterMs) {
      const before = pauses.get(id);
      // Several requests were on their way when the first was refused: one round.
      const waiting = before !== undefined && before.untilMs > now();
      const rounds = (before?.rounds ?? 0) + (waiting ? 0 : 1);
      const doubled = Math.min(longestPauseMs, defaultPauseMs * 2 ** Math.min(10, rounds - 1));
      const waitMs = retryAfterMs ?? doubled * (1 + 0.1 * random());
      const untilMs = retryAfterMs === undefined && waiting ? 0 : now() + waitMs;
      pauses.set(id, { untilMs: Math.max(untilMs, before?.untilMs ?? 0), rounds });
    },
    good(id) {
      const pause = pauses.get(id);
      if (pause && pause.untilMs <= now()) pauses.delete(id);
    },
  };
}
