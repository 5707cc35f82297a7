import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const firstPauseMs = 20;
/** Whoever waits long asks seldom: the one who is asked has work to do. */
const longestPauseMs = 200;

/**
 * Waits for a state: asks again until `look` gives something other than undefined or false. Generous by default, because
 * the machine may be busy; `what` says what never came.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  patienceMs = 40_000,
): Promise<T> {
  const limit = performance.now() + patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.2)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > limit) throw new Error(`never seen: ${what}`);
    await delay(pauseMs);
  }
}

/**
 * How long to wait for what the product promises within `ms`. The promise is made for a machine that has time: where more
 * wants to run than there are processors, everything waits its turn, and so does whoever asks.
 */
export const promised = (ms: number): number =>
  ms * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
