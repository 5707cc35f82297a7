import type { connectionRoutes } from '@tandem/contract/areas/connection-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Connections of accounts with Microsoft 365 tenants. */
export function connectionHandlers(_services: ApiServices): HandlersOf<typeof connectionRoutes> {
  return {};
}
