import type { Group, TeamsUser } from './tenant.ts';

/**
 * What happened in a tenant's directory, in order: delta queries walk along it (graph 4.3), so that a page costs what is on
 * it and not what is in the tenant. Positions are numbers that only grow; what is forgotten keeps its numbers.
 */

export interface UserEvent {
  readonly at: number;
  readonly user: TeamsUser;
}

export interface GroupEvent {
  readonly at: number;
  readonly group: Group;
  /** Absent: the group itself changed. */
  readonly member?: { readonly kind: 'user' | 'group'; readonly id: string; readonly added: boolean };
}

export class Log<E extends { readonly at: number }> {
  readonly #events: E[] = [];
  readonly #limit: number;
  #first = 0;
  #forgottenUntil = 0;

  constructor(limit = 500_000) {
    this.#limit = limit;
  }

  add(event: E): void {
    this.#events.push(event);
    if (this.#events.length <= this.#limit) return;
    const gone = this.#events.splice(0, Math.ceil(this.#limit / 2));
    this.#first += gone.length;
    this.#forgottenUntil = gone.at(-1)?.at ?? 0;
  }

  /** Whether everything after this stamp is still known. */
  remembers(stamp: number): boolean {
    return stamp >= this.#forgottenUntil;
  }

  at(position: number): E | undefined {
    return this.#events[position - this.#first];
  }

  /** Position of the first event after the stamp. */
  after(stamp: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.at ?? 0) > stamp) high = middle;
      else low = middle + 1;
    }
    return this.#first + low;
  }
}

/** One tenant's: everybody who was ever there in the order of their coming, and what became of them. */
export class Ledger {
  readonly users: TeamsUser[];
  readonly groups: Group[];
  readonly userEvents = new Log<UserEvent>();
  readonly groupEvents = new Log<GroupEvent>();
  /** Everybody who ever was there, by object id. */
  readonly byId: Map<string, TeamsUser>;
  /** Soft-deleted ones. */
  readonly bin = new Set<TeamsUser>();
  /** Who has which number; soft-deleted ones keep theirs. Whoever lost it may still stand here: check. */
  readonly byNumber = new Map<string, Set<TeamsUser>>();

  constructor(users: Iterable<TeamsUser>, groups: Iterable<Group>) {
    this.users = [...users];
    this.groups = [...groups];
    this.byId = new Map(this.users.map((user) => [user.objectId, user]));
    for (const user of this.users) this.noteNumber(user);
  }

  noteNumber(user: TeamsUser): void {
    if (user.number === undefined) return;
    const known = this.byNumber.get(user.number);
    if (known) known.add(user);
    else this.byNumber.set(user.number, new Set([user]));
  }

  /** Everybody with this number; the books are put straight on the way. */
  withNumber(number: string): TeamsUser[] {
    const known = this.byNumber.get(number);
    if (!known) return [];
    for (const user of known) if (user.number !== number || user.life === 'purged') known.delete(user);
    return [...known];
  }
}
