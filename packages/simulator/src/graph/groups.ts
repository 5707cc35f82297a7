import type { Group } from '../directory/tenant.ts';
import {
  context,
  fail,
  type GraphAnswer,
  type GraphCall,
  type GraphWorld,
  notFound,
  ok,
  readStamp,
} from './graph-world.ts';
import { type Entity, isAnswer, type ListRules, page, project, selection } from './listing.ts';
import { userDefaults, userEntity, usersSeen } from './users.ts';

/** Groups and who is in them (graph 4.2). */

export function groupEntity(group: Group): Entity {
  return {
    id: group.id,
    displayName: group.displayName,
    description: null,
    groupTypes: [],
    membershipRule: null,
    mailEnabled: false,
    mailNickname: group.displayName.replace(/[^A-Za-z0-9]/g, ''),
    mail: null,
    securityEnabled: true,
    onPremisesSyncEnabled: null,
    createdDateTime: '2026-01-05T08:00:00Z',
  };
}

const groupRules = (world: GraphWorld): ListRules => ({
  schema: 'microsoft.graph.group',
  defaultTop: world.settings.pageSize,
  maxTop: 999,
  directory: true,
});

export const listGroups = (call: GraphCall): GraphAnswer =>
  page(call, [...call.tenant.groups.values()].map(groupEntity), groupRules(call.world), 'groups');

export function getGroup(call: GraphCall): GraphAnswer {
  const names = selection(call, groupRules(call.world));
  if (isAnswer(names)) return names;
  const group = call.tenant.groups.get(call.params['group-id'] ?? '');
  if (!group) return notFound(call.params['group-id'] ?? '');
  return ok({
    '@odata.context': context(call.base, 'groups/$entity'),
    ...project(groupEntity(group), names),
  });
}

/** Without a right to read users, members are an id and a type (D6). */
const mayReadUsers = ({ caller }: GraphCall): boolean =>
  caller.roles.some((role) => /^(User|Directory)\.Read/.test(role) || role === 'User.ReadBasic.All');

type Depth = 'direct' | 'transitive';

function membersOf(call: GraphCall, depth: Depth, only: 'users' | 'all'): Entity[] | undefined {
  const { world, tenant, params } = call;
  const group = tenant.groups.get(params['group-id'] ?? '');
  if (!group) return undefined;
  const groups = depth === 'direct' ? [group] : world.directory.closure(tenant, group.id);
  const ids = groups.map(({ id }) => id);
  const users = usersSeen(world, tenant, readStamp(world))
    .filter((user) => user.groups.some((id) => ids.includes(id)))
    .map((user) => ({ '@odata.type': '#microsoft.graph.user', ...userEntity(user) }));
  const nested =
    only === 'users'
      ? []
      : (depth === 'direct' ? group.nested : ids.slice(1))
          .map((id) => tenant.groups.get(id))
          .filter((one) => one !== undefined)
          .map((one) => ({ '@odata.type': '#microsoft.graph.group', ...groupEntity(one) }));
  const all: Entity[] = [...users, ...nested];
  if (mayReadUsers(call)) return all;
  return all.map((entity) => ({ '@odata.type': entity['@odata.type'], id: entity.id }));
}

const memberDefaults = [...userDefaults, 'groupTypes', 'mailEnabled', 'securityEnabled', 'description'];

/** `members` and `transitiveMembers`, also cast to users, which needs the advanced parameters. */
export const listMembers =
  (depth: Depth, only: 'users' | 'all') =>
  (call: GraphCall): GraphAnswer => {
    const members = membersOf(call, depth, only);
    if (!members) return notFound(call.params['group-id'] ?? '');
    return page(
      call,
      members,
      {
        schema: 'microsoft.graph.user',
        defaults: memberDefaults,
        defaultTop: call.world.settings.pageSize,
        maxTop: 999,
        directory: true,
        advanced: only === 'users',
      },
      'directoryObjects',
    );
  };

export const countMembers =
  (depth: Depth) =>
  (call: GraphCall): GraphAnswer => {
    if (call.header('consistencylevel')?.toLowerCase() !== 'eventual')
      return fail(400, 'Request_UnsupportedQuery', '$count needs ConsistencyLevel: eventual.', 'G10');
    const members = membersOf(call, depth, 'all');
    if (!members) return notFound(call.params['group-id'] ?? '');
    return { status: 200, body: members.length, headers: { 'content-type': 'text/plain' } };
  };
