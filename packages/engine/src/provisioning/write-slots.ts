import type { Link, PersonId } from '@tandem/domain';

/** Number writes under way at one tenant: enough to fill its quota, few enough that what is begun is still wanted. */
const mostUnderWay = 200;

/**
 * Who may write to Microsoft now. Joining by the thousand waits in QUEUED, where leaving again costs nothing, and comes in
 * the order in which it arrived.
 */
export class WriteSlots {
  readonly #underWay = new Set<PersonId>();
  readonly #waiting = new Set<PersonId>();
  readonly #most: number;

  constructor(most: number = mostUnderWay) {
    this.#most = most;
  }

  /** The link as it is now; `refused`: there was no room when it was judged. */
  note(personId: PersonId, link: Link, refused = false): void {
    const began =
      link.state === 'ASSIGNING' || (link.state === 'REMOVING' && link.lastWriteWallMs !== undefined);
    if (began) this.#underWay.add(personId);
    else this.#underWay.delete(personId);
    const wants = link.state === 'QUEUED' || (link.state === 'REMOVING' && !began);
    if (refused && wants) this.#waiting.add(personId);
    else this.#waiting.delete(personId);
  }

  get free(): boolean {
    return this.#underWay.size < this.#most;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** As many of those who wait as have room, the oldest first. */
  next(): readonly PersonId[] {
    const room = this.#most - this.#underWay.size;
    if (room <= 0) return [];
    const found: PersonId[] = [];
    for (const personId of this.#waiting) {
      if (found.length >= room) break;
      found.push(personId);
    }
    return found;
  }
}
