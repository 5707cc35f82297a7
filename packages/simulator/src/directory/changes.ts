import type { TeamsUser } from './tenant.ts';

/** What happened in the directory, for those who tell others of it: subscriptions (graph 3), and the state file. */
export interface DirectoryChange {
  readonly tenantId: string;
  readonly kind: 'user' | 'group';
  /** Object id. */
  readonly id: string;
  /** Creating, deleting softly and restoring are `updated`; `deleted` is for good. */
  readonly change: 'updated' | 'deleted';
  /** Only of a group: who came and who left. */
  readonly members?: readonly { readonly id: string; readonly removed: boolean }[];
}

/** Facts of Teams, not of the directory object: a change of these is no change of the user there. */
const teamsOnly: ReadonlySet<string> = new Set<keyof TeamsUser>([
  'enterpriseVoice',
  'number',
  'allowOutboundPstn',
  'busyOnBusy',
  'busyElsewhere',
  'policies',
  'pastPlans',
]);

/** A user's change as the directory tells it: the object itself, and each group that the user joined or left. */
export function userChanges(before: Partial<TeamsUser>, after: TeamsUser): DirectoryChange[] {
  const { tenantId, objectId: id } = after;
  const same = (key: string): boolean =>
    JSON.stringify((before as Record<string, unknown>)[key]) ===
    JSON.stringify((after as unknown as Record<string, unknown>)[key]);
  const changes: DirectoryChange[] = [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  if ([...keys].some((key) => key !== 'groups' && !teamsOnly.has(key) && !same(key)))
    changes.push({ tenantId, kind: 'user', id, change: 'updated' });
  const [old, now] = [new Set(before.groups), new Set(after.groups)];
  for (const group of new Set([...old, ...now])) {
    if (old.has(group) === now.has(group)) continue;
    const members = [{ id, removed: old.has(group) }];
    changes.push({ tenantId, kind: 'group', id: group, change: 'updated', members });
  }
  return changes;
}
