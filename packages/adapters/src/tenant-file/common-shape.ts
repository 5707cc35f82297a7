import { type E164, isE164 } from '@tandem/domain';
import { z } from 'zod';

/** YAML reads `1001` and `202` as numbers: here they are texts made of digits. */
export const digits = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === 'number' ? String(value) : value), schema);

export const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(most, `has more than ${most} characters`)
    .refine((value) => !value.includes('\0'), 'may not hold a NUL character');
export const address = text(320)
  .regex(/^[^@\s]+@[^@\s]+$/, 'wanted an address, for example dana@acme.example')
  .toLowerCase();
export const e164 = z.string().refine(isE164, 'wanted a number in E.164 form, for example "+12025550142"');

/** With or without the time of day. */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'wanted a date, for example 2027-01-31')
  .transform((at) => new Date(at).toISOString());

/** Somebody or something of the account, by the name that a file has for it. */
export const fileTarget = z.union(
  [
    z.strictObject({ person: address }),
    z.strictObject({ number: e164.transform((one) => one as E164) }),
    z.strictObject({ queue: text(64) }),
  ],
  'wanted {person: ADDRESS}, {number: "+12025550142"} or {queue: NAME}',
);
export type FileTarget = z.infer<typeof fileTarget>;
