import { planIds, qualifiesDomain } from '../graph/licence-catalogue.ts';
import { type DirectoryChange, userChanges } from './changes.ts';
import { History, Stamps } from './history.ts';
import { Ledger } from './ledger.ts';
import { parseMembershipRule } from './membership-rule.ts';
import {
  type Group,
  makeGroup,
  type TeamsUser,
  type Tenant,
  type Trunk,
  type VerifiedDomain,
} from './tenant.ts';

/** A deleted user or group can come back for this long (graph 4.1). */
export const restorableMs = 30 * 86_400_000;

/** All tenants that the twin plays, with the documented ways to find one, and the only door for changes. */
export class Directory {
  readonly tenants = new Map<string, Tenant>();
  /** The tenant that owns the base domain and the carrier trunk. */
  readonly carrierTenantId: string;
  readonly stamps: Stamps;
  readonly wall: () => number;
  /** How long Microsoft takes to notice (3.3, graph 5.4); a rehearsal may change them. */
  readonly delays = { activationMs: 1_000, groupPolicyMs: 0 };
  /** Where a deleted security group goes: a Microsoft 365 group always goes into the bin (graph 4.3, `changed` or `deleted`). */
  readonly habits: { deletedSecurityGroups: 'bin' | 'gone' } = { deletedSecurityGroups: 'bin' };
  /** Told after a user's name changed, with the old one in lower case. */
  onRenamed: ((user: TeamsUser, before: string) => void) | undefined;
  /** Told whenever something of a tenant is other than before, so that it can be remembered. */
  onTouched: () => void = () => undefined;
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #ledgers = new WeakMap<Tenant, Ledger>();
  readonly #histories = new WeakMap<object, History<TeamsUser | Group>>();

  constructor(carrierTenantId: string, wall: () => number = Date.now) {
    this.carrierTenantId = carrierTenantId;
    this.wall = wall;
    this.stamps = new Stamps(wall);
  }

  /** Everything that happens to users and groups, as it happens; the returned function ends it. */
  onChange(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hubs judge by the new state at once, Graph shows it after its delays. */
  change(user: TeamsUser, patch: Partial<Omit<TeamsUser, 'upn' | 'life'>>): void {
    this.#alter(user, patch);
  }

  /** Somebody new, whom delta queries show as a change. */
  add(tenant: Tenant, user: TeamsUser): void {
    const ledger = this.ledger(tenant);
    tenant.users.set(user.upn.toLowerCase(), user);
    ledger.users.push(user);
    ledger.byId.set(user.objectId, user);
    const { groups } = user;
    Object.assign(user, { life: 'unborn', groups: [] });
    this.#alter(user, { life: 'live', groups });
  }

  /** A label changes, the object id stays. False: somebody else has the name. */
  rename(tenant: Tenant, user: TeamsUser, upn: string): boolean {
    const [before, after] = [user.upn.toLowerCase(), upn.toLowerCase()];
    const holder = tenant.users.get(after);
    if (holder && holder !== user) return false;
    tenant.users.delete(before);
    tenant.users.set(after, user);
    this.#alter(user, { upn });
    if (before !== after) this.onRenamed?.(user, before);
    return true;
  }

  /** Into the bin: memberships, licences and the number stay with the user. */
  softDelete(tenant: Tenant, user: TeamsUser): void {
    tenant.users.delete(user.upn.toLowerCase());
    this.ledger(tenant).bin.add(user);
    this.#alter(user, { life: 'deleted', deletedAt: this.wall() });
  }

  /** Out of the bin. False: the name was taken in the meantime. */
  restore(tenant: Tenant, user: TeamsUser): boolean {
    if (tenant.users.has(user.upn.toLowerCase())) return false;
    tenant.users.set(user.upn.toLowerCase(), user);
    this.ledger(tenant).bin.delete(user);
    this.#alter(user, { life: 'live', deletedAt: undefined });
    return true;
  }

  /** Gone for good: only now members, licences and the number are free. */
  purge(tenant: Tenant, user: TeamsUser): void {
    tenant.users.delete(user.upn.toLowerCase());
    this.ledger(tenant).bin.delete(user);
    this.#alter(user, {
      life: 'purged',
      groups: [],
      licences: [],
      number: undefined,
      enterpriseVoice: false,
      deletedAt: undefined,
    });
  }

  addGroup(tenant: Tenant, given: Parameters<typeof makeGroup>[0]): Group {
    const group = makeGroup({ createdAt: this.wall(), ...given });
    const { nested } = group;
    this.ledger(tenant).groups.push(group);
    tenant.groups.set(group.id, group);
    Object.assign(group, { life: 'unborn', nested: [] });
    this.changeGroup(tenant, group, { life: 'live', nested });
    if (group.rule !== undefined) for (const user of tenant.users.values()) this.#alter(user, {});
    return group;
  }

  changeGroup(
    tenant: Tenant,
    group: Group,
    patch: Partial<Pick<Group, 'displayName' | 'nested' | 'life' | 'deletedAt'>>,
  ): void {
    const at = this.stamps.next();
    const { groupEvents } = this.ledger(tenant);
    this.#historyOf(group).end({ ...group }, at);
    const [before, after] = [group.nested, patch.nested ?? group.nested];
    Object.assign(group, patch);
    if (patch.nested === undefined || Object.keys(patch).length > 1) groupEvents.add({ at, group });
    for (const [from, to, added] of [
      [before, after, true],
      [after, before, false],
    ] as const)
      for (const id of to)
        if (!from.includes(id)) groupEvents.add({ at, group, member: { kind: 'group', id, added } });
    const members = [
      ...after.filter((id) => !before.includes(id)).map((id) => ({ id, removed: false })),
      ...before.filter((id) => !after.includes(id)).map((id) => ({ id, removed: true })),
    ];
    this.onTouched();
    this.#tell({
      tenantId: tenant.id,
      kind: 'group',
      id: group.id,
      change: patch.life === 'purged' ? 'deleted' : 'updated',
      ...(members.length > 0 ? { members } : {}),
    });
  }

  /** Into the bin, members and nesting with it; a security group for good where Microsoft does so. */
  deleteGroup(tenant: Tenant, group: Group): void {
    tenant.groups.delete(group.id);
    const soft = group.kind === 'unified' || this.habits.deletedSecurityGroups === 'bin';
    this.changeGroup(tenant, group, { life: soft ? 'deleted' : 'purged', deletedAt: this.wall() });
    if (!soft) this.#forgetGroup(tenant, group);
  }

  restoreGroup(tenant: Tenant, group: Group): void {
    tenant.groups.set(group.id, group);
    this.changeGroup(tenant, group, { life: 'live', deletedAt: undefined });
    if (group.rule !== undefined) for (const user of tenant.users.values()) this.#alter(user, {});
  }

  purgeGroup(tenant: Tenant, group: Group): void {
    this.changeGroup(tenant, group, { life: 'purged', deletedAt: undefined });
    this.#forgetGroup(tenant, group);
  }

  #forgetGroup(tenant: Tenant, { id }: Group): void {
    for (const parent of tenant.groups.values())
      if (parent.nested.includes(id))
        this.changeGroup(tenant, parent, { nested: parent.nested.filter((one) => one !== id) });
    for (const user of this.ledger(tenant).byId.values())
      if (user.groups.includes(id)) this.#alter(user, { groups: user.groups.filter((one) => one !== id) });
  }

  /** The user or group as of a stamp (wall ms). */
  at<T extends TeamsUser | Group>(thing: T, stamp: number): T {
    return (this.#histories.get(thing)?.at(stamp, thing) as T | undefined) ?? thing;
  }

  changedBetween(thing: TeamsUser | Group, from: number, to: number): boolean {
    return this.#histories.get(thing)?.changedBetween(from, to) ?? false;
  }

  /** What happened in the tenant, in order. */
  ledger(tenant: Tenant): Ledger {
    const known = this.#ledgers.get(tenant);
    if (known) return known;
    const made = new Ledger(tenant.users.values(), tenant.groups.values());
    this.#ledgers.set(tenant, made);
    return made;
  }

  /** Does what time does: bins are emptied, domains become active. */
  settle(tenant: Tenant): void {
    const now = this.wall();
    for (const user of this.deletedUsers(tenant))
      if ((user.deletedAt ?? now) + restorableMs <= now) this.purge(tenant, user);
    for (const group of this.ledger(tenant).groups)
      if (group.life === 'deleted' && (group.deletedAt ?? now) + restorableMs <= now)
        this.purgeGroup(tenant, group);
    for (const domain of tenant.domains.values()) this.#settleDomain(domain);
  }

  deletedUsers(tenant: Tenant): TeamsUser[] {
    return [...this.ledger(tenant).bin];
  }

  /** By object id or UPN. */
  userById(tenant: Tenant, id: string): TeamsUser | undefined {
    const key = id.toLowerCase();
    const found = tenant.users.get(key) ?? this.ledger(tenant).byId.get(key);
    return found?.life === 'live' ? found : undefined;
  }

  /** The group and everything that is nested in it, once each. */
  closure(tenant: Tenant, groupId: string): Group[] {
    const found = new Map<string, Group>();
    const visit = (id: string): void => {
      const group = tenant.groups.get(id);
      if (!group || found.has(id)) return;
      found.set(id, group);
      for (const nested of group.nested) visit(nested);
    };
    visit(groupId);
    return [...found.values()];
  }

  isInEnableGroup(tenant: Tenant, user: Pick<TeamsUser, 'groups'>): boolean {
    return this.closure(tenant, tenant.enableGroupId).some(({ id }) => user.groups.includes(id));
  }

  tenant(id: string): Tenant | undefined {
    return this.tenants.get(id);
  }

  user(upn: string): { tenant: Tenant; user: TeamsUser } | undefined {
    const key = upn.toLowerCase();
    for (const tenant of this.tenants.values()) {
      const user = tenant.users.get(key);
      if (user) return { tenant, user };
    }
    return undefined;
  }

  /** Reverse number lookup, inside one tenant only (2.2 item 11). Several users may share a base number by `;ext=`. */
  userByNumber(tenant: Tenant, number: string): TeamsUser | undefined {
    return this.holdersOf(tenant, number).find(({ life }) => life === 'live');
  }

  /** Everybody who has the number, the bin included: nobody else can get it before the bin is emptied. */
  holdersOf(tenant: Tenant, number: string): TeamsUser[] {
    return this.ledger(tenant).withNumber(number);
  }

  /**
   * 2.2 items 5 and 6: the full name is a verified domain of some tenant; only if nobody has it, the name without its
   * leftmost label. A customer whose subdomain was removed therefore lands in the carrier's own tenant.
   */
  findTenant(fqdn: string): { tenant: Tenant; domain: string; by: 'full name' | 'parent' } | undefined {
    const name = fqdn.toLowerCase();
    const full = this.ownerOf(name);
    if (full) return { tenant: full, domain: name, by: 'full name' };
    const dot = name.indexOf('.');
    const parent = dot < 0 ? '' : name.slice(dot + 1);
    const above = this.ownerOf(parent);
    return above && { tenant: above, domain: parent, by: 'parent' };
  }

  /**
   * The trunk behind a name: an object of the tenant, or derived: the name without its leftmost label is a trunk of the
   * tenant that owns that domain, and the full name is a verified domain of this tenant (3.1).
   */
  findTrunk(tenant: Tenant, fqdn: string): { trunk: Trunk; derived: boolean } | undefined {
    const name = fqdn.toLowerCase();
    const own = tenant.trunks.get(name);
    if (own) return { trunk: own, derived: false };
    if (!tenant.domains.has(name)) return undefined;
    const parent = name.slice(name.indexOf('.') + 1);
    const carrier = this.ownerOf(parent)?.trunks.get(parent);
    return carrier && { trunk: { ...carrier, fqdn: name }, derived: true };
  }

  /** Whether OPTIONS may come for this name (T12). */
  knowsTrunk(fqdn: string): { derived: boolean; tenant: Tenant; trunk: Trunk } | undefined {
    const found = this.findTenant(fqdn);
    if (!found) return undefined;
    const trunk = this.findTrunk(found.tenant, fqdn);
    return trunk && { derived: trunk.derived, tenant: found.tenant, trunk: trunk.trunk };
  }

  /** The tenant that verified the domain. */
  ownerOf(domain: string): Tenant | undefined {
    for (const tenant of this.tenants.values()) {
      const found = tenant.domains.get(domain);
      if (!found) continue;
      this.#settleDomain(found);
      return tenant;
    }
    return undefined;
  }

  /** A licensed account in exactly this domain is what activates it (3.3); the clock begins when there is one. */
  watchDomain(tenant: Tenant, domain: VerifiedDomain): void {
    if (domain.activated) return;
    let found = false;
    for (const user of tenant.users.values())
      if (domainOf(user.upn) === domain.name && qualifiesDomain(user)) {
        found = true;
        break;
      }
    if (!found) domain.qualifiedAt = undefined;
    else domain.qualifiedAt ??= this.wall();
  }

  #settleDomain(domain: VerifiedDomain): void {
    const { activated, stuck, qualifiedAt } = domain;
    if (activated || stuck || qualifiedAt === undefined) return;
    if (qualifiedAt + this.delays.activationMs <= this.wall()) domain.activated = true;
  }

  #alter(user: TeamsUser, patch: Partial<TeamsUser>): void {
    const tenant = this.tenants.get(user.tenantId);
    const at = this.stamps.next();
    const before = { ...user };
    this.#historyOf(user).end(before, at);
    Object.assign(user, patch);
    if (patch.licences || patch.disabledPlans) user.pastPlans = pastPlans(before, user, this.wall());
    if (!tenant) return;
    this.#followRules(tenant, user);
    const { userEvents, groupEvents } = this.#noted(tenant, user);
    userEvents.add({ at, user });
    for (const [from, to, added] of [
      [before.groups, user.groups, true],
      [user.groups, before.groups, false],
    ] as const)
      for (const id of to) {
        const group = from.includes(id) ? undefined : this.#anyGroup(tenant, id);
        if (group) groupEvents.add({ at, group, member: { kind: 'user', id: user.objectId, added } });
      }
    for (const name of new Set([domainOf(before.upn), domainOf(user.upn)])) {
      const domain = tenant.domains.get(name);
      if (domain) this.watchDomain(tenant, domain);
    }
    this.onTouched();
    if (this.#listeners.size === 0) return;
    if (patch.life === 'purged')
      this.#tell({ tenantId: tenant.id, kind: 'user', id: user.objectId, change: 'deleted' });
    for (const change of userChanges(before, user))
      if (change.kind === 'group' || patch.life !== 'purged') this.#tell(change);
  }

  /** For whoever changes a tenant and not a user or a group. */
  touch(): void {
    this.onTouched();
  }

  #tell(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #noted(tenant: Tenant, user: TeamsUser): Ledger {
    const ledger = this.ledger(tenant);
    ledger.noteNumber(user);
    return ledger;
  }

  #anyGroup(tenant: Tenant, id: string): Group | undefined {
    return tenant.groups.get(id) ?? this.ledger(tenant).groups.find((group) => group.id === id);
  }

  /** Dynamic groups take and give up members by themselves. */
  #followRules(tenant: Tenant, user: TeamsUser): void {
    if (user.life !== 'live') return;
    let { groups } = user;
    for (const { id, rule } of tenant.groups.values()) {
      if (rule === undefined) continue;
      const [is, belongs] = [groups.includes(id), parseMembershipRule(rule)?.(user) ?? false];
      if (belongs && !is) groups = [...groups, id];
      else if (is && !belongs) groups = groups.filter((one) => one !== id);
    }
    user.groups = groups;
  }

  #historyOf(thing: TeamsUser | Group): History<TeamsUser | Group> {
    const known = this.#histories.get(thing);
    if (known) return known;
    const made = new History<TeamsUser | Group>();
    this.#histories.set(thing, made);
    return made;
  }
}

export const domainOf = (upn: string): string => upn.slice(upn.lastIndexOf('@') + 1).toLowerCase();

/** Plans that a user can use no more stay in `assignedPlans` as history; at most 20, the newest. */
function pastPlans(before: TeamsUser, after: TeamsUser, now: number): TeamsUser['pastPlans'] {
  const [had, has] = [planIds(before), planIds(after)];
  const lost = [...had].filter((id) => !has.has(id)).map((planId) => ({ planId, assignedAt: now }));
  return lost.length === 0 ? before.pastPlans : [...before.pastPlans, ...lost].slice(-20);
}
