import type { PresenceJournalEntry } from '@tandem/contract';
import type { presenceRoutes } from '@tandem/contract/areas/presence-routes.ts';
import type { Person } from '@tandem/domain';
import { writeCsv } from '../../csv/people-csv.ts';
import { actorOf } from '../auth/actor.ts';
import { type HandlersOf, TextAnswer } from '../handlers.ts';
import type { OwnPresenceOutcome } from '../own-presence-board.ts';
import { Refusal } from '../refusal.ts';
import { type Scope, seesPerson } from '../scope.ts';
import { type ApiServices, isAway } from '../services.ts';
import { compact } from '../views/shape.ts';

const notFound = () => new Refusal('not-found');
const mostInCsv = 25_000;

function orRefusal<Value>(outcome: OwnPresenceOutcome<Value>): Value | Refusal {
  if (outcome.ok) return outcome.value;
  if (outcome.is === 'not-allowed') return new Refusal('wrong-state', { detail: outcome.say });
  return new Refusal('invalid-request', { errors: [{ path: outcome.path, message: outcome.message }] });
}

/** One person's state: what says it, by hand, the journal, who rings anyway, and putting it right. */
export function presenceHandlers(services: ApiServices): HandlersOf<typeof presenceRoutes> {
  const { directory, ownPresence: board } = services;

  const visible = (scope: Scope, person: Person | undefined): Person | undefined =>
    person && seesPerson(scope, { accountId: person.accountId, personId: person.id }) ? person : undefined;

  /** While the database is away, who the person is comes from memory: states go on, and so does asking for them. */
  async function found(
    scope: Scope,
    id: string,
  ): Promise<{ readonly person: Person; readonly remembered: boolean } | undefined> {
    let remembered = false;
    let person: Person | undefined;
    try {
      person = await directory.person(scope, id);
    } catch (error) {
      if (!isAway(error)) throw error;
      remembered = true;
      person = board.known(id);
    }
    const seen = visible(scope, person);
    return seen && { person: seen, remembered };
  }

  const personIn = async (scope: Scope, id: string): Promise<Person | undefined> =>
    (await found(scope, id))?.person;

  return {
    'presence.read': async ({ scope, input }) => {
      const one = await found(scope, input.params.id);
      if (!one) return notFound();
      return { ...board.vector(one.person), ...(one.remembered && { remembered: true as const }) };
    },
    'presence.set': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return notFound();
      return orRefusal(await board.set(person, input.body, actorOf(principal, caller)));
    },
    'presence.release': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      return person ? board.release(person, actorOf(principal, caller)) : notFound();
    },
    'presence.journal': async ({ scope, input, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return notFound();
      const { limit, cursor, from, to } = input.query;
      const page = await board.journal(person, {
        limit: caller.wantsCsv ? mostInCsv : limit,
        cursor,
        fromWallMs: from === undefined ? undefined : Date.parse(from),
        beforeWallMs: to === undefined ? undefined : Date.parse(to),
      });
      if (caller.wantsCsv)
        return new TextAnswer(writeCsv(columns, page.items.map(rowOf)), 200, 'text/csv; charset=utf-8');
      return compact({ items: [...page.items], nextCursor: page.nextCursor });
    },
    'presence.fix': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      return person ? board.fix(person, actorOf(principal, caller)) : notFound();
    },
    'presence.exceptions': async ({ scope, input }) => {
      const person = await personIn(scope, input.params.id);
      return person ? board.exceptions(person) : notFound();
    },
    'presence.changeExceptions': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return notFound();
      return orRefusal(await board.changeExceptions(person, input.body, actorOf(principal, caller)));
    },
  };
}

const columns = [
  'at',
  'from',
  'to',
  'source',
  'cause',
  'direct calls',
  'queue calls',
  'by',
  'teams availability',
  'teams activity',
  'unseen value',
  'sentence',
];

const rowOf = (entry: PresenceJournalEntry): readonly (string | undefined)[] => [
  entry.at,
  entry.from,
  entry.to,
  entry.source,
  entry.cause,
  entry.accepts.direct,
  entry.accepts.queue ? 'yes' : 'no',
  entry.by,
  entry.teams?.availability ?? undefined,
  entry.teams?.activity ?? undefined,
  entry.teams && (entry.teams.unseen ? 'yes' : 'no'),
  entry.sentence,
];
