import type { UserChange } from './directory-changes.ts';
import { changedUser, type MirrorUser, Shared, sameUser } from './mirror-user.ts';
import { AddressIndex, PhoneIndex } from './user-index.ts';

/** Entra keeps a deleted user for 30 days. */
const recycledMs = 30 * 86_400_000;

/** Users in steps; nothing is shown before `commit`. */
export interface UserStage {
  add(changes: readonly UserChange[]): void;
  commit(): void;
}

/** What a commit came to. `all`: users were read for the first time. */
export interface UsersCommitted {
  /** Whom the directory does not know any more. */
  readonly dropped: readonly MirrorUser[];
  readonly changed: Set<string> | 'all';
}

/** All users of one Entra tenant as the directory said last, found by id, by address and by phone. */
export class MirrorUsers {
  readonly #shared = new Shared();
  #users = new Map<string, MirrorUser>();
  #addresses = new AddressIndex();
  #phones = new PhoneIndex();
  #readAt: number | undefined;

  /** Wall ms; undefined: never read. */
  get readAtWallMs(): number | undefined {
    return this.#readAt;
  }

  get(objectId: string): MirrorUser | undefined {
    return this.#users.get(objectId);
  }

  /** With those in the recycle bin. */
  all(): Iterable<MirrorUser> {
    return this.#users.values();
  }

  ids(): Iterable<string> {
    return this.#users.keys();
  }

  /** Known, and not in the recycle bin: such users keep their memberships there (microsoft-graph 4.3). */
  isThere(objectId: string): boolean {
    const user = this.#users.get(objectId);
    return user !== undefined && user.deletedOn === undefined;
  }

  get count(): number {
    let count = 0;
    for (const { deletedOn } of this.#users.values()) if (deletedOn === undefined) count += 1;
    return count;
  }

  holders(address: string): readonly string[] {
    return this.#addresses.holders(address);
  }

  /** Who has a phone number in the directory. Kept with every change: a call asks, and waits for nobody who counts. */
  get phones(): PhoneIndex {
    return this.#phones;
  }

  /** `inPlace`: the changes are a whole run and few, so that no copy is made of everybody. */
  stage(
    { full, beganAtWallMs, inPlace }: { full: boolean; beganAtWallMs: number; inPlace: boolean },
    committed: (outcome: UsersCommitted) => void,
  ): UserStage {
    const before = this.#users;
    const users = inPlace ? before : new Map<string, MirrorUser>(full ? [] : before);
    const addresses = inPlace ? this.#addresses : full ? new AddressIndex() : this.#addresses.copy();
    const phones = inPlace ? this.#phones : full ? new PhoneIndex() : this.#phones.copy();
    const shadow: Shadow = { users, addresses, phones, dropped: [] };
    const changed = new Set<string>();
    return {
      add: (changes) => {
        for (const change of changes) apply(shadow, change, beganAtWallMs, changed, this.#shared);
      },
      commit: () => {
        if (full) comparedWith(shadow, before, beganAtWallMs, changed);
        forgetRecycled(shadow, beganAtWallMs, changed);
        this.#users = users;
        this.#addresses = addresses;
        this.#phones = phones;
        const first = this.#readAt === undefined;
        this.#readAt = beganAtWallMs;
        committed({ dropped: shadow.dropped, changed: first ? 'all' : changed });
      },
    };
  }

  /** What a start before this one has written. */
  restore(users: Iterable<MirrorUser>, readAtWallMs: number | undefined): void {
    const shadow: Shadow = {
      users: this.#users,
      addresses: this.#addresses,
      phones: this.#phones,
      dropped: [],
    };
    for (const user of users) put(shadow, undefined, user);
    this.#readAt = readAtWallMs;
  }
}

interface Shadow {
  readonly users: Map<string, MirrorUser>;
  readonly addresses: AddressIndex;
  readonly phones: PhoneIndex;
  readonly dropped: MirrorUser[];
}

function apply(
  shadow: Shadow,
  change: UserChange,
  wallMs: number,
  changed: Set<string>,
  shared: Shared,
): void {
  const { objectId } = change;
  const known = shadow.users.get(objectId);
  if (change.gone === undefined) {
    const user = changedUser(known, change, shared);
    if (known && sameUser(known, user)) return;
    put(shadow, known, user);
  } else if (change.gone === 'recycled') {
    if (!known || known.deletedOn !== undefined) return;
    put(shadow, known, { ...known, deletedOn: new Date(wallMs).toISOString() });
  } else {
    if (!known) return;
    drop(shadow, known);
  }
  changed.add(objectId);
}

function put({ users, addresses, phones }: Shadow, before: MirrorUser | undefined, user: MirrorUser): void {
  if (before) addresses.remove(before);
  if (before) phones.remove(before);
  users.set(user.objectId, user);
  addresses.add(user);
  phones.add(user);
}

function drop({ users, addresses, phones, dropped }: Shadow, user: MirrorUser): void {
  addresses.remove(user);
  phones.remove(user);
  users.delete(user.objectId);
  dropped.push(user);
}

/**
 * After everything was read anew. Who is missing was deleted while nobody looked; whether for good is not told, so it counts as
 * the recycle bin until its time is over.
 */
function comparedWith(
  shadow: Shadow,
  before: ReadonlyMap<string, MirrorUser>,
  wallMs: number,
  changed: Set<string>,
): void {
  for (const [objectId, known] of before) {
    const now = shadow.users.get(objectId);
    if (now) {
      if (sameUser(known, now)) changed.delete(objectId);
      continue;
    }
    put(shadow, undefined, { ...known, deletedOn: known.deletedOn ?? new Date(wallMs).toISOString() });
    if (known.deletedOn === undefined) changed.add(objectId);
  }
}

function forgetRecycled(shadow: Shadow, wallMs: number, changed: Set<string>): void {
  for (const user of shadow.users.values()) {
    if (user.deletedOn === undefined || wallMs - Date.parse(user.deletedOn) < recycledMs) continue;
    drop(shadow, user);
    changed.add(user.objectId);
  }
}
