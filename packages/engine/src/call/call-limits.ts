import type { Carrier } from '@tandem/domain';

/** What one call holds of the limits. */
export interface Held {
  /** The source whose unanswered INVITE this is; undefined once it is taken up. */
  source: string | undefined;
  /** The carrier whose limit of calls it counts against: where it came from, or where it goes now. */
  carrier: string | undefined;
}

/** How many calls each source has that nobody has taken up, and how many each carrier has at all (T04, reliability 3). */
export class CallLimits {
  readonly #unanswered = new Map<string, number>();
  readonly #ofCarrier = new Map<string, number>();

  unansweredOf(source: string): number {
    return this.#unanswered.get(source) ?? 0;
  }

  full({ id, maxCalls }: Carrier): boolean {
    return maxCalls !== undefined && (this.#ofCarrier.get(id) ?? 0) >= maxCalls;
  }

  /** A call that has just come. */
  came(held: Held, source: string): void {
    held.source = source;
    increment(this.#unanswered, source);
  }

  /** Taken up: it no longer counts against a flood. */
  settled(held: Held): void {
    const { source } = held;
    if (source === undefined) return;
    held.source = undefined;
    decrement(this.#unanswered, source);
  }

  /** A call counts against one carrier at a time, also while it looks for one that takes it. */
  isAt(held: Held, carrier: string | undefined): void {
    if (held.carrier === carrier) return;
    if (held.carrier !== undefined) decrement(this.#ofCarrier, held.carrier);
    held.carrier = carrier;
    if (carrier !== undefined) increment(this.#ofCarrier, carrier);
  }

  over(held: Held): void {
    this.settled(held);
    this.isAt(held, undefined);
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrement(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left <= 0) counts.delete(key);
  else counts.set(key, left);
}
