import { randomBytes } from 'node:crypto';
import type { KnownPerson, MicrosoftDoorParts } from '@tandem/adapters/http/auth/microsoft-door.ts';
import type { PlatformUser, UserStore } from '@tandem/adapters/postgres/user-store.ts';
import type { AccountId, Person, PersonId, RoutingSnapshot } from '@tandem/domain';
import type { AuditLog, DirectoryUser } from '@tandem/engine';

export interface PortalSignInParts {
  readonly users: Pick<UserStore, 'ofPerson' | 'create' | 'noteSignIn'>;
  readonly snapshot: () => RoutingSnapshot;
  /** All connections that were proved once, interrupted ones too. */
  readonly connections: {
    all(accountId: AccountId): readonly { readonly connectionId: string; readonly tenantId: string }[];
    ofPerson(person: Person): { readonly connectionId: string; readonly tenantId: string } | undefined;
  };
  readonly objectIdOf: (personId: PersonId) => string | undefined;
  /** As the directory was read last. Null: gone for good. */
  readonly userOf: (connectionId: string, objectId: string) => DirectoryUser | null | 'unread' | undefined;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly newId: () => string;
}

export interface PortalSignIn
  extends Pick<MicrosoftDoorParts, 'peopleOf' | 'signInsOf' | 'makeSignIn' | 'signedIn'> {
  /** False: whose sign-in this is, is disabled or deleted in Entra. */
  mayStay(user: PlatformUser): boolean;
}

/** Who of ours a Microsoft user is, and whether the directory lets them in. All but the sign-ins themselves is in memory. */
export function createPortalSignIn(parts: PortalSignInParts): PortalSignIn {
  const { connections, users } = parts;

  function blockedAt(person: Person): KnownPerson['blocked'] | undefined {
    const objectId = parts.objectIdOf(person.id);
    const connection = objectId === undefined ? undefined : connections.ofPerson(person);
    if (objectId === undefined || !connection) return undefined;
    const user = parts.userOf(connection.connectionId, objectId.toLowerCase());
    // What was not read says nothing: nobody loses a session because Microsoft is silent.
    if (user === undefined || user === 'unread') return undefined;
    if (user === null || user.deletedOn !== undefined) return 'deleted';
    return user.enabled === false ? 'disabled' : undefined;
  }

  return {
    peopleOf(entraTenantId, objectId) {
      const { accounts, people } = parts.snapshot();
      const connected = new Set<AccountId>();
      for (const id of accounts.keys())
        if (connections.all(id).some(({ tenantId }) => tenantId === entraTenantId)) connected.add(id);
      if (connected.size === 0) return undefined;
      const found: KnownPerson[] = [];
      for (const person of people.values()) {
        if (!connected.has(person.accountId)) continue;
        if (parts.objectIdOf(person.id)?.toLowerCase() !== objectId) continue;
        // An account may have several tenants: the link is one into the person's own.
        if (connections.ofPerson(person)?.tenantId !== entraTenantId) continue;
        const blocked = blockedAt(person) ?? (person.active ? undefined : ('inactive' as const));
        found.push({
          accountId: person.accountId,
          accountName: accounts.get(person.accountId)?.name ?? '',
          personId: person.id,
          name: person.displayName,
          ...(blocked !== undefined && { blocked }),
        });
      }
      return found;
    },

    signInsOf: ({ accountId, personId }) => users.ofPerson(accountId, personId),

    async makeSignIn({ accountId, personId }) {
      const person = parts.snapshot().people.get(personId);
      if (!person) return undefined;
      // The name is for people to read; who it is, is the person. Somebody else's sign-in may have that name.
      for (const name of [person.upn, `${person.upn} ${personId}`]) {
        const made = await users.create(accountId, {
          id: parts.newId(),
          name,
          role: 'user',
          accountId,
          personId,
          // Nobody has it, so nobody signs in by it until an administrator makes a password.
          password: randomBytes(48).toString('base64url'),
        });
        if (made.ok) {
          await parts.audit.note({
            accountId,
            actor: { kind: 'system', name: 'sign-in with Microsoft' },
            action: 'sign-in.make',
            object: { kind: 'sign-in', id: made.value.id, label: made.value.name },
            after: { role: 'user', personId },
          });
          return made.value;
        }
        // Two windows at once: the other one has made it.
        const [there] = await users.ofPerson(accountId, personId);
        if (there) return there;
      }
      return undefined;
    },

    async signedIn(user, microsoft, address) {
      if (user.accountId === undefined) return;
      await parts.audit.note({
        accountId: user.accountId,
        actor: { kind: 'user', name: user.name, role: user.role, address },
        action: 'sign-in.microsoft',
        object: { kind: 'sign-in', id: user.id, label: user.name },
        after: { entraTenantId: microsoft.entraTenantId, objectId: microsoft.objectId },
      });
      await users.noteSignIn(user.accountId, user.id);
    },

    mayStay({ personId }) {
      const person = personId && parts.snapshot().people.get(personId);
      if (!person) return true;
      const blocked = blockedAt(person);
      return blocked !== 'disabled' && blocked !== 'deleted';
    },
  };
}
