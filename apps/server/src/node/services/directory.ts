import { type Scope, seesAccount, seesPerson } from '@tandem/adapters/http/scope.ts';
import type { Directory, NumberOwner, PageAsk, PageOf } from '@tandem/adapters/http/services.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import {
  type Account,
  asPersonId,
  type Carrier,
  type Person,
  type RoutingSnapshot,
  teamsEligibility,
} from '@tandem/domain';

/**
 * The directory as the API sees it. Reading is done from the routing snapshot, so what a person sees is what calls are
 * routed by, and it answers while the database is away; changes go to the stores and are visible when they return.
 */
export function createDirectory(deps: {
  readonly stores: Stores;
  snapshot(): RoutingSnapshot;
  /** Reads the database anew; resolves when `snapshot` shows the change. */
  refresh(): Promise<void>;
}): Directory {
  const { stores, snapshot } = deps;

  const visiblePeople = (scope: Scope): Person[] =>
    [...snapshot().people.values()].filter((person) => seesPerson(scope, { ...person, personId: person.id }));

  const find = (scope: Scope, id: string): Person | undefined => {
    const person = snapshot().people.get(asPersonId(id));
    return person && seesPerson(scope, { ...person, personId: person.id }) ? person : undefined;
  };

  return {
    async accounts(scope, ask) {
      const accounts = [...snapshot().accounts.values()].filter((account) => seesAccount(scope, account.id));
      return page(accounts, ask, ({ name }) => name.toLowerCase());
    },

    async people(scope, ask) {
      const wanted = ask.search?.trim().toLowerCase();
      const people = visiblePeople(scope).filter((person) => {
        if (wanted && !searchable(person).includes(wanted)) return false;
        return ask.blocked === undefined || ask.blocked === lacksSomething(snapshot(), person);
      });
      return page(people, ask, (person) => `${person.displayName.toLowerCase()} ${person.upn}`);
    },

    person: async (scope, id) => find(scope, id),

    async changePerson(scope, id, change) {
      const known = find(scope, id);
      if (!known) return { kind: 'unknown' };
      // A version that moved under us is read again and tried once more: the wish names single fields, not a whole.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const person = await stores.people.get(known.accountId, known.id);
        if (!person) return { kind: 'unknown' };
        const outcome = await stores.people.update(known.accountId, known.id, person.version, {
          ...(change.teamsToggle !== undefined && { teamsToggle: change.teamsToggle }),
          ...(change.number !== undefined && {
            numbers:
              change.number === null
                ? person.numbers.slice(1)
                : [change.number, ...person.numbers.slice(1).filter((one) => one !== change.number)],
          }),
        });
        if (outcome.ok) {
          await deps.refresh();
          return { kind: 'changed', person: outcome.value };
        }
        if (outcome.refusal.kind === 'taken') return { kind: 'number-taken' };
        if (outcome.refusal.kind === 'not-found') return { kind: 'unknown' };
      }
      return { kind: 'unknown' };
    },

    async carriers(scope, ask) {
      const { carriers, accounts } = snapshot();
      const used = new Set(
        scope.kind === 'platform' ? carriers.keys() : (accounts.get(scope.accountId)?.carriers ?? []),
      );
      const visible = [...carriers.values()].filter(
        (carrier: Carrier) =>
          used.has(carrier.id) || (scope.kind !== 'platform' && carrier.owner === scope.accountId),
      );
      return page(visible, ask, ({ name }) => name.toLowerCase());
    },

    async numbers(scope, ask) {
      const facts = snapshot();
      const wanted = ask.search?.replace(/[^0-9]/g, '');
      const owned: NumberOwner[] = [];
      for (const [number, owner] of facts.numbers) {
        if (!seesPerson(scope, owner) || (wanted && !number.includes(wanted))) continue;
        const person = facts.people.get(owner.personId);
        owned.push({
          number,
          accountId: owner.accountId,
          ...(person && { person: { id: person.id, displayName: person.displayName } }),
        });
      }
      return page(owned, ask, ({ number }) => number);
    },
  };
}

const searchable = (person: Person): string =>
  `${person.displayName} ${person.upn} ${person.mail ?? ''} ${person.extension ?? ''} ${person.numbers.join(' ')}`.toLowerCase();

function lacksSomething(facts: RoutingSnapshot, person: Person): boolean {
  const account: Account | undefined = facts.accounts.get(person.accountId);
  return account === undefined || teamsEligibility(account, person).length > 0;
}

/** Keyset paging over what is in memory: the cursor is the key of the last row, so rows that come or go do not shift pages. */
function page<Item>(items: readonly Item[], ask: PageAsk, keyOf: (item: Item) => string): PageOf<Item> {
  const sorted = items
    .map((item) => ({ key: keyOf(item), item }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const after = ask.cursor === undefined ? undefined : Buffer.from(ask.cursor, 'base64url').toString('utf8');
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after);
  const shown = rest.slice(0, ask.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    total: items.length,
    ...(last &&
      rest.length > shown.length && { nextCursor: Buffer.from(last.key, 'utf8').toString('base64url') }),
  };
}
