import { createHash } from 'node:crypto';
import type { connectionRoutes } from '@tandem/contract/areas/connection-routes.ts';
import { asAccountId } from '@tandem/domain';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import type { Principal } from '../auth/principal.ts';
import type { AccountChangeAsk, Asker, BoardOutcome } from '../connection-board.ts';
import type { Caller, HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesAccount } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { toConnection } from '../views/connection-view.ts';
import { toAccount } from '../views/directory-view.ts';
import { compact } from '../views/shape.ts';

/** Connections of accounts with Microsoft 365 tenants, and the accounts that the operator creates for them. */
export function connectionHandlers(services: ApiServices): HandlersOf<typeof connectionRoutes> {
  const { connections, accountDesk, directory, clock } = services;

  const view = (stored: StoredConnection) => toConnection(stored, connections.list(), clock.wall());
  const mine = (scope: Scope, id: string): StoredConnection | undefined => {
    const found = connections.find(id);
    // Connections are the account's: a person's scope has no business with them.
    return found && scope.kind !== 'person' && seesAccount(scope, found.accountId) ? found : undefined;
  };
  const accountOf = async (scope: Scope, id: string) => {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0];
  };
  /** The one that is named, if it is the asker's. */
  const withMine =
    <Input extends { readonly params: { readonly id: string } }, Value, Answer>(
      act: (stored: StoredConnection, input: Input, by: Asker) => Promise<BoardOutcome<Value>>,
      show: (value: Value) => Answer,
    ) =>
    async (context: {
      readonly input: Input;
      readonly scope: Scope;
      readonly principal: Principal;
      readonly caller: Caller;
    }): Promise<Answer | Refusal> => {
      const stored = mine(context.scope, context.input.params.id);
      if (!stored) return new Refusal('not-found');
      return settled(await act(stored, context.input, askerOf(context.principal, context.caller)), show);
    };

  return {
    'accounts.create': async ({ input, principal, caller }) =>
      settled(await accountDesk.create(input.body, askerOf(principal, caller)), toAccount),
    'accounts.change': async ({ scope, input, principal, caller }) => {
      const account = await accountOf(scope, input.params.id);
      if (!account) return new Refusal('not-found');
      const { teams, carriers, mainNumber, ...rest } = input.body;
      const change = compact({
        ...rest,
        carriers: carriers as AccountChangeAsk['carriers'],
        mainNumber: mainNumber as AccountChangeAsk['mainNumber'],
        teams: teams && {
          enabled: teams.enabled,
          ...(!teams.enabled && {
            endsAtWallMs: teams.endsAt === undefined ? clock.wall() : Date.parse(teams.endsAt),
          }),
        },
      });
      return settled(await accountDesk.change(account.id, change, askerOf(principal, caller)), toAccount);
    },

    'connections.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed || narrowed.kind === 'person') return new Refusal('not-found');
      const found = connections.list().filter((one) => seesAccount(narrowed, one.accountId));
      const start = input.query.cursor === undefined ? 0 : Number.parseInt(input.query.cursor, 36) || 0;
      const items = found.slice(start, start + input.query.limit);
      const end = start + items.length;
      return compact({
        items: items.map(view),
        total: found.length,
        nextCursor: end < found.length ? end.toString(36) : undefined,
      });
    },
    'connections.read': async ({ scope, input }) => {
      const stored = mine(scope, input.params.id);
      return stored ? view(stored) : new Refusal('not-found');
    },
    'connections.features': async () => connections.features(),

    'connections.signIn': async ({ scope, input, principal, caller }) => {
      const { account: accountId, connection, ...ask } = input.body;
      const account = await accountOf(scope, accountId);
      if (!account) return new Refusal('not-found');
      const known = connection === undefined ? undefined : mine(scope, connection);
      if (connection !== undefined && known?.accountId !== account.id) return new Refusal('not-found');
      return settled(
        await connections.signIn(
          { ...ask, accountId: account.id, connectionId: known?.id },
          askerOf(principal, caller),
        ),
        (value) => value,
      );
    },
    'connections.consent': withMine(
      (stored, input, by) => connections.consent(stored.id, input.body.returnTo, by, input.body.registration),
      (value) => value,
    ),
    'connections.complete': async ({ scope, input, principal, caller }) => {
      const outcome = await connections.complete(input.body, askerOf(principal, caller), (accountId) =>
        seesAccount(scope, accountId),
      );
      return settled(outcome, ({ connection, step, sentence }) => ({
        connection: view(connection),
        step,
        sentence,
      }));
    },
    'connections.approvalLink': withMine(
      (stored, input, by) => connections.approvalLink(stored.id, input.body.returnTo, by),
      (value) => value,
    ),
    'connections.approve': async ({ input, caller }) =>
      settled(await connections.approve(input.body, caller.address), (value) => value),
    'connections.register': async ({ scope, input, principal, caller }) => {
      const { account: accountId, ...ask } = input.body;
      const account = await accountOf(scope, accountId);
      if (!account) return new Refusal('not-found');
      return settled(
        await connections.register({ ...ask, accountId: account.id }, askerOf(principal, caller)),
        view,
      );
    },
    'connections.replaceRegistration': withMine(
      (stored, input, by) => connections.replaceRegistration(stored.id, input.body, by),
      view,
    ),
    'connections.setPresenceRegistration': withMine(
      (stored, input, by) => connections.setPresenceRegistration(stored.id, input.body, by),
      view,
    ),
    'connections.dropPresenceRegistration': withMine(
      (stored, _input, by) => connections.dropPresenceRegistration(stored.id, by),
      view,
    ),
    'connections.changeFeatures': withMine(
      (stored, input, by) => connections.changeFeatures(stored.id, input.body.features, by),
      view,
    ),
    'connections.recheck': withMine((stored, _input, by) => connections.recheck(stored.id, by), view),
    'connections.stops': withMine(
      (stored) => connections.stops(stored.id),
      (value) => value,
    ),
    'connections.disconnect': withMine(
      (stored, input, by) => connections.disconnect(stored.id, input.body, by),
      view,
    ),
    'connections.tenant': withMine(
      (stored) => connections.tenant(stored.id),
      (value) => value,
    ),
    'mails.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed || narrowed.kind === 'person') return new Refusal('not-found');
      const accountId = narrowed.kind === 'platform' ? undefined : asAccountId(narrowed.accountId);
      const { items, ...page } = await connections.mails(accountId, input.query);
      return compact({ items: [...items], ...page });
    },
  };
}

function settled<Value, Answer>(outcome: BoardOutcome<Value>, show: (value: Value) => Answer) {
  if (outcome.ok) return show(outcome.value);
  return new Refusal(outcome.code, outcome.detail === undefined ? {} : { detail: outcome.detail });
}

/** The session's token is not kept anywhere: its hash is enough to know the session again. */
export function askerOf(principal: Principal, caller: Caller): Asker {
  const secret = caller.cookie ?? `${principal.via}:${principal.userId}`;
  return {
    kind: principal.via === 'cookie' ? 'user' : 'token',
    name: principal.name,
    role: principal.role,
    address: caller.address,
    ...(principal.approvedBy !== undefined && { approvedBy: principal.approvedBy }),
    session: createHash('sha256').update(secret).digest('base64url'),
  };
}
