import type { Directory } from '../directory/directory.ts';
import { type Group, makeGroup, makeUser, type TeamsUser, type Tenant } from '../directory/tenant.ts';
import { fromPlain, toPlain } from './plain.ts';
import type { StateSection } from './state-file.ts';

/**
 * Tenants with their people, groups, domains, licences and voice settings. What was before a restart is not remembered:
 * delta tokens of then are answered with 410, and whoever holds one reads everything again.
 */

type SavedUser = Parameters<typeof makeUser>[0];
type SavedGroup = Parameters<typeof makeGroup>[0];
interface SavedTenant {
  readonly id: string;
  readonly users: readonly SavedUser[];
  readonly groups: readonly SavedGroup[];
  /** Ids of people and groups that are gone for good. Whoever is in neither list came with a newer world, and stays. */
  readonly gone: readonly string[];
  /** Everything else of the tenant. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export function directoryState(directory: Directory): StateSection {
  // The ledgers begin with everybody who is there at the start: who leaves later is known to have been.
  for (const tenant of directory.tenants.values()) directory.ledger(tenant);
  return sectionOf(directory);
}

const sectionOf = (directory: Directory): StateSection => ({
  version: 1,
  save: (): readonly SavedTenant[] =>
    [...directory.tenants.values()].map((tenant) => {
      const ledger = directory.ledger(tenant);
      const { id, users: _users, groups: _groups, trunks, ...rest } = tenant;
      return {
        id,
        users: ledger.users.filter(({ life }) => life !== 'purged'),
        groups: ledger.groups.filter(({ life }) => life !== 'purged'),
        gone: [
          ...ledger.users.filter(({ life }) => life === 'purged').map(({ objectId }) => objectId),
          ...ledger.groups.filter(({ life }) => life === 'purged').map(({ id: group }) => group),
        ],
        // The signalling port of a trunk is this instance's, not the last one's.
        rest: toPlain({ ...rest, trunks: withoutPorts(trunks) }) as Record<string, unknown>,
      };
    }),
  restore: (value) => {
    for (const saved of value as readonly SavedTenant[]) {
      const tenant = directory.tenant(saved.id);
      if (tenant) restoreTenant(directory, tenant, saved);
    }
  },
});

const withoutPorts = (trunks: Tenant['trunks']): Map<string, object> =>
  new Map([...trunks].map(([name, { sipSignalingPort: _port, ...trunk }]) => [name, trunk]));

function restoreTenant(directory: Directory, tenant: Tenant, saved: SavedTenant): void {
  const ledger = directory.ledger(tenant);
  const people = new Map([...ledger.users].map((user) => [user.objectId, user]));
  const groups = new Map([...ledger.groups].map((group) => [group.id, group]));
  for (const kept of [ledger.users, ledger.groups]) kept.length = 0;
  for (const kept of [ledger.byId, ledger.bin, ledger.byNumber, tenant.users, tenant.groups]) kept.clear();

  const gone = new Set(saved.gone);
  const known = new Set([
    ...saved.users.map(({ objectId }) => objectId),
    ...saved.groups.map(({ id }) => id),
  ]);
  const isNew = (id: string): boolean => !gone.has(id) && !known.has(id);
  const newPeople = [...people.values()].filter(({ objectId }) => isNew(objectId));
  const newGroups = [...groups.values()].filter(({ id }) => isNew(id));

  for (const given of [...saved.users, ...newPeople]) {
    // Calls, clients and presence hold the object itself: whoever was seeded stays the same one.
    const seeded = people.get(given.objectId);
    const before = seeded?.upn.toLowerCase();
    const user: TeamsUser = Object.assign(seeded ?? {}, makeUser(given));
    ledger.users.push(user);
    ledger.byId.set(user.objectId, user);
    ledger.noteNumber(user);
    if (user.life === 'live') tenant.users.set(user.upn.toLowerCase(), user);
    else ledger.bin.add(user);
    if (before !== undefined && before !== user.upn.toLowerCase()) directory.onRenamed?.(user, before);
  }
  for (const given of [...saved.groups, ...newGroups]) {
    const group: Group = Object.assign(groups.get(given.id) ?? {}, makeGroup(given));
    ledger.groups.push(group);
    if (group.life === 'live') tenant.groups.set(group.id, group);
  }
  refill(tenant, saved.rest);
  tenant.deltaEpoch++;
}

/** Into the same maps and objects, for others hold them. */
function refill(target: object, saved: Readonly<Record<string, unknown>>): void {
  for (const [key, plain] of Object.entries(saved)) {
    const held = (target as Record<string, unknown>)[key];
    const value = fromPlain(plain);
    if (held instanceof Map && value instanceof Map) {
      const before = new Map(held);
      held.clear();
      for (const [name, one] of value)
        held.set(name, isRecord(one) ? { ...(before.get(name) as object | undefined), ...one } : one);
    } else if (isRecord(held) && isRecord(value)) refill(held, plain as Record<string, unknown>);
    else if (isWritable(target, key)) (target as Record<string, unknown>)[key] = value;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);

/** Ids and names of tenants are what the world says. */
const isWritable = (target: object, key: string): boolean =>
  !('enableGroupId' in target && ['name', 'country', 'initialDomain', 'enableGroupId'].includes(key));
