import type { LiveEvent, Person, RouteOutput } from '@tandem/contract';
import { queries } from './client.ts';

type PersonEvent = Extract<LiveEvent, { kind: 'person' }>;
type PeoplePage = RouteOutput<'people.list'>;

/** Lists whose filter may now choose other people are read again, at most this often. */
const rereadEveryMs = 1_000;
let reread: ReturnType<typeof setTimeout> | undefined;

/** Writes what changed into every list and page that shows the person; only what changed is drawn again. */
export function takePerson({ personId, readiness, presence }: PersonEvent): void {
  const patched = (person: Person): Person => ({
    ...person,
    ...(readiness ? { readiness } : {}),
    ...(presence ? { presence } : {}),
  });
  queries.setQueriesData<PeoplePage>({ queryKey: ['people.list'] }, (page) =>
    page?.items.some((person) => person.id === personId)
      ? { ...page, items: page.items.map((person) => (person.id === personId ? patched(person) : person)) }
      : page,
  );
  const ofPerson = { params: { id: personId } };
  queries.setQueryData<Person>(['people.read', ofPerson], (person) => person && patched(person));
  if (!readiness) return;
  // The event has the summary only; the checks behind it are asked for.
  void queries.invalidateQueries({ queryKey: ['people.readiness', ofPerson] });
  if (reread !== undefined) return;
  reread = setTimeout(() => {
    reread = undefined;
    void queries.invalidateQueries({
      predicate: ({ queryKey: [name, request] }) => name === 'people.list' && filtersByReadiness(request),
    });
  }, rereadEveryMs);
}

function filtersByReadiness(request: unknown): boolean {
  return (request as { query?: { readiness?: unknown } } | undefined)?.query?.readiness !== undefined;
}
