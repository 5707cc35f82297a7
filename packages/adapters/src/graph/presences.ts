import type {
  PresenceReadOutcome,
  PresenceWrite,
  PresenceWriteOutcome,
  RequestIds,
  TeamsRead,
  TenantPresence,
} from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError, type GraphErrorCode } from './graph-error.ts';
import { type GraphPresence, hasId } from './graph-types.ts';
import { requestIdsOf } from './request-ids.ts';

/**
 * States of up to 650 people by object id. Ids that do not come back are missing from the map: unknown, deleted or not
 * Teams users; ids that were not asked for are dropped (T20). Throws GraphError; waits for nothing, the polling plan does.
 */
export async function readPresences(
  graph: GraphClient,
  objectIds: readonly string[],
): Promise<{ readonly found: ReadonlyMap<string, TeamsRead>; readonly request?: RequestIds }> {
  const found = new Map<string, TeamsRead>();
  // An empty list is refused (microsoft-graph 2.2).
  if (objectIds.length === 0) return { found };
  const answer = await graph.call('presences', { body: { ids: objectIds }, patienceMs: 0 });
  const { value } = (answer.body ?? {}) as { value?: unknown };
  if (!Array.isArray(value)) throw new GraphError('graph-unexpected-answer', 'presences came without a list');
  const asked = new Map(objectIds.map((id) => [id.toLowerCase(), id]));
  for (const one of value) {
    if (!hasId(one)) continue;
    const id = asked.get(one.id.toLowerCase());
    if (id === undefined) continue;
    const presence: GraphPresence = one;
    found.set(id, {
      availability: presence.availability ?? null,
      activity: presence.activity ?? null,
      outOfOffice: presence.outOfOfficeSettings?.isOutOfOffice === true,
      ...(typeof presence.sequenceNumber === 'string' && { sequenceNumber: presence.sequenceNumber }),
    });
  }
  return { found, ...requestIdsOf(answer) };
}

/** Carries out what `stepCallPresence` asked for. `clientId` is the session id, Microsoft wants it so. */
export async function writePresence(
  graph: GraphClient,
  clientId: string,
  objectId: string,
  write: PresenceWrite,
): Promise<PresenceWriteOutcome> {
  const params = { 'user-id': objectId };
  try {
    const body = { sessionId: clientId };
    switch (write.kind) {
      case 'clearPresence':
        await graph.call('clearPresence', { params, body, patienceMs: 0 });
        break;
      case 'setPresence': {
        const { availability, activity, expirationDuration } = write;
        const session = { ...body, availability, activity, expirationDuration };
        await graph.call('setPresence', { params, body: session, patienceMs: 0 });
        break;
      }
      case 'setPreferred': {
        const { availability, activity } = write;
        const preferred = { availability, activity, expirationDuration: isoDuration(write.forMs) };
        await graph.call('setPreferred', { params, body: preferred, patienceMs: 0 });
        break;
      }
      case 'clearPreferred':
        await graph.call('clearPreferred', { params, body: {}, patienceMs: 0 });
    }
    return { is: 'done' };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    if (error.code === 'graph-not-found') return { is: 'notFound' };
    if (error.code === 'graph-refused' || error.code === 'graph-missing-scope') return { is: 'refused' };
    return {
      is: 'later',
      ...(error.code === 'graph-throttled' && { throttled: true }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    };
  }
}

/** Whole seconds, rounded up, as Graph takes them: PT7H59M30S. */
export function isoDuration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'H'],
    [Math.floor(seconds / 60) % 60, 'M'],
    [seconds % 60, 'S'],
  ] as const;
  return `PT${parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('')}`;
}

/** Presence of one tenant as the engine wants it: outcomes for errors, never a throw that Graph caused. */
export function tenantPresence(graph: GraphClient, clientId: string): TenantPresence {
  return {
    async read(objectIds) {
      try {
        return { is: 'read', ...(await readPresences(graph, objectIds)) };
      } catch (error) {
        return readFailure(error);
      }
    },
    write: (objectId, write) => writePresence(graph, clientId, objectId, write),
  };
}

const refusals: ReadonlySet<GraphErrorCode> = new Set([
  'graph-missing-scope',
  'graph-unauthorized',
  'graph-refused',
  'sign-in-tenant-disconnected',
  'sign-in-credential-refused',
  'sign-in-refused',
]);

function readFailure(error: unknown): PresenceReadOutcome {
  if (!(error instanceof GraphError)) throw error;
  const { code, retryAfterMs } = error;
  const asked = requestIdsOf(error);
  if (refusals.has(code)) return { is: 'refused', ...asked };
  // 503 with Retry-After is a limit too.
  if (code === 'graph-throttled' || retryAfterMs !== undefined)
    return { is: 'throttled', ...(retryAfterMs !== undefined && { retryAfterMs }), ...asked };
  return { is: 'failed', ...asked };
}
