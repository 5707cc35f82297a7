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

  /**
   * A try that has failed, or is not known to have succeeded yet. The function that it returns takes the try back: the
   * password was right. It clears what this name did from this source, and leaves what the source did to other names.
   */
  failed(name: string, source: string, now: number): () => void {
    const undo: (() => void)[] = [];
    for (const [key, free] of keysOf(name, source)) {
      const old = this.#entries.get(key);
      const failures = old && now - old.lastAt < forgetAfterMs ? old.failures + 1 : 1;
      const over = failures - free;
      const wait = over < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(over, 10));
      const made: Entry = { failures, lastAt: now, blockedUntil: now + wait };
      this.#entries.delete(key);
      this.#entries.set(key, made);
      undo.push(() => {
        const entry = this.#entries.get(key);
        if (!entry) return;
        if (entry !== made) entry.failures -= 1;
        else if (old) this.#entries.set(key, old);
        else this.#entries.delete(key);
      });
    }
    while (this.#entries.size > mostEntries) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) break;
      this.#entries.delete(oldest.value);
    }
    return () => {
      for (const back of undo) back();
      for (const [key] of keysOf(name, source).slice(0, 1)) this.#entries.delete(key);
    };
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
