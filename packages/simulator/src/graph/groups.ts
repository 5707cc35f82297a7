import type { Group, TeamsUser } from '../directory/tenant.ts';
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
import { isoOf, seenUser, userDefaults, userEntity, usersSeen } from './users.ts';

/** Groups and who is in them (graph 4.2). */

export function groupEntity(group: Group): Entity {
  const unified = group.kind === 'unified';
  const mailNickname = group.displayName.replace(/[^A-Za-z0-9]/g, '');
  return {
    id: group.id,
    displayName: group.displayName,
    description: null,
    groupTypes: [...(unified ? ['Unified'] : []), ...(group.rule === undefined ? [] : ['DynamicMembership'])],
    membershipRule: group.rule ?? null,
    membershipRuleProcessingState: group.rule === undefined ? null : 'On',
    mailEnabled: unified,
    mailNickname,
    mail: null,
    securityEnabled: !unified,
    onPremisesSyncEnabled: null,
    createdDateTime: isoOf(group.createdAt),
    deletedDateTime: group.deletedAt === undefined ? null : isoOf(group.deletedAt),
  };
}

const groupRules = (world: GraphWorld): ListRules => ({
  schema: 'microsoft.graph.group',
  defaultTop: world.settings.pageSize,
  maxTop: 999,
  directory: true,
});

/** Groups as directory reads show them now. */
function groupsSeen({ world, tenant }: GraphCall): Group[] {
  const stamp = readStamp(world);
  return world.directory
    .ledger(tenant)
    .groups.map((group) => world.directory.at(group, stamp))
    .filter(({ life }) => life === 'live');
}

const seenGroup = (call: GraphCall, id: string): Group | undefined =>
  groupsSeen(call).find((group) => group.id === id.toLowerCase());

export const listGroups = (call: GraphCall): GraphAnswer =>
  page(call, groupsSeen(call), groupRules(call.world), 'groups', groupEntity);

export function getGroup(call: GraphCall): GraphAnswer {
  const names = selection(call, groupRules(call.world));
  if (isAnswer(names)) return names;
  const group = seenGroup(call, call.params['group-id'] ?? '');
  if (!group) return notFound(call.params['group-id'] ?? '');
  return ok({
    '@odata.context': context(call.base, 'groups/$entity'),
    ...project(groupEntity(group), names),
  });
}

/** Without a right to read users, members are an id and a type (D6). */
export const mayReadUsers = ({ caller }: Pick<GraphCall, 'caller'>): boolean =>
  [...caller.roles, ...caller.scopes].some((role) =>
    /^(User\.Read(Basic|Write)?\.All|Directory\.Read)/.test(role),
  );

/** The group with all that is nested in it, as seen. */
function closureSeen(call: GraphCall, id: string): Group[] {
  const groups = new Map(groupsSeen(call).map((group) => [group.id, group]));
  const found = new Map<string, Group>();
  const visit = (one: string): void => {
    const group = groups.get(one);
    if (!group || found.has(one)) return;
    found.set(one, group);
    for (const nested of group.nested) visit(nested);
  };
  visit(id.toLowerCase());
  return [...found.values()];
}

type Depth = 'direct' | 'transitive';
type Member = { readonly user: TeamsUser } | { readonly group: Group };

function membersOf(call: GraphCall, depth: Depth, only: 'users' | 'all'): Member[] | undefined {
  const { world, tenant, params } = call;
  const closure = closureSeen(call, params['group-id'] ?? '');
  const [group] = closure;
  if (!group) return undefined;
  const ids = new Set((depth === 'direct' ? [group] : closure).map(({ id }) => id));
  const users = usersSeen(world, tenant)
    .filter((user) => user.groups.some((id) => ids.has(id)))
    .map((user) => ({ user }));
  if (only === 'users') return users;
  const nested =
    depth === 'direct' ? closure.filter(({ id }) => group.nested.includes(id)) : closure.slice(1);
  return [...users, ...nested.map((one) => ({ group: one }))];
}

const memberDefaults = [...userDefaults, 'groupTypes', 'mailEnabled', 'securityEnabled', 'description'];

const showMember =
  (call: GraphCall) =>
  (member: Member): Entity => {
    const entity: Entity =
      'user' in member
        ? { '@odata.type': '#microsoft.graph.user', ...userEntity(member.user, call.tenant) }
        : { '@odata.type': '#microsoft.graph.group', ...groupEntity(member.group) };
    return mayReadUsers(call) ? entity : { '@odata.type': entity['@odata.type'], id: entity.id };
  };

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
      showMember(call),
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

/** Groups that name the user, or name a group that does. */
function groupsOf(call: GraphCall, user: TeamsUser, depth: Depth): Group[] {
  const seen = groupsSeen(call);
  const direct = call.world.directory.at(user, readStamp(call.world)).groups;
  const found = new Set(seen.filter(({ id }) => direct.includes(id)));
  if (depth === 'direct') return [...found];
  // A set walks what is added on the way.
  for (const one of found) for (const group of seen) if (group.nested.includes(one.id)) found.add(group);
  return [...found];
}

/** `memberOf` and `transitiveMemberOf` of a user. */
export const listMemberOf =
  (depth: Depth) =>
  (call: GraphCall): GraphAnswer => {
    const user = seenUser(call, call.params['user-id'] ?? '');
    if (!user) return notFound(call.params['user-id'] ?? '');
    return page(
      call,
      groupsOf(call, user, depth),
      { schema: 'microsoft.graph.group', defaultTop: 100, maxTop: 999, directory: true },
      'directoryObjects',
      (group) => ({ '@odata.type': '#microsoft.graph.group', ...groupEntity(group) }),
    );
  };

/** Transitive; at most 20 ids. */
export function checkMemberGroups(call: GraphCall): GraphAnswer {
  const user = seenUser(call, call.params['user-id'] ?? '');
  if (!user) return notFound(call.params['user-id'] ?? '');
  const { groupIds } = call.body as { groupIds: readonly string[] };
  if (groupIds.length === 0 || groupIds.length > 20)
    return fail(400, 'Request_BadRequest', 'groupIds takes 1 to 20 ids.', 'D5');
  const member = new Set(groupsOf(call, user, 'transitive').map(({ id }) => id));
  return ok({
    '@odata.context': context(call.base, 'Collection(Edm.String)'),
    value: groupIds.filter((id) => member.has(id.toLowerCase())),
  });
}
