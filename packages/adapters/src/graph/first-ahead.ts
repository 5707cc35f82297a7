import type { Bucket } from './operations.ts';

/** What came of a request: Microsoft took it, held it back, or said nothing at all. */
export type Heard = 'taken' | 'held-back' | 'silence';

/**
 * Who does not know how Microsoft is disposed sends one request of a kind and the others follow its answer: after a start,
 * for a predecessor may have been refused a moment ago and died before it could tell, and after each refusal.
 */
export class FirstAhead {
  readonly #known = new Set<Bucket>();
  readonly #ahead = new Map<Bucket, Promise<Heard>>();

  /** What who is ahead hears; undefined: nobody is ahead. */
  wait(bucket: Bucket): Promise<Heard> | undefined {
    return this.#ahead.get(bucket);
  }

  /** Sends now. Returns what is called with its end. */
  go(bucket: Bucket): (heard: Heard) => void {
    if (this.#known.has(bucket)) return (heard) => this.#heard(bucket, heard);
    let arrived = (_: Heard): void => undefined;
    this.#ahead.set(bucket, new Promise((resolve) => (arrived = resolve)));
    return (heard) => {
      this.#heard(bucket, heard);
      this.#ahead.delete(bucket);
      arrived(heard);
    };
  }

  #heard(bucket: Bucket, heard: Heard): void {
    if (heard === 'taken') this.#known.add(bucket);
    else this.#known.delete(bucket);
  }
}
