import { defineRoutes } from '../route.ts';

/** A whole account as one declarative file. */
export const tenantFileRoutes = defineRoutes({});
