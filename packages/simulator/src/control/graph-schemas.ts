import { z } from 'zod';
import { mailFaults } from '../mail/mail-server.ts';
import { tokenFaults } from '../notifications/rich-content.ts';

/** What the control API takes about notifications, mail and what else the platform asks Graph to do. */

const percent = z.number().min(0).max(100).optional();
const ms = z.number().int().min(0).max(86_400_000).optional();
const quota = z.number().int().min(1).max(1_000_000).optional();

export const notificationChange = z.strictObject({
  /** From a change to its first delivery. */
  delayMs: ms,
  losePercent: percent,
  doublePercent: percent,
  /** Overtaken by what comes after it. */
  reorderPercent: percent,
  latePercent: percent,
  lateMs: ms,
  /** Beside a genuine POST a forged one: a wrong clientState, a subscription that nobody made. */
  forgePercent: percent,
  /** A validation token that is not right. */
  forgeTokenPercent: percent,
  firstAnswerMs: ms,
  retryAnswerMs: ms,
  validationAnswerMs: ms,
  retryFirstMs: ms,
  retryForMs: ms,
  /** An endpoint is judged slow or dead by no fewer answers in ten minutes. */
  judgedFrom: z.number().int().min(1).max(10_000).optional(),
  aboveMaximum: z.enum(['refuse', 'clip']).optional(),
  challenges: z.boolean().optional(),
  dropAfterBoth: z.boolean().optional(),
  quotaPerApp: quota,
  quotaPerTenant: quota,
  quotaPerAppAndTenant: quota,
  presenceCheckMs: z.number().int().min(50).max(600_000).optional(),
  /** Ids of tenants that ask for an assignment: validationTokens is null. */
  assignmentRequired: z.array(z.string()).optional(),
});

export const forgery = z.strictObject({
  /** What is wrong with the POST. */
  kind: z.enum(['client-state', 'unknown-subscription', ...tokenFaults]),
  /** Which subscription it pretends to be of; absent: the first. */
  subscription: z.string().optional(),
});

export const challengeWish = z.strictObject({
  /** Absent: all. */
  subscription: z.string().optional(),
});

export const mailQuery = z.object({
  /** A recipient of the envelope. */
  to: z.string().optional(),
  after: z.coerce.number().int().min(0).optional(),
  /** Milliseconds to wait for something to come. */
  wait: z.coerce.number().int().min(0).max(60_000).optional(),
});

export const mailChange = z.strictObject({
  fault: z.enum(Object.keys(mailFaults) as [keyof typeof mailFaults]).optional(),
  delayMs: ms,
  /** How many messages it hits; null: until it is changed. */
  times: z.number().int().min(1).nullable().optional(),
});

export const sentChange = z.strictObject({
  activityTypes: z.array(z.string().min(1)).optional(),
  /** Object ids of users for whom the Teams app is not installed. */
  withoutApp: z.array(z.string()).optional(),
});
