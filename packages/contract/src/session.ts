import { z } from 'zod';
import { id, timestamp } from './common.ts';
import { permissions, roles } from './permissions.ts';

/** Not trimmed: a password may begin with a space. */
export const signIn = z.strictObject({
  name: z.string().min(1).max(254),
  password: z.string().min(1).max(1024),
});

const permissionNames = Object.keys(permissions) as (keyof typeof permissions)[];

export const session = z.object({
  name: z.string(),
  displayName: z.string(),
  role: z.enum(roles),
  accountId: id.optional().describe('Absent for the operator, who sees all accounts'),
  accountName: z.string().optional(),
  personId: id.optional().describe('The person this user is, where there is one'),
  timeZone: z.string().describe('IANA zone in which times are shown'),
  permissions: z.array(z.enum(permissionNames)),
  csrfToken: z
    .string()
    .optional()
    .describe('For X-CSRF-Token on writes; absent for bearer tokens, which need none'),
  idleUntil: timestamp.optional(),
  endsAt: timestamp.optional(),
});
export type Session = z.infer<typeof session>;

export const beginMicrosoftSession = z.strictObject({
  returnTo: z.string().max(512).describe('`/connect/callback` of the address at which the portal is open'),
  choice: z.string().min(1).max(64).optional().describe('One of `choices`, where a return offered several'),
});

export const microsoftSession = z.object({
  session: session.optional().describe('Absent: choose, and begin again with the choice'),
  choices: z
    .array(z.object({ id: z.string(), accountName: z.string(), role: z.enum(roles) }))
    .describe('Sign-ins of the same Microsoft user, where there are several'),
});
export type MicrosoftSession = z.infer<typeof microsoftSession>;
