import { type E164, type Person, type PersonId, readNumber } from '@tandem/domain';
import type { DirectoryUser, MatchedIdentity } from '../ports/directory-view.ts';
import type { PhoneIndex } from './user-index.ts';

/** What does not fit between our people and the users of their tenant (features B04), told before anything is written. */
export type MismatchKind =
  | 'missing-here'
  | 'missing-at-microsoft'
  | 'disabled-here'
  | 'disabled-at-microsoft'
  | 'ambiguous'
  | 'shared';

export interface Mismatch {
  readonly kind: MismatchKind;
  readonly person?: Person;
  readonly user?: DirectoryUser;
  /** Sign-in names of the others of Microsoft's, or names of the others of ours. */
  readonly others: readonly string[];
  readonly hints: readonly MismatchHint[];
}

/** Who may be meant. A hint never links by itself (product-behaviour 2.1). */
export type MismatchHint =
  | {
      readonly reason: 'same-number';
      readonly number: E164;
      readonly user?: DirectoryUser;
      readonly person?: Person;
    }
  | { readonly reason: 'similar'; readonly upn: string };

export interface MismatchAsk {
  /** Ours, of this connection. */
  readonly people: readonly Person[];
  readonly matches: ReadonlyMap<string, MatchedIdentity>;
  /** Users in the followed groups; undefined: not read, so nobody is said to be missing here. */
  readonly members: readonly DirectoryUser[] | undefined;
  readonly phones: PhoneIndex;
  /** For numbers that are written without a country. */
  readonly country: string;
}

export function findMismatches(ask: MismatchAsk): {
  readonly mismatches: readonly Mismatch[];
  readonly matched: number;
} {
  const { people, matches, members } = ask;
  const found: Mismatch[] = [];
  const byId = new Map<string, Person>(people.map((person) => [person.id, person]));
  const taken = new Set<string>();
  const memberIds = new Set(members?.map(({ objectId }) => objectId));
  let matched = 0;
  for (const person of people) {
    const match = matches.get(person.id);
    const user = match?.user ?? undefined;
    if (!match || !user) {
      found.push({ kind: 'missing-at-microsoft', person, others: [], hints: hintsFor(person, match, ask) });
      continue;
    }
    taken.add(user.objectId);
    if (match.alsoMatches.length > 0) {
      found.push({ kind: 'ambiguous', person, user, others: match.alsoMatches, hints: [] });
      continue;
    }
    if (match.sharedWith.length > 0) {
      const others = match.sharedWith.map((id) => byId.get(id as PersonId)?.displayName ?? id);
      found.push({ kind: 'shared', person, user, others, hints: [] });
      continue;
    }
    const gone = user.deletedOn !== undefined || user.enabled === false;
    if (person.active && gone)
      found.push({ kind: 'disabled-at-microsoft', person, user, others: [], hints: [] });
    else if (!person.active && !gone && memberIds.has(user.objectId))
      found.push({ kind: 'disabled-here', person, user, others: [], hints: [] });
    else matched += 1;
  }
  found.push(...missingHere(ask, taken));
  return { mismatches: found, matched };
}

/** A number that only one has is a hint; a number of a whole office is none. */
function hintsFor(
  person: Person,
  match: MatchedIdentity | undefined,
  { phones, country }: MismatchAsk,
): readonly MismatchHint[] {
  const hints: MismatchHint[] = [];
  for (const number of person.numbers) {
    const [user, ...others] = phones.holders(number, country).filter((one) => one.deletedOn === undefined);
    if (user && others.length === 0) hints.push({ reason: 'same-number', number, user });
  }
  for (const upn of match?.nearest ?? []) hints.push({ reason: 'similar', upn });
  return hints;
}

function missingHere(
  { people, members, country }: MismatchAsk,
  taken: ReadonlySet<string>,
): readonly Mismatch[] {
  if (!members) return [];
  const byNumber = new Map<E164, Person[]>();
  for (const person of people)
    for (const number of person.numbers) {
      const known = byNumber.get(number);
      if (known) known.push(person);
      else byNumber.set(number, [person]);
    }
  return members
    .filter(({ objectId }) => !taken.has(objectId))
    .map((user): Mismatch => {
      const hints = user.phones.flatMap((text): MismatchHint[] => {
        const read = readNumber(text, user.country ?? country);
        if (read.kind !== 'e164') return [];
        const [person, ...others] = byNumber.get(read.number) ?? [];
        return person && others.length === 0 ? [{ reason: 'same-number', number: read.number, person }] : [];
      });
      return { kind: 'missing-here', user, others: [], hints };
    });
}
