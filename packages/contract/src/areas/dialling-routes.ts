import { z } from 'zod';
import { id, plain, queryNumber } from '../common.ts';
import { defineRoutes } from '../route.ts';

export const dialled = z.object({
  dialled: plain,
  kind: z
    .enum(['emergency', 'extension', 'own-number', 'outside', 'unreadable'])
    .describe('`own-number`: of the account itself, the call stays on the platform'),
  becomes: plain
    .optional()
    .describe(
      'E.164, an extension, or the emergency number as the network wants it; absent: it is no number',
    ),
  steps: z.array(plain).describe('What was done to the digits, in its order'),
  goesTo: plain,
  reaches: z.boolean().describe('Whether a call to it goes anywhere'),
  personId: id.optional().describe('Whose it is, where it is a person’s'),
  carriers: z
    .array(z.object({ name: plain, sent: plain }))
    .describe('Over which it goes out, first choice first, and the number as each wants it'),
});
export type Dialled = z.infer<typeof dialled>;

/** What becomes of a number that somebody of an account dials. */
export const diallingRoutes = defineRoutes({
  'dialling.explain': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/dialled',
    summary: 'What a number would become that somebody of the account dials, why, and where a call goes',
    permission: 'numbers:read',
    account: 'resource',
    params: z.object({ id }),
    query: z.object({ number: queryNumber.describe('As it is dialled') }),
    response: dialled,
    problems: [],
  },
});
