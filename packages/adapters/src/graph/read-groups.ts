import { kindOf } from './delta.ts';
import type { GraphClient } from './graph-client.ts';
import { hasId } from './graph-types.ts';
import { odataText } from './operations.ts';

export interface ListedGroup {
  readonly id: string;
  readonly name: string;
  readonly kind: ReturnType<typeof kindOf>;
  readonly synced: boolean;
}

/**
 * Groups whose name begins with this, by name. Groups for mail only are left out: nobody is in them to sign in. Throws
 * GraphError.
 */
export async function findGroups(
  graph: GraphClient,
  search: string | undefined,
  limit: number,
): Promise<{ readonly groups: readonly ListedGroup[]; readonly more: boolean }> {
  const text = search?.trim() ?? '';
  const query = {
    $select: 'id,displayName,groupTypes,securityEnabled,onPremisesSyncEnabled',
    $top: 999,
    ...(text !== '' && { $filter: `startswith(displayName,${odataText(text)})` }),
  };
  const found: ListedGroup[] = [];
  // Without a search a few pages are enough to choose from; a name finds the rest.
  let pages = 0;
  for await (const page of graph.pages('groups', { query, patienceMs: 5_000 })) {
    for (const one of page) {
      if (!hasId(one)) continue;
      const types = Array.isArray(one.groupTypes) ? one.groupTypes.map(String) : [];
      if (one.securityEnabled === false && !types.includes('Unified')) continue;
      found.push({
        id: one.id.toLowerCase(),
        name: typeof one.displayName === 'string' ? one.displayName : one.id,
        kind: kindOf(types),
        synced: one.onPremisesSyncEnabled === true,
      });
    }
    pages += 1;
    if (pages >= 5) break;
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { groups: found.slice(0, limit), more: found.length > limit };
}
