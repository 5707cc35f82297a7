import { z } from 'zod';
import { e164, id, timestamp } from './common.ts';

/**
 * `blocked`: something is missing on our side. `unverified`: our side is in order and Microsoft's has not been looked
 * at. `ready`: both were looked at and are in order. Unknown is never shown as good (I10).
 */
export const readinessVerdicts = ['ready', 'unverified', 'blocked'] as const;

export const readinessSummary = z.object({
  verdict: z.enum(readinessVerdicts),
  headline: z.string().describe('One sentence'),
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
  readiness: readinessSummary,
});
export type Person = z.infer<typeof person>;

export const personChange = z
  .strictObject({
    teamsToggle: z.boolean().optional(),
    number: e164.nullable().optional().describe('The main number; null takes it away'),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type PersonChange = z.infer<typeof personChange>;

export const whoseTurns = ['nobody', 'operator', 'admin', 'person', 'microsoft', 'tandem'] as const;

export const readinessCheck = z.object({
  id: z.string().describe('Stable name, for example `platform-licence`'),
  title: z.string(),
  state: z.enum(['ok', 'missing', 'unknown']),
  sentence: z.string(),
  whoseTurn: z.enum(whoseTurns),
  fix: z.string().optional().describe('The next step, in words'),
  code: z.string().optional(),
});
export type ReadinessCheck = z.infer<typeof readinessCheck>;

export const readiness = readinessSummary.extend({
  personId: id,
  checkedAt: timestamp,
  checks: z.array(readinessCheck).describe('Every prerequisite in the order in which it is judged'),
});
export type Readiness = z.infer<typeof readiness>;
