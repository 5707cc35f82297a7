import type { HttpsExchange } from './https-exchange.ts';

/** F17: what is judged by time is judged with a minute's allowance. */
export const allowedDifferenceMs = 60_000;
/** Two answers that say the same, as near as whole seconds and the way allow. */
const agreeMs = 3_000;
/** An answer that took longer does not tell the time. */
const slowAnswerMs = 10_000;

export interface ClockWitness {
  /** The same exchange, listened to. */
  readonly https: HttpsExchange;
  /** How far Microsoft's clock is before ours; negative: behind. Undefined: not heard yet. */
  aheadMs(): number | undefined;
}

/**
 * Every answer of Microsoft carries its date: whose clock differs from ours shows before a token is refused for it. Two
 * answers must agree, so that a proxy or a single strange answer changes nothing.
 */
export function witnessClock(parts: {
  readonly https: HttpsExchange;
  readonly wall: () => number;
  /** Monotonic ms. */
  readonly now: () => number;
  /** The allowed difference was passed, or is kept again. */
  readonly onChange?: (words: string) => void;
}): ClockWitness {
  let last: number | undefined;
  let believed: number | undefined;

  function hear(date: string | undefined, tookMs: number): void {
    const said = Date.parse(date ?? '');
    if (Number.isNaN(said) || tookMs > slowAnswerMs) return;
    // The date is cut to the second, and half of the way ago.
    const ahead = said + 500 + tookMs / 2 - parts.wall();
    const agrees = last !== undefined && Math.abs(ahead - last) <= agreeMs;
    last = ahead;
    if (!agrees) return;
    const before = believed;
    believed = ahead;
    if (isWrong(before) !== isWrong(ahead)) parts.onChange?.(clockWords(ahead));
  }

  return {
    https: {
      async exchange(request) {
        const began = parts.now();
        const answer = await parts.https.exchange(request);
        hear(answer.headers.date, parts.now() - began);
        return answer;
      },
      close: () => parts.https.close(),
    },
    aheadMs: () => believed,
  };
}

export const isWrong = (aheadMs: number | undefined): boolean =>
  aheadMs !== undefined && Math.abs(aheadMs) > allowedDifferenceMs;

/** For the operator: by how much, whose clock, and what to do. */
export function clockWords(aheadMs: number | undefined): string {
  if (aheadMs === undefined) return "Microsoft's clock was not heard yet";
  if (!isWrong(aheadMs)) return "this server's clock and Microsoft's agree";
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const length = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  // Microsoft takes proofs and tokens within five to ten minutes of its clock (microsoft-graph 1.4).
  return `this server's clock is ${length} ${aheadMs > 0 ? 'behind' : 'ahead of'} Microsoft's, which refuses sign-ins from five minutes on: set it by NTP`;
}
