import type { microsoftDataRoutes } from '@tandem/contract/areas/microsoft-data-routes.ts';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { type Scope, seesAccount } from '../scope.ts';
import type { ApiServices } from '../services.ts';

/** What is kept of Microsoft's data. Whoever takes a copy of it stands in the audit. */
export function microsoftDataHandlers({
  connections,
  microsoftData,
}: ApiServices): HandlersOf<typeof microsoftDataRoutes> {
  const mine = (scope: Scope, id: string): StoredConnection | undefined => {
    const found = connections.find(id);
    return found && scope.kind !== 'person' && seesAccount(scope, found.accountId) ? found : undefined;
  };
  return {
    'microsoftData.read': async ({ scope, input }) => {
      const stored = mine(scope, input.params.id);
      return stored ? await microsoftData.show(stored) : new Refusal('not-found');
    },
    'microsoftData.export': async ({ scope, input, principal, caller }) => {
      const stored = mine(scope, input.params.id);
      if (!stored) return new Refusal('not-found');
      return await microsoftData.give(stored, input.params.feature, actorOf(principal, caller));
    },
  };
}
