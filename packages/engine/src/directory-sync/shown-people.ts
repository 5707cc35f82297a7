import { type Closure, wayTo } from './group-closure.ts';
import {
  type HeldChange,
  type Leaving,
  MassChangeGuard,
  type MassChangeLimits,
  usualLimits,
} from './mass-change-guard.ts';
import type { MirrorGroups } from './mirror-groups.ts';
import type { MirrorUser } from './mirror-user.ts';
import type { MirrorUsers } from './mirror-users.ts';

/** Who has to hear of a change. */
export type Hearers = ReadonlySet<string> | 'all';

/**
 * Who was shown as being in a followed group and there. What is read is measured against it: who would leave passes the guard
 * against mass changes first, and whoever is held back is shown as before.
 */
export class ShownPeople {
  readonly #users: MirrorUsers;
  readonly #groups: MirrorGroups;
  readonly #guard = new MassChangeGuard();
  #protected: ReadonlySet<string> | undefined;
  #limits: MassChangeLimits = usualLimits;
  /**
   * `unknown`: nobody was shown anything yet, so that whoever is linked and not in is leaving; `anew`: an admin chose other
   * groups, which no guard questions.
   */
  #in: Set<string> | 'unknown' | 'anew' = 'unknown';
  #complete = false;
  #closures: ReadonlyMap<string, Closure> = new Map();
  /** Users whom the directory does not know any more, while their leaving is held. */
  readonly #lost = new Map<string, MirrorUser>();

  constructor(users: MirrorUsers, groups: MirrorGroups) {
    this.#users = users;
    this.#groups = groups;
  }

  get unknown(): boolean {
    return this.#in === 'unknown';
  }

  get held(): readonly HeldChange[] {
    return this.#guard.list();
  }

  /** Why somebody is still shown who has left. */
  heldOf(objectId: string): Leaving | undefined {
    return this.#guard.empty ? undefined : this.#guard.of(objectId);
  }

  lostUser(objectId: string): MirrorUser | undefined {
    return this.#lost.get(objectId);
  }

  lost(): readonly MirrorUser[] {
    return [...this.#lost.values()];
  }

  /** Other groups are followed from now on. */
  chooseAnew(before: readonly string[]): void {
    if (before.length > 0) this.#in = 'anew';
    this.#complete = false;
  }

  /** Whom the guard is for. Gives those who were held and whom nobody counts on any more. */
  protect(objectIds: ReadonlySet<string>, limits: MassChangeLimits): ReadonlySet<string> {
    this.#protected = new Set([...objectIds].map((id) => id.toLowerCase()));
    this.#limits = limits;
    const released = new Set<string>();
    for (const { people } of this.#guard.list())
      for (const objectId of people.keys())
        if (!this.#protected.has(objectId)) {
          this.#guard.release(objectId);
          released.add(objectId);
        }
    this.#forgetLost();
    return released;
  }

  /** Who may leave now; undefined: there is no such held change. */
  decide(heldId: string, decision: 'confirm' | 'reject'): ReadonlySet<string> | undefined {
    const left = this.#guard.decide(heldId, decision);
    if (!left) return undefined;
    for (const { objectId } of left) this.#lost.delete(objectId);
    if (this.#in instanceof Set) {
      const shown = new Set(this.#in);
      for (const { objectId } of left) shown.delete(objectId);
      this.#in = shown;
    }
    return new Set(left.map(({ objectId }) => objectId));
  }

  /** Users whom the directory has dropped are kept as long as it is not sure that they may leave. */
  keepLost(dropped: readonly MirrorUser[]): void {
    for (const user of dropped)
      if (this.#protected?.has(user.objectId) !== false) this.#lost.set(user.objectId, user);
    for (const objectId of this.#lost.keys()) if (this.#users.get(objectId)) this.#lost.delete(objectId);
  }

  /** After a commit: who would leave, whether they may, and who has to hear of it. */
  judge(wallMs: number, changed: Set<string> | 'all'): Hearers {
    const closures = this.#groups.followedClosures();
    const complete = this.#users.readAtWallMs !== undefined && allComplete(closures);
    // Who was added is told at once; nobody is missed before everything was read.
    if (!complete) return changed === 'all' ? 'all' : this.#joined(closures, changed);
    const shown = this.#in;
    const isIn = this.#isIn(closures);
    const sameGroups = [...closures].every(([id, one]) => this.#closures.get(id) === one);
    if (changed !== 'all' && this.#complete && sameGroups && shown instanceof Set)
      return this.#judgeSome(changed, shown, isIn, wallMs);
    if (this.#protected && shown !== 'anew') {
      const leaving: Leaving[] = [];
      for (const objectId of this.#protected) {
        if (isIn(objectId)) this.#guard.release(objectId);
        else if (!this.#guard.of(objectId) && (shown === 'unknown' || shown.has(objectId)))
          leaving.push(this.#leavingOf(objectId));
      }
      this.#guard.leave(leaving, this.#protected.size, this.#limits, wallMs);
    }
    this.#forgetLost();
    const now = new Set<string>();
    for (const closure of closures.values())
      for (const id of closure.holderOf.keys()) if (isIn(id)) now.add(id);
    if (closures.size === 0) for (const id of this.#users.ids()) if (isIn(id)) now.add(id);
    for (const { people } of this.#guard.list()) for (const id of people.keys()) now.add(id);
    const wasComplete = this.#complete;
    this.#complete = true;
    // Without somebody to protect there is no guard yet, and the first who asks for one gets it.
    if (this.#protected || shown instanceof Set) this.#in = now;
    const differs = changed === 'all' || !wasComplete ? 'all' : this.#differs(closures, now, shown, changed);
    this.#closures = closures;
    return differs;
  }

  /** What the directory showed before the restart is what changes are measured against. */
  restore(held: readonly HeldChange[], lost: readonly MirrorUser[]): void {
    for (const user of lost) this.#lost.set(user.objectId, user);
    this.#guard.load(held);
    const closures = this.#groups.followedClosures();
    if (this.#users.readAtWallMs === undefined || !allComplete(closures)) return;
    const isIn = this.#isIn(closures);
    const now = new Set<string>();
    for (const id of this.#users.ids()) if (isIn(id)) now.add(id);
    for (const { people } of this.#guard.list()) for (const id of people.keys()) now.add(id);
    this.#in = now;
    this.#complete = true;
    this.#closures = closures;
  }

  /** Only users changed: of everybody else the answers are what they were. */
  #judgeSome(
    changed: ReadonlySet<string>,
    shown: Set<string>,
    isIn: (objectId: string) => boolean,
    wallMs: number,
  ): Hearers {
    const leaving: Leaving[] = [];
    for (const objectId of changed) {
      if (!this.#protected?.has(objectId)) continue;
      if (isIn(objectId)) this.#guard.release(objectId);
      else if (!this.#guard.of(objectId) && shown.has(objectId)) leaving.push(this.#leavingOf(objectId));
    }
    this.#guard.leave(leaving, this.#protected?.size ?? 0, this.#limits, wallMs);
    for (const objectId of changed) {
      if (isIn(objectId) || this.#guard.of(objectId)) shown.add(objectId);
      else shown.delete(objectId);
    }
    this.#forgetLost();
    return changed;
  }

  #forgetLost(): void {
    for (const id of this.#lost.keys()) if (!this.#guard.of(id)) this.#lost.delete(id);
  }

  #isIn(closures: ReadonlyMap<string, Closure>): (objectId: string) => boolean {
    return (objectId) => {
      if (!this.#users.isThere(objectId)) return false;
      if (closures.size === 0) return true;
      for (const { holderOf } of closures.values()) if (holderOf.has(objectId)) return true;
      return false;
    };
  }

  #leavingOf(objectId: string): Leaving {
    const before = [...this.#closures.values()].find(({ holderOf }) => holderOf.has(objectId));
    const groupId = before?.rootId;
    const group = groupId === undefined ? undefined : this.#groups.get(groupId);
    const reason = !this.#users.isThere(objectId)
      ? 'user-gone'
      : group === null || group?.deletedOn !== undefined
        ? 'group-deleted'
        : 'left-group';
    return {
      objectId,
      reason,
      ...(groupId !== undefined && { groupId }),
      via: before ? wayTo(before, objectId) : [],
    };
  }

  #joined(closures: ReadonlyMap<string, Closure>, changed: ReadonlySet<string>): ReadonlySet<string> {
    const found = new Set(changed);
    for (const [id, { holderOf }] of closures) {
      const before = this.#closures.get(id)?.holderOf;
      for (const objectId of holderOf.keys()) if (!before?.has(objectId)) found.add(objectId);
    }
    return found;
  }

  /** People for whom membership, or the way to it, is another one than before. */
  #differs(
    closures: ReadonlyMap<string, Closure>,
    now: ReadonlySet<string>,
    shown: ReadonlySet<string> | 'unknown' | 'anew',
    changed: ReadonlySet<string>,
  ): ReadonlySet<string> {
    const found = new Set(changed);
    for (const [id, { holderOf }] of closures) {
      const before = this.#closures.get(id)?.holderOf ?? new Map<string, string>();
      if (before === holderOf) continue;
      for (const [objectId, holder] of holderOf) if (before.get(objectId) !== holder) found.add(objectId);
      for (const objectId of before.keys()) if (!holderOf.has(objectId)) found.add(objectId);
    }
    if (shown instanceof Set) {
      for (const id of now) if (!shown.has(id)) found.add(id);
      for (const id of shown) if (!now.has(id)) found.add(id);
    }
    return found;
  }
}

const allComplete = (closures: ReadonlyMap<string, Closure>): boolean =>
  [...closures.values()].every((one) => one.complete);
