import { z } from 'zod';
import { id, plain, timestamp } from './common.ts';
import { contactCard } from './contact.ts';

export const voicemailOwners = ['teams', 'platform'] as const;
const owner = z.enum(voicemailOwners);

/** A message in somebody’s own mailbox. What was said is asked for by itself. */
export const voicemailMessage = z.object({
  id,
  callId: id.describe('The call in which it was left'),
  from: z.string().describe('The number of the caller, an extension, `anonymous`, or empty'),
  callerName: plain.optional().describe('As the call said it'),
  card: contactCard.optional().describe('Who that is, where known, and how they are now'),
  leftAt: timestamp,
  lengthMs: z.number().int().positive(),
  heardAt: timestamp.optional().describe('Absent: not heard yet'),
});
export type VoicemailMessage = z.infer<typeof voicemailMessage>;

export const voicemailMessageChange = z.strictObject({ heard: z.boolean() });

const counts = {
  messages: z.number().int().nonnegative(),
  unheard: z.number().int().nonnegative(),
};

/** One person’s mailbox as its settings say it. */
export const voicemailOfPerson = z.object({
  personId: id,
  owner: owner.describe('Who takes messages for this person: exactly one of them does'),
  chosen: owner.optional().describe('The person’s own choice; absent: the account’s'),
  ofAccount: owner,
  greetingMs: z.number().int().positive().optional().describe('Length of the person’s own greeting'),
  accountGreetingMs: z.number().int().positive().optional(),
  ...counts,
});
export type VoicemailOfPerson = z.infer<typeof voicemailOfPerson>;

export const voicemailPersonChange = z.strictObject({
  owner: owner.nullable().describe('`null`: as the account chose'),
});

/** What an account chose, and how much lies in its mailboxes. */
export const voicemailOfAccount = z.object({
  accountId: id,
  owner,
  maxSeconds: z.number().int().describe('The longest message'),
  retentionDays: z.number().int().describe('Messages that are older are deleted, heard or not'),
  greetingMs: z.number().int().positive().optional().describe('Of people without a greeting of their own'),
  announcementMs: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Of the recording that callers of a number out of service hear; absent: tones'),
  ...counts,
});
export type VoicemailOfAccount = z.infer<typeof voicemailOfAccount>;

export const voicemailAccountChange = z
  .strictObject({
    owner: owner.optional(),
    maxSeconds: z.number().int().min(10).max(600).optional(),
    retentionDays: z.number().int().min(1).max(365).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');
export type VoicemailAccountChange = z.infer<typeof voicemailAccountChange>;

/** A megabyte of sound as text, and what stands around it. */
export const greetingBodyLimit = 1_500_000;

export const newGreeting = z.strictObject({
  wav: z
    .base64()
    .max(greetingBodyLimit)
    .describe('A WAV file as base64: 8 kHz, mono, 16-bit or G.711, at most a minute long'),
});
