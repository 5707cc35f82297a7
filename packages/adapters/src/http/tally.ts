import { Counter, type Registry } from 'prom-client';

export interface TallySlot {
  count: number;
}

/**
 * A counter for hot paths: a number in a map, handed to prom-client when somebody asks for it. Checking and hashing
 * labels costs ten times as much, for each of a call's fourteen messages.
 */
export class Tally<Label extends string> {
  readonly #counts = new Map<string, TallySlot & { readonly labels: Record<Label, string> }>();

  constructor(name: string, help: string, labelNames: readonly Label[], registers: Registry[]) {
    const counts = this.#counts;
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { labels, count } of counts.values()) if (count > 0) this.inc(labels, count);
      },
    });
  }

  /** `key` stands for the labels, which are asked for once. Both from closed sets only (T31). */
  add(key: string, count: number, labels: () => Record<Label, string>): void {
    const known = this.#counts.get(key);
    if (known) known.count += count;
    else this.#counts.set(key, { labels: labels(), count });
  }

  /** One time series, for whoever counts it so often that looking it up is too much. It shows once it counts. */
  slot(labels: Record<Label, string>): TallySlot {
    const key = Object.values(labels).join(' ');
    const known = this.#counts.get(key);
    if (known) return known;
    const made = { labels, count: 0 };
    this.#counts.set(key, made);
    return made;
  }
}
