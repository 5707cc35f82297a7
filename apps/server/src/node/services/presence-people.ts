import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import type { AccountId, PersonId, RoutingSnapshot } from '@tandem/domain';
import {
  type ConnectionFeature,
  OwnReads,
  type PresenceDirectory,
  type PresenceGraph,
  type PresencePerson,
  type TeamsRead,
  type TenantPresence,
  withOwnConnections,
} from '@tandem/engine';
import type { MicrosoftConnection, MicrosoftConnections } from './microsoft-connections.ts';
import type { OwnConnections } from './own-connections.ts';

export interface PresencePeopleParts {
  readonly connections: Pick<MicrosoftConnections, 'all' | 'ofPerson' | 'objectIdOf'>;
  readonly snapshot: () => RoutingSnapshot;
  /** Whom their own connection serves (P02). Absent: nobody. */
  readonly own?: Pick<OwnConnections, 'of'> | undefined;
  /** What an own connection read of its person. */
  readonly heard?: (entraTenantId: string, objectId: string, read: TeamsRead) => void;
  readonly now?: () => number;
}

/** Who is where at Microsoft, and through which connection presence of a tenant is read and written. */
export function presencePeople(parts: PresencePeopleParts): {
  readonly directory: PresenceDirectory;
  readonly graph: PresenceGraph;
  /** Links, connections or people are others. */
  refresh(): void;
} {
  const { connections, snapshot } = parts;
  const heard = new Set<() => void>();
  const reads = new Map<string, OwnReads>();
  function readsOf(entraTenantId: string): OwnReads {
    let known = reads.get(entraTenantId);
    if (!known) {
      const tell = (objectId: string, read: TeamsRead) => parts.heard?.(entraTenantId, objectId, read);
      known = new OwnReads(parts.now ?? (() => performance.now()), tell);
      reads.set(entraTenantId, known);
    }
    return known;
  }
  const tenants = new Map<string, { readonly of?: AccountId; readonly presence: TenantPresence }>();
  let people = new Map<PersonId, PresencePerson>();
  return {
    directory: {
      find: (personId) => people.get(personId),
      list: () => [...people.values()],
      onChange(listener) {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    },
    graph: { of: (entraTenantId) => tenants.get(entraTenantId)?.presence },
    refresh() {
      const next = new Map<PersonId, PresencePerson>();
      const { accounts, people: everybody } = snapshot();
      tenants.clear();
      for (const { id: accountId } of accounts.values()) {
        for (const connection of connections.all(accountId)) {
          if (tenants.has(connection.tenantId) || !allows(connection, 'presence')) continue;
          // By the registration for presence, where there is one: its token carries nothing else (G23).
          const { graph, clientId } = connection.presenceApp ?? connection;
          const presence = tenantPresence(graph, clientId);
          tenants.set(connection.tenantId, {
            of: accountId,
            presence: allows(connection, 'presence-write') ? presence : readOnly(presence),
          });
        }
      }
      const own = new Map<string, Map<string, TenantPresence>>();
      for (const person of everybody.values()) {
        const { id: personId, accountId } = person;
        const mine = parts.own?.of(personId);
        if (mine) {
          const { entraTenantId, objectId } = mine;
          next.set(personId, { accountId, personId, entraTenantId, objectId });
          const group = own.get(entraTenantId) ?? new Map<string, TenantPresence>();
          own.set(entraTenantId, group.set(objectId, mine.presence));
          continue;
        }
        const objectId = connections.objectIdOf(personId);
        const entraTenantId = connections.ofPerson(person)?.tenantId;
        // Whoever nobody asks about is forgotten by all who keep something of them (G27).
        if (objectId !== undefined && entraTenantId !== undefined && tenants.has(entraTenantId))
          next.set(personId, { accountId, personId, entraTenantId, objectId });
      }
      for (const [entraTenantId, group] of own) {
        const organisation = tenants.get(entraTenantId);
        const presence = withOwnConnections(organisation?.presence, group, readsOf(entraTenantId));
        tenants.set(entraTenantId, { ...organisation, presence });
      }
      people = next;
      for (const listener of heard) listener();
    },
  };
}

/** A feature that an admin switched off uses nothing, whatever Microsoft granted (G24, G25). */
const allows = ({ features }: MicrosoftConnection, feature: ConnectionFeature): boolean =>
  features === undefined || features.includes(feature);

/** Reading alone cannot show anything in Teams (G19); what is ours may always be withdrawn. */
const readOnly = (presence: TenantPresence): TenantPresence => ({
  read: presence.read.bind(presence),
  write: async (objectId, write) =>
    write.kind === 'clearPresence' || write.kind === 'clearPreferred'
      ? presence.write(objectId, write)
      : { is: 'refused' },
});
