import { TeamsClients } from '../clients/teams-client.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import { makeCrowd } from '../world/crowd.ts';
import { noTenant, noUser, problem } from './problem.ts';
import { defined, type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

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

/** People at Microsoft, what they have and show, and their calendars. */
export const userRoutes: readonly Route[] = [
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
      return found ? userView(twin, found.user) : noUser(reply, params.upn);
    },
  }),
  route({
    method: 'PATCH',
    path: '/users/:upn',
    summary: 'Change licences, number, group, mail, presence, voice and policy switches',
    body: schemas.userChange,
    run: ({ twin }, { params, body }, reply) => {
      const found = twin.directory.user(params.upn ?? '');
      if (!found) return noUser(reply, params.upn);
      const { number, groupMember, presence, preferredPresence, outOfOffice, ...given } = body;
      const rest: Partial<TeamsUser> = defined(given);
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
      if (!found) return noUser(reply, params.upn);
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
      if (!found) return noUser(reply, params.upn);
      twin.microsoft365.presence.clearEvents(found.user);
      reply.code(204);
      return undefined;
    },
  }),
  /** Many people who are alike: benches and paging need more than a dozen. */
  route({
    method: 'POST',
    path: '/users',
    summary: 'A crowd of people who are alike joins a tenant',
    body: schemas.crowd,
    run: ({ twin, clock }, { body }, reply) => {
      const tenant = twin.directory.tenant(body.tenant);
      if (!tenant) return noTenant(reply, body.tenant);
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
  }),
];
