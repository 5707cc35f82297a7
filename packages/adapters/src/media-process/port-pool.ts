/**
 * Even RTP ports of a range, the odd one above each being its RTCP port. Ports are drawn at random (reliability T08: a
 * sprayer must not guess), and a port just given back rests as long as others are free, so that late packets of the
 * old call meet nobody.
 */
export class PortPool {
  readonly #free: number[] = [];
  readonly #resting: number[] = [];
  readonly size: number;
  readonly #restAtLeast: number;

  constructor(first: number, last: number) {
    for (let port = first + (first & 1); port + 1 <= last; port += 2) this.#free.push(port);
    this.size = this.#free.length;
    this.#restAtLeast = Math.min(256, this.size >> 2);
  }

  get inUse(): number {
    return this.size - this.#free.length - this.#resting.length;
  }

  /** `random32`: uniform. Undefined when every port is taken. */
  take(random32: number): number | undefined {
    if (this.#free.length === 0) {
      const rested = this.#resting.shift();
      if (rested === undefined) return undefined;
      this.#free.push(rested);
    }
    const at = random32 % this.#free.length;
    const port = this.#free[at]!;
    const last = this.#free.pop()!;
    if (at < this.#free.length) this.#free[at] = last;
    return port;
  }

  giveBack(port: number): void {
    this.#resting.push(port);
    if (this.#resting.length > this.#restAtLeast) this.#free.push(this.#resting.shift()!);
  }
}
