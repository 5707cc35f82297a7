import type { GroupKind } from '../ports/directory-view.ts';
import type { GroupChange } from './directory-changes.ts';

/** A group as the directory said last: direct members only, as delta gives them (microsoft-graph 0.3, fact 8). */
export interface MirrorGroup {
  readonly id: string;
  name: string;
  kind: GroupKind;
  synced: boolean;
  readonly users: Set<string>;
  readonly groups: Set<string>;
  deletedOn: string | undefined;
}

export const newGroup = (id: string): MirrorGroup => ({
  id,
  name: '',
  kind: 'assigned',
  synced: false,
  users: new Set(),
  groups: new Set(),
  deletedOn: undefined,
});

/** Merges, never replaces: the members of a large group come in parts, in any order, some of them twice. */
export function applyToGroup(
  group: MirrorGroup,
  change: Extract<GroupChange, { readonly gone?: undefined }>,
): void {
  if (change.name !== undefined) group.name = change.name ?? '';
  if (change.kind !== undefined) group.kind = change.kind;
  if (change.synced !== undefined) group.synced = change.synced;
  for (const { id, type, removed } of change.members ?? []) {
    if (removed) {
      if (type !== 'group') group.users.delete(id);
      if (type !== 'user') group.groups.delete(id);
    } else if (type === 'group') group.groups.add(id);
    else if (type !== 'other') group.users.add(id);
  }
}

/** Everybody below one group, with the way to them. */
export interface Closure {
  readonly rootId: string;
  /** The group that holds the person directly; of several the one nearest to the root. */
  readonly holderOf: ReadonlyMap<string, string>;
  /** The group through which a group was reached. */
  readonly parentOf: ReadonlyMap<string, string>;
  /** The root and all groups below it, also those that were not read yet. */
  readonly groupIds: ReadonlySet<string>;
  /** Every group below was read. */
  readonly complete: boolean;
}

/**
 * Breadth first, so that the way to a person is the shortest; each group once, so that groups that hold each other end.
 * Undefined: the group was not read yet. Null: there is no such group.
 */
export function closureOf(rootId: string, groupOf: (id: string) => MirrorGroup | null | undefined): Closure {
  const holderOf = new Map<string, string>();
  const parentOf = new Map<string, string>();
  const groupIds = new Set([rootId]);
  let complete = true;
  // A set may grow while it is walked: new groups are visited in the order of their finding.
  for (const id of groupIds) {
    const group = groupOf(id);
    if (group === undefined) complete = false;
    if (!group || group.deletedOn !== undefined) continue;
    for (const user of group.users) if (!holderOf.has(user)) holderOf.set(user, id);
    for (const nested of group.groups)
      if (!groupIds.has(nested)) {
        groupIds.add(nested);
        parentOf.set(nested, id);
      }
  }
  return { rootId, holderOf, parentOf, groupIds, complete };
}

/** Groups between the root and the person, outermost first; empty: direct. */
export function wayTo(closure: Closure, objectId: string): readonly string[] {
  const way: string[] = [];
  for (let at = closure.holderOf.get(objectId); at !== undefined && at !== closure.rootId; ) {
    way.unshift(at);
    at = closure.parentOf.get(at);
  }
  return way;
}
