import type { DeltaRun, DeltaStart, DirectorySource } from '../ports/directory-source.ts';
import type { GroupChange, MemberChange, UserChange } from './directory-changes.ts';

/** For tests: an Entra tenant with delta queries that behave as microsoft-graph 4.3 says, and as badly as it allows. */

export const tenantId = 'acacacac-0000-4000-8000-000000000001';
export const userId = (n: number): string => `dadadada-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const groupId = (n: number): string => `96096096-0000-4000-8000-${String(n).padStart(12, '0')}`;

interface TestUser {
  readonly id: string;
  upn: string;
  name: string;
  enabled: boolean;
  deleted: boolean;
  version: number;
}

interface TestGroup {
  readonly id: string;
  name: string;
  deleted: boolean;
  /** Members by id, with what they are and since which version; removed ones too, so that delta can tell. */
  readonly members: Map<string, { type: 'user' | 'group'; present: boolean; version: number }>;
  version: number;
}

/** Numbers from 0 to below `n`: how pages are cut and mixed. */
export type Dice = (n: number) => number;

export class TestDirectory implements DirectorySource {
  readonly users_ = new Map<string, TestUser>();
  readonly groups_ = new Map<string, TestGroup>();
  readonly #purged = new Map<string, number>();
  readonly #groupsPurged = new Map<string, number>();
  version = 0;
  /** Links older than this are too old. */
  oldest = 0;
  /** Runs that fail before the next one comes through. */
  failing = 0;
  readonly asked: { readonly of: 'users' | 'groups'; readonly full: boolean; readonly atWallMs: number }[] =
    [];
  readonly #dice: Dice;
  readonly #wall: () => number;
  notBeforeWallMs: number | undefined;

  constructor(wall: () => number, dice: Dice = () => 0) {
    this.#wall = wall;
    this.#dice = dice;
  }

  // ---- what an admin does

  user(n: number, change: Partial<Pick<TestUser, 'upn' | 'name' | 'enabled'>> = {}): string {
    const id = userId(n);
    const known = this.users_.get(id);
    const user = known ?? {
      id,
      upn: `u${n}@acme.example`,
      name: `User ${n}`,
      enabled: true,
      deleted: false,
      version: 0,
    };
    Object.assign(user, change, { version: ++this.version });
    this.users_.set(id, user);
    return id;
  }
  recycle(n: number, deleted = true): void {
    const user = this.users_.get(userId(n));
    if (user && user.deleted !== deleted) Object.assign(user, { deleted, version: ++this.version });
  }
  purge(n: number): void {
    const id = userId(n);
    if (!this.users_.delete(id)) return;
    this.#purged.set(id, ++this.version);
    for (const group of this.groups_.values()) this.#member(group, id, 'user', false);
  }
  newGroup(n: number, name = `Group ${n}`): string {
    const id = groupId(n);
    const known = this.groups_.get(id);
    if (known) Object.assign(known, { name, version: ++this.version });
    else this.groups_.set(id, { id, name, deleted: false, members: new Map(), version: ++this.version });
    return id;
  }
  recycleGroup(n: number, deleted = true): void {
    const group = this.groups_.get(groupId(n));
    if (group && group.deleted !== deleted) Object.assign(group, { deleted, version: ++this.version });
  }
  purgeGroup(n: number): void {
    const id = groupId(n);
    if (!this.groups_.delete(id)) return;
    this.#groupsPurged.set(id, ++this.version);
    for (const group of this.groups_.values()) this.#member(group, id, 'group', false);
  }
  join(n: number, group: number): void {
    const held = this.groups_.get(groupId(group));
    if (held && this.users_.has(userId(n))) this.#member(held, userId(n), 'user', true);
  }
  leave(n: number, group: number): void {
    const held = this.groups_.get(groupId(group));
    if (held) this.#member(held, userId(n), 'user', false);
  }
  nest(inner: number, outer: number, present = true): void {
    const held = this.groups_.get(groupId(outer));
    if (held && (this.groups_.has(groupId(inner)) || !present))
      this.#member(held, groupId(inner), 'group', present);
  }
  #member(group: TestGroup, id: string, type: 'user' | 'group', present: boolean): void {
    const known = group.members.get(id);
    if ((known?.present ?? false) === present) return;
    group.members.set(id, { type, present, version: ++this.version });
    group.version = this.version;
  }

  /** Who is below a group, in truth: what the mirror has to find. */
  truth(root: string): ReadonlySet<string> {
    const found = new Set<string>();
    const seen = new Set([root]);
    for (const id of seen) {
      const group = this.groups_.get(id);
      if (!group || group.deleted) continue;
      for (const [member, { type, present }] of group.members) {
        if (!present) continue;
        if (type === 'group') seen.add(member);
        else found.add(member);
      }
    }
    return found;
  }

  // ---- DirectorySource

  users(from: DeltaStart): Promise<DeltaRun<UserChange>> {
    return this.#run('users', from, (since) => {
      const changes: UserChange[] = [];
      for (const user of this.users_.values()) {
        if (since !== undefined && user.version <= since) continue;
        if (user.deleted) {
          if (since !== undefined) changes.push({ objectId: user.id, gone: 'recycled' });
          continue;
        }
        const { id, upn, name, enabled } = user;
        const whole: UserChange = { objectId: id, upn, displayName: name, enabled, plans: [] };
        changes.push(whole);
        // The same object again, with less of it: "return=minimal".
        if (this.#dice(3) === 0) changes.push({ objectId: id, displayName: name });
      }
      if (since !== undefined)
        for (const [id, version] of this.#purged)
          if (version > since) changes.push({ objectId: id, gone: 'purged' });
      return changes;
    });
  }

  groups(ids: readonly string[], from: DeltaStart): Promise<DeltaRun<GroupChange>> {
    return this.#run('groups', from, (since) => {
      const changes: GroupChange[] = [];
      for (const id of ids) {
        const group = this.groups_.get(id);
        const purged = this.#groupsPurged.get(id);
        if (!group) {
          if (since !== undefined && purged !== undefined && purged > since)
            changes.push({ id, gone: 'purged' });
          continue;
        }
        if (since !== undefined && group.version <= since) continue;
        if (group.deleted) {
          if (since !== undefined) changes.push({ id, gone: 'recycled' });
          continue;
        }
        const members: MemberChange[] = [...group.members]
          .filter(([, one]) => (since === undefined ? one.present : one.version > since))
          .map(([member, { type, present }]) => ({ id: member, type, removed: !present }));
        changes.push({ id, name: group.name });
        while (members.length > 0) {
          const part = members.splice(0, 1 + this.#dice(3));
          changes.push({ id, ...(this.#dice(2) === 0 && { name: group.name }), members: part });
          if (this.#dice(4) === 0) changes.push({ id, members: part });
        }
      }
      return changes;
    });
  }

  comparisons = 0;
  comparisonsFail = false;
  transitiveMembers(root: string): ReturnType<DirectorySource['transitiveMembers']> {
    this.comparisons += 1;
    if (this.failing > 0 || this.comparisonsFail) return Promise.resolve({ kind: 'failed' as const });
    const group = this.groups_.get(root);
    if (!group || group.deleted) return Promise.resolve({ kind: 'gone' as const });
    const ids = new Set([...this.truth(root)].filter((id) => this.users_.get(id)?.deleted === false));
    return Promise.resolve({ kind: 'members' as const, ids });
  }

  async #run<Change>(
    of: 'users' | 'groups',
    from: DeltaStart,
    changesSince: (since: number | undefined) => Change[],
  ): Promise<DeltaRun<Change>> {
    const beganAtWallMs = this.#wall();
    const since = from && 'link' in from ? Number(from.link) : undefined;
    this.asked.push({ of, full: since === undefined, atWallMs: beganAtWallMs });
    await Promise.resolve();
    if (this.failing > 0) {
      this.failing -= 1;
      return {
        kind: 'failed',
        state: {
          connection: { is: 'connected' },
          trouble: { is: 'unavailable', sinceWallMs: beganAtWallMs },
        },
        ...(this.notBeforeWallMs !== undefined && { notBeforeWallMs: this.notBeforeWallMs }),
        ...(this.#dice(2) === 0 && { resume: { page: 7 } }),
      };
    }
    if (since !== undefined && since < this.oldest) return { kind: 'expired' };
    const changes = changesSince(since);
    // In any order, as far as it is about different things.
    for (let at = changes.length - 1; at > 0; at--) {
      const to = this.#dice(at + 1);
      const [a, b] = [changes[at] as Change, changes[to] as Change];
      changes[at] = b;
      changes[to] = a;
    }
    return { kind: 'complete', changes, link: String(this.version), beganAtWallMs };
  }
}
