import { z } from 'zod';
import { e164, id, text, timestamp } from './common.ts';
import { leaverForward, numberStates } from './number.ts';

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

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
  teams: z
    .object({
      enabled: z.boolean().describe('The operator lets this account use the Teams service'),
      endsAt: timestamp
        .optional()
        .describe('After the service was ended: until then calls of those who are ready go on'),
    })
    .describe('Without it nobody of the account can set anything up'),
});
export type Account = z.infer<typeof account>;

const domainName = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
    'a domain name, for example acme.example',
  );
const timeZone = z.string().refine(isTimeZone, 'an IANA zone, for example Europe/Berlin');
const country = z.string().regex(/^[A-Z]{2}$/, 'ISO 3166 alpha-2, for example US');
const areaCode = z.string().regex(/^[0-9]{1,8}$/, 'digits');

export const newAccount = z.strictObject({
  name: text(200),
  mailDomains: z.array(domainName).max(100),
  country,
  areaCode: areaCode.optional(),
  timeZone,
  mainNumber: e164.optional(),
  sbcHosts: z.array(domainName).max(20).default([]),
  unknownCaller: z.enum(['reject', 'main-number']).default('reject'),
  noAnswerSeconds: z.number().int().min(5).max(60).default(25),
  carriers: z.array(id).max(50).optional().describe("First choice first; without it the operator's carriers"),
  teamsEnabled: z.boolean().default(true),
});
export type NewAccount = z.infer<typeof newAccount>;

export const accountChange = z.strictObject({
  name: text(200).optional(),
  status: z.enum(['active', 'suspended']).optional(),
  mailDomains: z.array(domainName).max(100).optional(),
  country: country.optional(),
  areaCode: areaCode.optional(),
  timeZone: timeZone.optional(),
  mainNumber: e164.optional(),
  unknownCaller: z.enum(['reject', 'main-number']).optional(),
  noAnswerSeconds: z.number().int().min(5).max(60).optional(),
  carriers: z.array(id).max(50).optional(),
  teams: z
    .strictObject({
      enabled: z.boolean(),
      endsAt: z.iso
        .datetime({ offset: true })
        .optional()
        .describe('With `enabled: false`: when calls of those who are ready end; now unless set'),
    })
    .optional(),
});
export type AccountChange = z.infer<typeof accountChange>;

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
      z.object({ kind: z.literal('queue'), queueId: id, displayName: z.string() }),
    ])
    .optional()
    .describe('Absent: in stock'),
  state: z.enum(numberStates),
  heldUntil: timestamp.optional().describe('Of a reservation or a quarantine'),
  heldReason: z.string().optional(),
  reservedFor: z.string().optional().describe('Address of somebody who is to come'),
  formerOwner: z.string().optional().describe('Who had it last, while it rests'),
  forward: leaverForward.optional().describe('Who is rung while it rests'),
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
