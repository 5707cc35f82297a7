import type { AccountId, Person, PersonId } from '@tandem/domain';
import type { Seen } from '../provisioning/facts.ts';
import { type AskedPerson, type Identity, identifyPeople } from './identity.ts';
import { judgePerson, type PersonVerdict } from './judgement.ts';
import type { PresenceTenant } from './ports.ts';
import type { PresenceMemory } from './presence-memory.ts';
import type { PresenceSyncSettings } from './settings.ts';

export interface JudgeParts {
  readonly memory: PresenceMemory;
  readonly people: (accountId: AccountId) => readonly Person[];
  readonly person: (personId: PersonId) => Person | undefined;
  readonly tenantOf: (person: Person) => PresenceTenant | undefined;
  readonly knownObjectId: (personId: PersonId) => string | undefined;
  /** The Entra user by whose own sign-in this person is served now, whatever the organisation's connection does. */
  readonly servedByOwn?: (personId: PersonId) => string | undefined;
  /** Lets others have a turn. */
  readonly breath: () => Promise<void>;
}

export interface Judged {
  readonly person: Person;
  readonly tenant: PresenceTenant | undefined;
  readonly verdict: PersonVerdict;
  readonly identity: Seen<Identity> | undefined;
  /** Whether it was looked for other matches of those who have one. */
  readonly proposals: boolean;
}

/**
 * What stands in the way of each of these people, from memory. Everybody of the account is matched, asked for or
 * not: whether two mean one user at Microsoft is a question about both.
 */
export async function judgePeople(
  parts: JudgeParts,
  accountId: AccountId,
  settings: Pick<PresenceSyncSettings, 'direction'>,
  wanted: (person: Person) => boolean,
  proposals = false,
): Promise<ReadonlyMap<PersonId, Judged>> {
  const { memory } = parts;
  const groups = new Map<string, { tenant: PresenceTenant | undefined; people: Person[] }>();
  for (const person of parts.people(accountId)) {
    const tenant = parts.tenantOf(person);
    const key = tenant?.connectionId ?? '';
    const group = groups.get(key);
    if (group) group.people.push(person);
    else groups.set(key, { tenant, people: [person] });
  }
  const nameOfHolder = (holder: PersonId): string => {
    const person = parts.person(holder);
    // Another customer's people are not named, only that there is one.
    return person?.accountId === accountId ? person.displayName : 'somebody of another customer';
  };
  const judged = new Map<PersonId, Judged>();
  for (const { tenant, people } of groups.values()) {
    if (!people.some(wanted)) continue;
    const identities: Seen<ReadonlyMap<PersonId, Identity>> = tenant?.view
      ? await identifyPeople(
          people.map((person) => askedPerson(person, tenant, parts)),
          tenant.view,
          (objectId, asking) => {
            const holder = memory.holderOf(objectId);
            return holder === undefined || holder === asking ? undefined : nameOfHolder(holder);
          },
          { proposals, breath: parts.breath },
        )
      : 'unread';
    for (const person of people) {
      if (!wanted(person)) continue;
      const identity = identities === 'unread' ? 'unread' : (identities.get(person.id) ?? 'unread');
      judged.set(person.id, {
        person,
        tenant,
        identity,
        proposals,
        verdict: ownVerdict(person, parts) ?? judgePerson(person, settings, tenant?.reach, identity),
      });
    }
  }
  return judged;
}

/** Their own sign-in says who they are, and reads and writes both. */
function ownVerdict(
  { id, active, platformLicence }: Person,
  { servedByOwn, memory }: JudgeParts,
): PersonVerdict | undefined {
  const objectId = active && platformLicence ? servedByOwn?.(id) : undefined;
  return objectId === undefined
    ? undefined
    : { is: 'synced', objectId, by: memory.rowOf(id)?.link?.by ?? 'link' };
}

function askedPerson(person: Person, { entraTenantId }: PresenceTenant, parts: JudgeParts): AskedPerson {
  const { id: personId, displayName, upn, mail } = person;
  const link = parts.memory.rowOf(personId)?.link;
  const known = parts.knownObjectId(personId);
  return {
    personId,
    displayName,
    upn,
    ...(mail !== undefined && { mail }),
    // A link into another tenant says nothing about this one.
    ...(link?.entraTenantId === entraTenantId && { link: { objectId: link.objectId, by: link.by } }),
    ...(known !== undefined && { known }),
  };
}
