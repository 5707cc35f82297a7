import type { directoryRoutes } from '@tandem/contract/areas/directory-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** What was read of a connected tenant's directory. */
export function directoryHandlers(_services: ApiServices): HandlersOf<typeof directoryRoutes> {
  return {};
}
