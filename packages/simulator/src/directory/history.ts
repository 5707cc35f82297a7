/**
 * What a thing looked like at a given time, so that a reader may lag behind the writers. Times are strictly increasing
 * stamps of one `Stamps`, in wall ms with a fraction.
 */
export class Stamps {
  readonly #wall: () => number;
  #last = 0;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** The time of a change or of a reading: later than every one before. */
  next(): number {
    this.#last = Math.max(this.#last + 1 / 1024, this.#wall());
    return this.#last;
  }
}

export class History<T extends object> {
  /** States that ended, oldest first, each with the stamp at which the next one began. */
  readonly #past: { readonly until: number; readonly state: T }[] = [];
  readonly #limit: number;

  constructor(limit = 500) {
    this.#limit = limit;
  }

  /** `before` was true up to `at`. */
  end(before: T, at: number): void {
    this.#past.push({ until: at, state: before });
    if (this.#past.length > this.#limit) this.#past.shift();
  }

  at(stamp: number, current: T): T {
    return this.#past[this.#after(stamp)]?.state ?? current;
  }

  /** True if something changed after `from`, up to and including `to`. */
  changedBetween(from: number, to: number): boolean {
    const next = this.#past[this.#after(from)];
    return next !== undefined && next.until <= to;
  }

  /** Index of the first state that ended after the stamp. */
  #after(stamp: number): number {
    let [low, high] = [0, this.#past.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#past[middle]?.until ?? 0) > stamp) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
