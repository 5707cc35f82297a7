import type { outgoingRoutes } from '@tandem/contract/areas/outgoing-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Whom this installation talks to. */
export const outgoingHandlers = ({ outgoing }: ApiServices): HandlersOf<typeof outgoingRoutes> => ({
  'health.outgoing': () => outgoing.show(),
});
