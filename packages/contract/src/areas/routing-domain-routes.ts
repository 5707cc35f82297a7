import { defineRoutes } from '../route.ts';

/** Routing domains, and the script that an administrator runs. */
export const routingDomainRoutes = defineRoutes({});
