import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';
import { rangePlace } from './number.ts';

/** Work on many people at once: previewed, then carried out item by item, and undone if wanted. */
export const jobKinds = [
  'change-people',
  'give-numbers',
  'import-people',
  'retry-provisioning',
  'undo',
] as const;
export const jobStates = ['previewed', 'running', 'paused', 'done', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];
/** `left-out`: it changed after the preview. `refused`: a rule of the platform said no. */
export const jobItemStates = ['waiting', 'done', 'unchanged', 'left-out', 'refused', 'cancelled'] as const;

/** Whom it is about: named, or everybody that a filter finds now. */
const who = {
  people: z.array(id).min(1).max(5000).optional(),
  search: text(128).optional(),
  code: z
    .string()
    .regex(/^PRV-[0-9]{3}$/)
    .optional()
    .describe('People whose headline has this code'),
};
const switches = z
  .strictObject({
    teamsToggle: z.boolean().optional(),
    platformLicence: z.boolean().optional(),
    active: z.boolean().optional(),
  })
  .refine((change) => Object.values(change).some((one) => one !== undefined), 'nothing to change');

/** Compared without regard to case; several conditions must all hold. */
const rangeRule = z.strictObject({ when: rangePlace, range: id });
export type RangeRule = z.infer<typeof rangeRule>;

export const newJob = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('change-people'), account: id, ...who, change: switches }),
  z.strictObject({
    kind: z.literal('give-numbers'),
    account: id,
    ...who,
    range: id
      .optional()
      .describe(
        'From which range; absent, and without `rules`: from the one that is for where the person works, else from any',
      ),
    rules: z
      .array(rangeRule)
      .max(50)
      .optional()
      .describe(
        'The first that fits what Entra says of the person decides; when none fits, `range`, else nothing',
      ),
  }),
  z.strictObject({ kind: z.literal('retry-provisioning'), account: id, ...who }),
  z.strictObject({
    kind: z.literal('import-people'),
    account: id,
    csv: z
      .string()
      .max(4_000_000)
      .describe(
        'Columns by name: upn, displayName, mail, extension, number (E.164, `next` or empty), teams, licence, active, tags (all of them, between `|`; `none` takes them away). People are found by upn; who is new is created',
      ),
  }),
]);
export type NewJob = z.infer<typeof newJob>;

const counts = z.object({
  items: z.number().int(),
  done: z.number().int(),
  unchanged: z.number().int(),
  leftOut: z.number().int(),
  refused: z.number().int(),
  cancelled: z.number().int(),
  waiting: z.number().int(),
});

export const job = z.object({
  id,
  accountId: id,
  kind: z.enum(jobKinds),
  title: plain,
  state: z.enum(jobStates),
  preview: plain.optional().describe('To be sent with the start: bound to exactly what was previewed'),
  counts,
  createdBy: plain,
  createdAt: timestamp,
  startedAt: timestamp.optional(),
  finishedAt: timestamp.optional(),
  secondsLeft: z.number().int().optional().describe('At the pace of the last items'),
  undoOf: id.optional(),
  undoneBy: id.optional(),
  canUndo: z.boolean(),
});
export type Job = z.infer<typeof job>;

export const jobItem = z.object({
  position: z.number().int().describe('For an import the line of the file'),
  personId: id.optional(),
  label: plain,
  state: z.enum(jobItemStates),
  code: plain.optional(),
  words: plain.describe('What is to be done, or what came of it'),
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  finishedAt: timestamp.optional(),
});
export type JobItem = z.infer<typeof jobItem>;

export const startJob = z.strictObject({ preview: z.string().min(1).max(128) });
