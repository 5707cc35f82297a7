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
      'Also remove what a section of the file does not name: people, ranges, numbers, queues, phones, webhooks, carriers, sign-ins',
    ),
});

export const tenantFileChange = z.object({
  kind: z.enum([
    'account',
    'carrier',
    'connection',
    'routing-domain',
    'provisioning',
    'range',
    'number',
    'person',
    'queue',
    'phone',
    'presence',
    'own-connections',
    'voicemail',
    'own',
    'webhook',
    'sign-in',
  ]),
  what: plain,
  action: z.enum(['create', 'change', 'remove', 'refused']),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  words: plain.optional().describe('Why it is refused, or what else it does'),
  line: z.number().int().optional().describe('Of a refusal: the line of the file'),
  field: plain.optional().describe('Of a refusal: the field that says what cannot be had'),
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
