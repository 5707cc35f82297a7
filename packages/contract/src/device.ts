import { z } from 'zod';
import { e164, id, timestamp } from './common.ts';

/** A phone that registers with the platform. */
export const device = z.object({
  id,
  accountId: id,
  name: z.string(),
  kind: z.enum(['desk-phone', 'common-area-phone']),
  extension: z.string().optional(),
  number: e164.optional(),
  personId: id.optional().describe('On whose desk it stands'),
  registration: z
    .object({
      transport: z.enum(['UDP', 'TCP', 'TLS']),
      since: timestamp,
      expiresAt: timestamp,
    })
    .optional()
    .describe('Absent: not registered, so it cannot be called'),
});
export type Device = z.infer<typeof device>;
