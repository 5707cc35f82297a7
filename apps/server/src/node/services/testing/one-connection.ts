import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { type AccountId, asConnectionId } from '@tandem/domain';
import type { MicrosoftConnection, MicrosoftConnections } from '../microsoft-connections.ts';

/** For tests: every account has one connection, made anew by `of` each time that somebody asks. */
export function oneConnection(
  of: () => { readonly graph: GraphClient; readonly tenantId: string } & Partial<MicrosoftConnection>,
): MicrosoftConnections {
  const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
  const connection = (accountId: AccountId): MicrosoftConnection => ({
    connectionId: asConnectionId(accountId),
    accountId,
    clientId,
    domains: [],
    ...of(),
  });
  return {
    clientId,
    connectionsOf: connection,
    all: (accountId) => [connection(accountId)],
    ofPerson: ({ accountId }) => connection(accountId),
    onChange: () => () => undefined,
    objectIdOf: () => undefined,
    onLinks: () => () => undefined,
    note: () => undefined,
    close: () => undefined,
  };
}
