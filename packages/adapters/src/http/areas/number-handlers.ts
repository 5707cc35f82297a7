import type { numberRoutes } from '@tandem/contract/areas/number-routes.ts';
import { type Account, asAccountId, type E164, isE164, readNumber } from '@tandem/domain';
import type { NumberHold, NumberRange } from '../../postgres/number-stock-store.ts';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import type { NumberRefusal } from '../number-board.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { toNumber, toPerson } from '../views/directory-view.ts';
import { compact, instant } from '../views/shape.ts';

const noAccount = () => new Refusal('not-found', { detail: 'There is no such account.' });

/** Inventory of numbers: ranges, reservations, quarantine; people come and go with their numbers. */
export function numberHandlers(services: ApiServices): HandlersOf<typeof numberRoutes> {
  const { numbers: board, directory } = services;
  const accountOf = async (scope: Scope): Promise<Account | undefined> =>
    scope.kind === 'platform' ? undefined : (await directory.accounts(scope, { limit: 1 })).items[0];

  return {
    'ranges.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return noAccount();
      const accountId = narrowed.kind === 'platform' ? undefined : narrowed.accountId;
      return { items: (await board.ranges(narrowed, accountId)).map(rangeView) };
    },
    'ranges.create': async ({ scope, input, principal, caller }) => {
      const { account, name, first, last, when } = input.body;
      if (!narrow(scope, account)) return noAccount();
      const made = await board.createRange(
        {
          accountId: asAccountId(account),
          name,
          first: first as E164,
          last: last as E164,
          ...(when && { when: compact(when) }),
        },
        actorOf(principal, caller),
      );
      return made.kind === 'done' ? rangeView(made.range) : refusalOf(made);
    },
    'ranges.change': async ({ scope, input, principal, caller }) => {
      const { name, when } = input.body;
      const change = {
        ...(name !== undefined && { name }),
        ...(when !== undefined && { when: when && compact(when) }),
      };
      const outcome = await board.changeRange(scope, input.params.id, change, actorOf(principal, caller));
      return outcome.kind === 'done' ? rangeView(outcome.range) : refusalOf(outcome);
    },
    'ranges.delete': async ({ scope, input, principal, caller }) => {
      const outcome = await board.removeRange(scope, input.params.id, actorOf(principal, caller));
      return outcome.kind === 'done' ? undefined : refusalOf(outcome);
    },
    'numbers.add': async ({ scope, input, principal, caller }) => {
      const { account, numbers } = input.body;
      if (!narrow(scope, account)) return noAccount();
      const outcome = await board.add(asAccountId(account), numbers as E164[], actorOf(principal, caller));
      if (outcome.kind !== 'done') return refusalOf(outcome);
      return { added: outcome.added, already: new Set(numbers).size - outcome.added };
    },
    'numbers.change': async ({ scope, input, principal, caller }) => {
      const { reserveFor, until, ported, reason } = input.body;
      const why = reason === undefined ? {} : { reason };
      const hold: NumberHold =
        typeof reserveFor === 'string'
          ? {
              kind: 'reserve',
              for: reserveFor,
              ...(until !== undefined && { untilWallMs: Date.parse(until) }),
              ...why,
            }
          : ported === true
            ? { kind: 'ported', ...why }
            : { kind: 'free', ...why };
      const outcome = await board.hold(scope, input.params.id as E164, hold, actorOf(principal, caller));
      return outcome.kind === 'done' ? toNumber(outcome.entry) : refusalOf(outcome);
    },
    'numbers.delete': async ({ scope, input, principal, caller }) => {
      const outcome = await board.remove(scope, input.params.id as E164, actorOf(principal, caller));
      return outcome.kind === 'done' ? undefined : refusalOf(outcome);
    },
    'numbers.suggest': async ({ scope, input }) => {
      const { account, range, person: personId } = input.query;
      const narrowed = narrow(scope, account);
      if (!narrowed) return noAccount();
      const person = personId === undefined ? undefined : await directory.person(narrowed, personId);
      if (personId !== undefined && !person) return new Refusal('not-found');
      const accountId =
        narrowed.kind === 'platform'
          ? person?.accountId
          : narrowed.kind === 'account'
            ? narrowed.accountId
            : undefined;
      return (
        (await board.suggest(narrowed, accountId, {
          ...(range !== undefined && { rangeId: range }),
          ...(person && { personId: person.id }),
        })) ?? {}
      );
    },
    'numbers.who': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return noAccount();
      const account = await accountOf(narrowed);
      const read = readNumber(input.query.number, account?.country ?? 'US', account?.areaCode);
      if (read.kind !== 'e164')
        return new Refusal('invalid-request', {
          errors: [{ path: 'number', message: `${input.query.number} is not a number that can be called` }],
        });
      return await board.who(narrowed, read.number);
    },
    'people.create': async ({ scope, input, principal, caller }) => {
      const { account, number, ...wanted } = input.body;
      if (!narrow(scope, account)) return noAccount();
      const made = await board.createPerson(
        {
          ...wanted,
          accountId: asAccountId(account),
          ...(number !== undefined && { number: number === 'next' || !isE164(number) ? 'next' : number }),
        },
        actorOf(principal, caller),
      );
      if (made.kind !== 'done') return refusalOf(made);
      const narrowed = narrow(scope, account);
      return toPerson(made.person, narrowed && (await accountOf(narrowed)), services);
    },
    'people.leave': async ({ scope, input }) => {
      const person = await directory.person(scope, input.params.id);
      if (!person || !seesPerson(scope, { accountId: person.accountId, personId: person.id }))
        return new Refusal('not-found');
      const left = await board.leave(scope, person.id, input.query.forward);
      if (left.kind !== 'done') return refusalOf(left);
      return {
        numbers: left.numbers.map(({ number, fate, untilWallMs }) =>
          compact({
            number: number as string,
            fate,
            until: untilWallMs === undefined ? undefined : instant(untilWallMs),
          }),
        ),
      };
    },
    'people.delete': async ({ scope, input, principal, caller }) => {
      const gone = await board.deletePerson(scope, input.params.id, input.query, actorOf(principal, caller));
      return gone.kind === 'done' ? undefined : refusalOf(gone);
    },
  };
}

const rangeView = ({ id, accountId, name, first, last, size, free, when }: NumberRange) => ({
  id,
  accountId: accountId as string,
  name,
  first: first as string,
  last: last as string,
  size,
  free,
  ...(when && { when: { ...when } }),
});

function refusalOf(refusal: NumberRefusal): Refusal {
  switch (refusal.kind) {
    case 'unknown':
      return new Refusal('not-found');
    case 'invalid':
      return new Refusal('invalid-request', { errors: [{ path: refusal.field, message: refusal.say }] });
    case 'number-in-use':
    case 'no-free-number':
      return new Refusal(refusal.kind);
    case 'number-taken':
    case 'number-held':
    case 'name-in-use':
      return new Refusal(refusal.kind, { detail: refusal.say });
  }
}
