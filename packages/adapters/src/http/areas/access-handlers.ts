import type { accessRoutes } from '@tandem/contract/areas/access-routes.ts';
import { asCarrierId } from '@tandem/domain';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

/** Sign-ins, and what carriers are shown. */
export function accessHandlers({ access }: ApiServices): HandlersOf<typeof accessRoutes> {
  return {
    'signIns.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return new Refusal('not-found', { detail: 'There is no such account.' });
      const accountId = narrowed.kind === 'platform' ? undefined : narrowed.accountId;
      const items = (await access.signIns(narrowed, accountId)).map((one) => {
        const { id, name, role, disabled } = one;
        return compact({
          id,
          name,
          role,
          disabled,
          accountId: one.accountId as string | undefined,
          personId: one.personId as string | undefined,
          lastSignInAt: one.lastSignInAt === undefined ? undefined : instant(one.lastSignInAt),
        });
      });
      return { items };
    },
    'signIns.newPassword': async ({ scope, input, principal, caller }) => {
      const password = await access.newPassword(scope, input.params.id, actorOf(principal, caller));
      return password === undefined ? new Refusal('not-found') : { password };
    },
    'carriers.credentials': async ({ scope, input, principal, caller }) => {
      const { username, password, realm } = input.body;
      const credentials =
        username === '' ? null : { username, password, ...(realm !== undefined && { realm }) };
      const by = actorOf(principal, caller);
      return (await access.setCredentials(scope, asCarrierId(input.params.id), credentials, by))
        ? undefined
        : new Refusal('not-found');
    },
  };
}
