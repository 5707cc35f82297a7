import type { queueRoutes } from '@tandem/contract/areas/queue-routes.ts';
import { asAccountId, asPersonId } from '@tandem/domain';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import type { QueueOutcome } from '../queue-board.ts';
import { Refusal } from '../refusal.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';

/** Queues: people who take calls in turn. */
export function queueHandlers({ queues }: ApiServices): HandlersOf<typeof queueRoutes> {
  const none = () => new Refusal('not-found', { detail: 'There is no such queue.' });
  const answer = (outcome: QueueOutcome) => {
    if (outcome.ok) return outcome.queue;
    if (outcome.code === 'not-found' && outcome.detail === undefined) return none();
    const { code, detail, errors } = outcome;
    return new Refusal(code, { ...(detail !== undefined && { detail }), ...(errors && { errors }) });
  };
  return {
    'queues.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return new Refusal('not-found', { detail: 'There is no such account.' });
      return { items: [...(await queues.list(narrowed))] };
    },
    'queues.create': async ({ scope, input, principal, caller }) => {
      const { account, ...wanted } = input.body;
      const accountId = account ?? (scope.kind === 'platform' ? undefined : scope.accountId);
      if (accountId === undefined)
        return new Refusal('invalid-request', {
          errors: [{ path: 'account', message: 'the operator says whose queue this is' }],
        });
      if (!narrow(scope, accountId)) return new Refusal('not-found', { detail: 'There is no such account.' });
      return answer(await queues.create(asAccountId(accountId), wanted, actorOf(principal, caller)));
    },
    'queues.read': async ({ scope, input }) => (await queues.get(scope, input.params.id)) ?? none(),
    'queues.change': async ({ scope, input, principal, caller }) =>
      answer(await queues.change(scope, input.params.id, input.body, actorOf(principal, caller))),
    'queues.delete': async ({ scope, input, principal, caller }) =>
      (await queues.remove(scope, input.params.id, actorOf(principal, caller))) ? undefined : none(),
    'queues.setMembers': async ({ scope, input, principal, caller }) => {
      const { members, version } = input.body;
      const ids = members.map(asPersonId);
      return answer(
        await queues.setMembers(scope, input.params.id, ids, version, actorOf(principal, caller)),
      );
    },
    'queues.logIn': async ({ scope, input, principal, caller }) => {
      const { id, person } = input.params;
      // Nobody logs a colleague out, whatever the route says.
      if (scope.kind === 'person' && scope.personId !== person)
        return new Refusal('not-found', { detail: 'You are not that member.' });
      const { loggedIn } = input.body;
      return answer(await queues.logIn(scope, id, asPersonId(person), loggedIn, actorOf(principal, caller)));
    },
    'queues.live': async ({ scope, input }) => (await queues.live(scope, input.params.id)) ?? none(),
  };
}
