import type {
  AskedIdentity,
  DirectoryUser,
  IdentityCandidate,
  MatchedIdentity,
} from '../ports/directory-view.ts';
import { foldAddress, type MatchStep } from './match-identity.ts';
import { foldName, smtpAddress } from './user-index.ts';

/** What of the mirror a match needs. */
export interface MatchSource {
  user(objectId: string): DirectoryUser | null;
  users(): Iterable<DirectoryUser>;
  /** Object ids of who has this address as sign-in name, mail or proxy address. */
  holders(address: string): readonly string[];
}

/** Guests, resource accounts, disabled and deleted users are no candidates for a new link. */
const isCandidate = (user: DirectoryUser): boolean =>
  user.enabled === true && !user.guest && !user.resource && user.deletedOn === undefined;

const steps: readonly Exclude<MatchStep, 'link'>[] = ['upn', 'mail', 'proxy'];

/**
 * Which Entra user each of these is: the stored link, else sign-in name, mail, any proxy address (product-behaviour 2.1). More
 * than one candidate is nobody's guess. Where no candidate matches, others are shown: that is what is wrong.
 */
export function matchPeople(
  people: readonly AskedIdentity[],
  source: MatchSource,
  withNearest = true,
): ReadonlyMap<string, MatchedIdentity> {
  const found = new Map<string, Omit<MatchedIdentity, 'sharedWith' | 'nearest'>>();
  const claims = new Map<string, string[]>();
  for (const person of people) {
    const match = matchOne(person, source);
    found.set(person.id, match);
    if (!match.user || match.alsoMatches.length > 0) continue;
    const known = claims.get(match.user.objectId);
    if (known) known.push(person.id);
    else claims.set(match.user.objectId, [person.id]);
  }
  const unmatched = withNearest ? people.filter(({ id }) => found.get(id)?.user === null) : [];
  const nearest = nearestOf(unmatched, source);
  const all = new Map<string, MatchedIdentity>();
  for (const [id, match] of found) {
    const claimants = match.user ? (claims.get(match.user.objectId) ?? []) : [];
    const sharedWith = claimants.includes(id) ? claimants.filter((other) => other !== id) : [];
    all.set(id, { ...match, sharedWith, nearest: nearest.get(id) ?? [] });
  }
  return all;
}

function matchOne(
  person: AskedIdentity,
  source: MatchSource,
): Omit<MatchedIdentity, 'sharedWith' | 'nearest'> {
  if (person.objectId !== undefined) {
    const user = source.user(person.objectId.toLowerCase());
    return user ? { user, by: 'link', alsoMatches: [] } : { user: null, alsoMatches: [] };
  }
  const addresses = [person.upn, person.mail].filter((text) => text !== undefined && text.trim() !== '');
  const folded = new Set(addresses.map((text) => foldAddress(text as string)));
  const users = new Set<DirectoryUser>();
  for (const address of folded)
    for (const id of source.holders(address)) {
      const user = source.user(id);
      if (user) users.add(user);
    }
  for (const candidates of [true, false])
    for (const by of steps) {
      const hits = [...users].filter(
        (user) => isCandidate(user) === candidates && user.deletedOn === undefined && fits(user, by, folded),
      );
      const [user, ...others] = hits;
      if (user)
        return {
          user,
          by,
          alsoMatches: others.map(nameOf),
          ...(others.length > 0 && { candidates: hits.map(candidateOf) }),
        };
    }
  return { user: null, alsoMatches: [] };
}

function fits(user: DirectoryUser, by: (typeof steps)[number], folded: ReadonlySet<string>): boolean {
  switch (by) {
    case 'upn':
      return folded.has(foldAddress(user.upn));
    case 'mail':
      return user.mail !== undefined && folded.has(foldAddress(user.mail));
    case 'proxy':
      return user.proxyAddresses.some((text) => {
        const address = smtpAddress(text);
        return address !== undefined && folded.has(foldAddress(address));
      });
  }
}

const nameOf = (user: DirectoryUser): string => user.upn || user.objectId;
const candidateOf = (user: DirectoryUser): IdentityCandidate => ({
  objectId: user.objectId,
  upn: nameOf(user),
  displayName: user.displayName,
});
const localOf = (address: string | undefined): string =>
  (address ?? '').split('@')[0]?.trim().toLowerCase() ?? '';
const mostNearest = 3;

/** Who may have been meant: the same name, or the same first part of an address. One walk for all who ask. */
function nearestOf(
  people: readonly AskedIdentity[],
  source: MatchSource,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  if (people.length === 0) return found;
  const wanted = new Map<string, string[]>();
  const want = (key: string, id: string): void => {
    const known = wanted.get(key);
    if (known) known.push(id);
    else wanted.set(key, [id]);
  };
  for (const { id, displayName, upn, mail } of people) {
    const name = foldName(displayName ?? '').trim();
    if (name !== '') want(`n:${name}`, id);
    for (const local of new Set([localOf(upn), localOf(mail)])) if (local !== '') want(`l:${local}`, id);
  }
  for (const user of source.users()) {
    if (user.deletedOn !== undefined) continue;
    const keys = [
      `n:${foldName(user.displayName).trim()}`,
      `l:${localOf(user.upn)}`,
      `l:${localOf(user.mail)}`,
    ];
    for (const id of new Set(keys.flatMap((key) => wanted.get(key) ?? []))) {
      const known = found.get(id) ?? [];
      if (known.length < mostNearest) found.set(id, [...known, nameOf(user)]);
    }
  }
  return found;
}
