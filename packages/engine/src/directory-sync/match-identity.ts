/**
 * Which Entra user a platform user is (product-behaviour 2.1). By address only until a link is stored; from then on by
 * object id. More than one candidate is nobody's guess.
 */
export interface PlatformIdentity {
  readonly id: string;
  readonly mail?: string;
  readonly upn?: string;
  /** The stored link. */
  readonly objectId?: string;
}

export interface EntraIdentity {
  readonly objectId: string;
  readonly upn: string;
  readonly mail?: string;
  readonly proxyAddresses: readonly string[];
  /** Members that may sign in; guests, resource accounts and disabled users are no candidates for a new link. */
  readonly candidate: boolean;
}

export type IdentityMatch =
  | { readonly kind: 'linked' | 'matched'; readonly objectId: string; readonly by: MatchStep }
  | { readonly kind: 'none' }
  /** PRV-112. */
  | { readonly kind: 'ambiguous'; readonly objectIds: readonly string[] }
  /** PRV-111. */
  | { readonly kind: 'shared'; readonly with: readonly string[]; readonly objectId: string };

export type MatchStep = 'link' | 'upn' | 'mail' | 'proxy';

/** Nothing to fold any more; a last label of digits is an address of another kind. */
const plainAddress = /^[\x21-\x3f\x41-\x7e]+@[a-z0-9.-]*[a-z]$/;

/** Trim, NFKC, lower case, the domain in ASCII. Plus-tags and dots stay; homographs never match. */
export function foldAddress(text: string): string {
  const folded = text.trim().normalize('NFKC').toLowerCase();
  if (plainAddress.test(folded)) return folded;
  const at = folded.lastIndexOf('@');
  if (at < 0) return folded;
  const url = URL.parse(`http://${folded.slice(at + 1)}`);
  return `${folded.slice(0, at + 1)}${url?.hostname || folded.slice(at + 1)}`;
}

/** Matches every platform user at once, so that two who claim one Entra user are both told. */
export function matchIdentities(
  people: readonly PlatformIdentity[],
  users: readonly EntraIdentity[],
): ReadonlyMap<string, IdentityMatch> {
  const ids = new Set(users.map((user) => user.objectId));
  const steps: readonly (readonly [MatchStep, Map<string, Set<string>>])[] = [
    ['upn', index(users, (user) => [user.upn])],
    ['mail', index(users, (user) => (user.mail === undefined ? [] : [user.mail]))],
    ['proxy', index(users, (user) => user.proxyAddresses.map((text) => text.replace(/^smtp:/i, '')))],
  ];
  const matches = new Map<string, IdentityMatch>();
  const claims = new Map<string, string[]>();
  for (const person of people) {
    const match = matchOne(person, ids, steps);
    matches.set(person.id, match);
    if (match.kind === 'linked' || match.kind === 'matched')
      claims.set(match.objectId, [...(claims.get(match.objectId) ?? []), person.id]);
  }
  for (const [objectId, claimants] of claims) {
    if (claimants.length < 2) continue;
    for (const id of claimants)
      matches.set(id, { kind: 'shared', objectId, with: claimants.filter((other) => other !== id) });
  }
  return matches;
}

function matchOne(
  person: PlatformIdentity,
  ids: ReadonlySet<string>,
  steps: readonly (readonly [MatchStep, Map<string, Set<string>>])[],
): IdentityMatch {
  if (person.objectId !== undefined)
    return ids.has(person.objectId)
      ? { kind: 'linked', objectId: person.objectId, by: 'link' }
      : { kind: 'none' };
  const addresses = [person.upn, person.mail].filter((text) => text !== undefined && text.trim() !== '');
  for (const [by, found] of steps) {
    const hits = new Set(addresses.flatMap((text) => [...(found.get(foldAddress(text ?? '')) ?? [])]));
    const [only] = hits;
    if (hits.size > 1) return { kind: 'ambiguous', objectIds: [...hits] };
    if (only !== undefined) return { kind: 'matched', objectId: only, by };
  }
  return { kind: 'none' };
}

function index(
  users: readonly EntraIdentity[],
  addresses: (user: EntraIdentity) => readonly string[],
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const user of users) {
    if (!user.candidate) continue;
    for (const address of addresses(user)) {
      const key = foldAddress(address);
      const known = found.get(key);
      if (known) known.add(user.objectId);
      else found.set(key, new Set([user.objectId]));
    }
  }
  return found;
}
