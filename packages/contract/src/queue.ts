import { z } from 'zod';
import { e164, id, plain, text, timestamp } from './common.ts';

/** What a caller gets who cannot wait (any longer). */
export const queueOverflow = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('refuse') }),
  z.strictObject({
    kind: z.literal('forward'),
    to: z
      .string()
      .regex(/^(?:\+[1-9][0-9]{1,14}|[0-9]{3,6})$/, 'a number or an extension of the account')
      .describe('A number or an extension of the same account'),
  }),
]);

export const queueMember = z.object({
  personId: id,
  displayName: plain,
  loggedIn: z.boolean().describe('Who is logged out is offered nothing'),
});

const extension = z.string().regex(/^[0-9]{3,6}$/, 'three to six digits');
const offerSeconds = z.number().int().min(5).max(60).describe('How long one member is rung');
const wrapUpSeconds = z.number().int().min(0).max(600).describe('Rest after each call of the queue');
const maxWaitSeconds = z.number().int().min(10).max(3600);
const maxWaiting = z.number().int().min(1).max(500);
const memberIds = z
  .array(id)
  .max(200)
  .refine((ids) => new Set(ids).size === ids.length, 'names somebody twice');

/** People who take calls in turn while callers wait in theirs. */
export const queue = z.object({
  id,
  accountId: id,
  name: plain,
  extension: z.string().optional(),
  number: e164.optional(),
  strategy: z.literal('longest-idle').describe('Among equals the order of the members decides'),
  members: z.array(queueMember).describe('In their order'),
  offerSeconds: z.number().int(),
  wrapUpSeconds: z.number().int(),
  maxWaitSeconds: z.number().int(),
  maxWaiting: z.number().int(),
  overflow: queueOverflow,
  version: z.number().int().describe('Send it with a change, so that nobody’s change is lost'),
});
export type Queue = z.infer<typeof queue>;

export const newQueue = z.strictObject({
  account: id.optional().describe('Only the operator needs to say'),
  name: text(64),
  extension: extension.optional(),
  number: e164.optional().describe('A free number of the account'),
  members: memberIds
    .default([])
    .describe('People of the account, in their order; each is logged in at first'),
  offerSeconds: offerSeconds.default(15),
  wrapUpSeconds: wrapUpSeconds.default(0),
  maxWaitSeconds: maxWaitSeconds.default(900),
  maxWaiting: maxWaiting.default(50),
  overflow: queueOverflow.default({ kind: 'refuse' }),
});
export type NewQueue = z.infer<typeof newQueue>;

export const queueChange = z
  .strictObject({
    version: z.number().int().optional().describe('The one that was read; absent: whatever stands now'),
    name: text(64).optional(),
    extension: extension.nullable().optional().describe('`null` takes it away'),
    number: e164.nullable().optional().describe('`null` takes it away: it goes back to stock'),
    offerSeconds: offerSeconds.optional(),
    wrapUpSeconds: wrapUpSeconds.optional(),
    maxWaitSeconds: maxWaitSeconds.optional(),
    maxWaiting: maxWaiting.optional(),
    overflow: queueOverflow.optional(),
  })
  .refine((change) => Object.keys(change).some((key) => key !== 'version'), 'changes nothing');
export type QueueChange = z.infer<typeof queueChange>;

export const queueMembers = z.strictObject({
  version: z.number().int().optional(),
  members: memberIds.describe('All of them, in their order. Who stays keeps being logged in or out'),
});

export const queueLogIn = z.strictObject({ loggedIn: z.boolean() });

/**
 * What a member is doing, as the queue sees it. `free`: is offered the next call. `skipped`: presence lets no queue call
 * ring. `resting`: did not take an offer a moment ago. `unreachable`: neither Teams nor a phone can be rung.
 */
export const queueMemberStates = [
  'free',
  'offered',
  'in-call',
  'wrap-up',
  'resting',
  'skipped',
  'unreachable',
  'logged-out',
] as const;

export const queueLive = z.object({
  queueId: id,
  waiting: z
    .array(
      z.object({
        callId: id,
        from: plain.describe('Number or name, `anonymous` where hidden'),
        since: timestamp,
        position: z.number().int().positive().describe('1 is next'),
        offeredTo: id.optional().describe('Who is being rung for this caller'),
      }),
    )
    .describe('In their order'),
  members: z.array(
    z.object({
      personId: id,
      displayName: plain,
      state: z.enum(queueMemberStates),
      sentence: plain.describe(
        'The state in words, for example `Skipped because In a meeting: no queue calls.`',
      ),
      since: timestamp.optional(),
      until: timestamp.optional().describe('End of wrap-up or rest'),
      callId: id.optional().describe('Offered, or talking for this queue'),
    }),
  ),
});
export type QueueLive = z.infer<typeof queueLive>;
