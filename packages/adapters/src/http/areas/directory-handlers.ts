import type { directoryRoutes } from '@tandem/contract/areas/directory-routes.ts';
import type { Account, Person } from '@tandem/domain';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';

const notFound = (detail?: string): Refusal =>
  new Refusal('not-found', detail === undefined ? {} : { detail });

/** What was read of a connected tenant's directory. */
export function directoryHandlers(services: ApiServices): HandlersOf<typeof directoryRoutes> {
  const { directory, tenantDirectory: board } = services;

  async function accountIn(scope: Scope, id: string): Promise<Account | undefined> {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0];
  }

  async function peopleOf(scope: Scope, accountId: Account['id']): Promise<readonly Person[]> {
    const narrowed = narrow(scope, accountId);
    const found: Person[] = [];
    for (let cursor: string | undefined, first = true; narrowed && (first || cursor !== undefined); ) {
      first = false;
      const page = await directory.people(narrowed, { limit: 200, cursor });
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    return found;
  }

  const statesOf = (account: Account) => ({ items: [...board.states(account.id)] });

  return {
    'directory.state': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? statesOf(account) : notFound();
    },
    'directory.refresh': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return notFound();
      await board.refresh(account.id);
      return statesOf(account);
    },
    'directory.people': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? board.people(account.id, input.query.search, input.query.limit) : notFound();
    },
    'directory.groups': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? await board.groups(account.id, input.query.search, input.query.limit) : notFound();
    },
    'directory.mismatches': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? board.mismatches(account.id, await peopleOf(scope, account.id)) : notFound();
    },
    'directory.decide': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return notFound();
      const { heldId, decision } = input.body;
      const known = await board.decide(account.id, heldId, decision, actorOf(principal, caller));
      return known ? statesOf(account) : notFound('There is no such held change any more.');
    },
    'people.membership': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
        ? board.membership(person)
        : notFound();
    },
    'people.manager': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
        ? await board.manager(person)
        : notFound();
    },
  };
}
