import type { numberRoutes } from '@tandem/contract/areas/number-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Inventory of numbers: ranges, reservations, quarantine. */
export function numberHandlers(_services: ApiServices): HandlersOf<typeof numberRoutes> {
  return {};
}
