import type { webhookRoutes } from '@tandem/contract/areas/webhook-routes.ts';
import { asAccountId } from '@tandem/domain';
import type { Delivery, Webhook } from '../../postgres/webhook-store.ts';
import type { WebhookRefusal } from '../../webhooks/webhook-board.ts';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

/** Signed outgoing webhooks. */
export function webhookHandlers({ webhooks }: ApiServices): HandlersOf<typeof webhookRoutes> {
  const none = () => new Refusal('not-found');
  const refusalOf = ({ field, say }: WebhookRefusal) =>
    new Refusal('invalid-request', { errors: [{ path: field, message: say }] });
  return {
    'webhooks.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return new Refusal('not-found', { detail: 'There is no such account.' });
      const account = narrowed.kind === 'platform' ? undefined : narrowed.accountId;
      return { items: (await webhooks.list(narrowed, account)).map(viewOf) };
    },
    'webhooks.create': async ({ scope, input, principal, caller }) => {
      const { account, ...wanted } = input.body;
      const accountId = account ?? (scope.kind === 'platform' ? undefined : scope.accountId);
      if (accountId === undefined)
        return new Refusal('invalid-request', {
          errors: [{ path: 'account', message: 'the operator says whose webhook this is' }],
        });
      if (!narrow(scope, accountId)) return new Refusal('not-found', { detail: 'There is no such account.' });
      const made = await webhooks.create(asAccountId(accountId), wanted, actorOf(principal, caller));
      if (made.kind === 'refused') return refusalOf(made);
      return { ...viewOf(made.webhook), secret: made.secret };
    },
    'webhooks.change': async ({ scope, input, principal, caller }) => {
      const outcome = await webhooks.change(scope, input.params.id, input.body, actorOf(principal, caller));
      if (!outcome) return none();
      return outcome.kind === 'refused' ? refusalOf(outcome) : viewOf(outcome.webhook);
    },
    'webhooks.delete': async ({ scope, input, principal, caller }) =>
      (await webhooks.remove(scope, input.params.id, actorOf(principal, caller))) ? undefined : none(),
    'webhooks.test': async ({ scope, input }) =>
      (await webhooks.test(scope, input.params.id)) ? undefined : none(),
    'webhooks.deliveries': async ({ scope, input }) => {
      const found = await webhooks.deliveries(scope, input.params.id);
      return found ? { items: found.map(deliveryView) } : none();
    },
  };
}

function viewOf(one: Webhook) {
  const { id, accountId, name, url, events, active, stoppedBecause, lastSuccessWallMs } = one;
  return compact({
    id,
    accountId: accountId as string,
    name,
    url,
    events: [...events],
    active,
    stoppedBecause,
    lastSuccessAt: lastSuccessWallMs === undefined ? undefined : instant(lastSuccessWallMs),
  });
}

function deliveryView(one: Delivery) {
  const { id, event, createdWallMs, attempts, nextWallMs, deliveredWallMs, lastStatus, lastProblem } = one;
  const state: 'delivered' | 'given-up' | 'waiting' =
    deliveredWallMs !== undefined ? 'delivered' : nextWallMs === undefined ? 'given-up' : 'waiting';
  return compact({
    id,
    event,
    createdAt: instant(createdWallMs),
    attempts,
    state,
    nextAt: nextWallMs === undefined ? undefined : instant(nextWallMs),
    deliveredAt: deliveredWallMs === undefined ? undefined : instant(deliveredWallMs),
    lastStatus,
    lastProblem,
  });
}
