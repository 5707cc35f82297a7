import type { Account, Carrier, E164, Person } from '@tandem/domain';
import { foldName } from '@tandem/engine/directory-sync/user-index.ts';
import { type Scope, seesAccount, seesPerson } from '../scope.ts';
import type { Directory, PageAsk, PageOf } from '../services.ts';

export interface MemoryDirectory extends Directory {
  readonly data: { accounts: Account[]; people: Person[]; carriers: Carrier[] };
}

/** The directory in arrays, for tests and for the portal's own development. `gate` throws when the database is away. */
export function createMemoryDirectory(
  data: { accounts: Account[]; people: Person[]; carriers: Carrier[] },
  gate: () => void,
): MemoryDirectory {
  const byName = (a: { displayName: string }, b: { displayName: string }) =>
    a.displayName.localeCompare(b.displayName);
  const sees = (scope: Scope, person: Person): boolean =>
    seesPerson(scope, { accountId: person.accountId, personId: person.id });

  return {
    data,
    async accounts(scope, ask) {
      gate();
      return slice(
        data.accounts.filter((account) => seesAccount(scope, account.id)),
        ask,
      );
    },
    async people(scope, ask) {
      gate();
      const search = ask.search === undefined ? undefined : foldName(ask.search);
      const digits = search?.replace(/[\s()\-.+]/g, '') ?? '';
      const found = data.people
        .filter((person) => sees(scope, person))
        .filter((person) => {
          if (search === undefined) return true;
          const words = [person.displayName, person.upn, person.mail ?? '', person.extension ?? ''];
          if (words.some((word) => foldName(word).includes(search))) return true;
          return /^\d+$/.test(digits) && person.numbers.some((number) => number.includes(digits));
        })
        .filter((person) => {
          const account = data.accounts.find((one) => one.id === person.accountId);
          return account !== undefined && (ask.keep?.(account, person) ?? true);
        })
        .sort(byName);
      return slice(found, ask);
    },
    async person(scope, id) {
      gate();
      return data.people.find((person) => person.id === id && sees(scope, person));
    },
    async changePerson(scope, id, change) {
      gate();
      const index = data.people.findIndex((person) => person.id === id && sees(scope, person));
      const person = data.people[index];
      if (!person) return { kind: 'unknown' };
      let numbers: readonly E164[] = person.numbers;
      if (change.number === null) numbers = person.numbers.slice(1);
      else if (change.number !== undefined) {
        const wanted = change.number;
        const other = data.people.find((one) => one.id !== id && one.numbers.includes(wanted));
        if (other) return { kind: 'number-taken' };
        numbers = [wanted, ...person.numbers.slice(1).filter((number) => number !== wanted)];
      }
      const { leaver: had, ...rest } = person;
      const leaver = change.leaver === undefined ? had : (change.leaver ?? undefined);
      const changed: Person = {
        ...rest,
        ...(leaver && { leaver }),
        teamsToggle: change.teamsToggle ?? person.teamsToggle,
        platformLicence: change.platformLicence ?? person.platformLicence,
        active: change.active ?? person.active,
        numbers,
      };
      data.people[index] = changed;
      return { kind: 'changed', person: changed, before: person };
    },
    async carriers(scope, ask) {
      gate();
      const found = data.carriers.filter((carrier) => {
        if (scope.kind === 'platform') return true;
        if (carrier.owner === scope.accountId) return true;
        const account = data.accounts.find((one) => one.id === scope.accountId);
        return carrier.owner === 'operator' && account?.carriers.includes(carrier.id) === true;
      });
      const shown = found.map(({ credentials, ...carrier }) => ({
        ...carrier,
        ...(credentials ? { username: credentials.username } : {}),
      }));
      return slice(shown, ask);
    },
    async numbers(scope, ask) {
      gate();
      const digits = ask.search?.replace(/[^0-9]/g, '') ?? '';
      const found = data.people
        .filter((person) => sees(scope, person))
        .flatMap((person) =>
          person.numbers.map((number) => ({
            number,
            accountId: person.accountId,
            person: { id: person.id, displayName: person.displayName },
          })),
        )
        .filter((entry) => entry.number.includes(digits))
        .sort((a, b) => a.number.localeCompare(b.number));
      return slice(found, ask);
    },
  };
}

export function slice<Item>(all: readonly Item[], ask: PageAsk): PageOf<Item> {
  const start = ask.cursor === undefined ? 0 : Number(ask.cursor) || 0;
  const end = start + ask.limit;
  return {
    items: all.slice(start, end),
    total: all.length,
    ...(end < all.length ? { nextCursor: String(end) } : {}),
  };
}
