import { defineRoutes } from '../route.ts';

/** What was read of a connected tenant's directory. */
export const directoryRoutes = defineRoutes({});
