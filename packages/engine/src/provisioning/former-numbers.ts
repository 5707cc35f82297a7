import type { E164, Link, LinkState, Person, PersonId } from '@tandem/domain';

/** The new number does not work yet. */
const unfinished: ReadonlySet<LinkState> = new Set(['QUEUED', 'ASSIGNING', 'PROPAGATING', 'FAILED']);

/**
 * Numbers of people who have another one here by now, until Microsoft shows the new one: both are answered meanwhile
 * (product-behaviour 1.4), also while Microsoft has neither.
 */
export class FormerNumbers {
  readonly #owners = new Map<E164, PersonId>();
  readonly #numbers = new Map<PersonId, E164>();

  note({ personId, assignedNumber, state }: Link, person: Person | undefined): void {
    const wanted = person?.numbers[0];
    const before = this.#numbers.get(personId);
    const changing = assignedNumber !== undefined && wanted !== undefined && assignedNumber !== wanted;
    const between =
      before !== undefined && wanted !== undefined && before !== wanted && unfinished.has(state);
    const now = changing ? assignedNumber : between ? before : undefined;
    if (before === now) return;
    if (before !== undefined && this.#owners.get(before) === personId) this.#owners.delete(before);
    if (now === undefined) this.#numbers.delete(personId);
    else {
      this.#numbers.set(personId, now);
      this.#owners.set(now, personId);
    }
  }

  ownerOf(number: E164): PersonId | undefined {
    return this.#owners.get(number);
  }
}
