import { defineRoutes } from '../route.ts';

/** Connections of accounts with Microsoft 365 tenants. */
export const connectionRoutes = defineRoutes({});
