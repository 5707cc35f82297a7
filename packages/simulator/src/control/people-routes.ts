import { TeamsClients } from '../clients/teams-client.ts';
import { makeUser, type TeamsUser } from '../directory/tenant.ts';
import * as schemas from './directory-schemas.ts';
import { noTenant, noUser, problem } from './problem.ts';
import { defined, iso, type Route, type RouteContext, route } from './route.ts';

function clientsFor({ twin, clock }: RouteContext, user: TeamsUser): void {
  const key = user.upn.toLowerCase();
  if (!twin.clients.has(key))
    twin.clients.set(key, new TeamsClients(user.upn, 400, [], { kind: 'ring' }, clock));
}

/** People who join a tenant, change, and leave it by way of the bin. */
export const personRoutes: readonly Route[] = [
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
