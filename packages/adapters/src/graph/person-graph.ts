import type { AccessToken, PresenceReadOutcome, SignInUse, TenantPresence } from '@tandem/engine';
import type { MicrosoftEndpoints } from './endpoints.ts';
import { GraphClient, type GraphClock, type GraphTry } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type GraphPresence, hasId } from './graph-types.ts';
import type { HttpsExchange } from './https-exchange.ts';
import type { OperationName } from './operations.ts';
import { tenantPresence } from './presences.ts';

/** What may be asked with the token of a person, by what the person gave it for: nothing else is ever sent with it (T18). */
const allowed: Readonly<Record<SignInUse, ReadonlySet<OperationName>>> = {
  own: new Set<OperationName>([
    'me',
    'myPresence',
    'setPresence',
    'clearPresence',
    'setPreferred',
    'clearPreferred',
  ]),
  accelerator: new Set<OperationName>([
    'me',
    'subscriptions',
    'createSubscription',
    'renewSubscription',
    'deleteSubscription',
  ]),
};

export interface PersonGraphParts {
  readonly endpoints: MicrosoftEndpoints;
  readonly https: HttpsExchange;
  readonly clock: GraphClock;
  readonly random: () => number;
  readonly entraTenantId: string;
  readonly use: SignInUse;
  /** Never rejects. */
  readonly token: (fresh: boolean) => Promise<AccessToken>;
  readonly onTry?: (seen: GraphTry) => void;
}

const timeoutMs = 10_000;

/** Graph for one person who signed in, with what they gave the sign-in for and nothing more. */
export function personGraph(parts: PersonGraphParts): GraphClient {
  const { entraTenantId, use } = parts;
  return new GraphClient({
    graph: parts.endpoints.graph,
    entraTenantId,
    https: parts.https,
    clock: parts.clock,
    random: parts.random,
    timeoutMs,
    permits: (operation) => allowed[use].has(operation),
    tokens: {
      async token(_tenantId, { refresh = false } = {}) {
        const found = await parts.token(refresh);
        if (found.ok) return found.token.reveal();
        throw found.why === 'later'
          ? new GraphError('sign-in-unavailable', 'the sign-in of this person cannot be renewed now')
          : new GraphError('sign-in-refused', 'this person must sign in at Microsoft again');
      },
    },
    ...(parts.onTry && { onTry: parts.onTry }),
  });
}

/** One person's presence by their own connection. An answer about anybody else is dropped (T20). */
export function ownPresence(graph: GraphClient, clientId: string, objectId: string): TenantPresence {
  const { write } = tenantPresence(graph, clientId);
  return {
    async read(): Promise<PresenceReadOutcome> {
      try {
        const { body } = await graph.call('myPresence', { patienceMs: 0 });
        if (!hasId(body) || body.id.toLowerCase() !== objectId.toLowerCase()) return { is: 'failed' };
        const { availability, activity, outOfOfficeSettings, sequenceNumber }: GraphPresence = body;
        const read = {
          availability: availability ?? null,
          activity: activity ?? null,
          outOfOffice: outOfOfficeSettings?.isOutOfOffice === true,
          ...(typeof sequenceNumber === 'string' && { sequenceNumber }),
        };
        return { is: 'read', found: new Map([[objectId, read]]) };
      } catch (error) {
        if (!(error instanceof GraphError)) throw error;
        const { code, retryAfterMs } = error;
        if (code === 'graph-throttled')
          return { is: 'throttled', ...(retryAfterMs !== undefined && { retryAfterMs }) };
        return { is: code === 'graph-missing-scope' || code === 'sign-in-refused' ? 'refused' : 'failed' };
      }
    },
    write: async (id, change) =>
      id.toLowerCase() === objectId.toLowerCase() ? await write(id, change) : { is: 'refused' },
  };
}

/** Who the token speaks for, as Graph says it. Undefined: no answer. */
export async function readMe(
  graph: GraphClient,
): Promise<{ readonly objectId: string; readonly upn: string; readonly mail?: string } | undefined> {
  try {
    const { body } = await graph.call('me', { query: { $select: 'id,userPrincipalName,mail' } });
    if (!hasId(body)) return undefined;
    const { userPrincipalName: upn, mail } = body as { userPrincipalName?: unknown; mail?: unknown };
    if (typeof upn !== 'string') return undefined;
    return { objectId: body.id.toLowerCase(), upn, ...(typeof mail === 'string' && { mail }) };
  } catch (error) {
    if (error instanceof GraphError) return undefined;
    throw error;
  }
}
