import { BoundedMap, said } from './bounded-map.ts';
import type { LockOutLimits } from './settings.ts';

interface Guesses {
  /** Times of the wrong ones that still count. */
  wrongAt: readonly number[];
  lockedUntil: number;
  /** How often it was locked. */
  locks: number;
}

/**
 * Wrong passwords by user **and** address: guessing locks the guesser out, never the phone at its own address. A name
 * that nobody has is treated the same, so being locked out tells nothing (T02).
 */
export class LockOut {
  readonly #limits: LockOutLimits;
  readonly #guesses: BoundedMap<string, Guesses>;

  constructor(limits: LockOutLimits) {
    this.#limits = limits;
    this.#guesses = new BoundedMap(limits.remembered);
  }

  /** Milliseconds until this pair may try again; 0 when it may now. */
  lockedFor(user: string, address: string, now: number): number {
    return Math.max(0, (this.#guesses.get(keyOf(user, address))?.lockedUntil ?? 0) - now);
  }

  /** Notes a wrong password. Returns for how long the pair is locked out from now on; 0: not yet. */
  wrong(user: string, address: string, now: number): number {
    const { wrong, withinMs, firstMs, longestMs } = this.#limits;
    const key = keyOf(user, address);
    const known = this.#guesses.get(key) ?? { wrongAt: [], lockedUntil: 0, locks: 0 };
    // Who stayed away for as long as the longest lock begins anew.
    const locks = now - known.lockedUntil > longestMs ? 0 : known.locks;
    const wrongAt = [...known.wrongAt.filter((at) => now - at < withinMs), now];
    if (wrongAt.length < wrong) {
      this.#guesses.set(key, { wrongAt, lockedUntil: known.lockedUntil, locks });
      return 0;
    }
    const forMs = Math.min(longestMs, firstMs * 2 ** locks);
    this.#guesses.set(key, { wrongAt: [], lockedUntil: now + forMs, locks: locks + 1 });
    return forMs;
  }

  /** The right password: nothing is held against the pair any more. */
  right(user: string, address: string): void {
    this.#guesses.delete(keyOf(user, address));
  }
}

const keyOf = (user: string, address: string): string => `${address} ${said(user)}`;
