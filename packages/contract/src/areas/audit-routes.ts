import { defineRoutes } from '../route.ts';

/** Who changed what. */
export const auditRoutes = defineRoutes({});
