import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { hasId } from './graph-types.ts';

export interface ManagerSeen {
  readonly objectId: string;
  readonly displayName: string;
  readonly upn: string;
}

/** Whom the directory names as the manager of a user; undefined: nobody. Throws GraphError. */
export async function readManager(graph: GraphClient, objectId: string): Promise<ManagerSeen | undefined> {
  try {
    const { body } = await graph.call('manager', {
      params: { 'user-id': objectId },
      query: { $select: 'id,displayName,userPrincipalName' },
      patienceMs: 5_000,
    });
    if (!hasId(body)) return undefined;
    const { displayName, userPrincipalName } = body;
    const upn = typeof userPrincipalName === 'string' ? userPrincipalName : '';
    const name = typeof displayName === 'string' && displayName !== '' ? displayName : upn;
    return { objectId: body.id.toLowerCase(), displayName: name, upn };
  } catch (error) {
    // Without a manager Graph says that the resource does not exist, as it does of a user who is gone.
    if (error instanceof GraphError && error.code === 'graph-not-found') return undefined;
    throw error;
  }
}
