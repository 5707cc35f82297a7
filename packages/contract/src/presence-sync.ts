import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';
import { connectionReasons, connectionStates, turns } from './connection.ts';
import { readinessOwners } from './person.ts';

/** Whose presence is kept equal with Teams, in which direction, by which rules. */

export const presenceModes = ['all', 'selected', 'disabled'] as const;
export type PresenceMode = (typeof presenceModes)[number];
export const presenceDirections = ['both', 'to-platform', 'to-teams'] as const;
export type PresenceDirection = (typeof presenceDirections)[number];

const rule = z.enum(['accept-all', 'no-queue-calls', 'no-calls']);
/** One rule for each state of Teams; the whole table changes at once. */
export const presenceRules = z.strictObject({
  busy: rule,
  'in-a-call': rule,
  'in-a-conference-call': rule,
  'in-a-meeting': rule,
  offline: rule,
});
export type PresenceRules = z.infer<typeof presenceRules>;

const address = text(254).regex(/^[^\s@,;<>]+@[^\s@,;<>]+$/, 'a mail address');

export const presenceSyncSettings = z.strictObject({
  mode: z.enum(presenceModes),
  direction: z.enum(presenceDirections),
  customizeCalls: z
    .boolean()
    .describe(
      '“Customize call presence”: the rules count. Wants the direction that reads Teams, and a queue',
    ),
  rules: presenceRules.describe('Kept while the switch is off'),
  keepDuringInactivity: z
    .boolean()
    .describe('Away and idle that come from inactivity in Teams change nothing here'),
  meetingsFromCalendar: z
    .boolean()
    .describe('“In a call” during a meeting of the calendar, without a call of ours, counts as the meeting'),
  personalOverrides: z.boolean().describe('People may have rules of their own'),
  notify: z.array(address).max(20).describe('Who gets the mail about a run, beside who began it'),
});
export type PresenceSyncSettings = z.infer<typeof presenceSyncSettings>;

export const presenceSyncCounts = z.object({
  people: z.number().int().describe('Everybody of the account'),
  inScope: z.number().int().describe('By mode and selection, without who was unsynced'),
  synced: z.number().int(),
  waiting: z.number().int(),
  unsynced: z.number().int().describe('By an administrator'),
  failed: z.number().int(),
});

export const presenceRunReasons = [
  'mode-change',
  'selection',
  'resync',
  're-authorised',
  'by-hand',
  'retry',
] as const;
export const presenceRunStates = ['waiting', 'running', 'done', 'needs-attention', 'cancelled'] as const;

export const presenceRunCounts = z.object({
  inScope: z.number().int(),
  synced: z.number().int().describe('New with this run'),
  alreadySynced: z.number().int(),
  unsynced: z.number().int().describe('Left out by an administrator'),
  failed: z.number().int(),
  judged: z.number().int().describe('How far the run is'),
});

export const presenceRunSteps = ['directory', 'match', 'read-presence'] as const;
/** What a run did, and by what Microsoft's support finds what was asked there. */
export const presenceRunStep = z.object({
  what: z.enum(presenceRunSteps),
  at: timestamp,
  durationMs: z.number().int(),
  people: z.number().int().optional().describe('How many it was about'),
  outcome: z.enum(['read', 'throttled', 'failed', 'refused']).optional(),
  requestId: z.string().optional().describe('Microsoft’s `request-id` of the answer'),
  clientRequestId: z.string().optional().describe('Our `client-request-id`'),
});
export type PresenceRunStep = z.infer<typeof presenceRunStep>;

export const presenceRun = z.object({
  id,
  accountId: id,
  reason: z.enum(presenceRunReasons),
  state: z.enum(presenceRunStates),
  mode: z.enum(presenceModes),
  direction: z.enum(presenceDirections),
  counts: presenceRunCounts,
  sentence: plain.describe('The result in words, for the banner'),
  startedBy: plain,
  startedAt: timestamp,
  finishedAt: timestamp.optional(),
  seconds: z.number().optional().describe('How long it took'),
  steps: z.array(presenceRunStep).describe('In their order; the last 200'),
  mailed: z
    .boolean()
    .describe('A mail about this run was handed over; whether it arrived stands under mails'),
});
export type PresenceRun = z.infer<typeof presenceRun>;

export const presenceRunResult = z.object({
  personId: id,
  displayName: plain,
  mail: plain.optional(),
  outcome: z.enum(['synced', 'already-synced', 'unsynced', 'failed']),
  code: plain.optional(),
  words: plain,
  owner: z.enum(readinessOwners).optional().describe('Whose turn it is'),
  fix: plain.optional(),
});
export type PresenceRunResult = z.infer<typeof presenceRunResult>;

/** Step 1 of the setup, for each connection with Microsoft 365. */
export const presenceConnection = z.object({
  connectionId: id,
  tenantId: plain,
  tenantName: plain.optional(),
  state: z.enum(connectionStates),
  reason: z.enum(connectionReasons).optional(),
  sentence: plain,
  next: plain.optional(),
  turn: z.enum(turns),
  signedInAs: plain.optional().describe('Whose sign-in proved it'),
  authorised: z.boolean().describe('Everything that presence needs was granted'),
  reads: z.boolean().describe('Presence can be read now'),
  writes: z.boolean().describe('Presence can be written now'),
  missing: z.array(
    z.object({ feature: plain, role: plain.optional(), words: plain.describe('What to do about it') }),
  ),
});
export type PresenceConnection = z.infer<typeof presenceConnection>;

export const presenceSync = z.object({
  accountId: id,
  version: z.number().int().describe('To be sent with a change; 0: nobody has set it up'),
  settings: presenceSyncSettings,
  defaultRules: presenceRules,
  customizeOffered: z
    .object({ offered: z.boolean(), reason: plain.optional() })
    .describe(
      'Whether the switch of the rules is offered, else why not; one that is on can always be switched off',
    ),
  changedBy: plain.optional(),
  changedAt: timestamp.optional(),
  counts: presenceSyncCounts,
  connections: z.array(presenceConnection).describe('Empty: step 1 is still to be done'),
  interruption: z
    .object({
      connectionId: id,
      since: timestamp,
      reason: z.enum(connectionReasons).optional(),
      sentence: plain,
      next: plain.optional(),
      turn: z.enum(turns),
    })
    .optional()
    .describe('For the banner: a connection that people are synced by does not work'),
  run: presenceRun.optional().describe('The one that goes on, else the last one'),
});
export type PresenceSync = z.infer<typeof presenceSync>;

export const presenceSyncChange = z.strictObject({
  version: z.number().int().min(0).describe('As read; another one means that somebody changed it meanwhile'),
  settings: presenceSyncSettings,
});

export const presencePersonStates = [
  'synced',
  'waiting',
  'failed',
  'unsynced',
  'not-selected',
  'off',
] as const;
export const presenceMatchSteps = ['explicit', 'link', 'upn', 'mail', 'proxy'] as const;

const microsoftUser = z.object({
  objectId: plain,
  displayName: plain,
  upn: plain,
  mail: plain.optional(),
});

export const presenceSyncPerson = z.object({
  personId: id,
  accountId: id,
  displayName: plain,
  upn: plain,
  mail: plain.optional(),
  choice: z.enum(['inherit', 'on', 'unsynced']),
  state: z.enum(presencePersonStates),
  match: microsoftUser
    .extend({ by: z.enum(presenceMatchSteps) })
    .optional()
    .describe('Who the person is at Microsoft, and how that was found'),
  code: plain.optional().describe('PRS code; also with `synced`, where only one direction works'),
  words: plain.describe('Why it is so'),
  owner: z.enum(readinessOwners).optional().describe('Whose turn it is'),
  fix: plain.optional(),
  proposal: microsoftUser
    .extend({ words: plain })
    .optional()
    .describe('What the nightly check would match now; nothing moves before somebody says so'),
  changedAt: timestamp.optional().describe('Last change of state, match or choice'),
});
export type PresenceSyncPerson = z.infer<typeof presenceSyncPerson>;

export const presenceChoiceActions = ['select', 'deselect', 'unsync', 'resync'] as const;
export type PresenceChoiceAction = (typeof presenceChoiceActions)[number];

export const presenceMismatchKinds = [
  'missing-left',
  'missing-right',
  'disabled-left',
  'disabled-right',
  'ambiguous',
  'linked-elsewhere',
] as const;

/** `left` is this platform, `right` is Microsoft. */
export const presenceMismatch = z.object({
  kind: z.enum(presenceMismatchKinds),
  code: plain,
  words: plain,
  personId: id.optional().describe('Absent: nobody here'),
  displayName: plain,
  mail: plain.optional(),
  candidates: z
    .array(
      microsoftUser.extend({
        why: plain.describe('For example the same phone number: a hint, nothing more'),
        usable: z.boolean().describe('May be chosen with “use this match”'),
      }),
    )
    .describe('Who may be meant at Microsoft'),
});
export type PresenceMismatch = z.infer<typeof presenceMismatch>;

export const presencePreview = z.object({
  preview: plain.describe('Bound to exactly this; wanted with the change where `needsConfirmation`'),
  needsConfirmation: z.boolean(),
  counts: z.object({
    people: z.number().int(),
    inScope: z.number().int(),
    begins: z.number().int().describe('People who would be synced and are not now'),
    ends: z.number().int().describe('People who would no longer be synced'),
    unsynced: z.number().int(),
    fails: z.number().int().describe('In scope, but something is in the way'),
  }),
  mismatches: z
    .record(z.enum(presenceMismatchKinds), z.number().int())
    .describe('How many of each kind; the list is `…/mismatches`'),
  directoryRead: z
    .boolean()
    .describe('False: the directory at Microsoft was not read yet, the report is not whole'),
  report: z.array(presenceMismatch).describe('The first 200'),
  sentence: plain,
});
export type PresencePreview = z.infer<typeof presencePreview>;
