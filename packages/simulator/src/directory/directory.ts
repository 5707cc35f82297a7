import { rehearsalWorld, type WorldCustomer } from '../world/rehearsal-world.ts';
import type { SeededUser, TeamsUser, Tenant, Trunk } from './tenant.ts';

/** All tenants that the twin plays, with the documented ways to find one. */
export class Directory {
  readonly tenants = new Map<string, Tenant>();
  /** The tenant that owns the base domain and the carrier trunk. */
  readonly carrierTenantId: string;

  constructor(carrierTenantId: string) {
    this.carrierTenantId = carrierTenantId;
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
export function rehearsalDirectory(sbcPort: number): { directory: Directory; seeded: SeededUser[] } {
  const { baseDomain, carrierTenantId } = rehearsalWorld;
  const directory = new Directory(carrierTenantId);
  directory.tenants.set(carrierTenantId, {
    id: carrierTenantId,
    name: 'Rehearsal Carrier',
    domains: new Map([[baseDomain, { name: baseDomain, activated: true }]]),
    trunks: new Map([[baseDomain, plainTrunk(baseDomain, sbcPort)]]),
    users: new Map(),
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
      groupMember: microsoft.groupMember,
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
    blockedCallers: [],
    voiceRoute: [customer.sbcHost],
  });
  return seeded;
}
