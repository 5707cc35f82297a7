import type { jobRoutes } from '@tandem/contract/areas/job-routes.ts';
import type { HandlersOf } from '../handlers.ts';
import type { ApiServices } from '../services.ts';

/** Bulk jobs with preview, progress and undo. */
export function jobHandlers(_services: ApiServices): HandlersOf<typeof jobRoutes> {
  return {};
}
