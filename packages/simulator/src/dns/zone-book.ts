import type { Answer } from 'dns-packet';
import type { StateSection } from '../state/state-file.ts';
import { answerQuestion, type DnsFault, type Zone } from './zone.ts';

/** The rehearsal's names and what was written on top of them: by the control API, or by a dynamic update. */
export class ZoneBook {
  readonly #base: Zone;
  readonly #records = new Map<string, NameRecords>();
  onChange: () => void = () => undefined;

  constructor(base: Zone) {
    this.#base = base;
  }

  /** What was written of a name; undefined: nothing. */
  written(name: string): NameRecords | undefined {
    return this.#records.get(name.toLowerCase());
  }

  all(): readonly (readonly [string, NameRecords])[] {
    return [...this.#records];
  }

  /** Replaces what was written of a name; nothing left takes it away. */
  write(name: string, records: NameRecords): void {
    const key = name.toLowerCase();
    if (records.a === undefined && records.txt.length === 0) this.#records.delete(key);
    else this.#records.set(key, records);
    this.onChange();
  }

  /** As whoever asks the server sees it. */
  get zone(): Zone {
    const addresses = new Map(this.#base.addresses);
    const texts = new Map<string, readonly string[]>();
    for (const [name, { a, txt }] of this.#records) {
      if (a !== undefined) addresses.set(name, a);
      if (txt.length > 0) texts.set(name, txt);
    }
    return { ...this.#base, addresses, texts };
  }

  /** For the twin's memory. */
  state(): StateSection {
    return {
      version: 1,
      save: () => [...this.#records].map(([name, { a, txt }]) => ({ name, a: a ?? null, txt })),
      restore: (value) => {
        for (const { name, a, txt } of value as { name: string; a: string | null; txt: string[] }[])
          this.#records.set(name, { a: a ?? undefined, txt });
      },
    };
  }

  /** TXT records of a name; none if the name does not answer. */
  txt(name: string, fault?: DnsFault): readonly string[] {
    const found = answerQuestion(this.zone, { name, type: 'TXT' }, fault);
    return (
      found?.answers.flatMap((answer: Answer) => (answer.type === 'TXT' ? textOf(answer.data) : [])) ?? []
    );
  }
}

export interface NameRecords {
  /** IPv4 address. */
  readonly a: string | undefined;
  readonly txt: readonly string[];
}

/** A TXT record may come in several strings; they belong together. */
export const textOf = (data: string | Buffer | readonly (string | Buffer)[]): string =>
  (Array.isArray(data) ? data : [data]).map(String).join('');
