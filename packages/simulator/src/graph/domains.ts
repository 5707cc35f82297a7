import { createHash } from 'node:crypto';
import { domainOf } from '../directory/directory.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { type Entity, page } from './listing.ts';
import { isoOf, userEntity } from './users.ts';

/** The organisation and its domains (graph 4.6; check O1). */

export function organization(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  world.directory.settle(tenant);
  const domains = [tenant.initialDomain, ...tenant.domains.keys()];
  return ok({
    '@odata.context': context(call.base, 'organization'),
    value: [
      {
        id: tenant.id,
        displayName: tenant.name,
        countryLetterCode: tenant.country,
        createdDateTime: isoOf(Date.UTC(2020, 0, 6, 8)),
        tenantType: 'AAD',
        verifiedDomains: domains.map((name) => ({
          name,
          isInitial: name === tenant.initialDomain,
          isDefault: name === defaultDomain(tenant),
          type: 'Managed',
          capabilities: 'Email, OfficeCommunicationsOnline',
        })),
      },
    ],
  });
}

const defaultDomain = (tenant: Tenant): string => [...tenant.domains.keys()][0] ?? tenant.initialDomain;

const parentOf = (name: string): string => name.slice(name.indexOf('.') + 1);

/** The proof that a tenant asks for: the same whenever it is asked, another one for every tenant. */
export const challengeOf = (tenant: Pick<Tenant, 'id'>, name: string): string => {
  const digest = createHash('sha256').update(`${tenant.id}|${name}`).digest();
  return `MS=ms${String(digest.readUInt32BE(0) % 100_000_000).padStart(8, '0')}`;
};

function domainEntity(tenant: Tenant, name: string): Entity {
  const isVerified = tenant.domains.has(name) || name === tenant.initialDomain;
  return {
    id: name,
    authenticationType: 'Managed',
    availabilityStatus: null,
    isAdminManaged: true,
    isDefault: name === defaultDomain(tenant),
    isInitial: name === tenant.initialDomain,
    isRoot: !tenant.domains.has(parentOf(name)),
    isVerified,
    supportedServices: name === defaultDomain(tenant) ? ['Email', 'OfficeCommunicationsOnline'] : [],
    state: null,
  };
}

const namesOf = (tenant: Tenant): string[] => [
  tenant.initialDomain,
  ...tenant.domains.keys(),
  ...tenant.pendingDomains.keys(),
];

const asked = (call: GraphCall): string | undefined => {
  const name = (call.params['domain-id'] ?? '').toLowerCase();
  return namesOf(call.tenant).includes(name) ? name : undefined;
};

export const listDomains = (call: GraphCall): GraphAnswer =>
  page(
    call,
    namesOf(call.tenant).map((name) => domainEntity(call.tenant, name)),
    { schema: 'microsoft.graph.domain', defaultTop: 100, maxTop: 999, directory: true },
    'domains',
  );

export function getDomain(call: GraphCall): GraphAnswer {
  const name = asked(call);
  return name === undefined
    ? notFound(call.params['domain-id'] ?? '', 'O1')
    : ok({ '@odata.context': context(call.base, 'domains/$entity'), ...domainEntity(call.tenant, name) });
}

const hostName = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])$/;

export function addDomain(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const body = call.body as Record<string, unknown>;
  const bad = (message: string): GraphAnswer => fail(400, 'Request_BadRequest', message, 'O1');
  const extra = Object.keys(body).find((name) => name !== 'id');
  if (extra !== undefined) return bad(`Only the id of a domain can be given, not '${extra}'.`);
  const name = String(body.id ?? '').toLowerCase();
  if (!hostName.test(name) || name.endsWith('.onmicrosoft.com')) return bad(`'${name}' is no valid domain.`);
  if (namesOf(tenant).includes(name))
    return fail(409, 'Request_ResourceConflict', `The domain ${name} is already in this directory.`, 'O1');
  if (world.directory.ownerOf(name))
    return fail(
      409,
      'Request_ResourceConflict',
      `The domain ${name} is verified in another directory.`,
      'O1',
    );
  // A subdomain needs no proof of its own where its root is proved.
  if (tenant.domains.has(parentOf(name))) verified(call, name);
  else
    tenant.pendingDomains.set(name, {
      name,
      challenge: challengeOf(tenant, name),
      addedAt: world.clock.wall(),
    });
  return {
    status: 201,
    headers: { location: `${call.base}/domains/${name}` },
    body: { '@odata.context': context(call.base, 'domains/$entity'), ...domainEntity(tenant, name) },
  };
}

function verified({ tenant, world }: GraphCall, name: string): void {
  tenant.pendingDomains.delete(name);
  const domain = { name, activated: false };
  tenant.domains.set(name, domain);
  world.directory.watchDomain(tenant, domain);
  world.directory.touch();
}

export function verificationRecords(call: GraphCall): GraphAnswer {
  const name = asked(call);
  if (name === undefined) return notFound(call.params['domain-id'] ?? '', 'O1');
  const challenge = challengeOf(call.tenant, name);
  const record = (recordType: string, more: Entity): Entity => ({
    '@odata.type': `#microsoft.graph.domainDns${recordType}Record`,
    id: `${recordType.toLowerCase()}-${challenge.slice(5)}`,
    isOptional: false,
    label: name,
    recordType,
    supportedService: 'Email',
    ttl: 3600,
    ...more,
  });
  return ok({
    '@odata.context': context(call.base, `domains('${name}')/verificationDnsRecords`),
    value: [
      record('Txt', { text: challenge }),
      record('Mx', { mailExchange: `${challenge.slice(3)}.msv1.invalid`, preference: 32767 }),
    ],
  });
}

/** Microsoft looks it up: the twin asks its own DNS, with whatever is broken there. */
export function verifyDomain(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const name = asked(call);
  if (name === undefined) return notFound(call.params['domain-id'] ?? '', 'O1');
  if (tenant.pendingDomains.has(name)) {
    if (world.directory.ownerOf(name))
      return fail(
        409,
        'Request_ResourceConflict',
        `The domain ${name} is verified in another directory.`,
        'O1',
      );
    if (!world.txt(name).includes(challengeOf(tenant, name)))
      return fail(
        400,
        'Request_BadRequest',
        "Domain verification failed with the following error: 'DomainVerificationMissingDnsRecord'.",
        'O1',
      );
    verified(call, name);
  }
  return ok({ '@odata.context': context(call.base, 'domains/$entity'), ...domainEntity(tenant, name) });
}

/** Users whose name or address is in the domain. */
const references = ({ tenant }: GraphCall, name: string): TeamsUser[] =>
  [...tenant.users.values()].filter(({ upn, mail, aliases }) =>
    [upn, mail ?? '', ...aliases].some((address) => domainOf(address) === name),
  );

export function listReferences(call: GraphCall): GraphAnswer {
  const name = asked(call);
  if (name === undefined) return notFound(call.params['domain-id'] ?? '', 'O1');
  return page(
    call,
    references(call, name),
    { schema: 'microsoft.graph.user', defaultTop: 100, maxTop: 999, directory: true },
    'directoryObjects',
    (user) => ({ '@odata.type': '#microsoft.graph.user', ...userEntity(user, call.tenant) }),
  );
}

export function deleteDomain(call: GraphCall): GraphAnswer {
  const { tenant, world } = call;
  const name = asked(call);
  if (name === undefined) return notFound(call.params['domain-id'] ?? '', 'O1');
  const bad = (message: string): GraphAnswer => fail(400, 'Request_BadRequest', message, 'O1');
  if (name === tenant.initialDomain || name === defaultDomain(tenant))
    return bad('The initial and the default domain cannot be deleted.');
  const [first] = references(call, name);
  if (first) return bad(`The domain is referenced by ${first.upn}; see domainNameReferences.`);
  tenant.domains.delete(name);
  tenant.pendingDomains.delete(name);
  world.directory.touch();
  return { status: 204 };
}
