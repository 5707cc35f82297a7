import type { FastifyReply } from 'fastify';
import type { CarrierCall } from '../carrier/carrier-call.ts';
import { type ClientCall, TeamsClients } from '../clients/teams-client.ts';
import { regions } from '../config.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import { firstGateways, setFirstGateways } from '../directory/voice.ts';
import { carrierFaults, dnsFaults, graphFaults, hubFaults, loginFaults } from '../faults/fault-board.ts';
import { checkTable } from '../sip-proxy/check-table.ts';
import { makeCrowd } from '../world/crowd.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { directoryControlRoutes } from './directory-routes.ts';
import { entraRoutes } from './entra-routes.ts';
import { graphControlRoutes } from './graph-routes.ts';
import { phoneRoutes } from './phone-routes.ts';
import { problem } from './problem.ts';
import { runRehearsalCall } from './rehearsal-call.ts';
import { type Body, type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

const noUser = (reply: FastifyReply, upn: string) =>
  problem(reply, 404, 'unknown-user', `Microsoft's side knows no user ${upn}`);

function userView(
  { directory, microsoft365 }: RouteContext['twin'],
  user: TeamsUser,
): Record<string, unknown> {
  const tenant = directory.tenant(user.tenantId);
  return {
    ...user,
    number: user.number ?? null,
    groupMember: tenant !== undefined && directory.isInEnableGroup(tenant, user),
    presence: microsoft365.presence.shown(user),
    /** As somebody else's Teams shows it. */
    presenceInTeams: microsoft365.presence.inTeams(user, microsoft365.settings.teamsClientLagMs),
  };
}

/** Leaving the enable group means leaving what is nested in it too. */
function regrouped(
  { directory }: RouteContext['twin'],
  tenant: Tenant,
  user: TeamsUser,
  member: boolean,
): readonly string[] {
  const enabling = directory.closure(tenant, tenant.enableGroupId).map(({ id }) => id);
  if (member)
    return enabling.some((id) => user.groups.includes(id))
      ? user.groups
      : [...user.groups, tenant.enableGroupId];
  return user.groups.filter((id) => !enabling.includes(id));
}

const userRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/users',
    summary: 'Users at Microsoft',
    run: ({ twin }) =>
      [...twin.directory.tenants.values()].flatMap((tenant) =>
        [...tenant.users.values()].map((user) => userView(twin, user)),
      ),
  }),
  route({
    method: 'GET',
    path: '/users/:upn',
    summary: 'One user',
    run: ({ twin }, { params }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      return found ? userView(twin, found.user) : noUser(reply, params.upn ?? '');
    },
  }),
  route({
    method: 'PATCH',
    path: '/users/:upn',
    summary: 'Change licences, number, group, mail, presence, voice and policy switches',
    body: schemas.userChange,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn ?? '');
      const { number, groupMember, presence, preferredPresence, outOfOffice, ...given } = body;
      const rest: Partial<TeamsUser> = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined),
      );
      const owner = number ? twin.directory.userByNumber(found.tenant, number) : undefined;
      if (owner && owner !== found.user)
        return problem(reply, 409, 'number-taken', `${number} is assigned to ${owner.upn}`);
      if (number !== undefined) rest.number = number ?? undefined;
      if (groupMember !== undefined) rest.groups = regrouped(twin, found.tenant, found.user, groupMember);
      if (Object.keys(rest).length > 0) twin.directory.change(found.user, rest);
      const book = twin.microsoft365.presence;
      if (presence !== undefined) book.setClient(found.user, presence);
      if (preferredPresence === null) book.clearPreferred(found.user);
      else if (preferredPresence) book.prefer(found.user, preferredPresence);
      if (outOfOffice !== undefined) book.setOutOfOffice(found.user, outOfOffice);
      return userView(twin, found.user);
    },
  }),
  route({
    method: 'POST',
    path: '/users/:upn/events',
    summary: "An event in the user's calendar; one that says busy makes Teams show a meeting while it lasts",
    body: schemas.calendarEvent,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn ?? '');
      const { startsAt: given, minutes, ...rest } = body;
      const startsAt = given === undefined ? twin.microsoft365.clock.wall() : Date.parse(given);
      const event = { id: twin.random.uuid(), ...rest, startsAt, endsAt: startsAt + minutes * 60_000 };
      twin.microsoft365.presence.addEvent(found.user, event);
      reply.code(201);
      return event;
    },
  }),
  route({
    method: 'DELETE',
    path: '/users/:upn/events',
    summary: "Empties the user's calendar",
    run: ({ twin }, { params }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn ?? '');
      twin.microsoft365.presence.clearEvents(found.user);
      reply.code(204);
      return undefined;
    },
  }),
];

/** Many people who are alike: benches and paging need more than a dozen. */
const crowdRoute = route({
  method: 'POST',
  path: '/users',
  summary: 'A crowd of people who are alike joins a tenant',
  body: schemas.crowd,
  run: ({ twin, clock }, { body }, reply) => {
    const tenant = twin.directory.tenant(body.tenant);
    if (!tenant) return problem(reply, 404, 'unknown-tenant', `no tenant ${body.tenant}`);
    const { groupMember, signedIn, tenant: _tenant, numbersFrom, department, ...crowd } = body;
    const added = makeCrowd(twin.directory, tenant, () => twin.random.uuid(), {
      ...crowd,
      groups: groupMember ? [tenant.enableGroupId] : [],
      ...(numbersFrom === undefined ? {} : { numbersFrom }),
      ...(department === undefined ? {} : { department }),
    });
    for (const upn of added) {
      const kinds = signedIn ? (['desktop'] as const) : [];
      twin.clients.set(upn, new TeamsClients(upn, 400, kinds, { kind: 'ring' }, clock));
    }
    return { added: added.length, users: tenant.users.size };
  },
});

function clientsOf(context: RouteContext, upn: string | undefined): TeamsClients | undefined {
  return context.twin.clients.get((upn ?? '').toLowerCase());
}

function callOf(clients: TeamsClients, guid: string | undefined): ClientCall | string {
  const calls = [...clients.calls.values()];
  if (guid !== undefined) return clients.calls.get(guid) ?? `no call ${guid}`;
  if (calls.length === 1) return calls[0] as ClientCall;
  return calls.length === 0 ? 'there is no call' : 'there are several calls: say which';
}

const actions: Record<
  string,
  (
    call: ClientCall,
    body: Body<typeof schemas.clientAction>,
  ) => Promise<string | undefined> | string | undefined
> = {
  answer: (call, body) => call.answer(body.client),
  decline: (call) => call.decline(),
  hold: (call) => call.hold(),
  resume: (call) => call.resume(),
  refresh: (call) => call.refresh(),
  digits: (call, body) => (body.digits === undefined ? 'digits are missing' : call.sendDigits(body.digits)),
  hangup: (call) => {
    call.hangUp();
    return undefined;
  },
};

const clientRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clients/:upn',
    summary: 'Clients, calls and call history of a user',
    run: (context, { params }, reply) =>
      clientsOf(context, params.upn)?.view() ?? noUser(reply, params.upn ?? ''),
  }),
  route({
    method: 'PATCH',
    path: '/clients/:upn',
    summary: 'How the clients take calls',
    body: schemas.clientChange,
    run: (context, { params, body }, reply) => {
      const clients = clientsOf(context, params.upn);
      if (!clients) return noUser(reply, params.upn ?? '');
      if (body.answers) clients.answers = body.answers;
      if (body.silent183 !== undefined) clients.forks.silent183 = body.silent183;
      if (body.silentFork !== undefined) clients.forks.silentFork = body.silentFork;
      return clients.view();
    },
  }),
  ...(['sign-in', 'sign-out'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/clients/:upn/${action}`,
      summary: action === 'sign-in' ? 'A client signs in' : 'A client signs out',
      body: schemas.signIn,
      run: (context, { params, body }, reply) => {
        const clients = clientsOf(context, params.upn);
        if (!clients) return noUser(reply, params.upn ?? '');
        if (action === 'sign-in') clients.signedIn.add(body.client);
        else clients.signedIn.delete(body.client);
        return clients.view();
      },
    }),
  ),
  route({
    method: 'POST',
    path: '/clients/:upn/relaunch',
    summary: 'The user restarts Teams',
    run: (context, { params }, reply) => {
      const clients = clientsOf(context, params.upn);
      if (!clients) return noUser(reply, params.upn ?? '');
      clients.relaunch();
      return clients.view();
    },
  }),
  route({
    method: 'POST',
    path: '/clients/:upn/call',
    summary: 'The user dials a number; answers when the INVITE is out',
    body: schemas.clientCallTo,
    run: async ({ twin }, { params, body }, reply) => {
      const placed = await twin.proxy.place({
        upn: params.upn ?? '',
        to: body.to,
        ...(body.region ? { region: body.region } : {}),
      });
      if (!placed.ok) return problem(reply, 409, 'not-placed', `${placed.status}: ${placed.why}`);
      return placed.call.view();
    },
  }),
  ...Object.keys(actions).map((action) =>
    route({
      method: 'POST',
      path: `/clients/:upn/${action}`,
      summary: `The client does: ${action}`,
      body: schemas.clientAction,
      run: async (context, { params, body }, reply) => {
        const clients = clientsOf(context, params.upn);
        if (!clients) return noUser(reply, params.upn ?? '');
        const call = callOf(clients, body.call);
        if (typeof call === 'string') return problem(reply, 409, 'no-call', call);
        if (body.region && 'laterRegion' in call) call.laterRegion = body.region;
        const why = await actions[action]?.(call, body);
        return why === undefined ? call.view() : problem(reply, 409, 'not-possible', why);
      },
    }),
  ),
];

const carrierActions: Record<
  string,
  (call: CarrierCall) => Promise<string | undefined> | string | undefined
> = {
  hold: (call) => call.reoffer('sendonly'),
  resume: (call) => call.reoffer('sendrecv'),
  hangup: (call) => {
    call.hangUp();
    return undefined;
  },
};

const carrierRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/carrier',
    summary: 'Numbers, habits and calls of the rehearsal carrier',
    run: ({ twin: { carrier } }) => ({
      ports: carrier.ports,
      defaultHabit: carrier.defaultHabit,
      numbers: [...carrier.habits].map(([number, habit]) => ({
        number,
        name: rehearsalWorld.carrier.numbers.find((known) => known.number === number)?.name,
        habit,
      })),
      calls: [...carrier.calls.values()].map((call) => call.view()),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/carrier',
    summary: 'How the carrier treats calls to its numbers',
    body: schemas.carrierChange,
    run: ({ twin: { carrier } }, { body }) => {
      if (body.defaultHabit) carrier.defaultHabit = body.defaultHabit;
      if (body.number !== undefined && body.habit !== undefined) {
        if (body.habit === null) carrier.habits.delete(body.number);
        else carrier.habits.set(body.number, body.habit);
      }
      return { defaultHabit: carrier.defaultHabit, numbers: Object.fromEntries(carrier.habits) };
    },
  }),
  route({
    method: 'POST',
    path: '/carrier/call',
    summary: 'A party at the carrier calls a number; answers when the INVITE is out',
    body: schemas.carrierCallTo,
    run: async ({ twin }, { body }) => {
      const { protocol, ...rest } = body;
      return (await twin.carrier.place({ ...rest, ...(protocol ? { protocol } : {}) })).view();
    },
  }),
  ...Object.keys(carrierActions).map((action) =>
    route({
      method: 'POST',
      path: `/carrier/${action}`,
      summary: `A party at the carrier does: ${action}`,
      body: schemas.carrierAction,
      run: async ({ twin: { carrier } }, { body }, reply) => {
        const calls = [...carrier.calls.values()];
        const call = body.call === undefined ? calls[0] : carrier.calls.get(body.call);
        if (!call) return problem(reply, 409, 'no-call', 'there is no such call');
        const why = await carrierActions[action]?.(call);
        return why === undefined ? call.view() : problem(reply, 409, 'not-possible', why);
      },
    }),
  ),
];

const faultRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/faults',
    summary: 'What can be broken, and what is',
    run: ({ twin }) => ({
      active: twin.faults.list(),
      known: {
        hub: hubFaults,
        carrier: carrierFaults,
        dns: dnsFaults,
        login: loginFaults,
        graph: graphFaults,
      },
    }),
  }),
  route({
    method: 'POST',
    path: '/faults',
    summary: 'Break something',
    body: schemas.faultSetting,
    run: async ({ twin }, { body }, reply) => {
      const { fault, ...target } = body;
      const set = await twin.faults.set(target, fault);
      return set ?? problem(reply, 422, 'unknown-fault', `${body.at} has no fault ${fault}: see GET /faults`);
    },
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    summary: 'Mend everything',
    run: async ({ twin }) => ({ cleared: await twin.faults.clear() }),
  }),
  route({
    method: 'DELETE',
    path: '/faults/:id',
    summary: 'Mend one thing',
    run: async ({ twin }, { params }, reply) => {
      const cleared = await twin.faults.clear(params.id);
      return cleared > 0 ? { cleared } : problem(reply, 404, 'unknown-fault', `${params.id} is not broken`);
    },
  }),
];

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
  ] as const) {
    if (wish === true) set.add(tenantId);
    else if (wish === false) set.delete(tenantId);
  }
  if (body.addNumber) microsoft365.numbers.stock(tenantId, body.addNumber.number, body.addNumber.type);
}

function graphView({ microsoft365: { settings, throttle, app, keys } }: RouteContext['twin']) {
  return {
    settings,
    quotas: throttle.quotas,
    quotaScale: throttle.scale,
    counts: throttle.counts,
    signingKey: keys.currentId,
    app: {
      clientId: app.clientId,
      displayName: app.displayName,
      certificates: app.certificates.map(({ thumbprintSha256, notAfter }) => ({
        thumbprintSha256,
        notAfter: new Date(notAfter).toISOString(),
      })),
      secrets: app.secrets.map(({ value, expiresAt }) => ({
        value,
        expiresAt: new Date(expiresAt).toISOString(),
      })),
      tenants: [...app.servicePrincipals].map(([id, principal]) => ({ id, ...principal })),
    },
  };
}

const graphRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/graph',
    summary: "The platform's app registration, delays and quotas of Graph, and how many requests came",
    run: ({ twin }) => graphView(twin),
  }),
  route({
    method: 'PATCH',
    path: '/graph',
    summary: 'Change delays and quotas, rotate the signing keys',
    body: schemas.graphChange,
    run: async ({ twin }, { body }) => {
      const { quotas, quotaScale, rotateKeys, resetCounts, ...settings } = body;
      const { microsoft365 } = twin;
      Object.assign(
        microsoft365.settings,
        Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
      );
      for (const [name, quota] of Object.entries(quotas ?? {}))
        Object.assign(microsoft365.throttle.quotas[name as keyof typeof microsoft365.throttle.quotas], quota);
      if (quotaScale !== undefined) microsoft365.throttle.scale = quotaScale;
      if (rotateKeys) await microsoft365.rotateKeys(rotateKeys === 'and-forget');
      if (resetCounts) microsoft365.throttle.reset();
      return graphView(twin);
    },
  }),
];

const stateRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clock',
    summary: "Windows of the OPTIONS health, and Microsoft's clock",
    run: ({ twin, clock }) => ({
      now: new Date(clock.wall()).toISOString(),
      microsoftNow: new Date(twin.microsoft365.clock.wall()).toISOString(),
      ...twin.proxy.health.windows,
    }),
  }),
  route({
    method: 'PATCH',
    path: '/clock',
    summary: 'Change the windows, or let time pass at Microsoft, for rehearsals that cannot wait',
    body: schemas.clockChange,
    run: ({ twin }, { body: { advanceMs, ...windows } }) => {
      if (advanceMs !== undefined) twin.microsoft365.advance(advanceMs);
      return {
        ...Object.assign(twin.proxy.health.windows, windows),
        microsoftNow: new Date(twin.microsoft365.clock.wall()).toISOString(),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/clock/options',
    summary: "Send Microsoft's own OPTIONS now, to every trunk that probes",
    run: async ({ twin }) => {
      await twin.proxy.probeNow();
      return { trunks: twin.proxy.health.trunks() };
    },
  }),
  route({
    method: 'GET',
    path: '/health',
    summary: 'Trunk states as the health dashboard shows them',
    run: ({ twin, clock }) => {
      const now = clock.now();
      const { health } = twin.proxy;
      const names = new Set([twin.config.sbcBaseDomain, ...health.trunks()]);
      return {
        trunks: [...names].map((name) => {
          const trunk = twin.directory.knowsTrunk(name)?.trunk;
          return {
            trunk: name,
            state: health.state(name, trunk?.sendSipOptions ?? true, now),
            regions: health.regions(name, now),
          };
        }),
        regions,
        liveCalls: [...twin.proxy.calls.values()].filter((call) => !call.done).length,
      };
    },
  }),
  route({
    method: 'GET',
    path: '/audit',
    summary: 'Every message that came and went, with the checks it passed or not',
    query: schemas.auditQuery,
    run: async ({ twin }, { query }) => {
      const { wait, ...rest } = query;
      const filter = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const entries = wait ? await twin.audit.wait(filter, wait) : twin.audit.find(filter);
      return { entries: rest.limit === undefined ? entries.slice(-500) : entries, last: twin.audit.lastSeq };
    },
  }),
  route({ method: 'GET', path: '/checks', summary: 'What the hubs verify', run: () => checkTable }),
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
      if (!tenant) return problem(reply, 404, 'unknown-tenant', `no tenant ${params.id}`);
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
  route({
    method: 'PATCH',
    path: '/settings',
    summary: "Strictness, the EKU policy, and Microsoft's own certificate",
    body: schemas.settingsChange,
    run: async ({ twin }, { body }) => {
      if (body.strict !== undefined) twin.proxy.strict = body.strict;
      if (body.sbcEkuPolicy) twin.proxy.eku = body.sbcEkuPolicy;
      if (body.hubCertificate) await twin.rotateHubCertificate(body.hubCertificate);
      return { strict: twin.proxy.strict, sbcEkuPolicy: twin.proxy.eku };
    },
  }),
  route({
    method: 'POST',
    path: '/calls',
    summary: 'One watched call from party to party through the platform; answers when it is over',
    body: schemas.rehearsalCall,
    run: ({ twin, clock }, { body }) => runRehearsalCall(twin, clock, body),
  }),
];

/** The control API, one row per operation; the OpenAPI description is made from these rows. */
export const routes: readonly Route[] = [
  ...userRoutes,
  crowdRoute,
  ...clientRoutes,
  ...carrierRoutes,
  ...phoneRoutes,
  ...faultRoutes,
  ...graphRoutes,
  ...graphControlRoutes,
  ...entraRoutes,
  ...directoryControlRoutes,
  ...stateRoutes,
];
