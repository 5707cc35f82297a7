import { rootCertificates } from 'node:tls';
import type { FastifyReply } from 'fastify';
import type { Tenant } from '../directory/tenant.ts';
import { emptyVoice } from '../directory/voice.ts';
import { challengeOf } from '../graph/domains.ts';
import { consumed } from '../graph/licences.ts';
import { runPowerShell } from '../powershell/run.ts';
import * as schemas from './directory-schemas.ts';
import { dnsRoutes } from './dns-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { plantConflict } from './number-conflicts.ts';
import { personRoutes } from './people-routes.ts';
import { sender } from './powershell-sender.ts';
import { noTenant, problem } from './problem.ts';
import { defined, iso, type Route, type RouteContext, route } from './route.ts';

/** What a customer's administrators do in the admin centres: people, groups, licences, domains, voice; and the DNS. */

type TwinParts = RouteContext['twin'];

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
        const { routes, policies, dialPlans, otherPolicies, callingPolicies, ...plain } = emptyVoice();
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

export const directoryControlRoutes: readonly Route[] = [
  ...tenantRoutes,
  ...personRoutes,
  ...groupRoutes,
  ...dnsRoutes,
];
