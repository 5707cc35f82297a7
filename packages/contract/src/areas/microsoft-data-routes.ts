import { z } from 'zod';
import { id, plain, timestamp } from '../common.ts';
import { connectionFeatures } from '../connection.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const feature = z.enum(connectionFeatures);
const counted = z.object({ name: plain, count: z.number().int() });

export const microsoftData = z.object({
  connection: id,
  items: z.array(
    z.object({
      feature,
      title: plain,
      on: z.boolean(),
      nothing: plain.optional().describe('Why it keeps nothing'),
      held: z.array(
        z.object({
          kind: z.enum(['table', 'file', 'memory']),
          name: plain,
          what: plain,
          exported: plain,
          purged: plain.optional().describe('What goes when the feature is switched off'),
          kept: plain.optional().describe('Why something stays'),
          count: z.number().int().optional().describe('Rows that are there now'),
        }),
      ),
      purges: z
        .array(
          z.object({
            reason: z.enum(['switched-off', 'disconnected']),
            askedAt: timestamp,
            doneAt: timestamp.optional().describe('Absent: it is about to be done, or the database is away'),
            onAgainAt: timestamp.optional(),
            removed: z.array(counted),
          }),
        )
        .describe('Newest first'),
    }),
  ),
});
export type MicrosoftData = z.infer<typeof microsoftData>;

export const microsoftDataExport = z.object({
  connection: id,
  feature,
  at: timestamp,
  held: z.array(
    z.object({
      name: plain,
      what: plain,
      rows: z.array(z.unknown()),
      complete: z.boolean().describe('False: there are more than are given out at once'),
    }),
  ),
});
export type MicrosoftDataExport = z.infer<typeof microsoftDataExport>;

/** What is kept of Microsoft's data, by feature; it goes when the feature is switched off. */
export const microsoftDataRoutes = defineRoutes({
  'microsoftData.read': {
    method: 'GET',
    path: '/api/v1/connections/{id}/data',
    summary: "What is kept of Microsoft's data for each feature, and what was purged when",
    permission: 'connections:read',
    account: 'resource',
    params: byId,
    response: microsoftData,
    problems: [],
  },
  'microsoftData.export': {
    method: 'GET',
    path: '/api/v1/connections/{id}/data/{feature}',
    summary: 'Everything that is kept for one feature, as rows; written down in the audit',
    permission: 'connections:write',
    account: 'resource',
    params: byId.extend({ feature }),
    response: microsoftDataExport,
    problems: [],
  },
});
