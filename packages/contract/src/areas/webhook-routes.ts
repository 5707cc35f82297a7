import { z } from 'zod';
import { id } from '../common.ts';
import { defineRoutes } from '../route.ts';
import { createdWebhook, newWebhook, webhook, webhookChange, webhookDelivery } from '../webhook.ts';

const byId = z.object({ id });

/** Signed outgoing webhooks. */
export const webhookRoutes = defineRoutes({
  'webhooks.list': {
    method: 'GET',
    path: '/api/v1/webhooks',
    summary: 'Where the platform tells of changes',
    permission: 'webhooks:read',
    account: 'scope',
    query: z.object({ account: id.optional() }),
    response: z.object({ items: z.array(webhook) }),
    problems: [],
  },
  'webhooks.create': {
    method: 'POST',
    path: '/api/v1/webhooks',
    summary: 'Tell this address of changes; answers with the secret that signs them, once',
    permission: 'webhooks:write',
    account: 'resource',
    body: newWebhook,
    response: createdWebhook,
    status: 201,
    problems: [],
  },
  'webhooks.change': {
    method: 'PATCH',
    path: '/api/v1/webhooks/{id}',
    summary: 'Change name, address or events, or switch it on again',
    permission: 'webhooks:write',
    account: 'resource',
    params: byId,
    body: webhookChange,
    response: webhook,
    problems: [],
  },
  'webhooks.delete': {
    method: 'DELETE',
    path: '/api/v1/webhooks/{id}',
    summary: 'Tell no more; what waits is dropped',
    permission: 'webhooks:write',
    account: 'resource',
    params: byId,
    status: 204,
    problems: [],
  },
  'webhooks.test': {
    method: 'POST',
    path: '/api/v1/webhooks/{id}/test',
    summary: 'Send one `webhook.test` now',
    permission: 'webhooks:write',
    account: 'resource',
    params: byId,
    status: 204,
    problems: [],
  },
  'webhooks.deliveries': {
    method: 'GET',
    path: '/api/v1/webhooks/{id}/deliveries',
    summary: 'The last hundred deliveries and what came of them',
    permission: 'webhooks:read',
    account: 'resource',
    params: byId,
    response: z.object({ items: z.array(webhookDelivery) }),
    problems: [],
  },
});
