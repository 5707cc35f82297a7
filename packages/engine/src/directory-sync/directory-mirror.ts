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
import { applyToGroup, type Closure, closureOf, type MirrorGroup, newGroup, wayTo } from './group-closure.ts';
import {
  type HeldChange,
  type Leaving,
  MassChangeGuard,
  type MassChangeLimits,
  usualLimits,
} from './mass-change-guard.ts';
import { matchPeople } from './match-people.ts';
import { changedUser, type MirrorUser, Shared, sameUser } from './mirror-user.ts';
import { AddressIndex, PhoneIndex } from './user-index.ts';

/** Entra keeps a deleted user for 30 days. */
const recycledMs = 30 * 86_400_000;

export interface Commit<Change> {
  /** Everything there is, read from the beginning: what is not in it is gone. */
  readonly full: boolean;
  /** In the order of their arrival; the same object may come several times. */
  readonly changes: readonly Change[];
  /** Wall ms of the first request of the run: what happened after it may be missing. */
  readonly beganAtWallMs: number;
}

/**
 * One Entra tenant's users and the groups that are followed, as delta queries tell them. Only whole runs are applied: a run that
 * broke off changes nothing, and a first or repeated reading replaces what was there in one step (microsoft-graph 4.3, F11).
 */
export class DirectoryMirror implements Omit<DirectoryView, 'state' | 'refresh'> {
  readonly entraTenantId: string;
  readonly #shared = new Shared();
  #users = new Map<string, MirrorUser>();
  #addresses = new AddressIndex();
  #phones: { readonly revision: number; readonly index: PhoneIndex } | undefined;
  #usersReadAt: number | undefined;
  /** Null: there is no such group; missing: not read. */
  readonly #groups = new Map<string, MirrorGroup | null>();
  readonly #groupsReadAt = new Map<string, number>();
  #followed: readonly string[] = [];
  #closures = new Map<string, Closure>();
  #revision = 0;
  #usersRevision = 0;

  readonly #guard = new MassChangeGuard();
  #protected: ReadonlySet<string> | undefined;
  #limits: MassChangeLimits = usualLimits;
  /**
   * Who was shown as being in a followed group and there. `unknown`: nobody was shown anything yet, so that whoever is linked
   * and not in is leaving; `anew`: an admin chose other groups, which no guard questions.
   */
  #shownIn: Set<string> | 'unknown' | 'anew' = 'unknown';
  #shownComplete = false;
  #shownClosures = new Map<string, Closure>();
  /** Users whom the directory does not know any more, while their leaving is held. */
  readonly #lost = new Map<string, MirrorUser>();
  readonly #listeners = new Set<(objectIds: ReadonlySet<string> | 'all') => void>();

  constructor(entraTenantId: string) {
    this.entraTenantId = entraTenantId;
  }

  get revision(): number {
    return this.#revision;
  }

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
    const before = this.#users;
    const users = inPlace ? before : new Map<string, MirrorUser>(full ? [] : before);
    const addresses = inPlace ? this.#addresses : full ? new AddressIndex() : this.#addresses.copy();
    const dropped: MirrorUser[] = [];
    const changed = new Set<string>();
    const shadow: Shadow = { users, addresses, dropped };
    return {
      add: (changes) => {
        for (const change of changes) this.#applyUser(shadow, change, beganAtWallMs, changed);
      },
      commit: () => {
        if (full) comparedWith(shadow, before, beganAtWallMs, changed);
        forgetRecycled(shadow, beganAtWallMs, changed);
        this.#users = users;
        this.#addresses = addresses;
        for (const user of dropped)
          if (this.#protected?.has(user.objectId) !== false) this.#lost.set(user.objectId, user);
        for (const objectId of this.#lost.keys()) if (users.has(objectId)) this.#lost.delete(objectId);
        const first = this.#usersReadAt === undefined;
        this.#usersReadAt = beganAtWallMs;
        if (!first && changed.size === 0) return;
        this.#usersRevision += 1;
        this.#judge(beganAtWallMs, first ? 'all' : changed);
      },
    };
  }

  #applyUser(shadow: Shadow, change: UserChange, wallMs: number, changed: Set<string>): void {
    const { objectId } = change;
    const known = shadow.users.get(objectId);
    if (change.gone === undefined) {
      const user = changedUser(known, change, this.#shared);
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

  /** Groups of a whole run. `asked`: whom it was about; one of them that a full run does not name does not exist. */
  commitGroups(asked: readonly string[], { full, changes, beganAtWallMs }: Commit<GroupChange>): void {
    const shadow = new Map<string, MirrorGroup | null>();
    const groupOf = (id: string): MirrorGroup => {
      const known = shadow.get(id) ?? (full ? undefined : this.#groups.get(id)) ?? newGroup(id);
      shadow.set(id, known);
      return known;
    };
    if (full) for (const id of asked) shadow.set(id, null);
    for (const change of changes) {
      if (change.gone === undefined) {
        const group = groupOf(change.id);
        group.deletedOn = undefined;
        applyToGroup(group, change);
      } else if (change.gone === 'recycled') {
        groupOf(change.id).deletedOn = new Date(beganAtWallMs).toISOString();
      } else shadow.set(change.id, null);
    }
    for (const id of asked) this.#groupsReadAt.set(id, beganAtWallMs);
    if (shadow.size === 0) return;
    for (const [id, group] of shadow) this.#groups.set(id, group);
    this.#closures.clear();
    const followed = this.toRead();
    for (const id of this.#groups.keys()) if (!followed.has(id) && !asked.includes(id)) this.#forgetGroup(id);
    this.#judge(beganAtWallMs, new Set());
  }

  #forgetGroup(id: string): void {
    this.#groups.delete(id);
    this.#groupsReadAt.delete(id);
  }

  /** The followed groups and all groups in them, as far as they are known: these have to be read. */
  toRead(): ReadonlySet<string> {
    return new Set(this.#followed.flatMap((id) => [...this.#closure(id).groupIds]));
  }

  isRead(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  /** Is in the recycle bin: what it holds when it comes back has to be read anew. */
  isRecycled(groupId: string): boolean {
    return this.#groups.get(groupId)?.deletedOn !== undefined;
  }

  // ---- what is asked

  user(objectId: string): Seen<DirectoryUser | null> {
    if (this.#usersReadAt === undefined) return 'unread';
    return this.#userOf(objectId.toLowerCase());
  }

  #userOf(objectId: string): DirectoryUser | null {
    const user = this.#users.get(objectId);
    if (!this.#guard.empty && (user === undefined || user.deletedOn !== undefined)) {
      if (this.#guard.of(objectId)?.reason === 'user-gone') {
        const { deletedOn: _, ...held } = user ?? this.#lost.get(objectId) ?? { deletedOn: undefined };
        if ('objectId' in held) return held as DirectoryUser;
      }
    }
    return user ?? null;
  }

  users(): Iterable<DirectoryUser> {
    return this.#users.values();
  }

  get userCount(): number {
    let count = 0;
    for (const { deletedOn } of this.#users.values()) if (deletedOn === undefined) count += 1;
    return count;
  }

  match(
    people: readonly AskedIdentity[],
    how?: { readonly nearest: boolean },
  ): Seen<ReadonlyMap<string, MatchedIdentity>> {
    if (this.#usersReadAt === undefined) return 'unread';
    const source = {
      user: (id: string) => this.#userOf(id),
      users: () => this.#users.values(),
      holders: (address: string) => this.#addresses.holders(address),
    };
    return matchPeople(people, source, how?.nearest);
  }

  /** Who has a phone number in the directory: made when first asked for, since few ask. */
  phones(): PhoneIndex {
    if (this.#phones?.revision !== this.#usersRevision)
      this.#phones = { revision: this.#usersRevision, index: new PhoneIndex(this.#users.values()) };
    return this.#phones.index;
  }

  membership(groupIds: readonly string[], objectId: string): Seen<Membership> {
    const id = objectId.toLowerCase();
    let readAtWallMs = Number.POSITIVE_INFINITY;
    let unread = groupIds.length === 0;
    for (const text of groupIds) {
      const groupId = text.toLowerCase();
      const closure = this.#closure(groupId);
      const readAt = this.#readAt(closure);
      if (closure.holderOf.has(id) && readAt !== undefined)
        return { member: true, via: this.#named(wayTo(closure, id)), groupId, readAtWallMs: readAt };
      if (!closure.complete || readAt === undefined) unread = true;
      else readAtWallMs = Math.min(readAtWallMs, readAt);
    }
    const held = this.#guard.empty ? undefined : this.#guard.of(id);
    if (held) {
      const { groupId = groupIds[0]?.toLowerCase() ?? '', via } = held;
      if (groupIds.some((one) => one.toLowerCase() === groupId))
        return {
          member: true,
          via: this.#named(via),
          groupId,
          readAtWallMs: Number.isFinite(readAtWallMs) ? readAtWallMs : 0,
          held: true,
        };
    }
    return unread ? 'unread' : { member: false, via: [], readAtWallMs };
  }

  members(groupIds: readonly string[]): Seen<ReadonlySet<string>> {
    if (this.#usersReadAt === undefined || groupIds.length === 0) return 'unread';
    const found = new Set<string>();
    for (const text of groupIds) {
      const groupId = text.toLowerCase();
      const closure = this.#closure(groupId);
      if (!closure.complete) return 'unread';
      for (const id of closure.holderOf.keys()) {
        const user = this.#userOf(id);
        if (user && user.deletedOn === undefined) found.add(id);
      }
    }
    for (const { people } of this.#guard.list())
      for (const { objectId, groupId } of people.values())
        if (groupId === undefined || groupIds.some((one) => one.toLowerCase() === groupId))
          found.add(objectId);
    return found;
  }

  /** Who is below a group by what the directory says, whatever is held: for the comparison with Microsoft's own list. */
  directory(groupId: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const id of this.#closure(groupId.toLowerCase()).holderOf.keys())
      if (this.isThere(id)) found.add(id);
    return found;
  }

  /** Known, and not in the recycle bin: such users keep their memberships there (microsoft-graph 4.3). */
  isThere(objectId: string): boolean {
    const user = this.#users.get(objectId);
    return user !== undefined && user.deletedOn === undefined;
  }

  group(groupId: string): Seen<DirectoryGroup | null> {
    const group = this.#groups.get(groupId.toLowerCase());
    if (group === undefined) return 'unread';
    if (group === null) return null;
    const { id, name, kind, synced, users, groups, deletedOn } = group;
    return {
      id,
      name,
      kind,
      synced,
      people: users.size,
      nested: groups.size,
      ...(deletedOn !== undefined && { deletedOn }),
    };
  }

  get readAtWallMs(): { readonly users: number | undefined; readonly groups: number | undefined } {
    let oldest: number | undefined = Number.POSITIVE_INFINITY;
    for (const id of this.toRead()) {
      const readAt = this.#groupsReadAt.get(id);
      if (readAt === undefined) oldest = undefined;
      else if (oldest !== undefined) oldest = Math.min(oldest, readAt);
    }
    const groups = oldest !== undefined && Number.isFinite(oldest) ? oldest : undefined;
    return { users: this.#usersReadAt, groups };
  }

  // ---- what others decide

  get followed(): readonly string[] {
    return this.#followed;
  }

  followGroups(groupIds: readonly string[]): void {
    const wanted = [...new Set(groupIds.map((id) => id.toLowerCase()))];
    const same = wanted.length === this.#followed.length && wanted.every((id) => this.#followed.includes(id));
    if (same) return;
    if (this.#followed.length > 0) this.#shownIn = 'anew';
    this.#followed = wanted;
    this.#closures.clear();
    this.#shownComplete = false;
    this.#tell('all');
  }

  protect(objectIds: ReadonlySet<string>, limits: MassChangeLimits = usualLimits): void {
    this.#protected = new Set([...objectIds].map((id) => id.toLowerCase()));
    this.#limits = limits;
    const released = new Set<string>();
    for (const { people } of this.#guard.list())
      for (const objectId of people.keys())
        if (!this.#protected.has(objectId)) {
          this.#guard.release(objectId);
          released.add(objectId);
        }
    for (const id of this.#lost.keys()) if (!this.#guard.of(id)) this.#lost.delete(id);
    if (released.size > 0) this.#tell(released);
    // Who is new among them is judged with all others: they may be out already.
    if (this.#usersReadAt !== undefined && this.#shownIn === 'unknown')
      this.#judge(this.#usersReadAt, new Set());
  }

  get held(): readonly HeldChange[] {
    return this.#guard.list();
  }

  /** `false`: there is no such held change. */
  decide(heldId: string, decision: 'confirm' | 'reject'): boolean {
    const left = this.#guard.decide(heldId, decision);
    if (!left) return false;
    for (const { objectId } of left) this.#lost.delete(objectId);
    if (this.#shownIn instanceof Set) {
      const shown = new Set(this.#shownIn);
      for (const { objectId } of left) shown.delete(objectId);
      this.#shownIn = shown;
    }
    this.#tell(new Set(left.map(({ objectId }) => objectId)));
    return true;
  }

  onChange(heard: (objectIds: ReadonlySet<string> | 'all') => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  // ---- judging

  /** After a commit: who would leave, whether they may, and who has to hear of it. */
  #judge(wallMs: number, changed: Set<string> | 'all'): void {
    const closures = new Map(this.#followed.map((id) => [id, this.#closure(id)]));
    const complete = this.#usersReadAt !== undefined && [...closures.values()].every((one) => one.complete);
    if (!complete) {
      // Who was added is told at once; nobody is missed before everything was read.
      this.#tell(changed === 'all' ? 'all' : this.#joined(closures, changed));
      return;
    }
    const shown = this.#shownIn;
    const isIn = this.#isIn(closures);
    const sameGroups = [...closures].every(([id, one]) => this.#shownClosures.get(id) === one);
    if (changed !== 'all' && this.#shownComplete && sameGroups && shown instanceof Set) {
      this.#judgeSome(changed, shown, isIn, wallMs);
      return;
    }
    if (this.#protected && shown !== 'anew') {
      const leaving: Leaving[] = [];
      for (const objectId of this.#protected) {
        if (isIn(objectId)) this.#guard.release(objectId);
        else if (!this.#guard.of(objectId) && (shown === 'unknown' || shown.has(objectId)))
          leaving.push(this.#leavingOf(objectId));
      }
      this.#guard.leave(leaving, this.#protected.size, this.#limits, wallMs);
    }
    for (const id of this.#lost.keys()) if (!this.#guard.of(id)) this.#lost.delete(id);
    const now = new Set<string>();
    for (const closure of closures.values())
      for (const id of closure.holderOf.keys()) if (isIn(id)) now.add(id);
    if (closures.size === 0) for (const id of this.#users.keys()) if (isIn(id)) now.add(id);
    for (const { people } of this.#guard.list()) for (const id of people.keys()) now.add(id);
    const wasComplete = this.#shownComplete;
    this.#shownComplete = true;
    // Without somebody to protect there is no guard yet, and the first who asks for one gets it.
    if (this.#protected || shown instanceof Set) this.#shownIn = now;
    const differs = changed === 'all' || !wasComplete ? 'all' : this.#differs(closures, now, shown, changed);
    this.#shownClosures = closures;
    this.#tell(differs);
  }

  /** Only users changed: of everybody else the answers are what they were. */
  #judgeSome(
    changed: ReadonlySet<string>,
    shown: Set<string>,
    isIn: (objectId: string) => boolean,
    wallMs: number,
  ): void {
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
    for (const id of this.#lost.keys()) if (!this.#guard.of(id)) this.#lost.delete(id);
    this.#tell(changed);
  }

  #isIn(closures: ReadonlyMap<string, Closure>): (objectId: string) => boolean {
    return (objectId) => {
      const user = this.#users.get(objectId);
      if (!user || user.deletedOn !== undefined) return false;
      if (closures.size === 0) return true;
      for (const { holderOf } of closures.values()) if (holderOf.has(objectId)) return true;
      return false;
    };
  }

  #leavingOf(objectId: string): Leaving {
    const user = this.#users.get(objectId);
    const before = [...this.#shownClosures.values()].find(({ holderOf }) => holderOf.has(objectId));
    const groupId = before?.rootId;
    const group = groupId === undefined ? undefined : this.#groups.get(groupId);
    const reason =
      !user || user.deletedOn !== undefined
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
      const before = this.#shownClosures.get(id)?.holderOf;
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
      const before = this.#shownClosures.get(id)?.holderOf ?? new Map<string, string>();
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

  #tell(objectIds: ReadonlySet<string> | 'all'): void {
    if (objectIds !== 'all' && objectIds.size === 0) return;
    this.#revision += 1;
    for (const heard of this.#listeners) heard(objectIds);
  }

  #closure(rootId: string): Closure {
    const known = this.#closures.get(rootId);
    if (known) return known;
    const made = closureOf(rootId, (id) => this.#groups.get(id));
    this.#closures.set(rootId, made);
    return made;
  }

  /** Of the oldest part that was read; undefined: the root was never read. */
  #readAt({ groupIds }: Closure): number | undefined {
    const times = [...groupIds].flatMap((id) => this.#groupsReadAt.get(id) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #named(ids: readonly string[]): readonly { readonly id: string; readonly name: string }[] {
    return ids.map((id) => ({ id, name: this.#groups.get(id)?.name || id }));
  }

  // ---- for the disk

  /** Everything that a later start needs, to be put back by `restore`. */
  dump(): MirrorDump {
    return {
      entraTenantId: this.entraTenantId,
      followed: this.#followed,
      usersReadAt: this.#usersReadAt,
      held: this.#guard.list(),
      lost: [...this.#lost.values()],
      users: this.#users.values(),
      groups: [...this.#groups].map(([id, group]) => ({ id, group, readAt: this.#groupsReadAt.get(id) })),
    };
  }

  restore(dump: MirrorDump): void {
    const wanted = this.#followed;
    this.#followed = dump.followed;
    const shadow: Shadow = { users: this.#users, addresses: this.#addresses, dropped: [] };
    for (const user of dump.users) put(shadow, undefined, user);
    for (const user of dump.lost) this.#lost.set(user.objectId, user);
    for (const { id, group, readAt } of dump.groups) {
      this.#groups.set(id, group);
      if (readAt !== undefined) this.#groupsReadAt.set(id, readAt);
    }
    this.#usersReadAt = dump.usersReadAt;
    this.#usersRevision += 1;
    this.#guard.load(dump.held);
    this.#closures.clear();
    // What the directory showed before the restart is what changes are measured against.
    const closures = new Map(this.#followed.map((id) => [id, this.#closure(id)]));
    if (this.#usersReadAt !== undefined && [...closures.values()].every((one) => one.complete)) {
      const isIn = this.#isIn(closures);
      const now = new Set<string>();
      for (const id of this.#users.keys()) if (isIn(id)) now.add(id);
      for (const { people } of this.#guard.list()) for (const id of people.keys()) now.add(id);
      this.#shownIn = now;
      this.#shownComplete = true;
      this.#shownClosures = closures;
    }
    // Somebody may have said by now which groups they want: as if they had said it after the restart.
    if (wanted.length > 0) this.followGroups(wanted);
    this.#tell('all');
  }
}

export interface MirrorDump {
  readonly entraTenantId: string;
  readonly followed: readonly string[];
  readonly usersReadAt: number | undefined;
  readonly held: readonly HeldChange[];
  readonly lost: readonly MirrorUser[];
  readonly users: Iterable<MirrorUser>;
  readonly groups: readonly {
    readonly id: string;
    readonly group: MirrorGroup | null;
    readonly readAt: number | undefined;
  }[];
}

/** Users in steps; nothing is shown before `commit`. */
export interface UserStage {
  add(changes: readonly UserChange[]): void;
  commit(): void;
}

interface Shadow {
  readonly users: Map<string, MirrorUser>;
  readonly addresses: AddressIndex;
  /** Whom the directory does not know any more. */
  readonly dropped: MirrorUser[];
}

function put({ users, addresses }: Shadow, before: MirrorUser | undefined, user: MirrorUser): void {
  if (before) addresses.remove(before);
  users.set(user.objectId, user);
  addresses.add(user);
}

function drop({ users, addresses, dropped }: Shadow, user: MirrorUser): void {
  addresses.remove(user);
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
