import type { FastifyReply } from 'fastify';
import { parseMembershipRule } from '../directory/membership-rule.ts';
import type { Group, TeamsUser, Tenant } from '../directory/tenant.ts';
import * as schemas from './directory-schemas.ts';
import { noTenant, noUser, problem } from './problem.ts';
import { defined, type Route, type RouteContext, route } from './route.ts';

type TwinParts = RouteContext['twin'];

const noGroup = (reply: FastifyReply, id: string | undefined) =>
  problem(reply, 404, 'unknown-group', `the tenant has no group ${id}: see GET /tenants/{id}/directory`);

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

/** Groups of a tenant and who is in them. */
export const groupRoutes: readonly Route[] = [
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
