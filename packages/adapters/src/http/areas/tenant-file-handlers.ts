import type { tenantFileRoutes } from '@tandem/contract/areas/tenant-file-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** A whole account as one declarative file. */
export function tenantFileHandlers(_services: ApiServices): HandlersOf<typeof tenantFileRoutes> {
  return {};
}
