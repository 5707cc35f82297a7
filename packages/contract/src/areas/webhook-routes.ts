import { defineRoutes } from '../route.ts';

/** Signed outgoing webhooks. */
export const webhookRoutes = defineRoutes({});
