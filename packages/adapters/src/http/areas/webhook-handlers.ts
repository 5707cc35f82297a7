import type { webhookRoutes } from '@tandem/contract/areas/webhook-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Signed outgoing webhooks. */
export function webhookHandlers(_services: ApiServices): HandlersOf<typeof webhookRoutes> {
  return {};
}
