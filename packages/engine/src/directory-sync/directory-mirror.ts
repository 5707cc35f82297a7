import type {
  AskedIdentity,
  DirectoryGroup,
  DirectoryUser,
  DirectoryView,
  MatchedIdentity,
  Membership,
} from '../ports/directory-view.ts';
import type { Seen } from '../provisioning/facts.ts';
import type { GroupChange, UserChange } from './directory-changes.ts';
import { wayTo } from './group-closure.ts';
import { type HeldChange, type MassChangeLimits, usualLimits } from './mass-change-guard.ts';
import { matchPeople } from './match-people.ts';
import { type KeptGroup, MirrorGroups } from './mirror-groups.ts';
import type { MirrorUser } from './mirror-user.ts';
import { MirrorUsers, type UserStage } from './mirror-users.ts';
import { type Hearers, ShownPeople } from './shown-people.ts';
import type { PhoneIndex } from './user-index.ts';

export interface Commit<Change> {
  /** Everything there is, read from the beginning: what is not in it is gone. */
  readonly full: boolean;
  /** In the order of their arrival; the same object may come several times. */
  readonly changes: readonly Change[];
  /** Wall ms of the first request of the run: what happened after it may be missing. */
  readonly beganAtWallMs: number;
}

/** Everything that a later start needs. */
export interface MirrorDump {
  readonly entraTenantId: string;
  readonly followed: readonly string[];
  readonly usersReadAt: number | undefined;
  readonly held: readonly HeldChange[];
  readonly lost: readonly MirrorUser[];
  readonly users: Iterable<MirrorUser>;
  readonly groups: readonly KeptGroup[];
}

/**
 * One Entra tenant's users and the groups that are followed, as delta queries tell them. Only whole runs are applied: a run that
 * broke off changes nothing, and a first or repeated reading replaces what was there in one step (microsoft-graph 4.3, F11).
 */
export class DirectoryMirror implements Omit<DirectoryView, 'state' | 'refresh'> {
  readonly entraTenantId: string;
  readonly #users = new MirrorUsers();
  readonly #groups = new MirrorGroups();
  readonly #shown = new ShownPeople(this.#users, this.#groups);
  readonly #listeners = new Set<(objectIds: Hearers) => void>();
  #revision = 0;

  constructor(entraTenantId: string) {
    this.entraTenantId = entraTenantId;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Since the last start not read yet: what a memory does not know may be there all the same, so it is no "no". */
  readonly #fromMemory = { users: false, groups: false };

  // ---- what is read

  /** Users of a whole run of pages. */
  commitUsers({ full, changes, beganAtWallMs }: Commit<UserChange>): void {
    const stage = this.#stage(full, beganAtWallMs, !full);
    stage.add(changes);
    stage.commit();
  }

  /**
   * The same in steps, for many: calls run in the same process, and nothing is shown before `commit`. One stage at a time.
   */
  stageUsers(full: boolean, beganAtWallMs: number): UserStage {
    return this.#stage(full, beganAtWallMs, false);
  }

  #stage(full: boolean, beganAtWallMs: number, inPlace: boolean): UserStage {
    return this.#users.stage({ full, beganAtWallMs, inPlace }, ({ dropped, changed }) => {
      const first = this.#fromMemory.users;
      this.#fromMemory.users = false;
      if (first) this.#tell('all');
      this.#shown.keepLost(dropped);
      if (changed === 'all' || changed.size > 0) this.#tell(this.#shown.judge(beganAtWallMs, changed));
    });
  }

  /** Groups of a whole run. `asked`: whom it was about; one of them that a full run does not name does not exist. */
  commitGroups(asked: readonly string[], run: Commit<GroupChange>): void {
    const first = this.#fromMemory.groups;
    this.#fromMemory.groups = false;
    if (first) this.#tell('all');
    if (this.#groups.commit(asked, run)) this.#tell(this.#shown.judge(run.beganAtWallMs, new Set()));
  }

  /** The followed groups and all groups in them, as far as they are known: these have to be read. */
  toRead(): ReadonlySet<string> {
    return this.#groups.toRead();
  }

  isRead(groupId: string): boolean {
    return this.#groups.isRead(groupId);
  }

  /** Is in the recycle bin: what it holds when it comes back has to be read anew. */
  isRecycled(groupId: string): boolean {
    return this.#groups.get(groupId)?.deletedOn !== undefined;
  }

  get readAtWallMs(): { readonly users: number | undefined; readonly groups: number | undefined } {
    return { users: this.#users.readAtWallMs, groups: this.#groups.readAtWallMs };
  }

  // ---- what is asked

  user(objectId: string): Seen<DirectoryUser | null> {
    if (this.#users.readAtWallMs === undefined) return 'unread';
    return this.#userOf(objectId.toLowerCase()) ?? (this.#fromMemory.users ? 'unread' : null);
  }

  /** Whose leaving is held is there as if nothing had happened. */
  #userOf(objectId: string): DirectoryUser | null {
    const user = this.#users.get(objectId);
    if (user !== undefined && user.deletedOn === undefined) return user;
    if (this.#shown.heldOf(objectId)?.reason === 'user-gone') {
      const known = user ?? this.#shown.lostUser(objectId);
      if (known) {
        const { deletedOn: _, ...held } = known;
        return held;
      }
    }
    return user ?? null;
  }

  users(): Iterable<DirectoryUser> {
    return this.#users.all();
  }

  get userCount(): number {
    return this.#users.count;
  }

  match(
    people: readonly AskedIdentity[],
    how?: { readonly nearest: boolean },
  ): Seen<ReadonlyMap<string, MatchedIdentity>> {
    if (this.#users.readAtWallMs === undefined) return 'unread';
    const source = {
      user: (id: string) => this.#userOf(id),
      users: () => this.#users.all(),
      holders: (address: string) => this.#users.holders(address),
    };
    const linkedToUnknown = ({ objectId }: AskedIdentity): boolean =>
      objectId !== undefined && this.#userOf(objectId.toLowerCase()) === null;
    if (this.#fromMemory.users && people.some(linkedToUnknown)) return 'unread';
    return matchPeople(people, source, how?.nearest);
  }

  phones(): PhoneIndex {
    return this.#users.phones;
  }

  membership(groupIds: readonly string[], objectId: string): Seen<Membership> {
    const id = objectId.toLowerCase();
    let readAtWallMs = Number.POSITIVE_INFINITY;
    let unread = groupIds.length === 0;
    for (const text of groupIds) {
      const groupId = text.toLowerCase();
      const closure = this.#groups.closure(groupId);
      const readAt = this.#groups.readAtOf(closure);
      if (closure.holderOf.has(id) && readAt !== undefined)
        return {
          member: true,
          via: this.#groups.named(wayTo(closure, id)),
          groupId,
          readAtWallMs: readAt,
        };
      if (!closure.complete || readAt === undefined) unread = true;
      else readAtWallMs = Math.min(readAtWallMs, readAt);
    }
    const held = this.#shown.heldOf(id);
    if (held) {
      const { groupId = groupIds[0]?.toLowerCase() ?? '', via } = held;
      if (groupIds.some((one) => one.toLowerCase() === groupId))
        return {
          member: true,
          via: this.#groups.named(via),
          groupId,
          readAtWallMs: Number.isFinite(readAtWallMs) ? readAtWallMs : 0,
          held: true,
        };
    }
    return unread || this.#fromMemory.groups ? 'unread' : { member: false, via: [], readAtWallMs };
  }

  members(groupIds: readonly string[]): Seen<ReadonlySet<string>> {
    if (this.#users.readAtWallMs === undefined || groupIds.length === 0) return 'unread';
    const found = new Set<string>();
    for (const text of groupIds) {
      const closure = this.#groups.closure(text.toLowerCase());
      if (!closure.complete) return 'unread';
      for (const id of closure.holderOf.keys()) {
        const user = this.#userOf(id);
        if (user && user.deletedOn === undefined) found.add(id);
      }
    }
    for (const { people } of this.#shown.held)
      for (const { objectId, groupId } of people.values())
        if (groupId === undefined || groupIds.some((one) => one.toLowerCase() === groupId))
          found.add(objectId);
    return found;
  }

  /** Who is below a group by what the directory says, whatever is held: for the comparison with Microsoft's own list. */
  directory(groupId: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const id of this.#groups.closure(groupId.toLowerCase()).holderOf.keys())
      if (this.isThere(id)) found.add(id);
    return found;
  }

  isThere(objectId: string): boolean {
    return this.#users.isThere(objectId);
  }

  group(groupId: string): Seen<DirectoryGroup | null> {
    return this.#groups.shown(groupId.toLowerCase());
  }

  // ---- what others decide

  get followed(): readonly string[] {
    return this.#groups.followed;
  }

  followGroups(groupIds: readonly string[]): void {
    const before = this.#groups.followed;
    if (!this.#groups.follow(groupIds)) return;
    this.#shown.chooseAnew(before);
    this.#tell('all');
  }

  protect(objectIds: ReadonlySet<string>, limits: MassChangeLimits = usualLimits): void {
    this.#tell(this.#shown.protect(objectIds, limits));
    // Who is new among them is judged with all others: they may be out already.
    const readAt = this.#users.readAtWallMs;
    if (readAt !== undefined && this.#shown.unknown) this.#tell(this.#shown.judge(readAt, new Set()));
  }

  get held(): readonly HeldChange[] {
    return this.#shown.held;
  }

  /** `false`: there is no such held change. */
  decide(heldId: string, decision: 'confirm' | 'reject'): boolean {
    const left = this.#shown.decide(heldId, decision);
    if (left) this.#tell(left);
    return left !== undefined;
  }

  onChange(heard: (objectIds: Hearers) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  #tell(objectIds: Hearers): void {
    if (objectIds !== 'all' && objectIds.size === 0) return;
    this.#revision += 1;
    for (const heard of this.#listeners) heard(objectIds);
  }

  // ---- for the disk

  /** To be put back by `restore`. */
  dump(): MirrorDump {
    return {
      entraTenantId: this.entraTenantId,
      followed: this.#groups.followed,
      usersReadAt: this.#users.readAtWallMs,
      held: this.#shown.held,
      lost: this.#shown.lost(),
      users: this.#users.all(),
      groups: this.#groups.kept(),
    };
  }

  restore(dump: MirrorDump): void {
    const wanted = this.#groups.followed;
    this.#users.restore(dump.users, dump.usersReadAt);
    this.#groups.restore(dump.followed, dump.groups);
    this.#shown.restore(dump.held, dump.lost);
    Object.assign(this.#fromMemory, { users: true, groups: true });
    // Somebody may have said by now which groups they want: as if they had said it after the restart.
    if (wanted.length > 0) this.followGroups(wanted);
    this.#tell('all');
  }
}
