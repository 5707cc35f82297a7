import type { ContactCard, ContactNumber, DirectoryPerson, Presence } from '@tandem/contract';
import type { Person, PersonId } from '@tandem/domain';
import { compact } from './shape.ts';

/** What cards are made of: a person of ours, a user of the directory, or both when they are the same. */
export interface CardParts {
  readonly person?: Person | undefined;
  readonly user?: DirectoryPerson | undefined;
  readonly presence?: Presence | undefined;
  readonly own?: ContactCard['own'] | undefined;
}

/** One card a person, whatever is known where: ours first, for those numbers ring through us. */
export function toCard({ person, user, presence, own }: CardParts): ContactCard {
  return compact({
    key: person ? `person:${person.id}` : `microsoft:${user?.objectId ?? ''}`,
    displayName: person?.displayName ?? user?.displayName ?? '',
    personId: person?.id,
    objectId: user?.objectId,
    mail: person?.mail ?? user?.mail ?? person?.upn ?? user?.upn,
    jobTitle: user?.jobTitle,
    department: user?.department,
    city: user?.city,
    numbers: numbersOf(person, user),
    presence,
    own,
  });
}

function numbersOf(person: Person | undefined, user: DirectoryPerson | undefined): ContactNumber[] {
  const numbers: ContactNumber[] = [];
  if (person?.extension !== undefined)
    numbers.push({ source: 'extension', text: person.extension, number: person.extension });
  for (const number of person?.numbers ?? []) numbers.push({ source: 'platform', text: number, number });
  const known = new Set(numbers.map(({ number }) => number));
  for (const { text, number } of user?.phones ?? []) {
    if (number !== undefined && known.has(number)) continue;
    known.add(number);
    numbers.push(compact({ source: 'directory' as const, text, number }));
  }
  return numbers;
}

/**
 * People of ours and users of the directory as one list by name, each once: a user who is one of ours is laid onto the
 * person, by the link and never by a name.
 */
export function mergeCards(
  people: readonly Person[],
  users: readonly DirectoryPerson[],
  presenceOf: (personId: PersonId) => Presence | undefined,
): ContactCard[] {
  const userOf = new Map<string, DirectoryPerson>();
  for (const user of users) if (user.personId !== undefined) userOf.set(user.personId, user);
  const ours = new Set<string>(people.map(({ id }) => id));
  const cards = [
    ...people.map((person) =>
      toCard({ person, user: userOf.get(person.id), presence: presenceOf(person.id) }),
    ),
    ...users
      .filter(({ personId }) => personId === undefined || !ours.has(personId))
      .map((user) => toCard({ user })),
  ];
  return cards.sort((a, b) => a.displayName.localeCompare(b.displayName) || (a.key < b.key ? -1 : 1));
}
