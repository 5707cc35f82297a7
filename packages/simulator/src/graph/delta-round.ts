import { fail, type GraphAnswer, type GraphCall, readStamp } from './graph-world.ts';
import { type Entity, extras } from './listing.ts';
import { seal, unseal } from './seal.ts';

/**
 * A round of a delta query: from a first page over next links to a delta link (graph 4.3; checks D1 to D3). A round shows
 * what happened after `from` and up to `to`; both, the place on the way and the parameters of the query are in the link.
 */

export type DeltaKind = 'users' | 'groups';

interface Token {
  readonly k: DeltaKind;
  /** Tenant. */
  readonly t: string;
  readonly epoch: number;
  /** Wall ms at which it was given. */
  readonly at: number;
  /** A delta link: stamp of the last look. A next link: stamp of the look before, or null at the first round. */
  readonly from: number | null;
  /** Next links only. */
  readonly to?: number;
  readonly place?: readonly number[];
  readonly select: string | null;
  readonly filter: string | null;
}

export interface DeltaRound {
  readonly kind: DeltaKind;
  /** Undefined: the first round, which shows everything. */
  readonly from: number | undefined;
  readonly to: number;
  /** Where this page begins: `[empty pages still to come, pass, …]`; the rest is the walker's. */
  readonly place: readonly number[];
  readonly select: string | null;
  readonly filter: string | null;
  readonly ids: ReadonlySet<string> | undefined;
  /** Only a link is wanted, no data. */
  readonly linkOnly: boolean;
  readonly pageSize: number;
  readonly epoch: number;
}

/** What one page holds, and where the next begins; undefined: this was the last. */
export interface RoundPage {
  readonly value: readonly Entity[];
  readonly next: readonly number[] | undefined;
}

const deltaLifeMs = 7 * 86_400_000;
const pageLifeMs = 3_600_000;

export function openRound(call: GraphCall, kind: DeltaKind): DeltaRound | GraphAnswer {
  const { query, world, tenant } = call;
  for (const name of ['$top', '$orderby', '$expand', '$search', '$count', '$skip'])
    if (query.has(name)) return fail(400, 'Request_UnsupportedQuery', `${name} is not supported here.`, 'D3');
  const [page, delta] = [query.get('$skiptoken'), query.get('$deltatoken') || null];
  const linkOnly = delta === 'latest';
  const given = page ?? (linkOnly ? null : delta);
  let held: Token | undefined;
  if (given !== null) {
    held = unseal<Token>(world.sealKey, given);
    const isPage = held?.to !== undefined;
    if (!held || held.k !== kind || held.t !== tenant.id || isPage !== (page !== null))
      return fail(400, 'Request_BadRequest', 'The token is not valid.', page === null ? 'D1' : 'G11');
    const stale = expiry(call, held, isPage);
    if (stale) return stale;
  }
  const select = held ? held.select : query.get('$select');
  const filter = held ? held.filter : query.get('$filter');
  const ids = filter === null ? undefined : idsOf(filter);
  if (ids === null) return fail(400, 'Request_BadRequest', '$filter takes up to 50 times id eq.', 'D3');
  return {
    kind,
    from: held?.from ?? undefined,
    to: held?.to ?? readStamp(world),
    place: held?.place ?? [world.settings.deltaEmptyPages, 0],
    select,
    filter,
    ids,
    linkOnly,
    pageSize: preferredSize(call) ?? world.settings.deltaPageSize,
    epoch: tenant.deltaEpoch,
  };
}

function expiry(call: GraphCall, held: Token, isPage: boolean): GraphAnswer | undefined {
  const { world, tenant } = call;
  const age = world.clock.wall() - held.at;
  if (isPage && age > pageLifeMs)
    return fail(400, 'Directory_ExpiredPageToken', 'The specified page token value has expired.', 'G11');
  const ledger = world.directory.ledger(tenant);
  const log = held.k === 'users' ? ledger.userEvents : ledger.groupEvents;
  const lost = held.from !== null && !log.remembers(held.from);
  if (age <= deltaLifeMs && held.epoch === tenant.deltaEpoch && !lost) return undefined;
  const fresh = new URLSearchParams({
    ...(held.select === null ? {} : { $select: held.select }),
    ...(held.filter === null ? {} : { $filter: held.filter }),
    $deltatoken: '',
  });
  const expired = age > deltaLifeMs;
  return {
    ...fail(
      410,
      expired ? 'syncStateNotFound' : 'resyncRequired',
      expired ? 'The delta token has expired.' : 'The directory was reset: read everything again.',
      'D2',
    ),
    headers: { location: `${call.base}/${held.k}/delta?${fresh}` },
  };
}

/** Null: something else than up to fifty times `id eq '…'`. */
function idsOf(filter: string): ReadonlySet<string> | null {
  const ids = filter.split(/\s+or\s+/i).map((part) => /^\(?id eq '([^']+)'\)?$/i.exec(part.trim())?.[1]);
  return ids.every((id) => id !== undefined) && ids.length <= 50
    ? new Set((ids as string[]).map((id) => id.toLowerCase()))
    : null;
}

/** `Prefer: odata.maxpagesize=N`. */
function preferredSize({ header }: GraphCall): number | undefined {
  const size = Number(/odata\.maxpagesize\s*=\s*(\d+)/i.exec(header('prefer') ?? '')?.[1]);
  return size >= 1 ? Math.min(size, 999) : undefined;
}

/** `Prefer: return=minimal`: only what changed. */
export const wantsMinimal = ({ header }: GraphCall): boolean =>
  /(^|[,;\s])return\s*=\s*minimal($|[,;\s])/i.test(header('prefer') ?? '');

/**
 * The page that `walk` finds at the round's place, with the link to the next or to the next round. Around it come the pages
 * without anything and the repetitions that the settings ask for.
 */
export function roundAnswer(
  call: GraphCall,
  round: DeltaRound,
  walk: (place: readonly number[]) => RoundPage,
): GraphAnswer {
  const { world } = call;
  const [empty = 0, pass = 0, ...inner] = round.place;
  const begins = inner.length === 0;
  let value: readonly Entity[] = [];
  let next: readonly number[] | undefined;
  if (round.linkOnly) next = undefined;
  else if (empty > 0) next = [empty - 1, pass, ...inner];
  else if (!begins && inner[0] === -1) next = undefined;
  else {
    const found = walk(inner);
    value = found.value;
    if (found.next) next = [0, pass, ...found.next];
    else if (pass < world.settings.deltaReplays) next = [0, pass + 1];
    else if (world.settings.deltaEmptyPages > 0) next = [world.settings.deltaEmptyPages - 1, pass, -1];
  }
  const token: Token = {
    k: round.kind,
    t: call.tenant.id,
    epoch: round.epoch,
    at: world.clock.wall(),
    from: next ? (round.from ?? null) : round.to,
    ...(next ? { to: round.to, place: next } : {}),
    select: round.select,
    filter: round.filter,
  };
  const parameter = next ? '$skiptoken' : '$deltatoken';
  const link = `${call.base}/${round.kind}/delta?${parameter}=${seal(world.sealKey, token)}`;
  return {
    status: 200,
    body: {
      '@odata.context': `${call.base}/$metadata#${round.kind}`,
      ...extras(call),
      [next ? '@odata.nextLink' : '@odata.deltaLink']: link,
      value,
    },
    ...(wantsMinimal(call) ? { headers: { 'preference-applied': 'return=minimal' } } : {}),
  };
}
