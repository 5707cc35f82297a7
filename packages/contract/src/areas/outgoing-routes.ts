import { z } from 'zod';
import { plain, timestamp } from '../common.ts';
import { defineRoutes } from '../route.ts';

const destination = z.object({
  host: plain,
  port: z.number().int().optional().describe('Absent: as the name or the call says'),
  lastAt: timestamp
    .optional()
    .describe('Contacted last; absent: not since this process began, or not counted'),
  count: z.number().int().optional().describe('Requests since this process began, where they are counted'),
});

export const outgoing = z.object({
  at: timestamp,
  since: timestamp.describe('Since when contacts are counted'),
  sentence: z.string(),
  items: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      whose: z.enum(['Microsoft', 'carrier', 'yours']),
      why: z.string(),
      protocol: z.string(),
      turnedOnBy: z.string(),
      on: z.boolean().describe('Turned on in this installation'),
      destinations: z.array(destination),
    }),
  ),
  unexplained: z.array(destination).describe('Seen, and explained by no row: there should be none'),
});
export type Outgoing = z.infer<typeof outgoing>;

/** Whom this installation talks to by itself. */
export const outgoingRoutes = defineRoutes({
  'health.outgoing': {
    method: 'GET',
    path: '/api/v1/outgoing',
    summary: 'Every destination that this installation may connect to, why, and when it did last',
    permission: 'accounts:write',
    account: 'none',
    response: outgoing,
    problems: [],
  },
});
