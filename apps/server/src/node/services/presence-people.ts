import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import type { AccountId, PersonId, RoutingSnapshot } from '@tandem/domain';
import type {
  ConnectionFeature,
  PresenceDirectory,
  PresenceGraph,
  PresencePerson,
  TenantPresence,
} from '@tandem/engine';
import type { MicrosoftConnection, MicrosoftConnections } from './microsoft-connections.ts';

export interface PresencePeopleParts {
  readonly connections: Pick<MicrosoftConnections, 'all' | 'ofPerson' | 'objectIdOf'>;
  readonly snapshot: () => RoutingSnapshot;
}

/** Who is where at Microsoft, and through which connection presence of a tenant is read and written. */
export function presencePeople({ connections, snapshot }: PresencePeopleParts): {
  readonly directory: PresenceDirectory;
  readonly graph: PresenceGraph;
  /** Links, connections or people are others. */
  refresh(): void;
} {
  const heard = new Set<() => void>();
  const tenants = new Map<string, { readonly of: AccountId; readonly presence: TenantPresence }>();
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
          const presence = tenantPresence(connection.graph, connection.clientId);
          tenants.set(connection.tenantId, {
            of: accountId,
            presence: allows(connection, 'presence-write') ? presence : readOnly(presence),
          });
        }
      }
      for (const person of everybody.values()) {
        const { id: personId, accountId } = person;
        const objectId = connections.objectIdOf(personId);
        const entraTenantId = connections.ofPerson(person)?.tenantId;
        if (objectId !== undefined && entraTenantId !== undefined)
          next.set(personId, { accountId, personId, entraTenantId, objectId });
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
