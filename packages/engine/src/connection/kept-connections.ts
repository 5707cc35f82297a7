import type { AccountId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type {
  ConnectionStore,
  ConnectionWrite,
  CredentialSecret,
  StoredConnection,
} from '../ports/connection-store.ts';
import { workingStates } from './connection.machine.ts';

export interface KeptConnectionsParts {
  readonly store: ConnectionStore;
  readonly clock: Clock;
  /** Something that others may look at is different now. */
  readonly onChange: (connection: StoredConnection) => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

/** Somebody else wrote in between: read and judge anew. */
const mostConflicts = 5;

/** All connections in memory, and their way into the store. Reads go on while the store is away. */
export class KeptConnections {
  readonly #parts: KeptConnectionsParts;
  readonly #kept = new Map<string, StoredConnection>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #unsaved = new Set<string>();

  constructor(parts: KeptConnectionsParts) {
    this.#parts = parts;
  }

  /** Throws when the store cannot be read. */
  async load(): Promise<void> {
    this.loadCopy(await this.#parts.store.listAllConnectionsForPlatform());
  }

  /** As they were last. The time during which nobody listened is not silence. */
  loadCopy(connections: readonly StoredConnection[]): void {
    const answeredWallMs = this.#parts.clock.wall();
    for (const stored of connections) {
      const heard = { ...stored, life: { ...stored.life, answeredWallMs } };
      this.#kept.set(stored.id, workingStates.has(stored.life.state) ? heard : stored);
    }
  }

  /** Oldest first. */
  list(): readonly StoredConnection[] {
    return [...this.#kept.values()].sort(
      (a, b) => a.createdWallMs - b.createdWallMs || (a.id < b.id ? -1 : 1),
    );
  }

  /** In no order: for those who look at all of them often. */
  all(): Iterable<StoredConnection> {
    return this.#kept.values();
  }

  find(id: string): StoredConnection | undefined {
    return this.#kept.get(id);
  }

  isUnsaved(id: string): boolean {
    return this.#unsaved.has(id);
  }

  /** To be stored with the next round. */
  saveLater(id: string): void {
    this.#unsaved.add(id);
  }

  async add(connection: StoredConnection, secret?: CredentialSecret): Promise<ConnectionWrite> {
    const written = await this.#parts.store.create(connection, secret);
    if (written.ok) this.put(written.connection);
    return written;
  }

  /** Changes what an admin decides. Throws when the store is away: nothing is promised that is not kept. */
  async change(
    id: string,
    make: (connection: StoredConnection) => StoredConnection,
    write: (connection: StoredConnection) => Promise<ConnectionWrite> = (changed) =>
      this.#parts.store.save(changed),
  ): Promise<StoredConnection | undefined> {
    return await this.inTurn(id, async () => {
      for (let attempt = 0; attempt < mostConflicts; attempt++) {
        const current = this.#kept.get(id);
        if (!current) return undefined;
        const written = await write(make(current));
        if (written.ok) return this.#took(written.connection, current, make);
        if (written.why !== 'conflict') return undefined;
        await this.#reload(id);
      }
      throw new Error('the connection was changed five times meanwhile');
    });
  }

  put(connection: StoredConnection): StoredConnection {
    const before = this.#kept.get(connection.id);
    this.#kept.set(connection.id, connection);
    if (
      before?.life.state !== connection.life.state ||
      before.version !== connection.version ||
      before.presence?.sinceWallMs !== connection.presence?.sinceWallMs ||
      before.domains.join() !== connection.domains.join() ||
      before.features.join() !== connection.features.join()
    )
      this.#parts.onChange(connection);
    return connection;
  }

  /** Stored now, or later when the store is away: what is heard of Microsoft is true all the same. */
  async keep(connection: StoredConnection): Promise<StoredConnection> {
    try {
      return await this.#save(connection);
    } catch (error) {
      this.#unsaved.add(connection.id);
      this.#parts.onProblem(
        `the connection is stored later: ${error instanceof Error ? error.message : String(error)}`,
        connection.accountId,
      );
      return connection;
    }
  }

  /** As it is when its turn comes: a write beside another one would be refused, and what it says be lost. */
  keepInTurn(id: string): Promise<unknown> {
    return this.inTurn(id, async () => {
      const connection = this.#kept.get(id);
      if (connection) await this.keep(connection);
    });
  }

  /** One thing after another for each connection: two at a time would write over each other. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    const mine = before.then(work, work);
    const quiet = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, quiet);
    return mine;
  }

  /** Waits for what is under way, and tries once more to store what could not be stored. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
    for (const connection of this.#kept.values())
      if (this.#unsaved.has(connection.id)) await this.#save(connection).catch(() => undefined);
  }

  async #save(connection: StoredConnection): Promise<StoredConnection> {
    const written = await this.#parts.store.save(connection);
    if (written.ok) {
      this.#unsaved.delete(connection.id);
      return this.#took(written.connection, connection, (kept) => kept);
    }
    if (written.why === 'conflict') {
      await this.#reload(connection.id);
      this.#unsaved.add(connection.id);
    }
    return this.#kept.get(connection.id) ?? connection;
  }

  /** The store has `written`, made from `from`. What was heard meanwhile, roles and uses of them, is newer and stays. */
  #took(
    written: StoredConnection,
    from: StoredConnection,
    make: (connection: StoredConnection) => StoredConnection,
  ): StoredConnection {
    const kept = this.#kept.get(from.id) ?? from;
    if (kept.roles !== from.roles) this.#unsaved.add(from.id);
    return this.put({ ...make(kept), version: written.version });
  }

  async #reload(id: string): Promise<void> {
    const found = (await this.#parts.store.listAllConnectionsForPlatform()).find((one) => one.id === id);
    if (found) this.put(found);
    else this.#kept.delete(id);
  }
}
