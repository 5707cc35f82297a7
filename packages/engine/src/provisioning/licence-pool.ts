import type { LinkState, Person, PersonId, ReadinessReport } from '@tandem/domain';
import type { OwnPerson } from './facts.ts';
import type { ProvisioningSettings } from './settings.ts';

/** What was asked for shows with the next change of our own facts; until then it counts as taken. */
const askedMs = 60_000;

/** The platform's licences of one account: counted, and with `automatic` taken and given back by themselves (A06, C14). */
export class LicencePool {
  #counts: OwnPerson['licences'];
  readonly #asked = new Map<PersonId, number>();

  /** Undefined: the pool has no end. */
  get counts(): OwnPerson['licences'] {
    return this.#counts;
  }

  /** Counts anew. True: the pool is another one than before. */
  count(people: ReadonlyMap<PersonId, Person>, { total }: ProvisioningSettings['licences']): boolean {
    for (const personId of this.#asked.keys())
      if (people.get(personId)?.platformLicence !== false) this.#asked.delete(personId);
    let used = 0;
    for (const { platformLicence } of people.values()) if (platformLicence) used++;
    const counts = total === undefined ? undefined : { used, total };
    const changed = JSON.stringify(counts) !== JSON.stringify(this.#counts);
    this.#counts = counts;
    return changed;
  }

  /** True: take one for the person. False: give theirs back. Undefined: nothing is to be done. */
  wish(
    person: Person,
    state: LinkState,
    removed: boolean,
    report: ReadinessReport,
    nowWallMs: number,
  ): boolean | undefined {
    if (removed && person.platformLicence) return false;
    if (state !== 'BLOCKED' || person.platformLicence) return undefined;
    // A licence alone is missing: it would help.
    const red = report.checks.slice(0, 10).filter(({ status }) => status === 'red');
    if (!red.every(({ code }) => code === 'PRV-402')) return undefined;
    for (const [personId, askedAt] of this.#asked)
      if (nowWallMs - askedAt > askedMs) this.#asked.delete(personId);
    if (this.#asked.has(person.id)) return undefined;
    const counts = this.#counts;
    if (counts && counts.used + this.#asked.size >= counts.total) return undefined;
    this.#asked.set(person.id, nowWallMs);
    return true;
  }
}
