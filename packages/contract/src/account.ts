import { z } from 'zod';
import { e164, id } from './common.ts';

export const account = z.object({
  id,
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  sbcHosts: z
    .array(z.string())
    .describe('Names by which Microsoft knows this customer; the first is used for calls'),
  mailDomains: z.array(z.string()),
  entraTenantId: z.string().optional(),
  country: z.string().describe('ISO 3166 alpha-2'),
  areaCode: z.string().optional(),
  timeZone: z.string().describe('IANA zone'),
  mainNumber: e164.optional(),
  unknownCaller: z.enum(['reject', 'main-number']),
  carriers: z.array(id).describe('First choice first'),
  noAnswerSeconds: z.number().int(),
});
export type Account = z.infer<typeof account>;

/** A customer's host name towards Teams: what Microsoft calls the SBC. */
export const trunk = z.object({
  host: z.string(),
  accountId: id,
  accountName: z.string(),
  usedForCalls: z.boolean().describe('The first host of an account is the one used for calls to Teams'),
});
export type Trunk = z.infer<typeof trunk>;

export const numberEntry = z.object({
  number: e164,
  accountId: id,
  owner: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('person'), personId: id, displayName: z.string() }),
      z.object({ kind: z.literal('device'), deviceId: id, displayName: z.string() }),
    ])
    .optional()
    .describe('Absent: in stock'),
});
export type NumberEntry = z.infer<typeof numberEntry>;

export const carrier = z.object({
  id,
  name: z.string(),
  owner: z.union([z.literal('operator'), id]).describe('`operator` is shared; else the owning account'),
  targets: z.array(
    z.object({
      host: z.string(),
      port: z.number().int(),
      protocol: z.enum(['UDP', 'TCP', 'TLS']),
      priority: z.number(),
      weight: z.number(),
    }),
  ),
  sources: z
    .array(z.object({ address: z.string(), port: z.number().int().optional() }))
    .optional()
    .describe('Only for those who own the carrier'),
  probeWithOptions: z.boolean(),
  hasCredentials: z.boolean().describe('The credentials themselves are never given'),
  maxCalls: z.number().int().optional(),
  numberFormat: z.enum(['e164', 'digits']),
  emergency: z.boolean(),
});
export type Carrier = z.infer<typeof carrier>;
