import { z } from 'zod';
import { e164, id, timestamp } from './common.ts';
import { leaverChoice } from './number.ts';
import { presence } from './presence.ts';

/**
 * `ready`: every check is green. `attention`: calls are offered, something remains to be done. `unverified`: nothing that
 * was seen is wrong and something was not seen. `blocked`: a check is red. Unknown is never shown as good (I10).
 */
export const readinessVerdicts = ['ready', 'attention', 'unverified', 'blocked'] as const;
/** States of the link between the person and Microsoft (product-behaviour 1.2). */
export const linkStates = [
  'OUT',
  'BLOCKED',
  'QUEUED',
  'ASSIGNING',
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
  'STANDBY',
  'REMOVING',
  'REMOVE_FAILED',
  'REMOVED',
  'FAILED',
] as const;

/** Whose turn it is. `vendor`: whoever runs this platform. */
export const readinessOwners = [
  'nobody',
  'entra-admin',
  'teams-admin',
  'platform-admin',
  'user',
  'vendor',
  'microsoft',
] as const;
export const readinessStatuses = ['green', 'amber', 'red', 'unknown'] as const;

export const checkMark = z.object({
  id: z.string().describe('Stable name, for example `platform-licence`'),
  title: z.string(),
  status: z.enum(readinessStatuses),
  code: z.string().optional(),
});
export type CheckMark = z.infer<typeof checkMark>;

export const readinessSummary = z.object({
  verdict: z.enum(readinessVerdicts),
  headline: z.string().describe('One sentence'),
  code: z
    .string()
    .optional()
    .describe('Code of the headline, for example `PRV-401`; absent when all is well'),
  state: z
    .enum(linkStates)
    .optional()
    .describe('Where provisioning is; absent while no Microsoft 365 tenant is connected'),
  checks: z.array(checkMark).optional().describe('How each check stands, in the order in which it is judged'),
});
export type ReadinessSummary = z.infer<typeof readinessSummary>;

export const person = z.object({
  id,
  accountId: id,
  displayName: z.string(),
  upn: z.string().describe('User principal name at Microsoft'),
  mail: z.string().optional(),
  extension: z.string().optional(),
  numbers: z.array(e164).describe('The main one first'),
  active: z.boolean(),
  teamsToggle: z.boolean().describe('The switch for calls in Teams'),
  platformLicence: z.boolean(),
  leaver: leaverChoice
    .optional()
    .describe('What callers get once the person left; absent: by the leaver rule of the account'),
  readiness: readinessSummary,
  presence: presence.optional().describe('Absent while nothing is known'),
});
export type Person = z.infer<typeof person>;

export const personChange = z
  .strictObject({
    teamsToggle: z.boolean().optional(),
    number: e164.nullable().optional().describe('The main number; null takes it away'),
    platformLicence: z.boolean().optional(),
    active: z.boolean().optional(),
    leaver: leaverChoice
      .nullable()
      .optional()
      .describe(
        'What callers get once the person left, or while the Microsoft account is disabled; null: by the leaver rule of the account',
      ),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type PersonChange = z.infer<typeof personChange>;

export const readinessCheck = z.object({
  id: z.string().describe('Stable name, for example `platform-licence`'),
  title: z.string(),
  status: z.enum(readinessStatuses),
  code: z.string().optional().describe('For example `PRV-401`; absent while nothing is wrong'),
  sentence: z.string(),
  owner: z.enum(readinessOwners).describe('Whose turn it is'),
  fix: z.string().optional().describe('The next step, in words'),
  link: z
    .string()
    .optional()
    .describe('Where the fix is done: an address at Microsoft, or a path of this portal'),
  since: timestamp.optional().describe('Since when it is so, where known'),
  usualSeconds: z.number().optional().describe('How long it usually takes; Microsoft’s time, not ours'),
  worstSeconds: z.number().optional(),
});
export type ReadinessCheck = z.infer<typeof readinessCheck>;

export const readiness = readinessSummary.extend({
  personId: id,
  checkedAt: timestamp,
  checks: z.array(readinessCheck).describe('Every prerequisite in the order in which it is judged'),
});
export type Readiness = z.infer<typeof readiness>;
