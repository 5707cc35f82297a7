import { z } from 'zod';
import { id, plain, text, timestamp } from '../common.ts';
import { roles } from '../permissions.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });

export const signInEntry = z.object({
  id,
  accountId: id.optional().describe('Absent: the operator’s'),
  name: plain,
  role: z.enum(roles),
  personId: id.optional(),
  disabled: z.boolean(),
  lastSignInAt: timestamp.optional().describe('Absent: never'),
});
export type SignInEntry = z.infer<typeof signInEntry>;

/** Who gets in, and what a carrier is shown. Both are made, changed and removed by the account's file. */
export const accessRoutes = defineRoutes({
  'signIns.list': {
    method: 'GET',
    path: '/api/v1/sign-ins',
    summary: 'Who may sign in, with which role, and when they last did',
    permission: 'sign-ins:read',
    account: 'scope',
    query: z.object({ account: id.optional() }),
    response: z.object({ items: z.array(signInEntry) }),
    problems: [],
  },
  'signIns.newPassword': {
    method: 'POST',
    path: '/api/v1/sign-ins/{id}/password',
    summary: 'A new password, shown this once; ends the sessions of that sign-in',
    permission: 'sign-ins:write',
    account: 'resource',
    params: byId,
    response: z.object({ password: z.string() }),
    problems: [],
  },
  'carriers.credentials': {
    method: 'PUT',
    path: '/api/v1/carriers/{id}/credentials',
    summary:
      'What a carrier wants to be shown: user name and password. Never given back; an empty user name takes them away',
    permission: 'carriers:write',
    account: 'resource',
    params: byId,
    body: z.strictObject({
      username: z.string().trim().max(200),
      password: z.string().max(200).default(''),
      realm: text(200).optional(),
    }),
    status: 204,
    problems: [],
  },
});
