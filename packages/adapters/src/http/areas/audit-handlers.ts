import type { auditRoutes } from '@tandem/contract/areas/audit-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Who changed what. */
export function auditHandlers(_services: ApiServices): HandlersOf<typeof auditRoutes> {
  return {};
}
