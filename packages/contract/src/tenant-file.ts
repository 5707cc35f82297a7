import { z } from 'zod';
import { id, plain } from './common.ts';

/** A whole account as one declarative file (YAML or JSON). What the file does not name stays as it is. */
export const tenantFileBody = z.strictObject({
  account: id,
  file: z.string().max(4_000_000),
  prune: z
    .boolean()
    .default(false)
    .describe(
      'Also remove people, ranges, queues, phones and webhooks that a section of the file does not name',
    ),
});

export const tenantFileChange = z.object({
  kind: z.enum(['account', 'provisioning', 'range', 'person', 'queue', 'phone', 'presence', 'webhook']),
  what: plain,
  action: z.enum(['create', 'change', 'remove', 'refused']),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  words: plain.optional().describe('Why it is refused, or what else it does'),
});

export const tenantFilePlan = z.object({
  preview: plain.describe('To be sent with the same file: bound to exactly these changes'),
  changes: z.array(tenantFileChange),
  counts: z.object({
    create: z.number().int(),
    change: z.number().int(),
    remove: z.number().int(),
    refused: z.number().int(),
  }),
});
export type TenantFilePlan = z.infer<typeof tenantFilePlan>;

export const applyTenantFile = tenantFileBody.extend({ preview: z.string().min(1).max(128) });
export const tenantFileResult = z.object({
  applied: z.array(tenantFileChange),
  left: z
    .number()
    .int()
    .nonnegative()
    .describe('Changes that were not made because others are refused: a file is made whole or not at all'),
  sentence: plain,
});
export type TenantFileResult = z.infer<typeof tenantFileResult>;
export type TenantFileChange = z.infer<typeof tenantFileChange>;
