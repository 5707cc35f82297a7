import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { findGroups } from '@tandem/adapters/graph/read-groups.ts';
import type { TenantDirectoryBoard } from '@tandem/adapters/http/areas/tenant-directory.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type {
  DirectoryGroup,
  DirectoryPerson,
  DirectoryState,
  HeldDirectoryChange,
  Membership,
  Mismatch as MismatchView,
} from '@tandem/contract';
import {
  type AccountId,
  asPersonId,
  type Person,
  type PersonId,
  type RoutingSnapshot,
  readNumber,
} from '@tandem/domain';
import type { AuditLog, DirectoryUser } from '@tandem/engine';
import type { HeldChange } from '@tandem/engine/directory-sync/mass-change-guard.ts';
import {
  findMismatches,
  type Mismatch,
  type MismatchHint,
} from '@tandem/engine/directory-sync/mismatches.ts';
import { searchUsers } from '@tandem/engine/directory-sync/user-index.ts';
import type { DirectoryEntry } from './directory.ts';
import { managerOf } from './manager-proposal.ts';

export interface DirectoryBoardParts {
  readonly entriesOf: (accountId: AccountId) => readonly DirectoryEntry[];
  readonly entryOf: (person: Person) => DirectoryEntry | undefined;
  /** Whose subscriptions tell this one of changes. */
  readonly sharedWith: (entry: DirectoryEntry) => DirectoryEntry | undefined;
  readonly snapshot: () => RoutingSnapshot;
  readonly objectIdOf: (personId: PersonId) => string | undefined;
  readonly save: (entry: DirectoryEntry) => Promise<void>;
  /** These may leave: said before the answers change. */
  readonly confirmed: (entry: DirectoryEntry, objectIds: ReadonlySet<string>) => void;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly wall: () => number;
}

const mostMismatches = 500;
const mostHeldShown = 200;
/** Asked again within this, the same answer is young enough. */
const refreshAgeMs = 2_000;

/** What the API says of the directories, from memory but for the groups to choose from. */
export function directoryBoard(parts: DirectoryBoardParts): TenantDirectoryBoard {
  const { wall } = parts;

  /** Who of ours is who at Microsoft, as far as it is settled. */
  function personIds(accountId: AccountId): ReadonlyMap<string, Person> {
    const found = new Map<string, Person>();
    for (const person of parts.snapshot().people.values()) {
      if (person.accountId !== accountId) continue;
      const objectId = parts.objectIdOf(person.id);
      if (objectId !== undefined) found.set(objectId.toLowerCase(), person);
    }
    return found;
  }

  const readAtOf = (entries: readonly DirectoryEntry[]): { readonly readAt?: string } => {
    const times = entries.map(({ reader }) => reader.readAtWallMs.users);
    const oldest =
      times.includes(undefined) || times.length === 0 ? undefined : Math.min(...(times as number[]));
    return oldest === undefined ? {} : { readAt: instant(oldest) };
  };

  function stateOf(entry: DirectoryEntry, people: ReadonlyMap<string, Person>): DirectoryState {
    const { reader, connection } = entry;
    const { users, groups } = reader.readAtWallMs;
    const readAt = users === undefined ? undefined : Math.min(users, groups ?? users);
    const next = reader.nextReadAtWallMs;
    return {
      connectionId: connection.connectionId,
      entraTenantId: connection.tenantId,
      sentence: sentenceOf(entry, readAt, wall()),
      reading: reader.reading,
      ...(readAt !== undefined && {
        readAt: instant(readAt),
        ageSeconds: Math.round((wall() - readAt) / 1000),
      }),
      ...(next !== undefined && { nextReadAt: instant(next) }),
      ...(users !== undefined && { people: reader.mirror.userCount }),
      groups: reader.mirror.followed.map((id) => {
        const group = reader.group(id);
        const members = reader.members([id]);
        const known = group === 'unread' || group === null ? undefined : group;
        return {
          objectId: id,
          name: known?.name ?? id,
          kind: known?.kind ?? 'assigned',
          synced: known?.synced ?? false,
          ...(members !== 'unread' && { people: members.size }),
        };
      }),
      ...(reader.comparedAtWallMs !== undefined && { comparedAt: instant(reader.comparedAtWallMs) }),
      notifications: notificationsOf(entry, parts.sharedWith(entry)),
      held: reader.mirror.held.map((held) => heldOf(entry, held, people)),
    };
  }

  function heldOf(
    entry: DirectoryEntry,
    held: HeldChange,
    people: ReadonlyMap<string, Person>,
  ): HeldDirectoryChange {
    const all = [...held.people.values()].map(({ objectId, reason }) => {
      const user = entry.reader.user(objectId);
      const known = user === 'unread' ? null : user;
      const person = people.get(objectId);
      return {
        objectId,
        displayName: known?.displayName ?? person?.displayName ?? objectId,
        upn: known?.upn ?? person?.upn ?? '',
        ...(person && { personId: person.id }),
        reason,
      };
    });
    all.sort((a, b) => (a.displayName < b.displayName ? -1 : 1));
    return {
      id: held.id,
      connectionId: entry.connection.connectionId,
      heldAt: instant(held.heldAtWallMs),
      state: held.state,
      sentence:
        held.state === 'waiting'
          ? `${all.length} of ${held.linked} people would leave at once. They stay until somebody confirms or rejects it.`
          : `${all.length} people are kept although Microsoft says that they left. Put them back there, or confirm.`,
      linked: held.linked,
      total: all.length,
      people: all.slice(0, mostHeldShown),
    };
  }

  function personOf(
    entry: DirectoryEntry,
    user: DirectoryUser,
    people: ReadonlyMap<string, Person>,
    country: string,
  ): DirectoryPerson {
    const { objectId, displayName, upn, mail, department, city, jobTitle, deletedOn } = user;
    const person = people.get(objectId);
    return {
      objectId,
      connectionId: entry.connection.connectionId,
      displayName,
      upn,
      ...(mail !== undefined && { mail }),
      phones: user.phones.map((text) => {
        const read = readNumber(text, user.country ?? country);
        return { text, ...(read.kind === 'e164' && { number: read.number as string }) };
      }),
      ...(user.enabled !== 'unread' && { enabled: user.enabled }),
      guest: user.guest,
      ...(department !== undefined && { department }),
      ...(city !== undefined && { city }),
      ...(jobTitle !== undefined && { jobTitle }),
      ...(deletedOn !== undefined && { deletedOn }),
      ...(person && { personId: person.id }),
    };
  }

  const countryOf = (accountId: AccountId): string => parts.snapshot().accounts.get(accountId)?.country ?? '';

  return {
    states(accountId) {
      const people = personIds(accountId);
      return parts.entriesOf(accountId).map((entry) => stateOf(entry, people));
    },
    async refresh(accountId) {
      await Promise.all(parts.entriesOf(accountId).map(({ reader }) => reader.refresh(refreshAgeMs)));
    },
    people(accountId, search, limit) {
      const entries = parts.entriesOf(accountId);
      const people = personIds(accountId);
      const country = countryOf(accountId);
      let more = false;
      const items = entries.flatMap((entry) => {
        const { found, more: rest } = searchUsers(entry.reader.users(), search ?? '', limit);
        more ||= rest;
        return found.map((user) => personOf(entry, user, people, country));
      });
      return { items: items.slice(0, limit), more: more || items.length > limit, ...readAtOf(entries) };
    },
    users(accountId, { objectIds, personIds: asked }) {
      const people = personIds(accountId);
      const country = countryOf(accountId);
      const wanted = new Set(objectIds.map((id) => id.toLowerCase()));
      for (const personId of asked) {
        const objectId = parts.objectIdOf(personId)?.toLowerCase();
        // Only links of this account's own people: an id from elsewhere must not open a directory (T03).
        if (objectId !== undefined && people.has(objectId)) wanted.add(objectId);
      }
      return parts.entriesOf(accountId).flatMap((entry) =>
        [...wanted].flatMap((objectId) => {
          const user = entry.reader.user(objectId);
          return user === 'unread' || user === null || user.deletedOn !== undefined
            ? []
            : [personOf(entry, user, people, country)];
        }),
      );
    },
    async groups(accountId, search, limit) {
      const items: DirectoryGroup[] = [];
      let more = false;
      let sentence: string | undefined;
      for (const entry of parts.entriesOf(accountId)) {
        const { connection, reader } = entry;
        const followed = reader.mirror.toRead();
        try {
          const found = await findGroups(connection.graph, search, limit);
          more ||= found.more;
          for (const { id, name, kind, synced } of found.groups) {
            const members = followed.has(id) ? reader.members([id]) : 'unread';
            items.push({
              objectId: id,
              connectionId: connection.connectionId,
              name,
              kind,
              synced,
              ...(members !== 'unread' && { people: members.size }),
              followed: followed.has(id),
            });
          }
        } catch (error) {
          if (!(error instanceof GraphError)) throw error;
          sentence = groupTrouble(error);
        }
      }
      return {
        items: items.slice(0, limit),
        more: more || items.length > limit,
        ...(sentence !== undefined && { sentence }),
      };
    },
    mismatches(accountId, people) {
      const country = countryOf(accountId);
      const entries = parts.entriesOf(accountId);
      const items: MismatchView[] = [];
      let matched = 0;
      for (const entry of entries) {
        const { reader, connection } = entry;
        const own = people.filter((person) => parts.entryOf(person) === entry);
        const matches = reader.match(
          own.map(({ id, displayName, upn, mail }) => {
            const objectId = parts.objectIdOf(id);
            return {
              id,
              displayName,
              upn,
              ...(mail !== undefined && { mail }),
              ...(objectId !== undefined && { objectId }),
            };
          }),
        );
        if (matches === 'unread') continue;
        const members = reader.members(reader.mirror.followed);
        const users =
          members === 'unread'
            ? undefined
            : [...members].flatMap((id) => {
                const user = reader.user(id);
                return user === 'unread' || user === null ? [] : [user];
              });
        const found = findMismatches({
          people: own,
          matches,
          members: users,
          phones: reader.mirror.phones(),
          country,
        });
        matched += found.matched;
        for (const one of found.mismatches) items.push(mismatchView(one, connection.connectionId));
      }
      return { items: items.slice(0, mostMismatches), total: items.length, matched, ...readAtOf(entries) };
    },
    async decide(accountId, heldId, decision, by) {
      for (const entry of parts.entriesOf(accountId)) {
        const held = entry.reader.mirror.held.find(({ id }) => id === heldId);
        if (!held) continue;
        if (decision === 'confirm') parts.confirmed(entry, new Set(held.people.keys()));
        entry.reader.mirror.decide(heldId, decision);
        await parts.audit.note({
          accountId,
          actor: by,
          action: `directory.${decision}`,
          object: { kind: 'held-change', id: heldId, label: `${held.people.size} people` },
          before: { state: held.state, linked: held.linked },
          after: {
            state: decision === 'confirm' ? 'confirmed' : 'rejected',
            objectIds: [...held.people.keys()].slice(0, mostHeldShown),
          },
        });
        await parts.save(entry);
        return true;
      }
      return false;
    },
    manager: (person) =>
      managerOf(person, parts.entryOf(person)?.connection.graph, parts.objectIdOf(person.id), personIds),
    membership: (person) => membershipOf(person, parts.entryOf(person), parts.objectIdOf(person.id)),
  };
}

function sentenceOf({ reader }: DirectoryEntry, readAt: number | undefined, now: number): string {
  const { connection, trouble } = reader.state;
  const age =
    readAt === undefined
      ? 'It was never read completely.'
      : `Read ${Math.round((now - readAt) / 1000)} s ago.`;
  switch (connection.is) {
    case 'lost':
      return `Microsoft does not know our app in this tenant any more. ${age} Connect the tenant again.`;
    case 'missing-scope':
      return `The permission ${connection.scope} is missing. ${age} An administrator of the tenant has to consent.`;
    case 'credential-expired':
      return `Our sign-in at Microsoft was refused. ${age} The operator has to renew certificate or secret.`;
  }
  if (trouble?.is === 'throttled')
    return `Microsoft asked us to wait until ${instant(trouble.untilWallMs)}. ${age}`;
  if (trouble?.is === 'unavailable') return `Microsoft does not answer. ${age} Nothing is changed meanwhile.`;
  return reader.mirror.held.some(({ state }) => state === 'waiting')
    ? `${age} A change of many people waits for a decision.`
    : age;
}

function notificationsOf(
  entry: DirectoryEntry,
  holder: DirectoryEntry | undefined,
): DirectoryState['notifications'] {
  const heard = entry.heardAtWallMs;
  const lastHeardAt = heard === undefined ? {} : { lastHeardAt: instant(heard) };
  const found = holder?.subscriptions?.state();
  if (!found)
    return {
      state: 'polling',
      sentence:
        'Changes are asked for every 30 s: no public address is configured for Microsoft to tell us of them.',
      ...lastHeardAt,
    };
  const sentence = {
    active: 'Microsoft tells us of changes.',
    starting: 'Microsoft is being asked to tell us of changes; meanwhile they are asked for every 30 s.',
    refused: 'Microsoft grants no subscription now; changes are asked for every 30 s.',
    failing: 'The subscription could not be made and is tried again; changes are asked for every 30 s.',
  }[found.state];
  return {
    state: found.state,
    sentence: found.detail === undefined ? sentence : `${sentence} Microsoft said: ${found.detail}`,
    ...lastHeardAt,
    ...(found.endsAtWallMs !== undefined && { endsAt: instant(found.endsAtWallMs) }),
  };
}

function groupTrouble({ code, missingScope }: GraphError): string {
  if (code === 'graph-missing-scope')
    return `The permission ${missingScope ?? 'to read groups'} is missing: an administrator of the tenant has to consent.`;
  return code === 'graph-throttled'
    ? 'Microsoft asked us to wait. Try again in a minute.'
    : 'Microsoft does not answer now. Try again.';
}

const kindWords: Readonly<Record<Mismatch['kind'], (one: Mismatch) => string>> = {
  'missing-here': ({ user }) => `${user?.displayName} is in the enable group and nobody here matches.`,
  'missing-at-microsoft': ({ person }) => `Nobody in Microsoft 365 matches ${person?.displayName}.`,
  'disabled-here': ({ person }) => `${person?.displayName} is in the enable group and not active here.`,
  'disabled-at-microsoft': ({ person, user }) =>
    user?.deletedOn === undefined
      ? `${person?.displayName} is active here and may not sign in at Microsoft.`
      : `${person?.displayName} is active here and was deleted at Microsoft.`,
  ambiguous: ({ person, user, others }) =>
    `${person?.displayName} matches ${[user?.upn, ...others].join(', ')}: nobody guesses which.`,
  shared: ({ person, user, others }) =>
    `${person?.displayName} and ${others.join(', ')} match the same user, ${user?.upn}.`,
};

function mismatchView(one: Mismatch, connectionId: string): MismatchView {
  const { kind, person, user } = one;
  return {
    kind,
    connectionId,
    sentence: kindWords[kind](one),
    ...(person && { person: { id: person.id, displayName: person.displayName, upn: person.upn } }),
    ...(user && { user: { objectId: user.objectId, displayName: user.displayName, upn: user.upn } }),
    hints: one.hints.map(hintView),
  };
}

function hintView(hint: MismatchHint): MismatchView['hints'][number] {
  if (hint.reason === 'similar')
    return {
      reason: 'same-name',
      sentence: `${hint.upn} has the same name or the same first part of the address.`,
    };
  const { number, user, person } = hint;
  const who = user ? user.upn || user.displayName : (person?.displayName ?? '');
  return {
    reason: 'same-number',
    sentence: `Same number ${number}: ${who}.`,
    number,
    ...(user && { objectId: user.objectId }),
    ...(person && { personId: asPersonId(person.id) }),
  };
}

function membershipOf(
  person: Person,
  entry: DirectoryEntry | undefined,
  objectId: string | undefined,
): Membership {
  const base = { personId: person.id as string, via: [], held: false };
  if (!entry)
    return { ...base, status: 'unread', sentence: 'The account is not connected with Microsoft 365.' };
  const { reader } = entry;
  const { id, displayName, upn, mail } = person;
  const matches = reader.match([
    {
      id,
      displayName,
      upn,
      ...(mail !== undefined && { mail }),
      ...(objectId !== undefined && { objectId }),
    },
  ]);
  const user = matches === 'unread' ? undefined : matches.get(id)?.user;
  if (user === undefined)
    return { ...base, status: 'unread', sentence: 'The directory was not read completely yet.' };
  if (user === null)
    return { ...base, status: 'no-user', sentence: `Nobody in Microsoft 365 matches ${displayName}.` };
  const groupIds = reader.mirror.followed;
  if (groupIds.length === 0) return { ...base, status: 'not-member', sentence: 'No enable group is chosen.' };
  const seen = reader.membership(groupIds, user.objectId);
  if (seen === 'unread')
    return { ...base, status: 'unread', sentence: 'Not every group in the enable group was read yet.' };
  const nameOf = (groupId: string): string => {
    const group = reader.group(groupId);
    return group === 'unread' || group === null ? groupId : group.name;
  };
  const readAt = instant(seen.readAtWallMs);
  if (!seen.member)
    return {
      ...base,
      status: 'not-member',
      sentence: `${displayName} is not in ${groupIds.map(nameOf).join(' or ')}, and in no group in it.`,
      readAt,
    };
  const group = { objectId: seen.groupId ?? '', name: nameOf(seen.groupId ?? '') };
  const way = seen.via.map(({ name }) => name).join(' → ');
  return {
    personId: person.id,
    status: 'member',
    sentence: seen.held
      ? `Microsoft says that ${displayName} left ${group.name}; a change of many people waits for a decision.`
      : way === ''
        ? `Direct member of ${group.name}.`
        : `Member of ${group.name} via ${way}.`,
    group,
    via: seen.via.map((one) => ({ objectId: one.id, name: one.name })),
    held: seen.held === true,
    readAt,
  };
}
