import {
  type AskedPerson,
  type DirectoryUser,
  type DirectoryView,
  type EntraIdentity,
  type IdentityCandidate,
  type IdentityMatch,
  matchIdentities,
  type PlatformIdentity,
  type Seen,
  type UnmatchedMember,
} from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import type { GraphUser } from './graph-types.ts';
import { readAllUsers, readGroupMembers } from './read-directory.ts';

/** Who somebody is at Microsoft, as the directory told last. */
export interface FoundUser {
  readonly user: GraphUser | null;
  readonly deletedOn?: string;
  readonly alsoMatches: readonly string[];
  readonly candidates?: readonly IdentityCandidate[] | undefined;
  readonly nearest: readonly string[];
}

export interface DirectoryPart {
  /** Age of its oldest part. */
  readonly readAtWallMs: number;
  /** Undefined: users were never read. */
  match(people: readonly AskedPerson[]): ReadonlyMap<string, FoundUser> | undefined;
  membership(objectId: string): Seen<{ readonly member: boolean; readonly via: readonly string[] }>;
  /** People in the enable groups; undefined: not read. */
  members(): ReadonlySet<string> | undefined;
  userOf(objectId: string): GraphUser | undefined;
  /** Is in the bin. False where nobody can tell: somebody whom the mirror does not know may be new. */
  isDeleted(objectId: string): boolean;
  readonly users: number;
  /** What went wrong with it, for the state of the connection. */
  readonly faults: readonly unknown[];
  readonly requests: number;
}

export interface DirectorySource {
  /** `fresh`: read again; else as it was read last, if it ever was. */
  read(groupIds: readonly string[], fresh: boolean): Promise<DirectoryPart>;
}

/** Lists of users and members, read whole each time: for tenants that nobody mirrors. */
export function listedDirectory(graph: GraphClient, wall: () => number): DirectorySource {
  let users: readonly GraphUser[] | GraphError = new GraphError('graph-unavailable', 'not read yet');
  let members: ReadonlySet<string> | GraphError | undefined;
  let readAtWallMs = 0;
  let groups = '';
  return {
    async read(groupIds, fresh) {
      let requests = 0;
      if (fresh || users instanceof GraphError || groups !== groupIds.join()) {
        groups = groupIds.join();
        readAtWallMs = wall();
        [users, members] = await Promise.all([settled(allUsers(graph)), settled(membersOf(graph, groupIds))]);
        requests =
          pagesOf(users instanceof GraphError ? 0 : users.length) +
          (members instanceof GraphError ? 1 : pagesOf(members?.size ?? 0) * groupIds.length);
      }
      return partOf(users, members, readAtWallMs, requests);
    },
  };
}

const pagesOf = (count: number): number => Math.max(1, Math.ceil(count / 999));

async function membersOf(graph: GraphClient, groupIds: readonly string[]): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for (const groupId of groupIds)
    for (const id of await readGroupMembers(graph, groupId)) all.add(id.toLowerCase());
  return all;
}

async function allUsers(graph: GraphClient): Promise<readonly GraphUser[]> {
  const users: GraphUser[] = [];
  for await (const user of readAllUsers(graph)) users.push(user);
  return users;
}

async function settled<T>(work: Promise<T>): Promise<T | GraphError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
}

function partOf(
  users: readonly GraphUser[] | GraphError,
  members: ReadonlySet<string> | GraphError | undefined,
  readAtWallMs: number,
  requests: number,
): DirectoryPart {
  const list = users instanceof GraphError ? [] : users;
  const byId = new Map(list.map((user) => [user.id.toLowerCase(), user]));
  const known = members instanceof GraphError ? undefined : members;
  return {
    readAtWallMs,
    match: (people) => (users instanceof GraphError ? undefined : matchListed(people, list, byId)),
    membership: (objectId) => (known ? { member: known.has(objectId.toLowerCase()), via: [] } : 'unread'),
    members: () => known,
    userOf: (objectId) => byId.get(objectId.toLowerCase()),
    isDeleted: () => false,
    users: list.length,
    faults: [users, members],
    requests,
  };
}

/**
 * Guests, resource accounts and disabled users are no candidates for a link; where nobody else matches they are shown all
 * the same, because that is what is wrong.
 */
function matchListed(
  people: readonly AskedPerson[],
  users: readonly GraphUser[],
  byId: ReadonlyMap<string, GraphUser>,
): ReadonlyMap<string, FoundUser> {
  const asked = people.map(
    ({ personId, upn, mail, objectId }): PlatformIdentity => ({
      id: personId,
      upn,
      ...(mail !== undefined && { mail }),
      ...(objectId !== undefined && { objectId }),
    }),
  );
  const identities = users.map(identityOf);
  const first = matchIdentities(asked, identities);
  const nobody = asked.filter(({ id, objectId }) => first.get(id)?.kind === 'none' && objectId === undefined);
  const second =
    nobody.length === 0
      ? new Map<string, IdentityMatch>()
      : matchIdentities(
          nobody,
          identities.map((one) => ({ ...one, candidate: true })),
        );
  const found = new Map<string, FoundUser>();
  for (const person of people) {
    const match = first.get(person.personId);
    const chosen = match?.kind === 'none' ? (second.get(person.personId) ?? match) : match;
    found.set(person.personId, foundOf(chosen, person, byId, users));
  }
  return found;
}

function foundOf(
  match: IdentityMatch | undefined,
  person: AskedPerson,
  byId: ReadonlyMap<string, GraphUser>,
  users: readonly GraphUser[],
): FoundUser {
  const of = (id: string): GraphUser | null => byId.get(id.toLowerCase()) ?? null;
  switch (match?.kind) {
    case 'linked':
    case 'matched':
    case 'shared':
      return { user: of(match.objectId), alsoMatches: [], nearest: [] };
    case 'ambiguous': {
      const [first, ...others] = match.objectIds.map(of);
      return {
        user: first ?? null,
        candidates: match.objectIds.flatMap((id) => {
          const one = of(id);
          const upn = one?.userPrincipalName ?? id;
          return one ? [{ objectId: one.id.toLowerCase(), upn, displayName: one.displayName ?? upn }] : [];
        }),
        alsoMatches: others.flatMap((other) => (other ? [other.userPrincipalName ?? other.id] : [])),
        nearest: [],
      };
    }
    default:
      return { user: null, alsoMatches: [], nearest: nearestTo(person, users) };
  }
}

/** Who may have been meant: the same name, or the same first part of the address. */
function nearestTo(person: AskedPerson, users: readonly GraphUser[]): readonly string[] {
  const localOf = (address: string | null | undefined): string =>
    (address ?? '').split('@')[0]?.toLowerCase() ?? '';
  const locals = new Set([localOf(person.upn), localOf(person.mail)].filter((local) => local !== ''));
  const name = person.displayName.toLowerCase();
  return users
    .filter(
      (user) =>
        user.displayName?.toLowerCase() === name ||
        locals.has(localOf(user.userPrincipalName)) ||
        locals.has(localOf(user.mail)),
    )
    .slice(0, 3)
    .map((user) => user.userPrincipalName ?? user.id);
}

const identityOf = (user: GraphUser): EntraIdentity => ({
  objectId: user.id,
  upn: user.userPrincipalName ?? '',
  ...(user.mail && { mail: user.mail }),
  proxyAddresses: user.proxyAddresses ?? [],
  candidate: user.accountEnabled === true && user.userType !== 'Guest' && user.isResourceAccount !== true,
});

/** The mirror of a tenant, read by somebody else: it costs no request here. */
export function mirroredDirectory(view: DirectoryView, youngerThanMs: number): DirectorySource {
  return {
    async read(groupIds, fresh) {
      view.followGroups(groupIds);
      const never = view.readAtWallMs.users === undefined;
      if (fresh || never) await view.refresh(youngerThanMs);
      const { users: usersAt, groups: groupsAt } = view.readAtWallMs;
      const users = view.users();
      let count = 0;
      for (const _ of users) count++;
      return {
        readAtWallMs: Math.min(usersAt ?? 0, groupsAt ?? usersAt ?? 0),
        match(people) {
          const found = view.match(
            people.map(({ personId, displayName, upn, mail, objectId }) => ({
              id: personId,
              displayName,
              upn,
              ...(mail !== undefined && { mail }),
              ...(objectId !== undefined && { objectId }),
            })),
          );
          if (found === 'unread') return undefined;
          return new Map(
            [...found].map(([id, { user, alsoMatches, candidates, nearest }]) => [
              id,
              {
                user: user && graphUserOf(user),
                alsoMatches,
                ...(candidates && { candidates }),
                nearest,
                ...(user?.deletedOn !== undefined && { deletedOn: user.deletedOn }),
              },
            ]),
          );
        },
        membership(objectId) {
          const one = view.membership(groupIds, objectId.toLowerCase());
          return one === 'unread' ? one : { member: one.member, via: one.via.map(({ name }) => name) };
        },
        members() {
          const all = view.members(groupIds);
          return all === 'unread' ? undefined : all;
        },
        userOf(objectId) {
          const user = view.user(objectId.toLowerCase());
          return user && user !== 'unread' ? graphUserOf(user) : undefined;
        },
        isDeleted(objectId) {
          const user = view.user(objectId.toLowerCase());
          return user !== null && user !== 'unread' && user.deletedOn !== undefined;
        },
        users: count,
        faults: [],
        requests: 0,
      };
    },
  };
}

function graphUserOf(user: DirectoryUser): GraphUser {
  return {
    id: user.objectId,
    userPrincipalName: user.upn,
    displayName: user.displayName,
    mail: user.mail ?? null,
    ...(user.enabled !== 'unread' && { accountEnabled: user.enabled }),
    userType: user.guest ? 'Guest' : 'Member',
    usageLocation: user.country ?? null,
    proxyAddresses: user.proxyAddresses,
    isResourceAccount: user.resource,
    department: user.department ?? null,
    city: user.city ?? null,
    ...(user.plans !== 'unread' && { assignedPlans: user.plans }),
  };
}

const mostUnmatched = 2_000;

/** Members of the enable groups whom no person of ours is, with what it takes to make one (PRV-101). */
export function unmatchedIn(part: DirectoryPart, taken: ReadonlySet<string>): readonly UnmatchedMember[] {
  const found: UnmatchedMember[] = [];
  for (const objectId of part.members() ?? []) {
    if (taken.has(objectId.toLowerCase()) || found.length >= mostUnmatched) continue;
    const user = part.userOf(objectId);
    // Devices, apps and people of a directory that was not read to its end are not said to be missing.
    if (!user || user.userType === 'Guest') continue;
    found.push({
      objectId,
      displayName: user.displayName ?? user.userPrincipalName ?? objectId,
      upn: user.userPrincipalName ?? '',
      ...(user.mail && { mail: user.mail }),
      ...(user.usageLocation && { country: user.usageLocation }),
      ...(user.department && { department: user.department }),
      ...(user.city && { city: user.city }),
    });
  }
  return found;
}
