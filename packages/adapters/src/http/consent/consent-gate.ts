import { problems, type RouteId, type RouteSpec, withoutConsent } from '@tandem/contract';
import type { ProposedRequest } from '../../postgres/consent-store.ts';
import { actorOf } from '../auth/actor.ts';
import type { Principal } from '../auth/principal.ts';
import { Refusal } from '../refusal.ts';
import type { Scope } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { whoseIs } from './account-of.ts';
import { sentenceOf, shownRequest } from './shown-request.ts';

/** The answer to a write that now waits for the customer. */
export class KeptAsProposal {
  readonly id: string;
  readonly body: Readonly<Record<'code' | 'title' | 'detail' | 'next' | 'proposal', string>>;
  constructor(id: string, sentence: string) {
    const { title, next } = problems['kept-as-proposal'];
    this.id = id;
    this.body = { code: 'kept-as-proposal', title, detail: sentence, next, proposal: id };
  }
}

/** Microsoft sends the browser back: for whom is known only behind the border, so the scope goes without those who withheld. */
const returns: ReadonlySet<RouteId> = new Set(['connections.complete', 'ownConnection.complete']);

/**
 * Stands before every handler: what an operator would write in an account that did not consent is kept as a proposal, or refused.
 * Gives the scope with which the request goes on.
 */
export function createConsentGate(services: ApiServices) {
  return async (
    id: RouteId,
    route: RouteSpec,
    asked: ProposedRequest,
    principal: Principal,
    scope: Scope,
    caller: { readonly address: string },
  ): Promise<Scope | Refusal | KeptAsProposal> => {
    if (scope.kind !== 'platform' || route.method === 'GET') return scope;
    if (returns.has(id)) return { kind: 'platform', except: await services.consents.withheldForPlatform() };
    // The provider's own proposals are not proposed once more.
    if (id === 'proposals.withdraw') return scope;
    const how = withoutConsent(id, route, asked.body);
    if (how === 'acts') return scope;
    const withheld = await services.consents.withheldForPlatform();
    if (withheld.size === 0) return scope;
    const whose = await whoseIs(services, route, asked);
    if (whose.kind === 'provider') return scope;
    if (whose.kind === 'nobody') return new Refusal('not-found');
    if (!withheld.has(whose.accountId)) return scope;
    if (how === 'refused') return new Refusal('consent-missing');
    const shown = shownRequest(asked);
    const sentence = sentenceOf(route, whose.label, shown);
    const kept = await services.consents.propose(
      { accountId: whose.accountId, operation: id, sentence, shown },
      asked,
      actorOf(principal, caller),
    );
    return new KeptAsProposal(kept.id, sentence);
  };
}
