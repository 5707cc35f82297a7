import { writeCsv } from '@tandem/adapters/csv/people-csv.ts';
import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import type { TenantDirectoryBoard } from '@tandem/adapters/http/areas/tenant-directory.ts';
import type { PresenceSyncBoard } from '@tandem/adapters/http/presence-sync-board.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { AccountId, CallRules, ConnectionId, Person, PersonId, RoutingSnapshot } from '@tandem/domain';
import type {
  AuditLog,
  Clock,
  DirectoryView,
  Mailer,
  PresencePolicies,
  StoredConnection,
} from '@tandem/engine';
import { workingStates } from '@tandem/engine/connection/connection.machine.ts';
import type { PresenceProbeOutcome, PresenceTenant } from '@tandem/engine/presence-sync/ports.ts';
import { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import { PresenceMemory } from '@tandem/engine/presence-sync/presence-memory.ts';
import { PresenceRunner } from '@tandem/engine/presence-sync/presence-runner.ts';
import { presenceTenant } from '@tandem/engine/presence-sync/presence-tenant.ts';
import type { PresenceSyncSettings } from '@tandem/engine/presence-sync/settings.ts';
import type { MicrosoftConnection, OpenConnections } from './microsoft-connections.ts';
import { readPresenceCopy, writePresenceCopy } from './presence-sync-file.ts';
import { followPresenceStore } from './presence-sync-follow.ts';

export interface PresenceSyncParts {
  readonly store: Stores['presenceSync'];
  readonly connections: Pick<OpenConnections, 'all' | 'ofPerson' | 'objectIdOf' | 'onLinks' | 'onChange'> & {
    readonly keeper: Pick<OpenConnections['keeper'], 'find' | 'list'>;
  };
  readonly directory: {
    viewOf(connectionId: ConnectionId): DirectoryView | undefined;
    onChange(heard: (accountId: AccountId) => void): void;
    readonly board: Pick<TenantDirectoryBoard, 'mismatches'>;
  };
  readonly snapshots: {
    current(): RoutingSnapshot;
    onChange(heard: () => void): () => void;
  };
  readonly clock: Clock;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly newId: () => string;
  /** Address of the portal, for mails. */
  readonly portal: string;
  /** Where the copy for a start without the database is kept. */
  readonly file: string;
  readonly hasQueue: (accountId: AccountId) => boolean;
  /** Rules of one's own, where the account allows them. */
  readonly personalRules?: (personId: PersonId) => Partial<CallRules> | undefined;
  /** The Entra user by whose own sign-in a person is served now. */
  readonly servedByOwn?: (personId: PersonId) => string | undefined;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

/** Who is who at Microsoft, as presence knows it. */
export interface PresenceLinks {
  objectIdOf(personId: PersonId): string | undefined;
  /** Whose this Entra user is, on the whole platform. */
  holderOf(objectId: string): PersonId | undefined;
  /** Told after some of the object ids changed. Returns the way to stop. */
  onLinks(heard: () => void): () => void;
}

export interface PresenceSync {
  /** From memory; what an administrator saved counts in it when the API has answered. */
  readonly policies: PresencePolicies;
  readonly links: PresenceLinks;
  readonly board: PresenceSyncBoard;
  settingsOf(accountId: AccountId): PresenceSyncSettings;
  /** Wall ms since when the person's connection does not work. Undefined: it works, or there is none. */
  interruptedSince(personId: PersonId): number | undefined;
  /** Personal rules are others. */
  policiesChanged(): void;
  /** Others are served by their own sign-in. */
  ownChanged(): void;
  start(): void;
  stop(): Promise<void>;
}

const copyAfterMs = 1_000;
const againMs = 5_000;

/** Puts the setup of presence together. Resolves once what was decided is in memory, from the store or from the copy. */
export async function openPresenceSync(parts: PresenceSyncParts): Promise<PresenceSync> {
  const { store, connections, directory, snapshots, clock } = parts;
  const { keeper } = connections;
  let started = false;
  let stopped = false;
  const person = (personId: PersonId): Person | undefined => snapshots.current().people.get(personId);
  const memory = new PresenceMemory({
    person,
    knownObjectId: connections.objectIdOf,
    ...(parts.personalRules && { personalRules: parts.personalRules }),
  });

  // ---- from the store, or as it was last
  let loaded = false;
  async function load(): Promise<void> {
    try {
      memory.load(await store.loadForPlatform());
      loaded = true;
    } catch (error) {
      const kept = memory.accounts().length === 0 ? readPresenceCopy(parts.file) : undefined;
      if (kept) memory.load(kept);
      parts.onProblem(
        `the setup of presence cannot be read now${kept ? ', the copy on disk is used' : ''}: ${(error as Error).message}`,
        undefined,
      );
    }
  }
  await load();

  let copyPlanned: (() => void) | undefined;
  let copying: Promise<void> = Promise.resolve();
  const copy = (): void => {
    copying = copying
      .then(() => writePresenceCopy(parts.file, memory.dump()))
      .catch((error: Error) =>
        parts.onProblem(`the copy of the setup of presence was not written: ${error.message}`, undefined),
      );
  };
  const planCopy = (): void => {
    if (stopped || !loaded) return;
    copyPlanned ??= clock.after(copyAfterMs, () => {
      copyPlanned = undefined;
      copy();
    });
  };

  // ---- connections and their directories
  const made = new Map<
    ConnectionId,
    {
      readonly stored: StoredConnection;
      readonly view: DirectoryView | undefined;
      readonly tenant: PresenceTenant;
    }
  >();
  function tenantBy(connectionId: ConnectionId): PresenceTenant | undefined {
    const stored = keeper.find(connectionId);
    if (!stored) return undefined;
    const view = directory.viewOf(connectionId);
    const known = made.get(connectionId);
    if (known?.stored === stored && known.view === view) return known.tenant;
    const tenant = presenceTenant(stored, view);
    made.set(connectionId, { stored, view, tenant });
    return tenant;
  }
  /** Asked for each person of each account: looked up once until a connection is another. */
  const own = new Map<AccountId, readonly MicrosoftConnection[]>();
  const allOf = (accountId: AccountId): readonly MicrosoftConnection[] => {
    let found = own.get(accountId);
    if (!found) {
      found = connections.all(accountId);
      own.set(accountId, found);
    }
    return found;
  };
  function connectionOf(one: Person): MicrosoftConnection | undefined {
    const found = allOf(one.accountId);
    return found.length < 2 ? found[0] : connections.ofPerson(one);
  }
  const tenants = (accountId: AccountId): readonly PresenceTenant[] =>
    allOf(accountId).flatMap(({ connectionId }) => tenantBy(connectionId) ?? []);

  async function probe(
    connectionId: ConnectionId,
    objectIds: readonly string[],
  ): Promise<PresenceProbeOutcome> {
    const stored = keeper.find(connectionId);
    const connection = stored && allOf(stored.accountId).find((one) => one.connectionId === connectionId);
    if (!connection) return { is: 'refused' };
    try {
      const { graph, clientId } = connection.presenceApp ?? connection;
      const outcome = await tenantPresence(graph, clientId).read(objectIds);
      if (outcome.is !== 'read') return outcome;
      const { request } = outcome;
      return { is: 'read', found: new Set(outcome.found.keys()), ...(request && { request }) };
    } catch (error) {
      parts.onProblem(`presence could not be read: ${(error as Error).message}`, connection.accountId);
      return { is: 'failed' };
    }
  }

  // ---- people, asked for again and again: sorted out once a snapshot
  let sorted:
    | { readonly of: RoutingSnapshot; readonly by: ReadonlyMap<AccountId, readonly Person[]> }
    | undefined;
  function people(accountId: AccountId): readonly Person[] {
    const snapshot = snapshots.current();
    if (sorted?.of !== snapshot)
      sorted = { of: snapshot, by: Map.groupBy(snapshot.people.values(), (one) => one.accountId) };
    return sorted.by.get(accountId) ?? [];
  }

  const shared = {
    memory,
    store,
    clock,
    person,
    people,
    tenants,
    tenantOf(one: Person): PresenceTenant | undefined {
      const found = connectionOf(one);
      return found && tenantBy(found.connectionId);
    },
    knownObjectId: connections.objectIdOf,
    ...(parts.servedByOwn && { servedByOwn: parts.servedByOwn }),
    breath: () => new Promise<void>((resolve) => void setImmediate(resolve)),
    probe: { read: probe },
    mailer: parts.mailer,
    audit: parts.audit,
    accountName: (accountId: AccountId) => snapshots.current().accounts.get(accountId)?.name,
    newId: parts.newId,
    portal: parts.portal,
    csv: writeCsv,
    onProblem: (what: string, accountId: AccountId) => parts.onProblem(what, accountId),
  };
  const runner = new PresenceRunner(shared);
  const desk = new PresenceSyncDesk({
    ...shared,
    runner,
    hasQueue: parts.hasQueue,
    countryOf: (accountId) => snapshots.current().accounts.get(accountId)?.country ?? '',
    missingHere: (accountId) =>
      directory.board
        .mismatches(accountId, people(accountId))
        .items.flatMap(({ kind, user, hints }) =>
          kind === 'missing-here' && user ? [{ ...user, hints: hints.map(({ sentence }) => sentence) }] : [],
        ),
  });

  function snapshotChanged(): void {
    const { accounts, people: everybody } = snapshots.current();
    // Nobody is forgotten because the facts themselves are not there.
    memory.forget(
      memory
        .dump()
        .people.filter(({ accountId, personId }) => accounts.has(accountId) && !everybody.has(personId))
        .map(({ personId }) => personId),
    );
    allChanged();
  }
  const allChanged = (): void => {
    for (const accountId of memory.accounts()) runner.factsChanged(accountId);
  };
  directory.onChange((accountId) => runner.factsChanged(accountId));
  const stops: (() => void)[] = [memory.onChange(planCopy), connections.onChange(() => own.clear())];

  async function resume(): Promise<void> {
    if (stopped) return;
    try {
      if (!loaded) await load();
      if (loaded) {
        await runner.resume();
        allChanged();
        return;
      }
    } catch (error) {
      parts.onProblem(`runs of presence go on later: ${(error as Error).message}`, undefined);
    }
    const again = clock.after(againMs, () => void resume());
    stops.push(again);
  }

  return {
    policies: memory,
    links: {
      objectIdOf(personId) {
        const one = person(personId);
        return one && memory.objectIdOf(personId, connectionOf(one)?.tenantId);
      },
      holderOf: (objectId) => memory.holderOf(objectId),
      onLinks(heard) {
        const both = [memory.onChange(heard), connections.onLinks(heard)];
        return () => {
          for (const stop of both) stop();
        };
      },
    },
    board: {
      desk,
      connectionsOf: (accountId) =>
        keeper.list().filter((one) => one.accountId === accountId && one.life.state !== 'DISCONNECTED'),
    },
    settingsOf: (accountId) => memory.settingsOf(accountId).settings,
    interruptedSince(personId) {
      const one = person(personId);
      const found = one && connectionOf(one);
      const stored = found && keeper.find(found.connectionId);
      return stored && !workingStates.has(stored.life.state) ? stored.life.sinceWallMs : undefined;
    },
    policiesChanged: () => memory.changed(),
    ownChanged() {
      if (started) allChanged();
    },
    start() {
      started = true;
      runner.start();
      stops.push(
        connections.onChange(() => runner.connectionsChanged()),
        connections.onLinks(allChanged),
        snapshots.onChange(snapshotChanged),
        followPresenceStore({ clock, store, memory }),
      );
      void resume();
    },
    async stop() {
      stopped = true;
      runner.stop();
      for (const stop of stops) stop();
      copyPlanned?.();
      if (loaded) copy();
      await copying;
    },
  };
}
