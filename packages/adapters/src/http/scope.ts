import { type Account, type AccountId, asAccountId, asPersonId, type PersonId } from '@tandem/domain';
import type { Principal } from './auth/principal.ts';

/** For whom a question is asked. `platform` is the operator's view over all accounts and says so in its name. */
export type Scope =
  | {
      readonly kind: 'platform';
      /** Accounts that are not touched: their administrators did not consent. */
      readonly except?: ReadonlySet<string>;
    }
  | { readonly kind: 'account'; readonly accountId: AccountId }
  | { readonly kind: 'person'; readonly accountId: AccountId; readonly personId: PersonId };

/** What the caller may see at all. `undefined`: nothing (a broken user; unknown is never treated as good). */
export function scopeOf(principal: Principal): Scope | undefined {
  if (principal.role === 'operator') return { kind: 'platform' };
  if (principal.accountId === undefined) return undefined;
  const accountId = asAccountId(principal.accountId);
  if (principal.role !== 'user') return { kind: 'account', accountId };
  if (principal.personId === undefined) return undefined;
  return { kind: 'person', accountId, personId: asPersonId(principal.personId) };
}

/** Narrows to one account on request. `undefined`: that account is not the caller's, so it does not exist. */
export function narrow(scope: Scope, account: string | undefined): Scope | undefined {
  if (account === undefined) return scope;
  if (scope.kind === 'platform') return { kind: 'account', accountId: asAccountId(account) };
  return scope.accountId === account ? scope : undefined;
}

export function seesAccount(scope: Scope, accountId: AccountId | string | undefined): boolean {
  if (scope.kind === 'platform') return accountId === undefined || !scope.except?.has(accountId);
  return accountId !== undefined && scope.accountId === accountId;
}

/** A person's scope sees only what carries the person's id; rows without one are not theirs. */
export function seesPerson(
  scope: Scope,
  row: { readonly accountId?: Account['id'] | undefined; readonly personId?: PersonId | undefined },
): boolean {
  if (!seesAccount(scope, row.accountId)) return false;
  return scope.kind !== 'person' || (row.personId !== undefined && row.personId === scope.personId);
}
