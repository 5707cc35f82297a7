/**
 * Which nonce counts were used (RFC 7616 §3.4: the count makes replays visible). Bounded: when full, the oldest entry
 * goes and every nonce issued up to that one's time is from then on stale, so forgetting never allows a replay.
 */
export class ReplayGuard {
  readonly #capacity: number;
  readonly #seen = new Map<string, { nc: number; issuedAtMs: number }>();
  /** Nonces issued at or before this time and not in `#seen` may have been forgotten. */
  #floorMs = -1;

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  get size(): number {
    return this.#seen.size;
  }

  /** True once per nonce and count, counts rising. False means: challenge again with `stale=TRUE`. */
  use(nonce: string, nc: number, issuedAtMs: number): boolean {
    const known = this.#seen.get(nonce);
    if (known) {
      if (nc <= known.nc) return false;
      known.nc = nc;
      return true;
    }
    if (nc < 1 || issuedAtMs <= this.#floorMs) return false;
    if (this.#seen.size >= this.#capacity) this.#forgetOldest();
    this.#seen.set(nonce, { nc, issuedAtMs });
    return true;
  }

  /** Drops nonces that have expired anyway. Call now and then. */
  expire(issuedBeforeMs: number): void {
    for (const [nonce, { issuedAtMs }] of this.#seen)
      if (issuedAtMs < issuedBeforeMs) this.#seen.delete(nonce);
    this.#floorMs = Math.max(this.#floorMs, issuedBeforeMs - 1);
  }

  #forgetOldest(): void {
    for (const [nonce, { issuedAtMs }] of this.#seen) {
      this.#seen.delete(nonce);
      this.#floorMs = Math.max(this.#floorMs, issuedAtMs);
      return;
    }
  }
}
