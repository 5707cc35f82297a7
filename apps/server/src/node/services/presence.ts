import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import type { PresenceMetrics } from '@tandem/adapters/http/presence-metrics.ts';
import type { PresenceBoard } from '@tandem/adapters/http/services.ts';
import { memoryOwnPresence } from '@tandem/adapters/http/testing/memory-own-presence.ts';
import { toPresence } from '@tandem/adapters/http/views/presence-view.ts';
import type { AccountId, PersonId, RoutingSnapshot } from '@tandem/domain';
import {
  type CallWithParties,
  type Clock,
  type ConnectionFeature,
  createPresenceReader,
  createPresenceWriter,
  createTenantPauses,
  type PersonPresence,
  type PreferredStates,
  type PresenceDirectory,
  type PresenceLeases,
  type PresencePerson,
  type PresencePolicies,
  type PresenceWatch,
  shownPresence,
  type TenantPresence,
} from '@tandem/engine';
import type { MicrosoftConnection, MicrosoftConnections } from './microsoft-connections.ts';

export interface PresenceParts {
  readonly clock: Clock;
  readonly connections: Pick<
    MicrosoftConnections,
    'all' | 'ofPerson' | 'objectIdOf' | 'onLinks' | 'onChange'
  >;
  readonly snapshot: () => RoutingSnapshot;
  readonly leases: PresenceLeases;
  readonly preferred: PreferredStates;
  readonly policies: PresencePolicies;
  readonly feed: { readonly watched: boolean; publish(event: FeedEvent): void };
  readonly metrics: PresenceMetrics;
  readonly onProblem: (what: string) => void;
}

export interface Presence {
  readonly board: PresenceBoard;
  readonly own: OwnPresenceBoard;
  readonly watch: PresenceWatch;
  callChanged(call: CallWithParties): void;
  callEnded(callId: string): void;
  /** The routing facts are new: people came or went. */
  snapshotChanged(): void;
  start(): void;
  /** Lets what is on its way to Microsoft arrive, for a moment; what does not is cleared by the next start. */
  stop(): Promise<void>;
}

/** A node that stops has two seconds for everything. */
const farewellMs = 800;

/** Puts presence together: calls to Teams, Teams to the API, changes to whoever watches. */
export function createPresence(parts: PresenceParts): Presence {
  const { clock, connections, feed } = parts;
  const heard = new Set<() => void>();
  const tenants = new Map<string, { readonly of: AccountId; readonly presence: TenantPresence }>();
  let people = new Map<PersonId, PresencePerson>();
  /** What was published of each person last, so that nothing is said twice. */
  const told = new Map<PersonId, string>();
  const watchers = new Set<(personId: PersonId) => void>();

  function refresh(): void {
    const next = new Map<PersonId, PresencePerson>();
    const { accounts, people: everybody } = parts.snapshot();
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
    for (const personId of told.keys()) if (!everybody.has(personId)) told.delete(personId);
    for (const listener of heard) listener();
  }

  const directory: PresenceDirectory = {
    find: (personId) => people.get(personId),
    list: () => [...people.values()],
    onChange(listener) {
      heard.add(listener);
      return () => heard.delete(listener);
    },
  };
  const graph = { of: (entraTenantId: string) => tenants.get(entraTenantId)?.presence };
  const pauses = createTenantPauses(() => clock.now(), Math.random);
  const writer = createPresenceWriter({
    clock,
    pauses,
    people: directory,
    graph,
    leases: parts.leases,
    preferred: parts.preferred,
    policies: parts.policies,
    onChange: tell,
    onWrite: parts.metrics.written,
    onProblem: parts.onProblem,
  });
  const reader = createPresenceReader({
    clock,
    pauses,
    policies: parts.policies,
    people: directory,
    graph,
    callsOf: writer.of,
    onChange: ({ personId }) => tell(personId),
    onRead: parts.metrics.read,
    onProblem: parts.onProblem,
  });
  const shownOf = (personId: PersonId): PersonPresence | undefined =>
    shownPresence(writer.of(personId), reader.of(personId), clock);

  function tell(personId: PersonId): void {
    const shown = shownOf(personId);
    const accountId = parts.snapshot().people.get(personId)?.accountId;
    if (!shown || accountId === undefined) return;
    const key = `${shown.label} ${shown.source} ${shown.endpoint} ${shown.stale} ${shown.idle} ${shown.outOfOffice} ${shown.leaseEndsWallMs === undefined}`;
    if (told.get(personId) === key) return;
    told.set(personId, key);
    parts.metrics.changed(shown.source);
    for (const watcher of watchers) watcher(personId);
    if (feed.watched) feed.publish({ kind: 'person', accountId, personId, presence: toPresence(shown) });
  }

  /** The engine tells from within a call: what goes wrong here must not end it. */
  function aside(work: () => void): void {
    try {
      work();
    } catch (error) {
      parts.onProblem(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  const stopListening = [connections.onLinks(refresh), connections.onChange(refresh)];

  const board: PresenceBoard = {
    of(personId) {
      reader.watched(personId);
      const shown = shownOf(personId);
      return shown && toPresence(shown);
    },
  };

  return {
    board,
    watch: {
      of: shownOf,
      onChange(listener) {
        watchers.add(listener);
        return () => watchers.delete(listener);
      },
      watched: (personId) => reader.watched(personId),
    },
    own: memoryOwnPresence(clock, board, () => undefined),
    callChanged: (call) => aside(() => writer.callChanged(call)),
    callEnded: (callId) => aside(() => writer.callEnded(callId)),
    snapshotChanged: refresh,
    start() {
      refresh();
      parts.metrics.readAges(reader.ages);
      reader.start();
      void writer.restore();
    },
    async stop() {
      for (const stop of stopListening) stop();
      reader.stop();
      const until = clock.now() + farewellMs;
      while (writer.open > 0 && clock.now() < until)
        await new Promise<void>((resolve) => void clock.after(20, resolve));
      writer.stop();
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
