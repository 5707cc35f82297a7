import { type CustomerAtMicrosoft, customerGroups, rehearsalWorld } from '../world/rehearsal-world.ts';
import { Directory } from './directory.ts';
import { makeGroup, makeUser, type SeededUser, type TeamsUser, type Trunk } from './tenant.ts';
import { emptyVoice, readyVoice } from './voice.ts';

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

const seats = (enabled: number) => ({ enabled, warning: 0, suspended: 0, lockedOut: 0 });

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
    country: 'US',
    initialDomain: 'rehearsalcarrier.onmicrosoft.com',
    domains: new Map([[baseDomain, { name: baseDomain, activated: true }]]),
    pendingDomains: new Map(),
    trunks: new Map([[baseDomain, plainTrunk(baseDomain, sbcPort)]]),
    users: new Map(),
    groups: new Map(),
    enableGroupId: '',
    blockedCallers: [],
    voice: readyVoice('VRP-Carrier', [baseDomain]),
    seats: new Map(),
    conferenceNumbers: [],
    cloud: 'global',
    deltaEpoch: 0,
  });
  const seeded = [
    ...rehearsalWorld.customers.flatMap((customer) => seedCustomer(directory, customer, true)),
    ...rehearsalWorld.knownToMicrosoftOnly.flatMap((customer) => seedCustomer(directory, customer, false)),
    ...seedAdmins(directory),
  ];
  return { directory, seeded };
}

/** `settled`: the routing domain is verified and active, and what Teams PowerShell makes is there. */
function seedCustomer(directory: Directory, customer: CustomerAtMicrosoft, settled: boolean): SeededUser[] {
  const seeded: SeededUser[] = [];
  const users = new Map<string, TeamsUser>();
  const { enableGroupId, frontDeskGroupId } = customerGroups(customer);
  const policy = `VRP-${customer.name}`;
  for (const person of customer.people) {
    const { microsoft } = person;
    if (!microsoft) continue;
    const user = makeUser({
      upn: person.upn,
      objectId: microsoft.objectId,
      tenantId: customer.entraTenantId,
      displayName: person.displayName,
      accountEnabled: microsoft.accountEnabled,
      accountType: microsoft.accountType,
      licences: microsoft.licences,
      enterpriseVoice: microsoft.enterpriseVoice,
      number: microsoft.number,
      busyOnBusy: microsoft.busyOnBusy ?? false,
      busyElsewhere: microsoft.busy ?? false,
      groups: microsoft.groupMember ? [microsoft.viaNestedGroup ? frontDeskGroupId : enableGroupId] : [],
      mail: microsoft.mail,
      usageLocation: customer.country,
      directoryRoles: microsoft.directoryRoles ?? [],
      policies: settled && microsoft.number !== undefined ? { OnlineVoiceRoutingPolicy: policy } : {},
    });
    users.set(person.upn.toLowerCase(), user);
    seeded.push({ user, clients: microsoft.clients, answers: microsoft.answers ?? { kind: 'ring' } });
  }
  const voice = settled ? readyVoice(policy, [customer.sbcHost]) : emptyVoice();
  if (settled)
    voice.groupGrants = [
      { type: 'OnlineVoiceRoutingPolicy', groupId: enableGroupId, name: policy, rank: 1, since: 0 },
    ];
  directory.tenants.set(customer.entraTenantId, {
    id: customer.entraTenantId,
    name: customer.name,
    country: customer.country,
    initialDomain: `${customer.key}.onmicrosoft.com`,
    domains: new Map(
      [customer.mailDomain, ...(settled ? [customer.sbcHost] : [])].map((name) => [
        name,
        { name, activated: true },
      ]),
    ),
    pendingDomains: new Map(),
    trunks: new Map(),
    users,
    enableGroupId,
    groups: new Map(
      [
        makeGroup({ id: enableGroupId, displayName: rehearsalWorld.enableGroup, nested: [frontDeskGroupId] }),
        makeGroup({ id: frontDeskGroupId, displayName: 'Front desk' }),
      ].map((group) => [group.id, group]),
    ),
    blockedCallers: [],
    voice,
    seats: new Map(
      (['teams', 'teams-phone', 'shared-devices', 'resource-account'] as const).map((name) => [
        name,
        seats(25),
      ]),
    ),
    conferenceNumbers: [],
    cloud: 'global',
    deltaEpoch: 0,
  });
  return seeded;
}

function seedAdmins(directory: Directory): SeededUser[] {
  return rehearsalWorld.admins.flatMap((admin, index): SeededUser[] => {
    const customer = rehearsalWorld.customers.find(({ key }) => key === admin.customer);
    const tenant = customer && directory.tenant(customer.entraTenantId);
    if (!tenant) return [];
    const user = makeUser({
      upn: admin.upn,
      objectId: `${tenant.id.slice(0, 8)}-0000-4000-8000-0000ad000${String(index + 1).padStart(3, '0')}`,
      tenantId: tenant.id,
      displayName: admin.displayName,
      mail: admin.upn,
      usageLocation: tenant.country,
      directoryRoles: admin.directoryRoles,
    });
    tenant.users.set(user.upn.toLowerCase(), user);
    return [{ user, clients: [], answers: { kind: 'ring' } }];
  });
}
