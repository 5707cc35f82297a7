import type { AccountDesk, BoardOutcome } from '@tandem/adapters/http/connection-board.ts';
import type { AccountStore } from '@tandem/adapters/postgres/account-store.ts';
import type { CarrierStore } from '@tandem/adapters/postgres/carrier-store.ts';
import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import { type Account, asAccountId, asCarrierId, type E164, uuidV7 } from '@tandem/domain';
import type { AuditLog } from '@tandem/engine';

const mostConflicts = 3;

/** What the operator does with accounts (C21). The routing facts follow by themselves. */
export function createAccountDesk(parts: {
  readonly accounts: Pick<AccountStore, 'get' | 'update' | 'createForPlatform'>;
  readonly carriers: Pick<CarrierStore, 'listAllCarriersForPlatform'>;
  readonly audit: AuditLog;
  readonly refresh: () => Promise<void>;
  readonly wall: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}): AccountDesk {
  const { accounts, audit } = parts;
  const refused = (refusal: Refusal): BoardOutcome<never> => {
    if (refusal.kind === 'taken' && refusal.what === 'sbc-host') return { ok: false, code: 'host-taken' };
    if (refusal.kind === 'taken') return { ok: false, code: 'name-taken' };
    if (refusal.kind === 'unknown-reference')
      return {
        ok: false,
        code: 'invalid-request',
        detail: 'A carrier is not known or not usable by this account.',
      };
    if (refusal.kind === 'invalid') return { ok: false, code: 'invalid-request', detail: refusal.detail };
    return { ok: false, code: 'not-found' };
  };
  return {
    async create(wanted, { session: _, ...actor }) {
      const { teamsEnabled, carriers, mainNumber, areaCode, ...rest } = wanted;
      const shared = async () =>
        (await parts.carriers.listAllCarriersForPlatform())
          .filter(({ owner }) => owner === 'operator')
          .map(({ id }) => id);
      const account: Account = {
        ...rest,
        id: asAccountId(uuidV7(parts.wall(), parts.randomBytes(10))),
        status: 'active',
        carriers: carriers?.map(asCarrierId) ?? (await shared()),
        ...(areaCode !== undefined && { areaCode }),
        ...(mainNumber !== undefined && { mainNumber: mainNumber as E164 }),
        ...(!teamsEnabled && { teams: { enabled: false } }),
      };
      const outcome = await accounts.createForPlatform(account);
      if (!outcome.ok) return refused(outcome.refusal);
      await parts.refresh();
      await audit.note({
        accountId: account.id,
        actor,
        action: 'account.create',
        object: { kind: 'account', id: account.id, label: account.name },
        after: auditedAccount(outcome.value),
      });
      return { ok: true, value: outcome.value };
    },
    async change(accountId, change, { session: _, ...actor }) {
      for (let attempt = 0; attempt < mostConflicts; attempt++) {
        const before = await accounts.get(accountId);
        if (!before) return { ok: false, code: 'not-found' };
        const outcome = await accounts.update(accountId, before.version, change);
        if (!outcome.ok) {
          if (outcome.refusal.kind === 'conflict') continue;
          return refused(outcome.refusal);
        }
        await parts.refresh();
        await audit.note({
          accountId,
          actor,
          action: 'account.change',
          object: { kind: 'account', id: accountId, label: outcome.value.name },
          before: auditedAccount(before),
          after: auditedAccount(outcome.value),
        });
        return { ok: true, value: outcome.value };
      }
      throw new Error('the account was changed three times meanwhile');
    },
  };
}

function auditedAccount(account: Account): Readonly<Record<string, unknown>> {
  const { id: _, ...rest } = account;
  return { ...rest, teams: account.teams ?? { enabled: true } };
}
