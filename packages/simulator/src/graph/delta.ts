import type { TeamsUser } from '../directory/tenant.ts';
import { fail, type GraphAnswer, type GraphCall, readStamp } from './graph-world.ts';
import { groupEntity } from './groups.ts';
import { type Entity, isAnswer, project, selection } from './listing.ts';
import { seal, unseal } from './seal.ts';
import { userDefaults, userEntity } from './users.ts';

/** Delta queries of users and groups (graph 4.3; checks D1 to D3, D5). A token is the moment of the last look, sealed. */

interface Token {
  /** `users` or `groups`. */
  readonly k: string;
  readonly t: string;
  /** Stamp of the last look. */
  readonly s: number;
  /** Wall ms at which it was given. */
  readonly at: number;
  /** `$select` and `$filter`, baked in. */
  readonly select: string | null;
  readonly filter: string | null;
}

const tokenLifeMs = 7 * 86_400_000;

interface Look {
  readonly from: number | undefined;
  readonly to: number;
  readonly select: string | null;
  readonly ids: readonly string[] | undefined;
  readonly link: string;
  /** Only a link is wanted, no data. */
  readonly empty: boolean;
}

function look(call: GraphCall, kind: 'users' | 'groups'): Look | GraphAnswer {
  const { query, world, caller } = call;
  for (const name of ['$top', '$orderby', '$expand', '$search'])
    if (query.has(name)) return fail(400, 'Request_UnsupportedQuery', `${name} is not supported here.`, 'D3');
  const given = query.get('$deltatoken');
  const latest = given === 'latest';
  let held: Token | undefined;
  if (given !== null && !latest) {
    held = unseal<Token>(world.sealKey, given);
    if (!held || held.k !== kind || held.t !== caller.tenantId)
      return fail(400, 'Request_BadRequest', 'The delta token is not valid.', 'D1');
    if (held.at + tokenLifeMs < world.clock.wall())
      return {
        ...fail(410, 'syncStateNotFound', 'The delta token has expired.', 'D2'),
        headers: { location: `${call.base}/${kind}/delta?$deltatoken=` },
      };
  }
  const select = held ? held.select : query.get('$select');
  const filter = held ? held.filter : query.get('$filter');
  const ids = filter === null ? undefined : idsOf(filter);
  if (ids === null || (ids && ids.length > 50))
    return fail(400, 'Request_BadRequest', '$filter takes up to 50 times id eq.', 'D3');
  const to = readStamp(world);
  const next: Token = { k: kind, t: caller.tenantId, s: to, at: world.clock.wall(), select, filter };
  return {
    from: held?.s,
    to,
    select,
    ids: ids ?? undefined,
    link: `${call.base}/${kind}/delta?$deltatoken=${seal(world.sealKey, next)}`,
    empty: latest,
  };
}

/** Null: something else than `id eq '…' or id eq '…'`. */
function idsOf(filter: string): readonly string[] | null {
  const ids = filter.split(/\s+or\s+/i).map((part) => /^\(?id eq '([^']+)'\)?$/i.exec(part.trim())?.[1]);
  return ids.every((id) => id !== undefined) ? (ids as string[]) : null;
}

function answer(call: GraphCall, kind: string, { link }: Look, value: readonly Entity[]): GraphAnswer {
  const body = { '@odata.context': `${call.base}/$metadata#${kind}`, '@odata.deltaLink': link, value };
  return { status: 200, body };
}

/** The selection that was baked in, with `members` taken out: it is no property but a list of changes. */
function chosen(
  call: GraphCall,
  schema: string,
  select: string | null,
  defaults?: readonly string[],
): { names: readonly string[] | null; members: boolean } | GraphAnswer {
  const wanted = select?.split(',').map((name) => name.trim());
  const plain = wanted?.filter((name) => name !== 'members');
  const query = new URLSearchParams(plain ? { $select: ['id', ...plain].join(',') } : {});
  const names = selection({ ...call, query }, { schema, ...(defaults ? { defaults } : {}) });
  if (isAnswer(names)) return names;
  return { names, members: wanted === undefined || wanted.includes('members') };
}

export function usersDelta(call: GraphCall): GraphAnswer {
  const seen = look(call, 'users');
  if (isAnswer(seen)) return seen;
  const picked = chosen(call, 'microsoft.graph.user', seen.select, userDefaults);
  if (isAnswer(picked)) return picked;
  const { directory } = call.world;
  const value = [...call.tenant.users.values()]
    .filter((user) => !seen.ids || seen.ids.includes(user.objectId))
    .filter((user) => seen.from === undefined || directory.changedBetween(user, seen.from, seen.to))
    .map((user) => project(userEntity(directory.at(user, seen.to)), picked.names));
  return answer(call, 'users', seen, seen.empty ? [] : value);
}

export function groupsDelta(call: GraphCall): GraphAnswer {
  const seen = look(call, 'groups');
  if (isAnswer(seen)) return seen;
  const picked = chosen(call, 'microsoft.graph.group', seen.select);
  if (isAnswer(picked)) return picked;
  const value: Entity[] = [];
  for (const group of call.tenant.groups.values()) {
    if (seen.ids && !seen.ids.includes(group.id)) continue;
    const members = picked.members ? memberChanges(call, group.id, seen) : [];
    // Groups themselves do not change here; their members do.
    if (seen.from !== undefined && members.length === 0) continue;
    value.push({
      ...project(groupEntity(group), picked.names),
      ...(members.length > 0 ? { 'members@delta': members } : {}),
    });
  }
  return answer(call, 'groups', seen, seen.empty ? [] : value);
}

/** Direct members who came or went since the last look; all of them at the first (D5: a nested group is one member). */
function memberChanges(call: GraphCall, groupId: string, { from, to }: Look): Entity[] {
  const { directory } = call.world;
  const isMember = (user: TeamsUser, stamp: number): boolean =>
    directory.at(user, stamp).groups.includes(groupId);
  const users = [...call.tenant.users.values()].flatMap((user): Entity[] => {
    const [before, after] = [from !== undefined && isMember(user, from), isMember(user, to)];
    if (before === after) return [];
    const entry = { '@odata.type': '#microsoft.graph.user', id: user.objectId };
    return [after ? entry : { ...entry, '@removed': { reason: 'deleted' } }];
  });
  const nested =
    from === undefined
      ? (call.tenant.groups.get(groupId)?.nested ?? []).map((id) => ({
          '@odata.type': '#microsoft.graph.group',
          id,
        }))
      : [];
  return [...users, ...nested];
}
