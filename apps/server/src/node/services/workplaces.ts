import type { Workplace } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { Account, Person, PersonId } from '@tandem/domain';
import type { DirectoryView } from '@tandem/engine/ports/directory-view.ts';

/** City and department of people as the connected directories say them; who is not known in any, or not for sure, is not there. */
export const createWorkplaces =
  (viewsOf: (accountId: Account['id']) => readonly DirectoryView[]) =>
  (account: Account, people: readonly Person[]): ReadonlyMap<PersonId, Workplace> => {
    const found = new Map<PersonId, Workplace>();
    const asked = people.map(({ id, displayName, mail, upn }) => ({
      id,
      displayName,
      upn,
      ...(mail !== undefined && { mail }),
    }));
    for (const view of viewsOf(account.id)) {
      const matches = view.match(asked);
      if (matches === 'unread') continue;
      for (const { id } of people) {
        const match = matches.get(id);
        if (!match?.user || match.alsoMatches.length > 0 || found.has(id)) continue;
        const { city, department } = match.user;
        found.set(id, {
          ...(city !== undefined && { city }),
          ...(department !== undefined && { department }),
        });
      }
    }
    return found;
  };
