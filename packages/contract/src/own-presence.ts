import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';
import { acceptsDirect, personPresence, presenceLabels, presenceSources } from './presence.ts';

/** What one source says, and whether it decides. Sources that say nothing are left out. */
export const sourceView = z.object({
  source: z.enum(presenceSources),
  label: z
    .enum(presenceLabels)
    .optional()
    .describe('Absent: it says nothing about the state, only about calls'),
  accepts: z.object({ direct: z.enum(acceptsDirect), queue: z.boolean() }).optional(),
  sentence: plain.describe('What it says, in words'),
  wins: z.boolean().describe('The state that is shown is this one’s'),
  since: timestamp.optional(),
  until: timestamp.optional(),
});

export const manualStates = ['available', 'busy', 'dnd', 'be_right_back', 'away', 'appear_offline'] as const;

export const manualView = z.object({
  state: z.enum(manualStates),
  setAt: timestamp,
  endsAt: timestamp.optional(),
  setBy: plain.describe('Who set it: the person, or who helped'),
});

/** What each source says of one person, which wins and why. */
export const presenceVector = personPresence.extend({
  because: plain.describe('One sentence for the person: “You show Busy because …”'),
  callsSentence: plain.describe('Which calls ring now and why, in words'),
  sources: z.array(sourceView).describe('The strongest first'),
  manual: manualView.optional(),
  synced: z.boolean().describe('Whether presence is exchanged with Teams for this person'),
  readsTeams: z.boolean(),
  writesTeams: z.boolean(),
  remembered: z
    .literal(true)
    .optional()
    .describe(
      'The database is away: who the person is and what was decided is as this node knew it last; calls and Teams are as they are now',
    ),
});
export type PresenceVectorView = z.infer<typeof presenceVector>;

export const setManual = z
  .strictObject({
    state: z.enum(manualStates),
    until: timestamp.optional(),
    minutes: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 60)
      .optional(),
  })
  .refine(({ until, minutes }) => until === undefined || minutes === undefined, {
    message: 'give `until` or `minutes`, not both',
  });
export type SetManual = z.infer<typeof setManual>;

/** Why a state became another. */
export const presenceCauses = [
  'started',
  'call',
  'call-ended',
  'emergency-call',
  'teams',
  'teams-silent',
  'manual-set',
  'manual-released',
  'manual-ended',
  'quiet-hours',
  'settings',
  'phones',
  'calendar',
  'fixed',
] as const;

export const journalEntry = z.object({
  id: plain.describe('Orders the entries: later ones are greater'),
  at: timestamp,
  from: z.enum(presenceLabels).optional().describe('Absent for the first that is known'),
  to: z.enum(presenceLabels),
  source: z.enum(presenceSources),
  cause: z.enum(presenceCauses),
  accepts: z.object({ direct: z.enum(acceptsDirect), queue: z.boolean() }),
  sentence: plain,
  by: plain.optional().describe('Who did it, where somebody did'),
  teams: z
    .object({ availability: z.string().nullable(), activity: z.string().nullable(), unseen: z.boolean() })
    .optional()
    .describe('What Microsoft said then; `unseen`: a value that stands in no table'),
});
export type PresenceJournalEntry = z.infer<typeof journalEntry>;

export const presenceFix = z.object({
  before: presenceVector,
  after: presenceVector,
  steps: z.array(z.object({ what: plain, done: z.boolean() })).describe('What was done, in order'),
  sentence: plain,
  teamsLink: z.string().optional().describe('Where the person ends what remains: their own choice in Teams'),
});
export type PresenceFix = z.infer<typeof presenceFix>;

/** A number as a person writes it, or an extension; read by the account’s country. */
const callerNumber = z
  .string()
  .trim()
  .regex(/^\+? ?\(?[0-9][0-9 ().-]{1,30}$/, 'a number or an extension, for example +12025550142');

const weekday = z.number().int().min(1).max(7).describe('1 Monday … 7 Sunday');
const timeOfDay = z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day, for example 22:00');

export const quietSpan = z.strictObject({
  days: z.array(weekday).min(1).max(7).describe('The days on which it begins'),
  from: timeOfDay,
  to: timeOfDay.describe('Not later than `from`: on the next day'),
});

export const unavailableTreatment = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('refuse'),
    sip: z.union([z.literal(480), z.literal(486), z.literal(603)]),
  }),
  z.strictObject({ kind: z.literal('forward'), to: callerNumber }),
  z
    .strictObject({ kind: z.literal('voicemail') })
    .describe('The mailbox here; refused with 480 where Teams takes the messages'),
]);

const calls = z.enum(['accept-all', 'no-queue-calls', 'no-calls']);
/** Absent states keep the account’s rule. */
export const personalRules = z.strictObject({
  busy: calls.optional(),
  'in-a-call': calls.optional(),
  'in-a-conference-call': calls.optional(),
  'in-a-meeting': calls.optional(),
  offline: calls.optional(),
});

const caller = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('number'), number: callerNumber, name: text(100).optional() }),
  z.strictObject({ kind: z.literal('person'), personId: id }),
]);

export const timeBoxed = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('let-through'), caller, until: timestamp }),
  z.strictObject({ kind: z.literal('no-calls'), until: timestamp }),
]);

/** Who rings and who does not, whatever the state says: the person’s own. */
export const presenceExceptions = z.object({
  personId: id,
  important: z.array(caller).describe('Ring also when nobody else does'),
  timeBoxed: z.array(timeBoxed).describe('What is over is left out'),
  quietHours: z.object({ timeZone: plain, spans: z.array(quietSpan) }),
  unavailable: unavailableTreatment.describe('What a direct call gets that may not ring'),
  rules: personalRules.describe('Instead of the account’s call rules'),
  mayHaveRules: z.boolean().describe('Whether the account lets people have rules of their own'),
});
export type PresenceExceptionsView = z.infer<typeof presenceExceptions>;

export const changeExceptions = z
  .strictObject({
    important: z.array(caller).max(100).optional(),
    timeBoxed: z.array(timeBoxed).max(50).optional(),
    quietHours: z
      .strictObject({ timeZone: text(64).optional(), spans: z.array(quietSpan).max(21) })
      .optional(),
    unavailable: unavailableTreatment.optional(),
    rules: personalRules.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type ChangeExceptions = z.infer<typeof changeExceptions>;
