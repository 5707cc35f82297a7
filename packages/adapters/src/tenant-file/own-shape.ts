import {
  accountChange,
  personalRules,
  quietSpan,
  unavailableTreatment,
  voicemailOwners,
} from '@tandem/contract';
import { z } from 'zod';
import { address, digits, e164, fileTarget, text } from './common-shape.ts';

const calledBy = z.union(
  [z.strictObject({ number: e164, name: text(100).optional() }), z.strictObject({ person: address })],
  'wanted {number: "+12025550142"} or {person: ADDRESS}',
);

const zone = accountChange.shape.timeZone.unwrap();

/** A forward is written as a number or an extension, so that it means the same in every account. */
const forward = z.strictObject({
  kind: z.literal('forward'),
  to: digits(
    z
      .string()
      .regex(/^(\+[1-9][0-9]{1,14}|[0-9*#]{1,15})$/, 'wanted a number or an extension of the account'),
  ),
});
const [refuse, , voicemail] = unavailableTreatment.options;

/** What a person is left with once nothing is chosen for them alone. */
export const nothingOwn = {
  leaver: null,
  voicemail: null,
  presence: 'account',
  important: [],
  quietHours: null,
  unavailable: { kind: 'voicemail' },
  rules: {},
} as const;

/**
 * What holds for one person instead of what the account says. What is not named stays; `own: none` takes all of it back.
 * What ends by itself within days (a state set by hand, somebody let through until a time) is no configuration.
 */
export const fileOwn = z.preprocess(
  (value) => (value === 'none' ? nothingOwn : value),
  z.strictObject({
    /** What callers get once the person left; null: by the account's rule. */
    leaver: z
      .union([z.literal('voicemail'), z.literal('announcement'), fileTarget], {
        error: 'wanted voicemail, announcement, {person: ADDRESS}, {number: "+12025550142"} or {queue: NAME}',
      })
      .nullable()
      .optional(),
    /** Who takes messages; null: as the account chose. */
    voicemail: z.enum(voicemailOwners).nullable().optional(),
    /** `selected` counts in the mode `selected`, `unsynced` in every mode. */
    presence: z.enum(['account', 'selected', 'unsynced']).optional(),
    /** Who rings also when nobody else does; all of them. */
    important: z.array(calledBy).max(100).optional(),
    quietHours: z
      .strictObject({
        timeZone: zone.optional(),
        spans: z
          .array(
            quietSpan.extend({ days: quietSpan.shape.days.transform((days) => [...new Set(days)].sort()) }),
          )
          .min(1, 'is empty: quietHours: null takes them away')
          .max(21),
      })
      .nullable()
      .optional(),
    /** What a direct call gets that may not ring. */
    unavailable: z.discriminatedUnion('kind', [refuse, forward, voicemail]).optional(),
    /** Call rules instead of the account's; all of them. */
    rules: personalRules.optional(),
  }),
);
export type FileOwn = z.infer<typeof fileOwn>;
