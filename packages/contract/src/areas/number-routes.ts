import { defineRoutes } from '../route.ts';

/** Inventory of numbers: ranges, reservations, quarantine. */
export const numberRoutes = defineRoutes({});
