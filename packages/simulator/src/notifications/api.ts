import { fail, type GraphAnswer, type GraphCall, notFound, ok } from '../graph/graph-world.ts';
import type { Outcome } from './office.ts';
import { type Subscription, subscriptionEntity } from './subscription.ts';
import type { SubscriptionAsk } from './subscription-rules.ts';

/** `/subscriptions` of Graph (graph 3.1). */

const answer = (call: GraphCall, outcome: Outcome, status: number): GraphAnswer => {
  if ('refusal' in outcome) {
    const { status: code, code: name, message, check } = outcome.refusal;
    return fail(code, name, message, check);
  }
  const body = {
    '@odata.context': `${call.base}/$metadata#subscriptions/$entity`,
    ...subscriptionEntity(outcome.subscription),
  };
  const location = { location: `${call.base}/subscriptions/${outcome.subscription.id}` };
  return status === 201 ? { status, body, headers: location } : { status, body };
};

const named = (call: GraphCall): Subscription | undefined =>
  call.world.subscriptions.find(call.caller, call.params['subscription-id'] ?? '');

const unknown = (call: GraphCall): GraphAnswer => ({
  ...notFound(call.params['subscription-id'] ?? ''),
  body: { error: { code: 'ResourceNotFound', message: 'The object was not found.' } },
});

export const createSubscription = async (call: GraphCall): Promise<GraphAnswer> =>
  answer(call, await call.world.subscriptions.create((call.body ?? {}) as SubscriptionAsk, call.caller), 201);

export const listSubscriptions = (call: GraphCall): GraphAnswer =>
  ok({
    '@odata.context': `${call.base}/$metadata#subscriptions`,
    value: call.world.subscriptions.of(call.caller).map(subscriptionEntity),
  });

export function getSubscription(call: GraphCall): GraphAnswer {
  const found = named(call);
  return found ? answer(call, { subscription: found }, 200) : unknown(call);
}

export async function patchSubscription(call: GraphCall): Promise<GraphAnswer> {
  const found = named(call);
  if (!found) return unknown(call);
  const ask = (call.body ?? {}) as SubscriptionAsk;
  return answer(call, await call.world.subscriptions.patch(found, ask, call.caller), 200);
}

export function deleteSubscription(call: GraphCall): GraphAnswer {
  const found = named(call);
  if (!found) return unknown(call);
  call.world.subscriptions.remove(found);
  return { status: 204 };
}

export function reauthorizeSubscription(call: GraphCall): GraphAnswer {
  const found = named(call);
  if (!found) return unknown(call);
  call.world.subscriptions.reauthorize(found, call.caller);
  return { status: 200 };
}
