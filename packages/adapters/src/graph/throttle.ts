import { type Bucket, buckets } from './operations.ts';

/**
 * What one app may still ask of one tenant, per bucket: our share of the limit, and the waits that Microsoft asked for.
 * A wait holds for the whole bucket, since calls made during it count too (microsoft-graph 7.5).
 */
export class Throttle {
  readonly #sent = new Map<Bucket, { readonly until: number; readonly cost: number }[]>();
  readonly #pausedUntil = new Map<Bucket, number>();
  readonly #rounds = new Map<Bucket, number>();

  /** Milliseconds until a request of this cost may be sent; 0 = now, and then it counts as sent. */
  take(bucket: Bucket, cost: number, now: number): number {
    const paused = (this.#pausedUntil.get(bucket) ?? 0) - now;
    if (paused > 0) return paused;
    const { capacity, windowMs, share } = buckets[bucket];
    // A clock that was put back must not make anybody wait for the hours that come twice.
    const sent = (this.#sent.get(bucket) ?? []).filter(
      ({ until }) => until > now && until - now <= windowMs * 10,
    );
    this.#sent.set(bucket, sent);
    const ours = capacity * share;
    const used = sent.reduce((sum, one) => sum + one.cost, 0);
    const [oldest] = sent;
    if (oldest && used + cost > ours) return Math.max(1, oldest.until - now);
    // A batch that is larger than our share goes out alone and counts for as long as its size is worth.
    sent.push({ until: now + windowMs * Math.max(1, cost / ours), cost });
    return 0;
  }

  /**
   * Microsoft said 429 or 503. Returns the wait: as asked, else 10 s doubling to 300 s (reliability F08), with jitter on
   * top so that tenants do not come back together. `jitter` is 0 to 1.
   */
  pause(bucket: Bucket, askedMs: number | undefined, now: number, jitter: number): number {
    const rounds = (this.#rounds.get(bucket) ?? 0) + 1;
    this.#rounds.set(bucket, rounds);
    const base = askedMs ?? Math.min(300_000, 10_000 * 2 ** (rounds - 1));
    const waitMs = Math.ceil(base + Math.min(1000, base * 0.1) * jitter);
    this.#pausedUntil.set(bucket, Math.max(this.#pausedUntil.get(bucket) ?? 0, now + waitMs));
    return waitMs;
  }

  /** A wait that was asked for before this process was there. */
  resume(bucket: Bucket, leftMs: number, now: number): void {
    this.#pausedUntil.set(bucket, now + leftMs);
  }

  good(bucket: Bucket): void {
    this.#rounds.delete(bucket);
  }

  /** 429s in a row. Three: a caller stops the tenant's bulk work. */
  rounds(bucket: Bucket): number {
    return this.#rounds.get(bucket) ?? 0;
  }
}
