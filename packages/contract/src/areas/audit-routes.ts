import { z } from 'zod';
import { auditCheck, auditEntry } from '../audit.ts';
import { id, page, paging, text } from '../common.ts';
import { defineRoutes } from '../route.ts';

/** Who changed what. */
export const auditRoutes = defineRoutes({
  'audit.list': {
    method: 'GET',
    path: '/api/v1/audit',
    summary:
      "Who changed what, newest first: the account's chain, for the operator without `account` the platform's",
    permission: 'audit:read',
    account: 'scope',
    query: z.object({
      account: id.optional(),
      ...paging,
      action: text(100)
        .optional()
        .describe('Exact, or a noun with its dot: `person.` finds all that happened to people'),
      object: text(128).optional().describe('Id of the thing that was changed'),
      actor: text(128).optional().describe('Sign-in name, or name of the token'),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
    }),
    response: page(auditEntry),
    problems: [],
  },
  'audit.check': {
    method: 'GET',
    path: '/api/v1/audit/check',
    summary: 'Walks a chain from its first entry: is anything changed, missing or cut off?',
    permission: 'audit:read',
    account: 'scope',
    query: z.object({ account: id.optional() }),
    response: auditCheck,
    problems: [],
  },
});
