import type { ContactCard, LiveEvent, Person, RouteOutput } from '@tandem/contract';
import type { Query } from '@tanstack/react-query';
import { queries } from './client.ts';

type PersonEvent = Extract<LiveEvent, { kind: 'person' }>;
type PeoplePage = RouteOutput<'people.list'>;

/** Whatever has to be read again because of events is, once in this time: a burst of events costs one question. */
const rereadEveryMs = 1_000;
const toReread = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Writes what changed into every list and page that shows the person; only what changed is drawn again. */
export function takePerson({ personId, readiness, presence }: PersonEvent): void {
  const patched = (person: Person): Person => ({
    ...person,
    ...(readiness ? { readiness } : {}),
    ...(presence ? { presence } : {}),
  });
  const ofPerson = { params: { id: personId } };
  queries.setQueriesData<PeoplePage>({ queryKey: ['people.list'] }, (page) =>
    page?.items.some((person) => person.id === personId)
      ? { ...page, items: page.items.map((person) => (person.id === personId ? patched(person) : person)) }
      : page,
  );
  queries.setQueryData<Person>(['people.read', ofPerson], (person) => person && patched(person));
  if (presence) takeContactPresence(personId, presence);
  // The event has the summary only; the checks behind it are asked for.
  if (readiness) void queries.invalidateQueries({ queryKey: ['people.readiness', ofPerson] });

  for (const query of queries.getQueryCache().findAll({ predicate: showsPeople })) {
    // An answer on its way may be older than the event and would write over it.
    const overtaken = query.state.fetchStatus === 'fetching';
    if (overtaken || (readiness && filtersByReadiness(query))) rereadSoon(query.queryHash);
  }
}

/** Lists of contacts hold colleagues' states too; the sources behind one's own are asked for again. */
function takeContactPresence(personId: string, presence: NonNullable<PersonEvent['presence']>): void {
  const patched = (card: ContactCard): ContactCard =>
    card.personId === personId ? { ...card, presence } : card;
  queries.setQueriesData<RouteOutput<'contacts.own'>>(
    { queryKey: ['contacts.own'] },
    (list) => list && { ...list, items: list.items.map(patched) },
  );
  queries.setQueriesData<RouteOutput<'contacts.search'>>(
    { queryKey: ['contacts.search'] },
    (list) => list && { ...list, items: list.items.map(patched) },
  );
  queries.setQueriesData<RouteOutput<'contacts.history'>>(
    { queryKey: ['contacts.history'] },
    (list) =>
      list && {
        ...list,
        items: list.items.map((entry) => (entry.card ? { ...entry, card: patched(entry.card) } : entry)),
      },
  );
  queries.setQueriesData<RouteOutput<'voicemail.messages'>>(
    { queryKey: ['voicemail.messages'] },
    (list) =>
      list && {
        ...list,
        items: list.items.map((one) => (one.card ? { ...one, card: patched(one.card) } : one)),
      },
  );
  const ofPerson = { params: { id: personId } };
  queries.setQueryData<RouteOutput<'contacts.lines'>>(
    ['contacts.lines', ofPerson],
    (lines) => lines && { ...lines, presence },
  );
  for (const route of ['presence.read', 'presence.journal'])
    for (const query of queries.getQueryCache().findAll({ queryKey: [route] }))
      if ((query.queryKey[1] as { params?: { id?: string } }).params?.id === personId)
        rereadSoon(query.queryHash);
}

function rereadSoon(queryHash: string): void {
  toReread.add(queryHash);
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    const chosen = new Set(toReread);
    toReread.clear();
    void queries.invalidateQueries({ predicate: (query) => chosen.has(query.queryHash) });
  }, rereadEveryMs);
}

const showsPeople = ({ queryKey: [name] }: Query): boolean =>
  name === 'people.list' || name === 'people.read';

/** Other people may fit the filter now. */
function filtersByReadiness({ queryKey: [name, request] }: Query): boolean {
  const query = (request as { query?: { readiness?: unknown; code?: unknown; state?: unknown } } | undefined)
    ?.query;
  return (
    name === 'people.list' && [query?.readiness, query?.code, query?.state].some((one) => one !== undefined)
  );
}
