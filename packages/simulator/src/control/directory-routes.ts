import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { FastifyReply } from 'fastify';
import { TeamsClients } from '../clients/teams-client.ts';
import { parseMembershipRule } from '../directory/membership-rule.ts';
import { type Group, makeUser, type TeamsUser, type Tenant } from '../directory/tenant.ts';
import { emptyVoice } from '../directory/voice.ts';
import { challengeOf } from '../graph/domains.ts';
import { consumed } from '../graph/licences.ts';
import type { Send } from '../powershell/basic-commands.ts';
import { runPowerShell } from '../powershell/run.ts';
import * as schemas from './directory-schemas.ts';
import { plantConflict } from './number-conflicts.ts';
import { problem } from './problem.ts';
import { type Route, type RouteContext, route } from './route.ts';

/** What a customer's administrators do in the admin centres: people, groups, licences, domains, voice; and the DNS. */

type TwinParts = RouteContext['twin'];

const noTenant = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-tenant', `no tenant ${id}: see GET /tenants`);
const noUser = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-user', `Microsoft's side knows no user ${id}`);
const noGroup = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-group', `the tenant has no group ${id}: see GET /tenants/{id}/directory`);

/** What was said, without what was not. */
const defined = <T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const iso = (wall: number | undefined): string | null =>
  wall === undefined ? null : new Date(wall).toISOString();

function groupView({ directory }: TwinParts, tenant: Tenant, group: Group) {
  return {
    id: group.id,
    displayName: group.displayName,
    kind: group.kind,
    rule: group.rule ?? null,
    life: group.life,
    nested: group.nested,
    members: [...directory.ledger(tenant).byId.values()]
      .filter(({ life, groups }) => life === 'live' && groups.includes(group.id))
      .map(({ upn }) => upn),
  };
}

function directoryView({ directory }: TwinParts, tenant: Tenant) {
  directory.settle(tenant);
  const { voice } = tenant;
  return {
    id: tenant.id,
    name: tenant.name,
    cloud: tenant.cloud,
    initialDomain: tenant.initialDomain,
    domains: [...tenant.domains.values()].map((domain) => ({
      ...domain,
      qualifiedAt: iso(domain.qualifiedAt),
    })),
    pendingDomains: [...tenant.pendingDomains.keys()].map((name) => ({
      name,
      txt: challengeOf(tenant, name),
    })),
    users: tenant.users.size,
    bin: directory.deletedUsers(tenant).map(({ objectId, upn, deletedAt }) => ({
      objectId,
      upn,
      deletedAt: iso(deletedAt),
    })),
    groups: directory
      .ledger(tenant)
      .groups.filter(({ life }) => life !== 'purged')
      .map(({ id, displayName, kind, life, rule, nested }) => ({
        id,
        displayName,
        kind,
        life,
        rule: rule ?? null,
        nested,
      })),
    seats: Object.fromEntries(
      [...tenant.seats].map(([name, units]) => [name, { ...units, consumed: consumed(tenant, name) }]),
    ),
    voice: {
      usages: voice.usages,
      routes: [...voice.routes.values()],
      policies: [...voice.policies.values()],
      dialPlans: [...voice.dialPlans.values()],
      groupGrants: voice.groupGrants,
      refusesVoicePolicies: voice.refusesVoicePolicies,
    },
    deltaEpoch: tenant.deltaEpoch,
  };
}

const inTenant =
  <I extends { params: Record<string, string> }>(
    run: (context: RouteContext, tenant: Tenant, input: I, reply: FastifyReply) => unknown,
  ) =>
  (context: RouteContext, input: I, reply: FastifyReply): unknown => {
    const tenant = context.twin.directory.tenant(input.params.id ?? '');
    return tenant ? run(context, tenant, input, reply) : noTenant(reply, input.params.id);
  };

const tenantRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/tenants/:id/directory',
    summary: 'Domains, groups, seats, the bin and the voice routing of a tenant',
    run: inTenant(({ twin }, tenant) => directoryView(twin, tenant)),
  }),
  route({
    method: 'PATCH',
    path: '/directory',
    summary:
      'How long Microsoft takes to activate a domain and to follow a policy of a group; where security groups go',
    body: schemas.directoryDelays,
    run: ({ twin: { directory } }, { body: { deletedSecurityGroups, ...delays } }) => {
      Object.assign(directory.habits, defined({ deletedSecurityGroups }));
      return { ...Object.assign(directory.delays, defined(delays)), ...directory.habits };
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/delta/reset',
    summary: 'Every delta token of the tenant is worthless from now on (410)',
    run: inTenant(({ twin }, tenant) => {
      tenant.deltaEpoch++;
      twin.directory.touch();
      return { deltaEpoch: tenant.deltaEpoch };
    }),
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/seats',
    summary: 'What was bought of each licence: paid for, in its grace period, suspended, locked out',
    body: schemas.seats,
    run: inTenant(({ twin }, tenant, { body }: { params: Record<string, string>; body: object }) => {
      for (const [name, units] of Object.entries(body) as [never, object][]) {
        const none = { enabled: 0, warning: 0, suspended: 0, lockedOut: 0 };
        tenant.seats.set(name, { ...none, ...tenant.seats.get(name), ...defined(units) });
      }
      twin.directory.touch();
      return directoryView(twin, tenant).seats;
    }),
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/cloud',
    summary:
      "The tenant lives in another national cloud, where Teams' administration is not to be had by Graph",
    body: schemas.cloudChange,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      tenant.cloud = body.cloud;
      twin.directory.touch();
      return { cloud: tenant.cloud };
    },
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/domains/:name',
    summary: 'A verified domain is active or not, or never becomes it',
    body: schemas.domainChange,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const domain = tenant?.domains.get((params.name ?? '').toLowerCase());
      if (!tenant || !domain)
        return problem(reply, 404, 'unknown-domain', `the tenant has not verified ${params.name}`);
      Object.assign(domain, defined(body));
      twin.directory.watchDomain(tenant, domain);
      twin.directory.touch();
      return domain;
    },
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/voice',
    summary: 'Policies of groups, a tenant where Graph assigns no voice policies, or no voice routing at all',
    body: schemas.voiceChange,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      const { voice } = tenant;
      if (body.clear) {
        const { routes, policies, dialPlans, otherPolicies, ...plain } = emptyVoice();
        for (const [held, fresh] of [
          [voice.routes, routes],
          [voice.policies, policies],
          [voice.dialPlans, dialPlans],
        ] as [Map<string, object>, Map<string, object>][]) {
          held.clear();
          for (const [name, one] of fresh) held.set(name, one);
        }
        Object.assign(voice, plain);
        for (const user of tenant.users.values())
          if (Object.keys(user.policies).length > 0) twin.directory.change(user, { policies: {} });
      }
      if (body.refusesVoicePolicies !== undefined) voice.refusesVoicePolicies = body.refusesVoicePolicies;
      if (body.groupGrants)
        voice.groupGrants = body.groupGrants.map((grant) => ({
          ...grant,
          since: twin.directory.stamps.next(),
        }));
      twin.directory.touch();
      return directoryView(twin, tenant).voice;
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/powershell',
    summary:
      'Somebody runs a script in Teams PowerShell: what it said, what it changed, where it cannot be read',
    body: schemas.script,
    run: ({ twin }, { params, body }, reply) => {
      if (!twin.directory.tenant(params.id ?? '')) return noTenant(reply, params.id);
      return runPowerShell({
        ...body,
        directory: twin.directory,
        random: twin.random,
        send: sender([...rootCertificates, twin.trust.programmeRoot.cert, twin.trust.microsoft.cert]),
      });
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/number-conflicts',
    summary: 'A number that somebody is to get is held by someone or something else, in one of eight ways',
    body: schemas.numberConflict,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      const planted = plantConflict(twin, tenant, body.number, body.kind);
      return typeof planted === 'string' ? problem(reply, 409, 'number-taken', planted) : planted;
    },
  }),
];

/** Sends for Teams PowerShell; it has made sure that it goes to this machine. */
const sender =
  (ca: readonly string[]): Send =>
  ({ method, url, headers, body }) =>
    new Promise((resolve) => {
      const failed = (error: Error): void => resolve({ status: 0, body: error.message });
      const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent: ClientRequest = begin(
        url,
        { method, headers, ca: [...ca], timeout: 20_000 },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', failed);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer within 20 s')));
      sent.on('error', failed);
      sent.end(body);
    });

// ---------------------------------------------------------------- people

function clientsFor({ twin, clock }: RouteContext, user: TeamsUser): void {
  const key = user.upn.toLowerCase();
  if (!twin.clients.has(key))
    twin.clients.set(key, new TeamsClients(user.upn, 400, [], { kind: 'ring' }, clock));
}

const personRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/tenants/:id/people',
    summary: 'Somebody joins the tenant',
    body: schemas.newPerson,
    run: (context, { params, body }, reply) => {
      const { directory, random } = context.twin;
      const tenant = directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      if (tenant.users.has(body.upn.toLowerCase()))
        return problem(reply, 409, 'name-taken', `${body.upn} is there already`);
      const { groupMember, mail, ...given } = body;
      const user = makeUser({
        ...given,
        objectId: random.uuid(),
        tenantId: tenant.id,
        mail: mail === undefined ? body.upn : mail,
        groups: groupMember ? [tenant.enableGroupId] : [],
        usageLocation: tenant.country,
        createdAt: directory.wall(),
      });
      directory.add(tenant, user);
      clientsFor(context, user);
      return user;
    },
  }),
  route({
    method: 'PATCH',
    path: '/users/:upn/facts',
    summary:
      'What else the directory says of a user: addresses, place, department, plans switched off, policies',
    body: schemas.facts,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn);
      twin.directory.change(found.user, defined(body));
      return found.user;
    },
  }),
  route({
    method: 'POST',
    path: '/users/:upn/rename',
    summary: 'Another name or address; the object id stays',
    body: schemas.rename,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn);
      const { upn, ...rest } = body;
      if (!twin.directory.rename(found.tenant, found.user, upn))
        return problem(reply, 409, 'name-taken', `${upn} belongs to somebody else`);
      const given = defined(rest);
      if (Object.keys(given).length > 0) twin.directory.change(found.user, given);
      return found.user;
    },
  }),
  route({
    method: 'DELETE',
    path: '/users/:upn',
    summary: 'Into the bin: memberships, licences and number stay with the user for 30 days',
    run: ({ twin }, { params }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn);
      twin.directory.softDelete(found.tenant, found.user);
      return { objectId: found.user.objectId, deletedAt: iso(found.user.deletedAt) };
    },
  }),
  ...(['restore', 'purge'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/tenants/:id/bin/:object/${action}`,
      summary: action === 'restore' ? 'Out of the bin' : 'Gone for good, number and memberships included',
      run: ({ twin }, { params }, reply) => {
        const { directory } = twin;
        const tenant = directory.tenant(params.id ?? '');
        if (!tenant) return noTenant(reply, params.id);
        const user = directory.deletedUsers(tenant).find(({ objectId }) => objectId === params.object);
        if (!user) return noUser(reply, params.object);
        if (action === 'purge') directory.purge(tenant, user);
        else if (!directory.restore(tenant, user))
          return problem(reply, 409, 'name-taken', `${user.upn} belongs to somebody else by now`);
        return { objectId: user.objectId, upn: user.upn, life: user.life };
      },
    }),
  ),
];

// ---------------------------------------------------------------- groups

const groupRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/tenants/:id/groups',
    summary: 'A new group, with members or with a rule that finds them',
    body: schemas.newGroup,
    run: ({ twin }, { params, body }, reply) => {
      const { directory, random } = twin;
      const tenant = directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      if (body.rule !== undefined && !parseMembershipRule(body.rule))
        return problem(reply, 422, 'bad-rule', `the rule is not understood: ${body.rule}`);
      if (body.rule !== undefined && body.members.length > 0)
        return problem(reply, 422, 'dynamic-group', 'members of a dynamic group follow its rule');
      const found = usersOf(twin, tenant, body.members);
      if (typeof found === 'string') return noUser(reply, found);
      const { displayName, kind, rule, nested } = body;
      const group = directory.addGroup(tenant, { id: random.uuid(), displayName, kind, rule, nested });
      for (const user of found) directory.change(user, { groups: [...user.groups, group.id] });
      return groupView(twin, tenant, group);
    },
  }),
  route({
    method: 'GET',
    path: '/tenants/:id/groups/:group',
    summary: 'A group and its direct members',
    run: ({ twin }, { params }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const group = tenant?.groups.get(params.group ?? '');
      return tenant && group ? groupView(twin, tenant, group) : noGroup(reply, params.group);
    },
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id/groups/:group',
    summary: 'Another name, other nested groups',
    body: schemas.groupChange,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const group = tenant?.groups.get(params.group ?? '');
      if (!tenant || !group) return noGroup(reply, params.group);
      const strange = body.nested?.find((id) => !tenant.groups.has(id) || id === group.id);
      if (strange !== undefined) return noGroup(reply, strange);
      twin.directory.changeGroup(tenant, group, defined(body));
      return groupView(twin, tenant, group);
    },
  }),
  route({
    method: 'DELETE',
    path: '/tenants/:id/groups/:group',
    summary: 'Into the bin for 30 days, or for good',
    run: ({ twin }, { params }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const group = tenant?.groups.get(params.group ?? '');
      if (!tenant || !group) return noGroup(reply, params.group);
      twin.directory.deleteGroup(tenant, group);
      return { id: group.id, life: group.life };
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/groups/:group/restore',
    summary: 'Out of the bin, with its members',
    run: ({ twin }, { params }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const group =
        tenant &&
        twin.directory
          .ledger(tenant)
          .groups.find(({ id, life }) => id === params.group && life === 'deleted');
      if (!tenant || !group) return noGroup(reply, params.group);
      twin.directory.restoreGroup(tenant, group);
      return { id: group.id, life: group.life };
    },
  }),
  route({
    method: 'POST',
    path: '/tenants/:id/groups/:group/members',
    summary: 'Many people join and leave a group in one go',
    body: schemas.membership,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      const group = tenant?.groups.get(params.group ?? '');
      if (!tenant || !group) return noGroup(reply, params.group);
      if (group.rule !== undefined)
        return problem(reply, 409, 'dynamic-group', 'members of a dynamic group follow its rule');
      const [joining, leaving] = [usersOf(twin, tenant, body.add), usersOf(twin, tenant, body.remove)];
      if (typeof joining === 'string') return noUser(reply, joining);
      if (typeof leaving === 'string') return noUser(reply, leaving);
      let [added, removed] = [0, 0];
      for (const user of joining)
        if (!user.groups.includes(group.id)) {
          twin.directory.change(user, { groups: [...user.groups, group.id] });
          added++;
        }
      for (const user of leaving)
        if (user.groups.includes(group.id)) {
          twin.directory.change(user, { groups: user.groups.filter((id) => id !== group.id) });
          removed++;
        }
      return { added, removed };
    },
  }),
];

/** By UPN or object id; a text is the first that is nobody. */
function usersOf({ directory }: TwinParts, tenant: Tenant, names: readonly string[]): TeamsUser[] | string {
  const found: TeamsUser[] = [];
  for (const name of names) {
    const user = directory.userById(tenant, name);
    if (!user) return name;
    found.push(user);
  }
  return found;
}

// ---------------------------------------------------------------- DNS

const dnsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/dns',
    summary: 'What was written into the DNS on top of the rehearsal names',
    run: ({ twin }) => Object.fromEntries(twin.zones.all()),
  }),
  route({
    method: 'PUT',
    path: '/dns/:name',
    summary: 'The records of one name, in place of what was written before',
    body: schemas.nameRecords,
    run: ({ twin }, { params, body }) => {
      const name = params.name ?? '';
      twin.zones.write(name, { a: body.a ?? undefined, txt: body.txt ?? [] });
      return { name, ...(twin.zones.written(name) ?? { txt: [] }) };
    },
  }),
  route({
    method: 'POST',
    path: '/dns',
    summary: 'Records as a DNS driver of the platform posts them',
    body: schemas.zoneUpdate,
    run: ({ twin }, { body }) => {
      for (const { type, name, value } of body.records) {
        const { a, txt } = twin.zones.written(name) ?? { a: undefined, txt: [] };
        twin.zones.write(
          name,
          type === 'A' ? { a: value, txt } : { a, txt: [...txt.filter((one) => one !== value), value] },
        );
      }
      return { written: body.records.length };
    },
  }),
];

export const directoryControlRoutes: readonly Route[] = [
  ...tenantRoutes,
  ...personRoutes,
  ...groupRoutes,
  ...dnsRoutes,
];
