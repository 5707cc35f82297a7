import type { DirectoryGroup } from '../ports/directory-view.ts';
import type { Seen } from '../provisioning/facts.ts';
import type { GroupChange } from './directory-changes.ts';
import { applyToGroup, type Closure, closureOf, type MirrorGroup, newGroup } from './group-closure.ts';

export interface KeptGroup {
  readonly id: string;
  /** Null: there is no such group. */
  readonly group: MirrorGroup | null;
  readonly readAt: number | undefined;
}

/** The groups that are followed, with all groups in them, and who is below each. */
export class MirrorGroups {
  /** Null: there is no such group; missing: not read. */
  readonly #groups = new Map<string, MirrorGroup | null>();
  readonly #readAt = new Map<string, number>();
  #followed: readonly string[] = [];
  #closures = new Map<string, Closure>();

  get followed(): readonly string[] {
    return this.#followed;
  }

  /** `false`: they are followed already. */
  follow(groupIds: readonly string[]): boolean {
    const wanted = [...new Set(groupIds.map((id) => id.toLowerCase()))];
    const same = wanted.length === this.#followed.length && wanted.every((id) => this.#followed.includes(id));
    if (same) return false;
    this.#followed = wanted;
    this.#closures.clear();
    return true;
  }

  /** `asked`: whom the run was about; one of them that a full run does not name does not exist. `false`: nothing changed. */
  commit(
    asked: readonly string[],
    run: { readonly full: boolean; readonly changes: readonly GroupChange[]; readonly beganAtWallMs: number },
  ): boolean {
    const { full, changes, beganAtWallMs } = run;
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
    for (const id of asked) this.#readAt.set(id, beganAtWallMs);
    if (shadow.size === 0) return false;
    for (const [id, group] of shadow) this.#groups.set(id, group);
    this.#closures.clear();
    const followed = this.toRead();
    for (const id of this.#groups.keys()) if (!followed.has(id) && !asked.includes(id)) this.#forget(id);
    return true;
  }

  #forget(id: string): void {
    this.#groups.delete(id);
    this.#readAt.delete(id);
  }

  /** The followed groups and all groups in them, as far as they are known: these have to be read. */
  toRead(): ReadonlySet<string> {
    return new Set(this.#followed.flatMap((id) => [...this.closure(id).groupIds]));
  }

  get(id: string): MirrorGroup | null | undefined {
    return this.#groups.get(id);
  }

  isRead(id: string): boolean {
    return this.#groups.has(id);
  }

  /** As others see it. */
  shown(id: string): Seen<DirectoryGroup | null> {
    const group = this.#groups.get(id);
    if (group === undefined) return 'unread';
    if (group === null) return null;
    const { name, kind, synced, users, groups, deletedOn } = group;
    return {
      id: group.id,
      name,
      kind,
      synced,
      people: users.size,
      nested: groups.size,
      ...(deletedOn !== undefined && { deletedOn }),
    };
  }

  named(ids: readonly string[]): readonly { readonly id: string; readonly name: string }[] {
    return ids.map((id) => ({ id, name: this.#groups.get(id)?.name || id }));
  }

  closure(rootId: string): Closure {
    const known = this.#closures.get(rootId);
    if (known) return known;
    const made = closureOf(rootId, (id) => this.#groups.get(id));
    this.#closures.set(rootId, made);
    return made;
  }

  /** Of each followed group. */
  followedClosures(): ReadonlyMap<string, Closure> {
    return new Map(this.#followed.map((id) => [id, this.closure(id)]));
  }

  /** Of the oldest part that was read; undefined: the root was never read. */
  readAtOf({ groupIds }: Closure): number | undefined {
    const times = [...groupIds].flatMap((id) => this.#readAt.get(id) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Of the oldest group that has to be read; undefined: one of them never was, or there is none. */
  get readAtWallMs(): number | undefined {
    let oldest = Number.POSITIVE_INFINITY;
    for (const id of this.toRead()) {
      const readAt = this.#readAt.get(id);
      if (readAt === undefined) return undefined;
      oldest = Math.min(oldest, readAt);
    }
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  kept(): readonly KeptGroup[] {
    return [...this.#groups].map(([id, group]) => ({ id, group, readAt: this.#readAt.get(id) }));
  }

  /** What a start before this one has written. */
  restore(followed: readonly string[], kept: readonly KeptGroup[]): void {
    this.#followed = followed;
    for (const { id, group, readAt } of kept) {
      this.#groups.set(id, group);
      if (readAt !== undefined) this.#readAt.set(id, readAt);
    }
    this.#closures.clear();
  }
}
