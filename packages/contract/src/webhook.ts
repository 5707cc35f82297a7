import { z } from 'zod';
import { id, plain, text, timestamp } from './common.ts';

export const webhookEvent = z
  .string()
  .regex(
    /^(\*|[a-z][a-z-]*\.([a-z][a-z-]*)?)$/,
    'an event as `person.change`, a noun with its dot as `person.`, or `*`',
  );

export const webhook = z.object({
  id,
  accountId: id,
  name: plain,
  url: plain,
  events: z.array(webhookEvent),
  active: z.boolean(),
  stoppedBecause: plain.optional().describe('Why the platform switched it off'),
  lastSuccessAt: timestamp.optional(),
});
export type Webhook = z.infer<typeof webhook>;

export const newWebhook = z.strictObject({
  account: id.optional().describe('For the operator: whose'),
  name: text(100),
  url: text(2000),
  events: z.array(webhookEvent).min(1).max(50),
});

export const createdWebhook = webhook.extend({
  secret: z
    .string()
    .describe('Signs every delivery (Standard Webhooks, `whsec_` and base64). Shown this once'),
});

export const webhookChange = z
  .strictObject({
    name: text(100).optional(),
    url: text(2000).optional(),
    events: z.array(webhookEvent).min(1).max(50).optional(),
    active: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change');

export const webhookDelivery = z.object({
  id: z.string().describe('The `webhook-id` header: the same id is the same news'),
  event: plain,
  createdAt: timestamp,
  attempts: z.number().int().nonnegative(),
  state: z.enum(['waiting', 'delivered', 'given-up']),
  nextAt: timestamp.optional(),
  deliveredAt: timestamp.optional(),
  lastStatus: z.number().int().optional(),
  lastProblem: plain.optional(),
});
