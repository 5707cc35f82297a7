import type { Bucket } from './operations.ts';

/**
 * Who does not know how Microsoft is disposed sends one request of a kind and the others follow its answer: after a start,
 * for a predecessor may have been refused a moment ago and died before it could tell, and after each refusal.
 */
export class FirstAhead {
  readonly #known = new Set<Bucket>();
  readonly #ahead = new Map<Bucket, Promise<void>>();

  /** Resolved when somebody else's answer is there; undefined: nobody is ahead. */
  wait(bucket: Bucket): Promise<void> | undefined {
    return this.#ahead.get(bucket);
  }

  /** Sends now. Returns what is called with its end: true, Microsoft took it. */
  go(bucket: Bucket): (taken: boolean) => void {
    if (this.#known.has(bucket)) return (taken) => this.#heard(bucket, taken);
    let arrived = (): void => undefined;
    this.#ahead.set(bucket, new Promise((resolve) => (arrived = resolve)));
    return (taken) => {
      this.#heard(bucket, taken);
      this.#ahead.delete(bucket);
      arrived();
    };
  }

  #heard(bucket: Bucket, taken: boolean): void {
    if (taken) this.#known.add(bucket);
    else this.#known.delete(bucket);
  }
}
