import type { PersonId } from '@tandem/domain';
import {
  type AskedPerson,
  type EntraIdentity,
  type IdentityMatch,
  type MicrosoftFacts,
  type MicrosoftTenant,
  matchIdentities,
  type PlatformIdentity,
  type Reading as TenantReading,
} from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import type { GraphNumberAssignment, GraphUser, GraphUserConfiguration } from './graph-types.ts';
import { microsoftFactsOf } from './microsoft-facts.ts';
import { assignNumber, pollNumberOperation, readAllNumbers, unassignNumber } from './numbers.ts';
import { type Reading, readAllUsers, readGroupMembers, readUserConfigurations } from './read-directory.ts';
import { TenantTrouble } from './tenant-trouble.ts';

/** Teams' own view of a settled person is asked for again after this long, a few at a time. */
const configurationAgeMs = 25_000;
const mostConfigurations = 200;

/** One account's Microsoft 365 tenant over Graph: a few lists and one request in twenty people, not one a person. */
export function graphTenant(graph: GraphClient, wall: () => number): MicrosoftTenant {
  const trouble = new TenantTrouble();
  const configurations = new Map<
    string,
    { readonly reading: Reading<GraphUserConfiguration>; readonly readAtWallMs: number }
  >();

  async function configurationsOf(wanted: ReadonlyMap<string, boolean>): Promise<GraphError | undefined> {
    const now = wall();
    const due = [...wanted]
      .map(([objectId, urgent]) => ({
        objectId,
        age: now - (configurations.get(objectId)?.readAtWallMs ?? 0),
        urgent,
      }))
      .filter(({ age, urgent }) => urgent || age > configurationAgeMs)
      .sort((a, b) => Number(b.urgent) - Number(a.urgent) || b.age - a.age)
      .slice(0, mostConfigurations);
    for (const objectId of configurations.keys()) if (!wanted.has(objectId)) configurations.delete(objectId);
    if (due.length === 0) return undefined;
    const read = await readUserConfigurations(
      graph,
      due.map(({ objectId }) => objectId),
    );
    let failed: GraphError | undefined;
    for (const [objectId, reading] of read) {
      // What was read before is older, not wrong: it stays while Microsoft does not answer.
      if (reading instanceof GraphError) failed ??= reading;
      else configurations.set(objectId, { reading, readAtWallMs: now });
    }
    return failed;
  }

  return {
    assign: (number, objectId) => assignNumber(graph, number, objectId),
    unassign: (number) => unassignNumber(graph, number),
    poll: (operationId) => pollNumberOperation(graph, operationId),
    async read(enableGroupId, people) {
      const readAtWallMs = wall();
      // The time before the request: what Microsoft does after it is not in the answer.
      const [members, users, numbers] = await Promise.all([
        settled(readGroupMembers(graph, enableGroupId)),
        settled(allUsers(graph)),
        settled(readAllNumbers(graph)),
      ]);
      const matches = users instanceof GraphError ? undefined : matchPeople(people, users);
      const wanted = new Map<string, boolean>();
      for (const person of people) {
        const user = matches?.get(person.personId)?.user;
        if (user) wanted.set(user.id, person.urgent);
      }
      const configurationFault = matches && (await settled(configurationsOf(wanted)));
      const state = trouble.after([members, users, numbers, configurationFault], wall());
      const facts = new Map<PersonId, MicrosoftFacts>();
      if (!matches || users instanceof GraphError) return { ...state, facts } satisfies TenantReading;
      const upns = new Map(users.map((user) => [user.id.toLowerCase(), user.userPrincipalName ?? user.id]));
      const inventory = numbers instanceof GraphError ? undefined : numbers;
      for (const person of people) {
        const { user = null, alsoMatches, nearest } = matches.get(person.personId) ?? {};
        const read = microsoftFactsOf({
          readAtWallMs,
          user,
          configuration: user ? configurations.get(user.id)?.reading : null,
          number: numberOf(person, inventory),
          numberReadAtWallMs: readAtWallMs,
          ...(inventory && { inventory }),
          members,
          ...(alsoMatches && { alsoMatches }),
          upnOf: (objectId) => upns.get(objectId.toLowerCase()),
        });
        facts.set(person.personId, { ...read, ...(nearest && nearest.length > 0 && { nearest }) });
      }
      return { ...state, facts };
    },
  };
}

/** Without a number to look for there is nothing to say about one. */
function numberOf(
  { number }: AskedPerson,
  inventory: readonly GraphNumberAssignment[] | undefined,
): Reading<GraphNumberAssignment> | undefined {
  if (number === undefined || !inventory) return undefined;
  return inventory.find((one) => one.telephoneNumber === number) ?? null;
}

interface Matched {
  readonly user: GraphUser | null;
  readonly alsoMatches?: readonly string[];
  readonly nearest?: readonly string[];
}

/**
 * Guests, resource accounts and disabled users are no candidates for a link; where nobody else matches they are shown all
 * the same, because that is what is wrong.
 */
function matchPeople(
  people: readonly AskedPerson[],
  users: readonly GraphUser[],
): ReadonlyMap<PersonId, Matched> {
  const byId = new Map(users.map((user) => [user.id, user]));
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
  const found = new Map<PersonId, Matched>();
  for (const person of people) {
    const match = first.get(person.personId);
    const chosen = match?.kind === 'none' ? (second.get(person.personId) ?? match) : match;
    found.set(person.personId, matchedOf(chosen, person, byId, users));
  }
  return found;
}

function matchedOf(
  match: IdentityMatch | undefined,
  person: AskedPerson,
  byId: ReadonlyMap<string, GraphUser>,
  users: readonly GraphUser[],
): Matched {
  switch (match?.kind) {
    case 'linked':
    case 'matched':
    case 'shared':
      return { user: byId.get(match.objectId) ?? null };
    case 'ambiguous': {
      const [first, ...others] = match.objectIds.map((id) => byId.get(id));
      return {
        user: first ?? null,
        alsoMatches: others.flatMap((other) => (other ? [other.userPrincipalName ?? other.id] : [])),
      };
    }
    default:
      return { user: null, nearest: nearestTo(person, users) };
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
