import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type GraphUser, type GraphUserConfiguration, hasId, userFields } from './graph-types.ts';

/**
 * Object ids of all people of a group, nested groups flattened. Throws `graph-not-found` when the group is gone: that is
 * not an empty group (product-behaviour 1.4, group deleted).
 */
export async function readGroupMembers(graph: GraphClient, groupId: string): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  const call = { params: { 'group-id': groupId }, query: { $select: 'id', $top: 999 } };
  for await (const page of graph.pages('transitiveMembers', call)) {
    // The nested groups, devices and apps are listed too (microsoft-graph 4.2).
    for (const one of page)
      if (hasId(one) && one['@odata.type'] === '#microsoft.graph.user') members.add(one.id);
  }
  return members;
}

/** Everybody of the tenant, page by page. */
export async function* readAllUsers(graph: GraphClient): AsyncGenerator<GraphUser> {
  const call = { query: { $select: userFields.join(','), $top: 999 } };
  for await (const page of graph.pages('users', call)) for (const one of page) if (hasId(one)) yield one;
}

/** A reading of one thing of many: there, not there, or not read and why. */
export type Reading<T> = T | null | GraphError;

/** These users, by object id or UPN, 20 to a request. Null: there is no such user. */
export function readUsers(
  graph: GraphClient,
  ids: readonly string[],
): Promise<Map<string, Reading<GraphUser>>> {
  const query = { $select: userFields.join(',') };
  return readEach(graph, 'user', 'user-id', ids, query, undefined);
}

/** Teams' own view of these people (microsoft-graph 5.5). Null: Teams does not know the person (yet). */
export function readUserConfigurations(
  graph: GraphClient,
  objectIds: readonly string[],
): Promise<Map<string, Reading<GraphUserConfiguration>>> {
  // `ineligibleUser` stands behind the sentinel of the enumeration and comes only when asked for.
  const headers = { Prefer: 'include-unknown-enum-members' };
  return readEach(graph, 'userConfiguration', 'userConfiguration-id', objectIds, undefined, headers);
}

async function readEach<T extends { readonly id: string }>(
  graph: GraphClient,
  operation: 'user' | 'userConfiguration',
  param: string,
  ids: readonly string[],
  query: Readonly<Record<string, string>> | undefined,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<Map<string, Reading<T>>> {
  const asked = [...new Set(ids)];
  const answers = await graph.batch(
    asked.map((id) => ({
      operation,
      params: { [param]: id },
      ...(query && { query }),
      ...(headers && { headers }),
    })),
  );
  const found = new Map<string, Reading<T>>();
  for (const [i, id] of asked.entries()) {
    const answer = answers[i];
    if (answer === undefined || answer instanceof GraphError) {
      found.set(
        id,
        answer?.code === 'graph-not-found' ? null : (answer ?? new GraphError('graph-unavailable', id)),
      );
      continue;
    }
    const body = answer.body;
    // What comes back must be what was asked for (T20); a UPN may have been renamed, an object id never.
    const other = hasId(body) && /^[0-9a-f-]{36}$/i.test(id) && body.id.toLowerCase() !== id.toLowerCase();
    found.set(
      id,
      hasId(body) && !other
        ? (body as unknown as T)
        : new GraphError('graph-unexpected-answer', `${operation}: another object came back`, { operation }),
    );
  }
  return found;
}
