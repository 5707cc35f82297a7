import type { provisioningRoutes } from '@tandem/contract/areas/provisioning-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Settings, retries and decisions of provisioning. */
export function provisioningHandlers(_services: ApiServices): HandlersOf<typeof provisioningRoutes> {
  return {};
}
