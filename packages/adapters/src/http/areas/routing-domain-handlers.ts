import type { routingDomainRoutes } from '@tandem/contract/areas/routing-domain-routes.ts';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import type { RoutingDomainOutcome, RoutingDomainRefusal } from '../routing-domain-board.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

/** Routing domains, and the script that an administrator runs. */
export function routingDomainHandlers({
  routingDomains: board,
}: ApiServices): HandlersOf<typeof routingDomainRoutes> {
  const viewOf = (outcome: RoutingDomainOutcome) =>
    outcome.kind === 'done' ? outcome.domain : refusalOf(outcome);
  return {
    'routingDomains.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return new Refusal('not-found', { detail: 'There is no such account.' });
      return { items: [...board.list(narrowed)] };
    },
    'routingDomains.create': async ({ scope, input, principal, caller }) => {
      const { account, connection, host, routing } = input.body;
      if (!narrow(scope, account)) return new Refusal('not-found', { detail: 'There is no such account.' });
      return viewOf(
        await board.create(
          {
            accountId: asAccountId(account),
            connectionId: asConnectionId(connection),
            host,
            routing: routing && compact(routing),
          },
          actorOf(principal, caller),
        ),
      );
    },
    'routingDomains.read': async ({ scope, input }) =>
      (await board.read(scope, input.params.id)) ?? new Refusal('not-found'),
    'routingDomains.preview': async ({ scope, input }) => {
      const preview = board.preview(scope, input.params.id, input.params.step);
      return preview.kind === 'preview'
        ? { preview: preview.preview, writes: [...preview.writes], undo: preview.undo }
        : refusalOf(preview);
    },
    'routingDomains.step': async ({ scope, input, principal, caller }) => {
      const { step, preview } = input.body;
      return viewOf(await board.step(scope, input.params.id, step, preview, actorOf(principal, caller)));
    },
    'routingDomains.calling': async ({ scope, input, principal, caller }) => {
      const music = input.body.holdMusic ?? undefined;
      return viewOf(await board.chooseCalling(scope, input.params.id, music, actorOf(principal, caller)));
    },
    'routingDomains.script': async ({ scope, input, principal, caller }) => {
      const made = await board.script(scope, input.params.id, actorOf(principal, caller));
      if (made.kind !== 'script') return refusalOf(made);
      const { script, fileName, reportsTo, endsAtWallMs } = made;
      const endsAt = endsAtWallMs === undefined ? undefined : instant(endsAtWallMs);
      return compact({ script, fileName, reportsTo, endsAt });
    },
    'routingDomains.paste': async ({ scope, input, principal, caller }) =>
      viewOf(await board.paste(scope, input.params.id, input.body.report, actorOf(principal, caller))),
    'routingDomains.report': async ({ input }) => {
      const sentence = await board.report(input.body);
      return sentence === undefined ? new Refusal('report-unknown') : { sentence };
    },
    'routingDomains.startOver': async ({ scope, input, principal, caller }) =>
      viewOf(await board.startOver(scope, input.params.id, input.body.host, actorOf(principal, caller))),
    'routingDomains.delete': async ({ scope, input, principal, caller }) =>
      (await board.remove(scope, input.params.id, actorOf(principal, caller)))
        ? undefined
        : new Refusal('not-found'),
  };
}

function refusalOf(refusal: RoutingDomainRefusal): Refusal {
  switch (refusal.kind) {
    case 'unknown':
      return new Refusal('not-found');
    case 'invalid':
      return new Refusal('invalid-request', { errors: [{ path: refusal.field, message: refusal.say }] });
    case 'host-taken':
    case 'preview-outdated':
      return new Refusal(refusal.kind);
    case 'wrong-state':
    case 'microsoft-refused':
    case 'microsoft-unavailable':
      return new Refusal(refusal.kind, { detail: refusal.say });
  }
}
