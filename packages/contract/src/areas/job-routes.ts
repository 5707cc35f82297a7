import { defineRoutes } from '../route.ts';

/** Bulk jobs with preview, progress and undo. */
export const jobRoutes = defineRoutes({});
