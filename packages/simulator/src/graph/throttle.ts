/** Microsoft's limits (graph 7.5, check G13): windows per app and tenant; what is refused counts as well. */

export type ServiceName = 'presence' | 'identity' | 'teams';

export interface Quota {
  limit: number;
  windowMs: number;
}

export interface Quotas {
  presence: Quota;
  /** In resource units. */
  identity: Quota;
  identityWrite: Quota;
  teamsRead: Quota;
  teamsWrite: Quota;
}

export const documentedQuotas = (): Quotas => ({
  presence: { limit: 1_500, windowMs: 30_000 },
  identity: { limit: 3_500, windowMs: 10_000 },
  identityWrite: { limit: 3_000, windowMs: 150_000 },
  teamsRead: { limit: 30, windowMs: 1_000 },
  teamsWrite: { limit: 30, windowMs: 1_000 },
});

/** A window that slides in two halves: cheap, and hammering does not open it. */
interface Meter {
  window: number;
  used: number;
  before: number;
  blockedUntil: number;
}

export interface Throttled {
  readonly retryAfterSeconds: number;
  readonly quota: keyof Quotas;
}

export class Throttle {
  readonly quotas: Quotas = documentedQuotas();
  readonly #meters = new Map<string, Meter>();
  readonly #now: () => number;
  /** Requests by outcome, for benches. */
  readonly counts = { requests: 0, throttled: 0, insideRetryAfter: 0 };

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Forgets what was used. */
  reset(): void {
    this.#meters.clear();
    Object.assign(this.counts, { requests: 0, throttled: 0, insideRetryAfter: 0 });
  }

  take(who: string, service: ServiceName, write: boolean, cost: number): Throttled | undefined {
    const quota: keyof Quotas =
      service === 'presence'
        ? 'presence'
        : service === 'identity'
          ? write
            ? 'identityWrite'
            : 'identity'
          : write
            ? 'teamsWrite'
            : 'teamsRead';
    const { limit, windowMs } = this.quotas[quota];
    const now = this.#now();
    const meter = this.#meter(`${quota} ${who}`, Math.floor(now / windowMs));
    const overlap = 1 - (now % windowMs) / windowMs;
    meter.used += cost;
    this.counts.requests++;
    if (now < meter.blockedUntil) this.counts.insideRetryAfter++;
    if (meter.used + meter.before * overlap <= limit) return undefined;
    this.counts.throttled++;
    const retryAfterSeconds = Math.max(1, Math.ceil(windowMs / 3_000));
    meter.blockedUntil = now + retryAfterSeconds * 1_000;
    return { retryAfterSeconds, quota };
  }

  #meter(key: string, window: number): Meter {
    const meter = this.#meters.get(key) ?? { window, used: 0, before: 0, blockedUntil: 0 };
    if (meter.window !== window) {
      meter.before = meter.window === window - 1 ? meter.used : 0;
      meter.used = 0;
      meter.window = window;
    }
    this.#meters.set(key, meter);
    return meter;
  }
}

/** `$select` saves a unit, `$top` below 20 another, never below one. */
export function readCost(base: number, query: URLSearchParams): number {
  const top = Number(query.get('$top') ?? Number.NaN);
  const cost = base + (query.has('$expand') ? 1 : 0) - (query.has('$select') ? 1 : 0) - (top < 20 ? 1 : 0);
  return Math.max(1, cost);
}
