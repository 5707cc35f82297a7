import { defineRoutes } from '../route.ts';

/** Settings, retries and decisions of provisioning. */
export const provisioningRoutes = defineRoutes({});
