import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { graphDirectorySource } from '@tandem/adapters/graph/delta.ts';
import { GraphSubscriptions, type KeptSubscription } from '@tandem/adapters/graph/subscriptions.ts';
import { type HintJournal, openHintJournal } from '@tandem/adapters/graph-notifications/hint-journal.ts';
import type { ContentPost } from '@tandem/adapters/graph-notifications/presence-inbox.ts';
import { graphReceiver, type Hint, hooksPath } from '@tandem/adapters/graph-notifications/receiver.ts';
import { SubscriptionBook } from '@tandem/adapters/graph-notifications/subscription-book.ts';
import type { TenantDirectoryBoard } from '@tandem/adapters/http/areas/tenant-directory.ts';
import type { DirectoryMetrics, DirectoryReading } from '@tandem/adapters/http/directory-metrics.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type { HeldRemoval } from '@tandem/contract';
import type { AccountId, ConnectionId, RoutingSnapshot } from '@tandem/domain';
import type { AuditLog, Clock, DirectoryView, Mailer } from '@tandem/engine';
import { DirectoryReader } from '@tandem/engine/directory-sync/directory-reader.ts';
import type { CallerNames } from '@tandem/engine/ports/caller-names.ts';
import type { DirectorySource } from '@tandem/engine/ports/directory-source.ts';
import type { FastifyInstance } from 'fastify';
import { directoryCallerNames } from './caller-names.ts';
import { directoryBoard } from './directory-board.ts';
import { readDirectory, removeDirectory, writeDirectory } from './directory-file.ts';
import { readSubscriptions, writeSubscriptions } from './directory-subscriptions-file.ts';
import type { MicrosoftConnection, MicrosoftConnections } from './microsoft-connections.ts';

export interface DirectoryParts {
  readonly connections: Pick<MicrosoftConnections, 'all' | 'ofPerson' | 'objectIdOf' | 'onChange'>;
  readonly snapshots: {
    current(): RoutingSnapshot;
    onChange(heard: () => void): () => void;
  };
  readonly clock: Clock;
  readonly random: () => number;
  /** Ours to write. */
  readonly dir: string;
  /** Where Microsoft reaches this platform, without a slash at the end. Undefined: changes are asked for only. */
  readonly publicUrl: () => string | undefined;
  readonly audit: Pick<AuditLog, 'note'>;
  /** Tells the admins of a mass change that waits for them. */
  readonly mailer?: Pick<Mailer, 'send'>;
  /** The counters, once they are there. */
  readonly metrics: () => DirectoryMetrics | undefined;
  /** Who else has subscriptions in the book, and is told of what comes for them. */
  readonly others?: () => NotificationTaker | undefined;
  readonly onProblem: (what: string, connectionId: ConnectionId | undefined) => void;
}

export interface NotificationTaker {
  /** By the same key as in the book. */
  hint(connectionId: string, hint: Hint): void;
  content(connectionId: string, post: ContentPost): void;
}

export interface Directory {
  /** What Microsoft may tell us of, and what is being asked for. */
  readonly book: SubscriptionBook;
  /** From memory, at once; everything is `unread` at first. Undefined: there is no such connection. */
  viewOf(connectionId: ConnectionId): DirectoryView | undefined;
  /** Told after answers about an account's people or groups changed. */
  onChange(heard: (accountId: AccountId) => void): void;
  /** Told before the answers change: an admin confirmed that these users may leave. */
  onConfirmed(heard: (connectionId: ConnectionId, objectIds: ReadonlySet<string>) => void): void;
  /** Changes of many people that wait for an admin before anybody sees them. */
  heldOf(connectionId: ConnectionId): readonly HeldRemoval[];
  readonly board: TenantDirectoryBoard;
  readonly callerNames: CallerNames;
  /** Where the mirror of a connection is on disk, if there is one. */
  mirrorFile(connectionId: ConnectionId): string;
  /** Changes are asked for only, from now on: what Microsoft was asked to tell of ends there, and is forgotten here. */
  forgetNotifications(connectionId: ConnectionId): Promise<void>;
  /** For the metrics. */
  readings(): readonly DirectoryReading[];
  /** Where Microsoft tells of changes. */
  readonly receiver: (app: FastifyInstance) => Promise<void>;
  /** What is on disk is there by now, and nothing was asked of Microsoft before this. */
  start(): void;
  stop(): Promise<void>;
}

/** One connection's mirror, with all that keeps it fresh. */
export interface DirectoryEntry {
  connection: MicrosoftConnection;
  readonly reader: DirectoryReader;
  source: DirectorySource;
  subscriptions: GraphSubscriptions | undefined;
  readonly file: string;
  readonly opened: Promise<void>;
  heardAtWallMs: number | undefined;
  heldSeen: string;
  dirty: boolean;
  cancelSave: (() => void) | undefined;
  saving: Promise<void>;
}

const mostNames = 20;
const saveEveryMs = 5 * 60_000;
const saveSoonMs = 2_000;
/** A node that stops has two seconds for everything. */
const farewellMs = 500;
/** Changes that came without a word within this: perhaps Microsoft has stopped telling. */
const announcedWithinMs = 90_000;

/** The mirrors of all connected tenants: made, kept on disk, told of changes, given up. No call ever waits for one. */
export async function openDirectory(parts: DirectoryParts): Promise<Directory> {
  const { connections, snapshots, clock } = parts;
  await mkdir(parts.dir, { recursive: true, mode: 0o700 });
  const entries = new Map<ConnectionId, DirectoryEntry>();
  const book = new SubscriptionBook();
  const journal: HintJournal = await openHintJournal({ dir: parts.dir });
  const subscriptionsFile = join(parts.dir, 'subscriptions.json');
  const kept = await readSubscriptions(subscriptionsFile);
  const listeners = new Set<(accountId: AccountId) => void>();
  const confirmed = new Set<(connectionId: ConnectionId, objectIds: ReadonlySet<string>) => void>();
  let started = false;
  let stopped = false;
  let writingKept: Promise<void> = Promise.resolve();

  const problem = (what: string, error: unknown, connectionId?: ConnectionId): void =>
    parts.onProblem(`${what}: ${error instanceof Error ? error.message : String(error)}`, connectionId);

  // ---- the disk
  const save = (entry: DirectoryEntry): Promise<void> => {
    entry.cancelSave?.();
    entry.cancelSave = undefined;
    entry.dirty = false;
    entry.saving = entry.saving
      .then(() => entry.opened)
      .then(() => writeDirectory(entry.file, entry.reader))
      .catch((error: unknown) => {
        entry.dirty = true;
        problem('the mirror of a directory was not written', error, entry.connection.connectionId);
      });
    return entry.saving;
  };
  /** Once for each held change, over restarts too: the key is the same. */
  const tellHeld = ({ connection, reader }: DirectoryEntry): void => {
    const page = parts.publicUrl();
    for (const { id, state, people, linked } of reader.mirror.held) {
      if (state !== 'waiting') continue;
      const subject = `${people.size} of ${linked} people would lose Teams calling at once`;
      const words =
        'Microsoft 365 says that they left the enable group or were deleted. They keep calling until you decide.';
      void parts.mailer?.send({
        accountId: connection.accountId,
        to: 'admins',
        key: `directory:${connection.connectionId}:held:${id}`,
        subject,
        text: page === undefined ? words : `${words}\n\n${page}/microsoft`,
      });
    }
  };
  const planSave = (entry: DirectoryEntry): void => {
    // What was given up is not written again by an answer that comes late.
    if (entries.get(entry.connection.connectionId) !== entry) return;
    entry.dirty = true;
    const held = JSON.stringify(
      entry.reader.mirror.held.map(({ id, state, people }) => [id, state, people.size]),
    );
    const soon = held !== entry.heldSeen || entry.reader.readAtWallMs.users === undefined;
    if (held !== entry.heldSeen) tellHeld(entry);
    entry.heldSeen = held;
    if (entry.cancelSave && !soon) return;
    entry.cancelSave?.();
    entry.cancelSave = clock.after(soon ? saveSoonMs : saveEveryMs, () => void save(entry));
  };
  const keep = (connectionId: ConnectionId, now: readonly KeptSubscription[]): void => {
    if (now.length === 0) kept.delete(connectionId);
    else kept.set(connectionId, now);
    writingKept = writingKept
      .then(() => writeSubscriptions(subscriptionsFile, kept))
      .catch((error: unknown) => problem('the list of subscriptions was not written', error, connectionId));
  };

  const mirrorFile = (connectionId: ConnectionId): string =>
    join(parts.dir, `${connectionId.replace(/[^0-9A-Za-z-]/g, '_')}.mirror`);
  // ---- one connection
  function open(connection: MicrosoftConnection): DirectoryEntry {
    const { connectionId, tenantId } = connection;
    const file = mirrorFile(connectionId);
    const source: DirectorySource = {
      users: (from) => entry.source.users(from),
      groups: (ids, from) => entry.source.groups(ids, from),
      transitiveMembers: (groupId) => entry.source.transitiveMembers(groupId),
    };
    const reader = new DirectoryReader(tenantId, {
      source,
      clock,
      random: parts.random,
      onRead: () => planSave(entry),
      count(one) {
        const metrics = parts.metrics();
        if (one.what === 'run') metrics?.run(one.of, one.result);
        else if (one.what === 'changes') metrics?.changes(one.of, one.changes);
        else metrics?.comparison(one.result);
      },
      onProblem: (what) => parts.onProblem(what, connectionId),
    });
    const opened = readDirectory(file, tenantId).then((found) => {
      if (!found) return;
      reader.mirror.restore(found.dump);
      reader.restore(found.links);
    });
    const entry: DirectoryEntry = {
      connection,
      reader,
      source: graphDirectorySource(connection.graph, clock.wall),
      subscriptions: undefined,
      file,
      opened,
      heardAtWallMs: journal.lastHeard(connectionId),
      heldSeen: '[]',
      dirty: false,
      cancelSave: undefined,
      saving: Promise.resolve(),
    };
    reader.onChange((objectIds) => {
      const silent = clock.wall() - (entry.heardAtWallMs ?? 0) > announcedWithinMs;
      if (objectIds !== 'all' && silent) entry.subscriptions?.unannounced();
      for (const heard of listeners) heard(entry.connection.accountId);
    });
    return entry;
  }

  async function begin(entry: DirectoryEntry): Promise<void> {
    await entry.opened;
    if (stopped || entries.get(entry.connection.connectionId) !== entry) return;
    entry.reader.start();
    subscribe(entry);
  }

  /** One subscription a tenant and app: of several connections with the same one the first has it, and all hear of it. */
  function subscribe(entry: DirectoryEntry): void {
    const { connectionId, graph } = entry.connection;
    // Switched off: then nothing of it is wanted (G24).
    if (entry.connection.features?.includes('webhooks') === false) return;
    const base = parts.publicUrl();
    const other = [...entries.values()].some(
      (one) => one !== entry && one.connection.graph === graph && one.subscriptions,
    );
    if (base === undefined || other || entry.subscriptions || stopped) return;
    entry.subscriptions = new GraphSubscriptions({
      graph,
      connectionId,
      notificationUrl: `${base}${hooksPath}/${connectionId}`,
      book,
      clock,
      newSecret: () => randomBytes(32).toString('base64url'),
      kept: kept.get(connectionId) ?? [],
      keep: (now) => keep(connectionId, now),
      onCreated: () => entry.reader.hint(),
      count: (resource, what) => parts.metrics()?.subscription(resource, what),
    });
    entry.subscriptions.start();
  }

  async function close(entry: DirectoryEntry): Promise<void> {
    // What Microsoft has not answered by now is asked for again by the next start.
    const over = Promise.all([entry.reader.stop(), entry.subscriptions?.stop()]);
    await Promise.race([over, new Promise<void>((resolve) => void clock.after(farewellMs, resolve))]);
    entry.cancelSave?.();
    if (entry.dirty) await save(entry);
    await entry.saving;
  }

  /** An interrupted connection is there still: one that is not has ended, and what is known of its people goes with it. */
  async function giveUp(entry: DirectoryEntry): Promise<void> {
    entry.dirty = false;
    const { graph } = entry.connection;
    const heir = [...entries.values()].find((one) => one.connection.graph === graph);
    if (heir) {
      // Another connection with this tenant and app goes on hearing: with a subscription of its own.
      await entry.subscriptions?.end();
      entry.subscriptions = undefined;
      if (started) subscribe(heir);
    } else void entry.subscriptions?.end();
    await close(entry);
    // The same connection was made again meanwhile: the file is its own by now.
    if (!entries.has(entry.connection.connectionId)) await removeDirectory(entry.file);
  }

  // ---- all of them
  function follow(): void {
    if (stopped) return;
    const wanted = new Map<ConnectionId, MicrosoftConnection>();
    for (const accountId of snapshots.current().accounts.keys())
      for (const connection of connections.all(accountId)) wanted.set(connection.connectionId, connection);
    for (const [connectionId, entry] of entries) {
      const now = wanted.get(connectionId);
      if (!now || now.tenantId !== entry.connection.tenantId) {
        entries.delete(connectionId);
        void giveUp(entry);
      } else if (now.graph !== entry.connection.graph) {
        entry.connection = now;
        entry.source = graphDirectorySource(now.graph, clock.wall);
        void entry.subscriptions?.stop();
        entry.subscriptions = undefined;
        if (started) subscribe(entry);
      } else {
        entry.connection = now;
        if (started) subscribe(entry);
      }
    }
    for (const [connectionId, connection] of wanted) {
      if (entries.has(connectionId)) continue;
      const entry = open(connection);
      entries.set(connectionId, entry);
      if (started) void begin(entry);
    }
  }
  follow();
  const stopListening = [connections.onChange(follow), snapshots.onChange(follow)];
  // Answers are there before anybody asks, also when Microsoft is away.
  await Promise.all([...entries.values()].map(({ opened }) => opened));

  const onHint = (connectionId: string, hint: Hint): void => {
    const entry = entries.get(connectionId as ConnectionId);
    if (!entry) {
      parts.others?.()?.hint(connectionId, hint);
      return;
    }
    const now = clock.wall();
    entry.subscriptions?.heard(now);
    if (hint.kind === 'reauthorize') entry.subscriptions?.reauthorize(hint.subscriptionId);
    for (const one of entries.values())
      if (one.connection.graph === entry.connection.graph) {
        one.heardAtWallMs = now;
        if (hint.kind === 'changed') one.reader.hint();
      }
  };

  const readings = (): readonly DirectoryReading[] =>
    [...entries.values()].map((entry): DirectoryReading => {
      const { users, groups } = entry.reader.readAtWallMs;
      const readAt = users === undefined ? undefined : Math.min(users, groups ?? users);
      return {
        connection: entry.connection.connectionId,
        ageSeconds: readAt === undefined ? undefined : (clock.wall() - readAt) / 1000,
        people: entry.reader.mirror.userCount,
        held: entry.reader.mirror.held.reduce(
          (sum, { state, people }) => sum + (state === 'waiting' ? people.size : 0),
          0,
        ),
        subscriptions: entry.subscriptions?.state().state ?? 'polling',
      };
    });

  const entriesOf = (accountId: AccountId): readonly DirectoryEntry[] =>
    connections.all(accountId).flatMap(({ connectionId }) => entries.get(connectionId) ?? []);

  return {
    book,
    readings,
    callerNames: directoryCallerNames(
      (accountId) => snapshots.current().accounts.get(accountId),
      (accountId) => entriesOf(accountId).map(({ reader }) => reader.mirror),
    ),
    onChange: (heard) => void listeners.add(heard),
    onConfirmed: (heard) => void confirmed.add(heard),
    viewOf: (connectionId) => entries.get(connectionId)?.reader,
    mirrorFile,
    async forgetNotifications(connectionId) {
      const entry = entries.get(connectionId);
      if (entry?.connection.features?.includes('webhooks')) return;
      const subscriptions = entry?.subscriptions;
      if (entry) entry.subscriptions = undefined;
      await subscriptions?.end();
      if (kept.has(connectionId)) keep(connectionId, []);
      await writingKept;
    },
    heldOf(connectionId) {
      const reader = entries.get(connectionId)?.reader;
      return (reader?.mirror.held ?? [])
        .filter(({ state }) => state === 'waiting')
        .map(({ id, heldAtWallMs, people, linked }) => ({
          id,
          since: instant(heldAtWallMs),
          source: 'directory' as const,
          people: people.size,
          linked,
          names: [...people.keys()].slice(0, mostNames).map((objectId) => {
            const user = reader?.user(objectId);
            return user && user !== 'unread' ? user.displayName : 'a deleted user';
          }),
        }));
    },
    board: directoryBoard({
      entriesOf,
      entryOf(person) {
        const connection = connections.ofPerson(person);
        return connection && entries.get(connection.connectionId);
      },
      sharedWith: (entry) =>
        [...entries.values()].find(
          (one) => one.connection.graph === entry.connection.graph && one.subscriptions,
        ),
      snapshot: () => snapshots.current(),
      objectIdOf: connections.objectIdOf,
      save,
      confirmed(entry, objectIds) {
        for (const heard of confirmed) heard(entry.connection.connectionId, objectIds);
      },
      audit: parts.audit,
      wall: clock.wall,
    }),
    receiver: graphReceiver({
      book,
      journal,
      wall: clock.wall,
      onHint,
      onContent: (connectionId, post) => parts.others?.()?.content(connectionId, post),
      onResult: (result, items) => parts.metrics()?.received(result, items),
    }),
    start() {
      started = true;
      for (const entry of entries.values()) void begin(entry);
    },
    async stop() {
      stopped = true;
      for (const stop of stopListening) stop();
      await Promise.all([...entries.values()].map(close));
      await writingKept;
      await journal.close();
    },
  };
}
