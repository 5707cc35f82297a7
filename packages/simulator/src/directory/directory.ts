import { customerGroups, rehearsalWorld, type WorldCustomer } from '../world/rehearsal-world.ts';
import { History, Stamps } from './history.ts';
import type { Group, SeededUser, TeamsUser, Tenant, Trunk } from './tenant.ts';

/** All tenants that the twin plays, with the documented ways to find one. */
export class Directory {
  readonly tenants = new Map<string, Tenant>();
  /** The tenant that owns the base domain and the carrier trunk. */
  readonly carrierTenantId: string;
  readonly stamps: Stamps;
  /** Presence asks for hundreds of ids at once. */
  readonly #byId = new WeakMap<Tenant, Map<string, TeamsUser>>();
  readonly #histories = new WeakMap<TeamsUser, History<TeamsUser>>();

  constructor(carrierTenantId: string, wall: () => number = Date.now) {
    this.carrierTenantId = carrierTenantId;
    this.stamps = new Stamps(wall);
  }

  /** The only door for changes: hubs judge by the new state at once, Graph shows it after its delays. */
  change(user: TeamsUser, patch: Partial<TeamsUser>): void {
    this.#history(user).end({ ...user }, this.stamps.next());
    Object.assign(user, patch);
  }

  /** Somebody new, whom delta queries show as a change. */
  add(tenant: Tenant, user: TeamsUser): void {
    tenant.users.set(user.upn.toLowerCase(), user);
    this.#history(user).end({ ...user, groups: [] }, this.stamps.next());
  }

  /** The user as of a stamp (wall ms). */
  at(user: TeamsUser, stamp: number): TeamsUser {
    return this.#history(user).at(stamp, user);
  }

  changedBetween(user: TeamsUser, from: number, to: number): boolean {
    return this.#history(user).changedBetween(from, to);
  }

  #history(user: TeamsUser): History<TeamsUser> {
    const known = this.#histories.get(user);
    if (known) return known;
    const made = new History<TeamsUser>();
    this.#histories.set(user, made);
    return made;
  }

  /** By object id or UPN. */
  userById(tenant: Tenant, id: string): TeamsUser | undefined {
    const key = id.toLowerCase();
    const byUpn = tenant.users.get(key);
    if (byUpn) return byUpn;
    let index = this.#byId.get(tenant);
    if (index?.size !== tenant.users.size) {
      index = new Map([...tenant.users.values()].map((user) => [user.objectId, user]));
      this.#byId.set(tenant, index);
    }
    return index.get(key);
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
    for (const user of tenant.users.values()) if (user.number === number) return user;
    return undefined;
  }

  /**
   * 2.2 items 5 and 6: the full name is a verified domain of some tenant; only if nobody has it, the name without its
   * leftmost label. A customer whose subdomain was removed therefore lands in the carrier's own tenant.
   */
  findTenant(fqdn: string): { tenant: Tenant; domain: string; by: 'full name' | 'parent' } | undefined {
    const name = fqdn.toLowerCase();
    const full = this.#owner(name);
    if (full) return { tenant: full, domain: name, by: 'full name' };
    const dot = name.indexOf('.');
    const parent = dot < 0 ? '' : name.slice(dot + 1);
    const above = this.#owner(parent);
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
    const carrier = this.#owner(parent)?.trunks.get(parent);
    return carrier && { trunk: { ...carrier, fqdn: name }, derived: true };
  }

  /** Whether OPTIONS may come for this name (T12). */
  knowsTrunk(fqdn: string): { derived: boolean; tenant: Tenant; trunk: Trunk } | undefined {
    const found = this.findTenant(fqdn);
    if (!found) return undefined;
    const trunk = this.findTrunk(found.tenant, fqdn);
    return trunk && { derived: trunk.derived, tenant: found.tenant, trunk: trunk.trunk };
  }

  #owner(domain: string): Tenant | undefined {
    for (const tenant of this.tenants.values()) if (tenant.domains.has(domain)) return tenant;
    return undefined;
  }
}

const plainTrunk = (fqdn: string, port: number): Trunk => ({
  fqdn,
  sipSignalingPort: port,
  enabled: true,
  sendSipOptions: true,
  failoverTimeSeconds: 10,
  failoverResponseCodes: [408, 503, 504],
  forwardPai: true,
  forwardCallHistory: true,
  mediaBypass: false,
  maxConcurrentSessions: undefined,
});

/** Microsoft's side of the rehearsal world. `sbcPort` is the carrier trunk's signalling port. */
export function rehearsalDirectory(
  sbcPort: number,
  wall: () => number = Date.now,
): { directory: Directory; seeded: SeededUser[] } {
  const { baseDomain, carrierTenantId } = rehearsalWorld;
  const directory = new Directory(carrierTenantId, wall);
  directory.tenants.set(carrierTenantId, {
    id: carrierTenantId,
    name: 'Rehearsal Carrier',
    domains: new Map([[baseDomain, { name: baseDomain, activated: true }]]),
    trunks: new Map([[baseDomain, plainTrunk(baseDomain, sbcPort)]]),
    users: new Map(),
    groups: new Map(),
    enableGroupId: '',
    blockedCallers: [],
    voiceRoute: [baseDomain],
  });
  const seeded: SeededUser[] = [];
  for (const customer of rehearsalWorld.customers) seeded.push(...seedCustomer(directory, customer));
  return { directory, seeded };
}

function seedCustomer(directory: Directory, customer: WorldCustomer): SeededUser[] {
  const seeded: SeededUser[] = [];
  const users = new Map<string, TeamsUser>();
  const { enableGroupId, frontDeskGroupId } = customerGroups(customer);
  for (const person of customer.people) {
    const { microsoft } = person;
    if (!microsoft) continue;
    const user: TeamsUser = {
      upn: person.upn,
      objectId: microsoft.objectId,
      tenantId: customer.entraTenantId,
      displayName: person.displayName,
      accountEnabled: microsoft.accountEnabled,
      accountType: microsoft.accountType,
      licences: microsoft.licences,
      enterpriseVoice: microsoft.enterpriseVoice,
      number: microsoft.number,
      allowPrivateCalling: true,
      allowOutboundPstn: true,
      busyOnBusy: microsoft.busyOnBusy ?? false,
      busyElsewhere: microsoft.busy ?? false,
      groups: microsoft.groupMember ? [microsoft.viaNestedGroup ? frontDeskGroupId : enableGroupId] : [],
      mail: microsoft.mail,
    };
    users.set(person.upn.toLowerCase(), user);
    seeded.push({ user, clients: microsoft.clients, answers: microsoft.answers ?? { kind: 'ring' } });
  }
  directory.tenants.set(customer.entraTenantId, {
    id: customer.entraTenantId,
    name: customer.name,
    domains: new Map(
      [customer.mailDomain, customer.sbcHost].map((name) => [name, { name, activated: true }]),
    ),
    trunks: new Map(),
    users,
    enableGroupId,
    groups: new Map(
      [
        { id: enableGroupId, displayName: rehearsalWorld.enableGroup, nested: [frontDeskGroupId] },
        { id: frontDeskGroupId, displayName: 'Front desk', nested: [] },
      ].map((group) => [group.id, group]),
    ),
    blockedCallers: [],
    voiceRoute: [customer.sbcHost],
  });
  return seeded;
}
