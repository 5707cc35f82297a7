/**
 * Back-off for sign-in (T02). Failures are counted per name and source together, per source, and per name; each count
 * has its free tries, then every further failure doubles the wait. A name alone has many free tries, so that a stranger
 * cannot lock its owner out cheaply.
 */
const limits = { pair: 5, source: 20, name: 50 } as const;
const firstWaitMs = 2_000;
const longestWaitMs = 300_000;
const forgetAfterMs = 15 * 60_000;
const mostEntries = 10_000;

interface Entry {
  failures: number;
  lastAt: number;
  blockedUntil: number;
}

export class SignInThrottle {
  readonly #entries = new Map<string, Entry>();

  /** Milliseconds until a try is allowed again; 0 when it is. `now` is monotonic. */
  waitMs(name: string, source: string, now: number): number {
    let longest = 0;
    for (const [key] of keysOf(name, source)) {
      const entry = this.#entries.get(key);
      if (entry) longest = Math.max(longest, entry.blockedUntil - now);
    }
    return longest;
  }

  failed(name: string, source: string, now: number): void {
    for (const [key, free] of keysOf(name, source)) {
      const old = this.#entries.get(key);
      const failures = old && now - old.lastAt < forgetAfterMs ? old.failures + 1 : 1;
      const over = failures - free;
      const wait = over < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(over, 10));
      this.#entries.delete(key);
      this.#entries.set(key, { failures, lastAt: now, blockedUntil: now + wait });
    }
    while (this.#entries.size > mostEntries) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) break;
      this.#entries.delete(oldest.value);
    }
  }

  /** The right password clears what this name did from this source, not what the source did to other names. */
  succeeded(name: string, source: string): void {
    for (const [key] of keysOf(name, source).slice(0, 1)) this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }
}

function keysOf(name: string, source: string): readonly (readonly [string, number])[] {
  const who = name.toLowerCase().slice(0, 254);
  return [
    [`pair ${source} ${who}`, limits.pair],
    [`source ${source}`, limits.source],
    [`name ${who}`, limits.name],
  ];
}
