import type { Account, AccountId } from '@tandem/domain';
import type { DirectoryMirror } from '@tandem/engine/directory-sync/directory-mirror.ts';
import type { CallerNames } from '@tandem/engine/ports/caller-names.ts';

/**
 * Who calls, by the directories of the called customer's own connections. Where two of them name two people it is nobody's
 * guess. A customer without a connection knows nobody.
 */
export function directoryCallerNames(
  accountOf: (accountId: AccountId) => Account | undefined,
  mirrorsOf: (accountId: AccountId) => readonly Pick<DirectoryMirror, 'phones'>[],
): CallerNames {
  return {
    nameOf(accountId, number) {
      const account = accountOf(accountId);
      if (!account) return undefined;
      const names = new Set<string>();
      for (const mirror of mirrorsOf(accountId)) {
        const name = mirror.phones().person(number, account.country, account.areaCode)?.displayName;
        if (name) names.add(name);
      }
      return names.size === 1 ? [...names][0] : undefined;
    },
  };
}
