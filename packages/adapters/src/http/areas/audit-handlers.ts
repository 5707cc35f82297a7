import type { auditRoutes } from '@tandem/contract/areas/audit-routes.ts';
import type { AccountId } from '@tandem/domain';
import type { ChainReport } from '../../audit/audit-log.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope } from '../scope.ts';
import type { ApiServices, AuditBoard } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

/** Who changed what. */
export function auditHandlers({ audit }: ApiServices): HandlersOf<typeof auditRoutes> {
  return {
    'audit.list': async ({ scope, input }) => {
      const { query } = input;
      const chain = chainOf(scope, query.account);
      if (chain === 'foreign') return new Refusal('not-found', { detail: 'There is no such account.' });
      const before = query.cursor === undefined ? undefined : Number(query.cursor);
      if (before !== undefined && !Number.isSafeInteger(before))
        return new Refusal('invalid-request', {
          errors: [{ path: 'cursor', message: 'not a cursor of this list' }],
        });
      const found = await audit.list(chain.accountId, {
        limit: query.limit + 1,
        ...(before !== undefined && { beforeSequence: before }),
        ...(query.action !== undefined && { action: query.action }),
        ...(query.object !== undefined && { objectId: query.object }),
        ...(query.actor !== undefined && { actor: query.actor }),
        ...(query.from !== undefined && { fromWallMs: Date.parse(query.from) }),
        ...(query.to !== undefined && { untilWallMs: Date.parse(query.to) }),
      });
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      return compact({
        items: items.map((entry) => viewOf(entry, chain.accountId)),
        nextCursor: found.length > items.length && last ? String(last.sequence) : undefined,
      });
    },
    'audit.check': async ({ scope, input }) => {
      const chain = chainOf(scope, input.query.account);
      if (chain === 'foreign') return new Refusal('not-found', { detail: 'There is no such account.' });
      const report = await audit.check(chain.accountId);
      return compact({
        accountId: chain.accountId as string | undefined,
        sound: report.fault === undefined,
        entries: report.entries,
        signedHeads: report.heads,
        sentence: wordsOf(report),
        brokenAt: report.fault?.sequence,
      });
    },
  };
}

function chainOf(
  scope: Scope,
  account: string | undefined,
): { readonly accountId: AccountId | undefined } | 'foreign' {
  const narrowed = narrow(scope, account);
  if (!narrowed) return 'foreign';
  return { accountId: narrowed.kind === 'platform' ? undefined : narrowed.accountId };
}

function viewOf(entry: Awaited<ReturnType<AuditBoard['list']>>[number], accountId: AccountId | undefined) {
  const { sequence, atWallMs, actor, action, object, before, after, reason, previous, hash } = entry;
  return compact({
    sequence,
    accountId: accountId as string | undefined,
    at: instant(atWallMs),
    actor: actor as { kind: 'user' | 'token' | 'system'; name: string },
    action,
    object: object as { kind: string; id: string },
    before: before as Record<string, unknown> | undefined,
    after: after as Record<string, unknown> | undefined,
    reason,
    previous,
    hash,
  });
}

const faults = {
  gap: 'an entry is missing',
  changed: 'the entry was changed after it was written',
  'previous-does-not-fit': 'the entry does not follow the one before it',
  'head-not-signed-by-us': 'the signature over the chain is not ours',
  'head-does-not-fit': 'the entry is not the one that was signed',
  'cut-off': 'the end was cut off: a signed head names an entry that is not there',
} as const;

function wordsOf({ entries, heads, fault }: ChainReport): string {
  return fault === undefined
    ? `${entries} entries, each fits the one before; ${heads} signed heads fit.`
    : `Broken at entry ${fault.sequence}: ${faults[fault.what]}.`;
}
