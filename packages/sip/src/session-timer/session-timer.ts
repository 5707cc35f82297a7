/**
 * The clock of one session (RFC 4028 §10). It is stepped: the owner asks `next()` when to come back and tells it the
 * time; it never sends anything.
 *
 *     we refresh     half-way: `refresh`, once; at the end without a 2xx: `expired`
 *     they refresh   min(32 s, a third of the interval) before the end without a request: `expired`
 */
import type { SessionTerms } from './negotiate.ts';

export class SessionTimer {
  #terms: SessionTerms;
  #refreshAt: number | undefined;
  #expireAt: number | undefined;

  /** @param now monotonic ms at which the 2xx was sent or received */
  constructor(terms: SessionTerms, now: number) {
    this.#terms = terms;
    this.refreshed(now, terms);
  }

  get terms(): SessionTerms {
    return this.#terms;
  }

  /** A 2xx to a refresh, theirs or ours, starts the interval anew; the roles may have changed. */
  refreshed(now: number, terms: SessionTerms = this.#terms): void {
    this.#terms = terms;
    const interval = terms.intervalSeconds * 1000;
    this.#refreshAt = terms.weRefresh ? now + interval / 2 : undefined;
    this.#expireAt = now + (terms.weRefresh ? interval : interval - Math.min(32_000, interval / 3));
  }

  /** The session has ended, or a 2xx without Session-Expires switched the timer off. */
  stop(): void {
    this.#refreshAt = this.#expireAt = undefined;
  }

  /** When `due` must be asked next, in the owner's monotonic ms. */
  next(): number | undefined {
    return this.#refreshAt ?? this.#expireAt;
  }

  /** What is to be done now. Each answer comes once. */
  due(now: number): 'refresh' | 'expired' | undefined {
    if (this.#expireAt !== undefined && now >= this.#expireAt) {
      this.stop();
      return 'expired';
    }
    if (this.#refreshAt !== undefined && now >= this.#refreshAt) {
      this.#refreshAt = undefined;
      return 'refresh';
    }
    return undefined;
  }
}
