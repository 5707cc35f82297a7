import { createHash } from 'node:crypto';
import { parseFilter } from './filter.ts';
import { fail, type GraphAnswer, type GraphCall } from './graph-world.ts';
import { seal, unseal } from './seal.ts';
import { propertiesOf } from './subset.ts';

/** What all lists share: `$select`, `$filter`, `$count`, `$top` and pages (graph 4.1, 4.4; checks G8 to G11). */

export type Entity = Record<string, unknown>;

export interface ListRules {
  /** Schema of one entity: what `$select` and `$filter` may name. */
  readonly schema: string;
  /** What comes without `$select`; absent = everything. */
  readonly defaults?: readonly string[];
  readonly defaultTop: number;
  readonly maxTop: number;
  /** Directory objects know advanced queries. */
  readonly directory: boolean;
  /** The query needs the advanced parameters whatever its filter says: OData casts. */
  readonly advanced?: boolean;
}

const linkLifeMs = 3_600_000;

/** The properties to show, `null` for all; an answer if `$select` names something unknown. */
export function selection(
  call: GraphCall,
  rules: Pick<ListRules, 'schema' | 'defaults'>,
): readonly string[] | null | GraphAnswer {
  const select = call.query.get('$select');
  if (select === null) return rules.defaults ?? null;
  const names = select.split(',').map((name) => name.trim());
  const known = propertiesOf(rules.schema);
  const wrong = names.find((name) => !known.has(name));
  if (wrong === undefined) return names;
  return fail(400, 'Request_BadRequest', `Could not find a property named '${wrong}'.`, 'G8');
}

export function project(entity: Entity, names: readonly string[] | null): Entity {
  if (names === null) return entity;
  const shown: Entity = {};
  for (const [name, value] of Object.entries(entity))
    if (name.startsWith('@') || names.includes(name)) shown[name] = value;
  return shown;
}

export const isAnswer = (value: unknown): value is GraphAnswer =>
  typeof value === 'object' && value !== null && 'status' in value && !Array.isArray(value);

/** Members that Microsoft adds as it likes and that clients must pass over (G18). */
export const extras = ({ world }: Pick<GraphCall, 'world'>): Entity =>
  world.settings.extraMembers
    ? {
        '@microsoft.graph.tips': 'Use $select to choose only the properties your app needs.',
        '@odata.twin': 'this means nothing',
      }
    : {};

const isAdvanced = ({ query, header }: GraphCall): boolean =>
  header('consistencylevel')?.toLowerCase() === 'eventual' && query.get('$count') === 'true';

/** One page of a list, with the link to the next. `show` makes the entity of an item; only what is looked at is made. */
export function page<T extends object = Entity>(
  call: GraphCall,
  items: readonly T[],
  rules: ListRules,
  name: string,
  show: (item: T) => Entity = (item) => item as Entity,
): GraphAnswer {
  const { query, world } = call;
  // Better refused than ignored: an answer in another order would look right.
  for (const option of ['$expand', '$orderby', '$search'])
    if (query.has(option))
      return fail(400, 'Request_UnsupportedQuery', `The twin does not know ${option} here.`, 'G10');
  const names = selection(call, rules);
  if (isAnswer(names)) return names;
  const kept = filtered(call, items, rules, show);
  if (isAnswer(kept)) return kept;
  const top = pageSize(call, rules);
  if (isAnswer(top)) return top;

  const binding = bindingOf(call);
  const token = query.get('$skiptoken');
  let offset = 0;
  if (token !== null) {
    const link = unseal<{ b: string; o: number; e: number }>(world.sealKey, token);
    if (!link || link.b !== binding || link.e < world.clock.wall())
      return fail(400, 'Directory_ExpiredPageToken', 'The specified page token value has expired.', 'G11');
    offset = link.o;
  } else if (query.has('$skip')) offset = Number(query.get('$skip'));
  if (!Number.isInteger(offset) || offset < 0)
    return fail(400, 'Request_BadRequest', 'Invalid $skip value.', 'G11');

  const value = kept.slice(offset, offset + top).map((item) => project(show(item), names));
  const more = offset + top < kept.length;
  const counted = query.get('$count') === 'true' && offset === 0 && (!rules.directory || isAdvanced(call));
  return {
    status: 200,
    body: {
      '@odata.context': `${call.base}/$metadata#${name}`,
      ...extras(call),
      ...(counted ? { '@odata.count': kept.length } : {}),
      ...(more ? { '@odata.nextLink': nextLink(call, rules, binding, offset + top) } : {}),
      value,
    },
  };
}

function filtered<T extends object>(
  call: GraphCall,
  items: readonly T[],
  rules: ListRules,
  show: (item: T) => Entity,
): readonly T[] | GraphAnswer {
  const text = call.query.get('$filter');
  const unsupported = (what: string): GraphAnswer =>
    fail(400, 'Request_UnsupportedQuery', `${what} needs ConsistencyLevel: eventual and $count=true.`, 'G10');
  if (rules.advanced && !isAdvanced(call)) return unsupported('This query');
  if (text === null) return items;
  const filter = parseFilter(text);
  if (!filter) return fail(400, 'Request_BadRequest', 'Invalid filter clause.', 'G10');
  const known = propertiesOf(rules.schema);
  const wrong = filter.properties.find((name) => !known.has(name));
  if (wrong !== undefined)
    return fail(400, 'Request_BadRequest', `Could not find a property named '${wrong}'.`, 'G8');
  if (rules.directory && filter.advanced && !isAdvanced(call)) return unsupported('This filter');
  return items.filter((item) => filter.matches(show(item)));
}

function pageSize(call: GraphCall, rules: ListRules): number | GraphAnswer {
  const text = call.query.get('$top');
  if (text === null) return rules.defaultTop;
  const top = Number(text);
  const clip = call.world.settings.topAboveMaximum === 'clip';
  if (!Number.isInteger(top) || top < 1 || (top > rules.maxTop && !clip))
    return fail(400, 'Request_BadRequest', `Invalid page size '${text}': 1 to ${rules.maxTop}.`, 'G9');
  return Math.min(top, rules.maxTop);
}

/** A link belongs to one tenant, one app and one query. */
function bindingOf({ caller, path, query }: GraphCall): string {
  const parts = [...query].filter(([name]) => name !== '$skiptoken' && name !== '$skip').sort();
  return createHash('sha256')
    .update(JSON.stringify([caller.tenantId, caller.appId, path, parts]))
    .digest('base64url');
}

function nextLink(call: GraphCall, rules: ListRules, binding: string, offset: number): string {
  const query = new URLSearchParams(call.query);
  if (rules.directory)
    query.set(
      '$skiptoken',
      seal(call.world.sealKey, { b: binding, o: offset, e: call.world.clock.wall() + linkLifeMs }),
    );
  else query.set('$skip', String(offset));
  return `${call.base}${call.path}?${query}`;
}
