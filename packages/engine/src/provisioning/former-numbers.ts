import type { E164, Link, Person, PersonId } from '@tandem/domain';

/** Numbers that Microsoft still has for somebody who has another one here by now: both are answered meanwhile. */
export class FormerNumbers {
  readonly #owners = new Map<E164, PersonId>();
  readonly #numbers = new Map<PersonId, E164>();

  note({ personId, assignedNumber }: Link, person: Person | undefined): void {
    const wanted = person?.numbers[0];
    const before = this.#numbers.get(personId);
    const changing = assignedNumber !== undefined && wanted !== undefined && assignedNumber !== wanted;
    const now = changing ? assignedNumber : undefined;
    if (before === now) return;
    if (before !== undefined) this.#owners.delete(before);
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
