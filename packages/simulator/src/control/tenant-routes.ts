import { firstGateways, setFirstGateways } from '../directory/voice.ts';
import { noTenant, problem } from './problem.ts';
import { type Body, type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

/** What a customer's administrator does to the platform's application. */
function changeConnection(
  { microsoft365 }: RouteContext['twin'],
  tenantId: string,
  body: Body<typeof schemas.tenantChange>,
): void {
  const { app, consents } = microsoft365;
  if (body.graphRoles === null) consents.forget(app, tenantId);
  else if (body.graphRoles) consents.setRoles(app, tenantId, body.graphRoles);
  if (body.graphAppEnabled !== undefined) consents.setEnabled(app, tenantId, body.graphAppEnabled);
  for (const [set, wish] of [
    [microsoft365.secondFactor, body.secondFactor],
    [microsoft365.elsewhere, body.otherCloud],
    [microsoft365.gone, body.gone],
  ] as const) {
    if (wish === true) set.add(tenantId);
    else if (wish === false) set.delete(tenantId);
  }
  if (body.addNumber) microsoft365.numbers.stock(tenantId, body.addNumber.number, body.addNumber.type);
}

/** Customers at Microsoft: domains, trunks, voice routes and what they allow the platform's application. */
export const tenantRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/tenants',
    summary: 'Tenants, domains and trunks',
    run: ({ twin }) =>
      [...twin.directory.tenants.values()].map((tenant) => ({
        id: tenant.id,
        name: tenant.name,
        domains: [...tenant.domains.values()],
        trunks: [...tenant.trunks.values()],
        voiceRoute: firstGateways(tenant.voice),
        blockedCallers: tenant.blockedCallers.map(String),
      })),
  }),
  route({
    method: 'PATCH',
    path: '/tenants/:id',
    summary: 'Domains, blocked callers and voice route of a tenant',
    body: schemas.tenantChange,
    run: ({ twin }, { params, body }, reply) => {
      const tenant = twin.directory.tenant(params.id ?? '');
      if (!tenant) return noTenant(reply, params.id);
      if (body.removeDomain) tenant.domains.delete(body.removeDomain.toLowerCase());
      if (body.addDomain) {
        const name = body.addDomain.toLowerCase();
        tenant.domains.set(name, { name, activated: false });
      }
      for (const [name, activated] of [
        [body.activate, true],
        [body.deactivate, false],
      ] as const) {
        const domain = name === undefined ? undefined : tenant.domains.get(name.toLowerCase());
        if (domain) Object.assign(domain, { activated, stuck: !activated });
      }
      if (body.voiceRoute && !setFirstGateways(tenant.voice, body.voiceRoute))
        return problem(reply, 409, 'no-voice-route', `${tenant.name} has no voice route`);
      if (body.blockedCallers) {
        try {
          tenant.blockedCallers = body.blockedCallers.map((pattern) => new RegExp(pattern));
        } catch {
          return problem(reply, 422, 'bad-pattern', 'a blocked pattern is no regular expression');
        }
      }
      changeConnection(twin, tenant.id, body);
      return {
        id: tenant.id,
        domains: [...tenant.domains.values()],
        voiceRoute: firstGateways(tenant.voice),
        graphRoles: twin.microsoft365.app.servicePrincipals.get(tenant.id)?.roles ?? null,
      };
    },
  }),
  route({
    method: 'PATCH',
    path: '/trunks/:fqdn',
    summary: 'Settings of a trunk object; derived trunks follow',
    body: schemas.trunkChange,
    run: ({ twin }, { params, body }, reply) => {
      const name = (params.fqdn ?? '').toLowerCase();
      for (const tenant of twin.directory.tenants.values()) {
        const trunk = tenant.trunks.get(name);
        if (!trunk) continue;
        const { maxConcurrentSessions, ...rest } = body;
        Object.assign(trunk, rest);
        if (maxConcurrentSessions !== undefined)
          trunk.maxConcurrentSessions = maxConcurrentSessions ?? undefined;
        return trunk;
      }
      return problem(reply, 404, 'unknown-trunk', `no trunk object ${name}`);
    },
  }),
];
