import type { tagRoutes } from '@tandem/contract/areas/tag-routes.ts';
import { asAccountId, type Person } from '@tandem/domain';
import { writeCsv } from '../../csv/people-csv.ts';
import { actorOf } from '../auth/actor.ts';
import { type HandlersOf, TextAnswer } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { instant } from '../views/shape.ts';

const noAccount = () => new Refusal('not-found', { detail: 'There is no such account.' });
const mostInCsv = 100_000;

/** Words that admins put on people, for reports. */
export function tagHandlers({ directory, tags }: ApiServices): HandlersOf<typeof tagRoutes> {
  async function personIn(scope: Scope, id: string): Promise<Person | undefined> {
    const person = await directory.person(scope, id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }
  async function accountIn(scope: Scope, id: string) {
    const narrowed = narrow(scope, id);
    const known = narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0];
    return known && asAccountId(id);
  }
  return {
    'tags.used': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? { items: [...(await tags.list(account))] } : noAccount();
    },
    'tags.people': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return noAccount();
      const people = await tags.people(account, input.query.tag);
      return { items: people.map((one) => ({ ...one, id: one.id as string, tags: [...one.tags] })) };
    },
    'tags.calls': async ({ scope, input, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return noAccount();
      const { tag, from, to } = input.query;
      const period = { from: Date.parse(from), until: Date.parse(to), ...(tag !== undefined && { tag }) };
      if (!caller.wantsCsv) return { items: [...(await tags.sums(account, period))] };
      const calls = await tags.calls(account, period, mostInCsv);
      return new TextAnswer(
        writeCsv(
          ['tag', 'person', 'upn', 'invitedAt', 'direction', 'from', 'to', 'result', 'talkSeconds'],
          calls.map((one) => [
            one.tag,
            one.displayName,
            one.upn,
            instant(one.invitedWallMs),
            one.direction,
            one.from,
            one.to,
            one.result,
            one.talkSeconds,
          ]),
        ),
        200,
        'text/csv; charset=utf-8',
      );
    },
    'tags.read': async ({ scope, input }) => {
      const person = await personIn(scope, input.params.id);
      return person ? { tags: [...(await tags.of(person.accountId, person.id))] } : new Refusal('not-found');
    },
    'tags.set': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      const set = person && (await tags.set(person, input.body.tags, actorOf(principal, caller)));
      return set ? { tags: [...set] } : new Refusal('not-found');
    },
  };
}
