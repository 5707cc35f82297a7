import { z } from 'zod';
import { id, plain, timestamp } from './common.ts';

/** One thing that somebody changed. Values are as they were; secrets are never among them. */
export const auditEntry = z.object({
  sequence: z.number().int().positive().describe('Position in its chain, from 1 without gaps'),
  accountId: id.optional().describe("Absent: the platform's own chain"),
  at: timestamp,
  actor: z.object({
    kind: z.enum(['user', 'token', 'system']),
    name: plain,
    role: plain.optional(),
    address: plain.optional().describe('From where'),
    approvedBy: plain.optional().describe('Who of the customer approved what the provider proposed'),
  }),
  action: plain.describe('noun.verb, for example `person.change`'),
  object: z.object({ kind: plain, id: plain, label: plain.optional() }),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  reason: plain.optional(),
  previous: z.string().describe('SHA-256 of the entry before, hexadecimal'),
  hash: z.string().describe('SHA-256 of this entry in its canonical form, hexadecimal'),
});
export type AuditEntryView = z.infer<typeof auditEntry>;

/** What walking a chain found. */
export const auditCheck = z.object({
  accountId: id.optional(),
  sound: z.boolean(),
  entries: z.number().int().nonnegative(),
  signedHeads: z.number().int().nonnegative(),
  sentence: z.string(),
  brokenAt: z.number().int().positive().optional().describe('The first entry that does not fit'),
});
