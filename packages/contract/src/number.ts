import { z } from 'zod';
import { e164, id, plain, text, timestamp } from './common.ts';

/** A number is somebody's, free, or held back for a reason. */
export const numberStates = ['assigned', 'free', 'reserved', 'quarantine', 'ported'] as const;
export type NumberState = (typeof numberStates)[number];

/** Who is rung for somebody who left: a person, a number or a queue of the same account. */
const leaverTargets = [
  z.strictObject({ kind: z.literal('person'), personId: id }),
  z.strictObject({ kind: z.literal('number'), number: e164 }),
  z.strictObject({ kind: z.literal('queue'), queueId: id }),
] as const;
export const leaverForward = z.discriminatedUnion('kind', leaverTargets);
export type LeaverForward = z.infer<typeof leaverForward>;
/** A person's own rule, which wins over the account's. */
export const leaverChoice = z.discriminatedUnion('kind', [
  ...leaverTargets,
  z.strictObject({ kind: z.literal('voicemail') }),
  z.strictObject({ kind: z.literal('announcement') }),
]);
export type LeaverChoice = z.infer<typeof leaverChoice>;

/** Compared without regard to case; all that is said must be so. */
export const rangePlace = z
  .strictObject({ city: text(128).optional(), department: text(128).optional() })
  .refine((when) => Object.values(when).some((one) => one !== undefined), 'wanted city or department');
export type RangePlace = z.infer<typeof rangePlace>;
const forWhom = 'Who gets a number of it, by what Entra says of the person; absent: everybody';
const forWhomOrNull = `${forWhom}, as with null`;

export const numberRange = z.object({
  id,
  accountId: id,
  name: plain,
  first: e164,
  last: e164,
  size: z.number().int().positive(),
  free: z.number().int().nonnegative(),
  when: z.object({ city: plain.optional(), department: plain.optional() }).optional().describe(forWhom),
});
export type NumberRange = z.infer<typeof numberRange>;

export const newNumberRange = z.strictObject({
  account: id,
  name: text(100),
  first: e164,
  last: e164.describe('As long as `first`; at most 10,000 numbers'),
  when: rangePlace.nullable().optional().describe(forWhomOrNull),
});
export const numberRangeChange = z
  .strictObject({
    name: text(100).optional(),
    when: rangePlace.nullable().optional().describe('null: for everybody'),
  })
  .refine((change) => Object.values(change).some((one) => one !== undefined), 'nothing to change');

export const addNumbers = z.strictObject({
  account: id,
  numbers: z.array(e164).min(1).max(1000),
});
export const addedNumbers = z.object({
  added: z.number().int(),
  already: z.number().int().describe('In the stock of the account before'),
});

export const numberChange = z
  .strictObject({
    reserveFor: text(320)
      .nullable()
      .optional()
      .describe(
        'Address of somebody who is to come; the number becomes theirs when they appear. null: free again',
      ),
    until: z.iso.datetime({ offset: true }).optional().describe('Of the reservation; a year unless given'),
    ported: z.boolean().optional().describe('The number is with another carrier now, or back'),
    endQuarantine: z.literal(true).optional().describe('Before its time; needs a reason'),
    reason: text(300).optional(),
  })
  .refine(
    ({ reserveFor, ported, endQuarantine }) =>
      [reserveFor !== undefined, ported !== undefined, endQuarantine !== undefined].filter(Boolean).length ===
      1,
    'one of reserveFor, ported, endQuarantine',
  )
  .refine(({ endQuarantine, reason }) => !endQuarantine || reason !== undefined, {
    path: ['reason'],
    message: 'why the number is free before its time',
  });

export const numberSuggestion = z.object({
  number: e164.optional().describe('Absent: no free number'),
  range: plain.optional(),
});

/** Who has a number, on every side that this platform sees. */
export const numberHolder = z.object({
  where: z.enum(['platform', 'microsoft']),
  accountId: id.optional(),
  connectionId: id.optional(),
  tenant: plain.optional().describe('Name of the Microsoft 365 tenant'),
  holder: z.enum([
    'person',
    'device',
    'stock',
    'user',
    'unlicensed-user',
    'disabled-user',
    'deleted-user',
    'resource-account',
    'conference',
    'nobody',
  ]),
  name: plain.optional(),
  personId: id.optional(),
  numberType: z.enum(['directRouting', 'callingPlan', 'operatorConnect']).optional(),
  onPremises: z.boolean().optional(),
  conflict: z.boolean().describe('Keeps the number from working as the platform wants it'),
  sentence: plain,
  fix: plain.optional(),
});
export const numberWho = z.object({
  number: e164,
  holders: z.array(numberHolder),
  unread: z.array(z.object({ what: plain, why: plain })).describe('What could not be looked at now'),
});
export type NumberWho = z.infer<typeof numberWho>;

export const newPerson = z.strictObject({
  account: id,
  displayName: text(200),
  upn: text(320).regex(/^[^@\s]+@[^@\s]+$/, 'an address, for example dana@acme.example'),
  mail: text(320)
    .regex(/^[^@\s]+@[^@\s]+$/, 'an address, for example dana@acme.example')
    .optional(),
  extension: z
    .string()
    .regex(/^[0-9*#]{1,15}$/, 'digits')
    .optional(),
  number: z
    .union([e164, z.literal('next')])
    .optional()
    .describe('`next`: the next free one of the account’s ranges'),
  teamsToggle: z.boolean().default(true),
  platformLicence: z.boolean().default(true),
});

export const leavePreview = z.object({
  numbers: z.array(z.object({ number: e164, fate: plain, until: timestamp.optional() })),
});
