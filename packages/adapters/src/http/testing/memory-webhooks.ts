import type { AuditLog } from '@tandem/engine/ports/audit.ts';
import { done, refused } from '../../postgres/outcome.ts';
import type { Delivery, Webhook, WebhookStore } from '../../postgres/webhook-store.ts';
import { createWebhookBoard, type WebhookBoard } from '../../webhooks/webhook-board.ts';
import * as world from './sample-world.ts';

/** Over memory; nothing is ever sent. One webhook of Acme and one of Globex are there. */
export function memoryWebhooks(audit: AuditLog): WebhookBoard {
  const hooks = new Map<string, Webhook>();
  for (const [n, accountId] of [world.acmeId, world.globexId].entries()) {
    const id = `01900000-0000-7000-8000-00000000eb0${n}`;
    const url = 'https://example.com/hooks/tandem';
    hooks.set(id, { id, accountId, name: 'CRM', url, events: ['*'], active: true, failures: 0, version: 1 });
  }
  const sent: Delivery[] = [];
  const store: Omit<
    WebhookStore,
    'enqueue' | 'takeDueForPlatform' | 'delivered' | 'failed' | 'forgetForPlatform'
  > = {
    list: async (accountId) => [...hooks.values()].filter((one) => one.accountId === accountId),
    async get(accountId, id) {
      const found = hooks.get(id);
      return found?.accountId === accountId ? found : undefined;
    },
    findForPlatform: async (id) => hooks.get(id),
    addressesForPlatform: async () => [...new Set([...hooks.values()].map(({ url }) => url))],
    async create(wanted) {
      const made: Webhook = { ...wanted, active: true, failures: 0, version: 1 };
      hooks.set(made.id, made);
      return done(made);
    },
    async change(_accountId, id, change) {
      const before = hooks.get(id);
      if (!before) return refused({ kind: 'not-found' });
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const after: Webhook = { ...before, ...given };
      hooks.set(id, after);
      return done(after);
    },
    // Kept: the matrix of routes and roles asks for the same one again and again.
    remove: async (_accountId, id) => hooks.has(id),
    deliveries: async (_accountId, webhookId) => sent.filter((one) => one.webhookId === webhookId),
  };
  return createWebhookBoard({
    store: store as WebhookStore,
    dispatcher: {
      changed: () => undefined,
      async test({ id, accountId }) {
        sent.push({
          id: `${id.slice(0, 24)}${String(sent.length).padStart(12, '0')}`,
          webhookId: id,
          accountId,
          event: 'webhook.test',
          body: '{}',
          createdWallMs: 0,
          attempts: 0,
          nextWallMs: 0,
        });
      },
    },
    audit,
    newId: () => `01900000-0000-7000-8000-${String(hooks.size).padStart(12, '0')}`,
    insideAllowed: false,
    accounts: async () => world.accounts(),
  });
}

export const acmeWebhookId = '01900000-0000-7000-8000-00000000eb00';
