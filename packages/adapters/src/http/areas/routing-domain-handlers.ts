import type { routingDomainRoutes } from '@tandem/contract/areas/routing-domain-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Routing domains, and the script that an administrator runs. */
export function routingDomainHandlers(_services: ApiServices): HandlersOf<typeof routingDomainRoutes> {
  return {};
}
