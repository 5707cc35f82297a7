import { problems, type RouteId, type RouteSpec, routes } from '@tandem/contract';
import type { consentRoutes } from '@tandem/contract/areas/consent-routes.ts';
import type { AccountId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import {
  type ProposalProblem,
  type ProposedRequest,
  type StoredConsent,
  type StoredProposal,
  shownState,
} from '../../postgres/consent-store.ts';
import { actorOf } from '../auth/actor.ts';
import type { Principal } from '../auth/principal.ts';
import { whoseIs } from '../consent/account-of.ts';
import { rescueFault } from '../consent/rescue.ts';
import type { Caller, HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

/** Runs one operation as the border does: the same checks of the input, the same handler. */
export type RunOperation = (
  id: RouteId,
  request: ProposedRequest,
  by: { readonly principal: Principal; readonly scope: Scope; readonly caller: Caller },
) => Promise<unknown>;

const accountOf = (scope: Scope): AccountId | undefined =>
  scope.kind === 'platform' ? undefined : scope.accountId;

/** The customer's consent, and what it decides of the provider's proposals. */
export function consentHandlers(services: ApiServices, run: RunOperation): HandlersOf<typeof consentRoutes> {
  const { consents: board, directory, clock } = services;
  const view = (stored: StoredProposal) => proposalView(stored, clock.wall());
  const known = async (scope: Scope, id: string) => {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0];
  };
  const over = (stored: StoredProposal): Refusal =>
    new Refusal('wrong-state', {
      detail: `The proposal is ${shownState(stored, clock.wall())}${
        stored.decidedBy === undefined ? '' : `, by ${stored.decidedBy}`
      }.`,
    });

  async function close(
    { scope, principal, caller }: { scope: Scope; principal: Principal; caller: Caller },
    id: string,
    to: 'rejected' | 'withdrawn',
    reason: string | undefined,
  ) {
    const found = await board.findProposal(accountOf(scope), id);
    if (!found) return new Refusal('not-found');
    const closed = await board.close(found, to, actorOf(principal, caller), reason);
    return closed ? view(closed) : over((await board.findProposal(found.accountId, id)) ?? found);
  }

  /** What the operation answered, or why it could not be done. */
  async function carryOut(
    { accountId, operation, proposedBy, id }: StoredProposal,
    /** Nobody, where the provider helps in who is locked out. */
    approvedBy: string | undefined,
    caller: Caller,
  ): Promise<{ readonly answer: unknown } | { readonly refusal: Refusal }> {
    const request = await board.requestOf({ accountId, id } as StoredProposal);
    if (!request || !Object.hasOwn(routes, operation))
      return { refusal: new Refusal('not-found', { detail: 'The proposal cannot be read any more.' }) };
    const routeId = operation as RouteId;
    // The thing may have moved to another account meanwhile: whoever approves decides for their own only.
    const whose = await whoseIs(services, routes[routeId], request);
    if (whose.kind !== 'account' || whose.accountId !== accountId)
      return { refusal: new Refusal('not-found', { detail: 'It is not there any more.' }) };
    const proposer: Principal = {
      userId: '',
      name: proposedBy.name,
      displayName: proposedBy.name,
      role: 'operator',
      via: proposedBy.kind === 'token' ? 'bearer' : 'cookie',
      ...(approvedBy !== undefined && { approvedBy }),
    };
    const answer = await run(routeId, request, {
      principal: proposer,
      scope: { kind: 'account', accountId },
      caller: {
        address: proposedBy.address ?? caller.address,
        cookie: undefined,
        way: undefined,
        wantsText: false,
        wantsCsv: false,
        range: undefined,
      },
    });
    return answer instanceof Refusal ? { refusal: answer } : { answer };
  }

  /** Once, whoever else would: what it answered, or why it could not be done. */
  async function decide(
    found: StoredProposal,
    by: AuditActor,
    caller: Caller,
    approvedBy: string | undefined,
    settled: (claimed: StoredProposal) => Promise<StoredProposal>,
  ) {
    const claimed = await board.claim(found, by);
    if (!claimed) return over((await board.findProposal(found.accountId, found.id)) ?? found);
    try {
      const outcome = await carryOut(claimed, approvedBy, caller);
      if ('answer' in outcome)
        return compact({ proposal: view(await settled(claimed)), answer: outcome.answer });
      const problem = problemOf(outcome.refusal);
      // What passes by itself may be approved again; what would be refused again is over.
      const again = outcome.refusal.status >= 500 || outcome.refusal.status === 429;
      return { proposal: view(await board.settle(claimed, again ? 'open' : 'failed', by, problem)) };
    } catch (error) {
      // Nobody knows how far it came: it ends, and the border says what broke.
      await board.settle(claimed, 'failed', by, problemOf(new Refusal('internal')));
      throw error;
    }
  }

  return {
    'consent.read': async ({ scope, input }) => {
      const account = await known(scope, input.params.id);
      return account ? consentView(account.id, await board.consentOf(account.id)) : new Refusal('not-found');
    },
    'consent.change': async ({ scope, input, principal, caller }) => {
      const account = await known(scope, input.params.id);
      if (!account) return new Refusal('not-found');
      const { given, reason } = input.body;
      return consentView(
        account.id,
        await board.setConsent(account.id, given, actorOf(principal, caller), reason),
      );
    },
    'proposals.list': async ({ scope, input }) => {
      const { account, limit, cursor, state } = input.query;
      const narrowed = narrow(scope, account);
      if (!narrowed) return new Refusal('not-found', { detail: 'There is no such account.' });
      const found = await board.list(accountOf(narrowed), { limit: limit + 1, before: cursor, state });
      const items = found.slice(0, limit);
      return compact({
        items: items.map(view),
        nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
      });
    },
    'proposals.read': async ({ scope, input, principal, caller }) => {
      const found = await board.findProposal(accountOf(scope), input.params.id);
      if (!found) return new Refusal('not-found');
      const own: Scope = { kind: 'account', accountId: found.accountId };
      const changes = await changesOf(found, (id, request) =>
        run(id, request, { principal, scope: own, caller }),
      );
      return { ...view(found), changes };
    },
    'proposals.approve': async ({ scope, input, principal, caller }) => {
      const found = await board.findProposal(accountOf(scope), input.params.id);
      if (!found) return new Refusal('not-found');
      const by = actorOf(principal, caller);
      return await decide(found, by, caller, principal.name, (claimed) =>
        board.settle(claimed, 'carried-out', by),
      );
    },
    'proposals.rescue': async ({ scope, input, principal, caller }) => {
      const found = await board.findProposal(accountOf(scope), input.params.id);
      if (!found) return new Refusal('not-found');
      const fault = rescueFault(found, await services.access.signIns(scope, found.accountId), clock.wall());
      if (fault !== undefined) return new Refusal('wrong-state', { detail: fault });
      const by = actorOf(principal, caller);
      return await decide(found, by, caller, undefined, (claimed) => board.rescued(claimed, by));
    },
    'proposals.reject': (context) =>
      close(context, context.input.params.id, 'rejected', context.input.body.reason),
    'proposals.withdraw': (context) =>
      close(context, context.input.params.id, 'withdrawn', context.input.body.reason),
  };
}

const consentView = (accountId: AccountId, { given, changedBy, changedWallMs }: StoredConsent) =>
  compact({
    accountId: accountId as string,
    given,
    changedBy,
    changedAt: changedWallMs === undefined ? undefined : instant(changedWallMs),
  });

const lostProblem: ProposalProblem = {
  code: 'internal',
  title: 'Nobody knows whether it was carried out',
  detail: 'The platform stopped while it carried this out.',
  next: 'Look at the thing itself, then propose again what is missing.',
};

function proposalView(stored: StoredProposal, nowWallMs: number) {
  const state = shownState(stored, nowWallMs);
  const decided = state !== 'open' && state !== 'expired';
  const lost = state === 'failed' && stored.state === 'carrying-out';
  const problem = lost ? lostProblem : stored.problem;
  return compact({
    id: stored.id,
    accountId: stored.accountId as string,
    operation: stored.operation,
    sentence: stored.sentence,
    params: { ...stored.shown.params },
    query: { ...stored.shown.query },
    body: stored.shown.body,
    state,
    proposedBy: stored.proposedBy.name,
    proposedAt: instant(stored.proposedWallMs),
    expiresAt: instant(stored.expiresWallMs),
    decidedBy: decided ? stored.decidedBy : undefined,
    decidedAt: decided && stored.decidedWallMs !== undefined ? instant(stored.decidedWallMs) : undefined,
    reason: stored.reason,
    problem: problem && compact({ ...problem }),
  });
}

function problemOf(refusal: Refusal): ProposalProblem {
  const { title, next } = problems[refusal.code];
  const places = refusal.errors?.map(({ path, message }) => `${path}: ${message}`).join('; ');
  const detail = refusal.detail ?? places;
  return { code: refusal.code, title, next, ...(detail !== undefined && { detail }) };
}

/** The thing is read by the operation that shows it at the same address, and held against the fields that would be written. */
async function changesOf(
  { operation, shown }: StoredProposal,
  read: (id: RouteId, request: ProposedRequest) => Promise<unknown>,
) {
  const route: RouteSpec | undefined = Object.hasOwn(routes, operation)
    ? routes[operation as RouteId]
    : undefined;
  const fields = Object.entries((shown.body ?? {}) as Record<string, unknown>).filter(
    ([name]) => name !== 'account',
  );
  const reader = Object.entries(routes).find(
    ([, one]) => one.method === 'GET' && one.path === route?.path,
  )?.[0];
  const now =
    reader === undefined || reader === 'events'
      ? undefined
      : await read(reader as RouteId, { params: shown.params, query: {} });
  const values = now instanceof Refusal || typeof now !== 'object' || now === null ? {} : now;
  return fields.flatMap(([field, wanted]) => {
    const is = (values as Record<string, unknown>)[field];
    if (JSON.stringify(is) === JSON.stringify(wanted)) return [];
    return [{ field, ...(is !== undefined && { now: is }), wanted }];
  });
}
