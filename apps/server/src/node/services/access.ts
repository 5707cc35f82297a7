import type { AccessBoard } from '@tandem/adapters/http/access-board.ts';
import { seesAccount } from '@tandem/adapters/http/scope.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { AuditLog } from '@tandem/engine/ports/audit.ts';

/** Sign-ins and what carriers are shown. The audit names what was set, never its value. */
export function createAccessBoard(parts: {
  readonly stores: Pick<Stores, 'users' | 'carriers'>;
  readonly newPassword: () => string;
  readonly audit: AuditLog;
  readonly refresh: () => Promise<unknown>;
}): AccessBoard {
  const { stores, audit } = parts;
  return {
    async signIns(scope, accountId) {
      if (accountId !== undefined) return await stores.users.list(accountId);
      return scope.kind === 'platform' ? await stores.users.listAllUsersForPlatform() : [];
    },
    async newPassword(scope, signInId, by) {
      const all =
        scope.kind === 'platform'
          ? await stores.users.listAllUsersForPlatform()
          : scope.kind === 'account'
            ? await stores.users.list(scope.accountId)
            : [];
      const user = all.find(({ id }) => id === signInId);
      if (!user) return undefined;
      const password = parts.newPassword();
      const set = await stores.users.setPasswordForPlatform(user.id, password);
      if (!set.ok) return undefined;
      await audit.note({
        accountId: user.accountId,
        actor: by,
        action: 'sign-in.password',
        object: { kind: 'sign-in', id: user.id, label: user.name },
      });
      return password;
    },
    async setCredentials(scope, carrierId, credentials, by) {
      const carriers = await stores.carriers.listAllCarriersForPlatform();
      const carrier = carriers.find(({ id }) => id === carrierId);
      if (!carrier || (carrier.owner !== 'operator' && !seesAccount(scope, carrier.owner))) return false;
      if (carrier.owner === 'operator' && scope.kind !== 'platform') return false;
      const { username: _, owner, ...rest } = carrier;
      const saved = await stores.carriers.saveForPlatform(owner, { ...rest, credentials });
      if (!saved.ok) return false;
      await parts.refresh();
      await audit.note({
        accountId: owner === 'operator' ? undefined : owner,
        actor: by,
        action: 'carrier.credentials',
        object: { kind: 'carrier', id: carrier.id, label: carrier.name },
        after: { username: credentials?.username ?? null, password: credentials ? 'set' : null },
      });
      return true;
    },
  };
}
