import type { Log } from '../directory/ledger.ts';
import type { Group, TeamsUser } from '../directory/tenant.ts';
import { type DeltaRound, openRound, type RoundPage, roundAnswer, wantsMinimal } from './delta-round.ts';
import type { GraphAnswer, GraphCall } from './graph-world.ts';
import { groupEntity } from './groups.ts';
import { type Entity, isAnswer, project, selection } from './listing.ts';
import { userDefaults, userEntity } from './users.ts';

/**
 * Delta queries of users and groups (graph 4.3; checks D1 to D5). A first round walks along everybody who ever was there, a
 * later one along what happened; a page costs what it looks at, not what the tenant holds.
 */

/** One page looks at no more than this many events, found or not: then it is an empty page, and the client goes on. */
const looksAPage = 5_000;

/** The selection that was baked in, with `members` taken out: it is no property but a list of changes. */
function chosen(
  call: GraphCall,
  schema: string,
  select: string | null,
  defaults?: readonly string[],
): { names: readonly string[] | null; members: boolean } | GraphAnswer {
  const wanted = select?.split(',').map((name) => name.trim());
  const plain = wanted?.filter((name) => name !== 'members' && name !== 'manager');
  const query = new URLSearchParams(plain ? { $select: ['id', ...plain].join(',') } : {});
  const names = selection({ ...call, query }, { schema, ...(defaults ? { defaults } : {}) });
  if (isAnswer(names)) return names;
  return { names, members: wanted === undefined || wanted.includes('members') };
}

/** Walks along a log from `from` to `to`; each thing is told once, where it happened last. */
function walkLog<E extends { readonly at: number }>(
  log: Log<E>,
  { from = 0, to, pageSize }: DeltaRound,
  [start]: readonly number[],
  keyOf: (event: E) => string,
  tell: (event: E) => number,
): readonly number[] | undefined {
  const [begin, end] = [start ?? log.after(from), log.after(to)];
  const last = lastOf(log, begin, end, keyOf);
  let told = 0;
  for (let place = begin; place < end; place++) {
    if (told >= pageSize || place - begin >= looksAPage) return [place];
    const event = log.at(place);
    if (event && last(event, place)) told += tell(event);
  }
  return undefined;
}

/** Whether an event is the last of its thing in the window; asked only about what a page looks at. */
function lastOf<E>(
  log: { at(place: number): E | undefined },
  begin: number,
  end: number,
  keyOf: (event: E) => string,
): (event: E, place: number) => boolean {
  const newest = new Map<string, number>();
  for (let place = end - 1; place >= begin; place--) {
    const event = log.at(place);
    const key = event && keyOf(event);
    if (key !== undefined && !newest.has(key)) newest.set(key, place);
  }
  return (event, place) => newest.get(keyOf(event)) === place;
}

export function usersDelta(call: GraphCall): GraphAnswer {
  const { directory } = call.world;
  directory.settle(call.tenant);
  const round = openRound(call, 'users');
  if (isAnswer(round)) return round;
  const picked = chosen(call, 'microsoft.graph.user', round.select, userDefaults);
  if (isAnswer(picked)) return picked;
  const ledger = directory.ledger(call.tenant);
  const minimal = wantsMinimal(call);
  const asked = (user: TeamsUser): boolean => round.ids?.has(user.objectId) ?? true;
  const show = (user: TeamsUser, stamp: number): Entity =>
    project(userEntity(directory.at(user, stamp), call.tenant), picked.names);

  const first = ([place = 0]: readonly number[]): RoundPage => {
    const value: Entity[] = [];
    for (; place < ledger.users.length; place++) {
      if (value.length >= round.pageSize) return { value, next: [place] };
      const user = ledger.users[place];
      if (user && asked(user) && directory.at(user, round.to).life === 'live')
        value.push(show(user, round.to));
    }
    return { value, next: undefined };
  };
  const later = (place: readonly number[]): RoundPage => {
    const value: Entity[] = [];
    const next = walkLog(
      ledger.userEvents,
      round,
      place,
      ({ user }) => user.objectId,
      ({ user }) => {
        const entity = asked(user) ? changeOf(user) : undefined;
        if (entity) value.push(entity);
        return entity ? 1 : 0;
      },
    );
    return { value, next };
  };
  /** Undefined: nothing of what was selected changed. */
  const changeOf = (user: TeamsUser): Entity | undefined => {
    const [was, is] = [directory.at(user, round.from ?? 0), directory.at(user, round.to)];
    const there = was.life === 'live';
    if (is.life === 'unborn') return undefined;
    if (is.life !== 'live') {
      if (was.life === is.life || (was.life === 'unborn' && is.life === 'purged')) return undefined;
      return {
        id: user.objectId,
        '@removed': { reason: is.life === 'deleted' ? 'changed' : 'deleted' },
      };
    }
    const now = show(user, round.to);
    if (!there) return now;
    const changed = changedMembers(show(user, round.from ?? 0), now);
    if (changed.length === 0) return undefined;
    return minimal ? project(now, ['id', ...changed]) : now;
  };
  return roundAnswer(call, round, round.from === undefined ? first : later);
}

const changedMembers = (before: Entity, after: Entity): string[] =>
  Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));

export function groupsDelta(call: GraphCall): GraphAnswer {
  const { directory, settings } = call.world;
  directory.settle(call.tenant);
  const round = openRound(call, 'groups');
  if (isAnswer(round)) return round;
  const picked = chosen(call, 'microsoft.graph.group', round.select);
  if (isAnswer(picked)) return picked;
  const ledger = directory.ledger(call.tenant);
  const minimal = wantsMinimal(call);
  const asked = (group: Group): boolean => round.ids?.has(group.id) ?? true;
  const show = (group: Group, stamp: number): Entity =>
    project(groupEntity(directory.at(group, stamp)), picked.names);
  /** Who is in the bin is still a member (D4). */
  const isMember = (user: TeamsUser, groupId: string): boolean => {
    const { life, groups } = directory.at(user, round.to);
    return (life === 'live' || life === 'deleted') && groups.includes(groupId);
  };

  /** `[group, member]`: the members of a large group go over several pages, each with the group again. */
  const first = ([at = 0, from = 0]: readonly number[]): RoundPage => {
    const value: Entity[] = [];
    let members = 0;
    for (let place = at; place < ledger.groups.length; place++) {
      const group = ledger.groups[place] as Group;
      const seen = directory.at(group, round.to);
      if (!asked(group) || seen.life !== 'live') continue;
      if (value.length >= round.pageSize) return { value, next: [place, 0] };
      const listed: Entity[] = [];
      let place2 = place === at ? from : 0;
      if (picked.members && place2 === 0)
        listed.push(...seen.nested.map((id) => memberEntry('group', id, true)));
      for (; picked.members && place2 < ledger.users.length; place2++) {
        const user = ledger.users[place2] as TeamsUser;
        if (!isMember(user, group.id)) continue;
        if (members >= settings.deltaMemberPageSize) break;
        members++;
        listed.push(memberEntry('user', user.objectId, true));
      }
      const more = picked.members && place2 < ledger.users.length;
      value.push({ ...show(group, round.to), ...(listed.length > 0 ? { 'members@delta': listed } : {}) });
      if (more) return { value, next: [place, place2] };
    }
    return { value, next: undefined };
  };

  const later = (place: readonly number[]): RoundPage => {
    const value: Entity[] = [];
    /** Groups on this page, so that their members come together; another page says the group again. */
    const entries = new Map<Group, Entity[]>();
    const open = (group: Group): Entity[] => {
      const known = entries.get(group);
      if (known) return known;
      const members: Entity[] = [];
      entries.set(group, members);
      return members;
    };
    const gone = new Map<Group, 'changed' | 'deleted'>();
    const renamed = new Set<Group>();
    let members = 0;
    const next = walkLog(
      ledger.groupEvents,
      { ...round, pageSize: Math.max(round.pageSize, settings.deltaMemberPageSize) },
      place,
      ({ group, member }) => `${group.id}/${member?.id ?? ''}`,
      ({ group, member }) => {
        if (!asked(group)) return 0;
        const [was, is] = [directory.at(group, round.from ?? 0), directory.at(group, round.to)];
        if (is.life === 'deleted' || is.life === 'purged') {
          if (was.life === 'unborn' || was.life === is.life) return 0;
          gone.set(group, is.life === 'deleted' ? 'changed' : 'deleted');
          return 1;
        }
        if (is.life !== 'live') return 0;
        if (!member) {
          if (
            was.life !== 'live' ||
            changedMembers(show(group, round.from ?? 0), show(group, round.to)).length > 0
          ) {
            renamed.add(group);
            open(group);
            return 1;
          }
          return 0;
        }
        if (!picked.members || !isNews(group, member)) return 0;
        open(group).push(memberEntry(member.kind, member.id, member.added));
        members++;
        // Members fill a page as far as members may; a group is one more thing on it.
        return settings.deltaMemberPageSize <= members ? Number.POSITIVE_INFINITY : 1;
      },
    );
    for (const [group, reason] of gone) value.push({ id: group.id, '@removed': { reason } });
    for (const [group, listed] of entries) {
      if (gone.has(group)) continue;
      const whole = show(group, round.to);
      const shown =
        minimal && !renamed.has(group)
          ? project(whole, ['id'])
          : minimal && directory.at(group, round.from ?? 0).life === 'live'
            ? project(whole, ['id', ...changedMembers(show(group, round.from ?? 0), whole)])
            : whole;
      value.push({ ...shown, ...(listed.length > 0 ? { 'members@delta': listed } : {}) });
    }
    return { value, next };
  };

  /** Who came and left in between is no news. */
  const isNews = (group: Group, member: { kind: 'user' | 'group'; id: string; added: boolean }): boolean => {
    const before = round.from ?? 0;
    if (member.kind === 'group')
      return directory.at(group, before).nested.includes(member.id) !== member.added;
    const user = ledger.byId.get(member.id);
    if (!user) return true;
    const was = directory.at(user, before);
    return (was.life !== 'unborn' && was.groups.includes(group.id)) !== member.added;
  };
  return roundAnswer(call, round, round.from === undefined ? first : later);
}

const memberEntry = (kind: 'user' | 'group', id: string, added: boolean): Entity => ({
  '@odata.type': `#microsoft.graph.${kind}`,
  id,
  ...(added ? {} : { '@removed': { reason: 'deleted' } }),
});
