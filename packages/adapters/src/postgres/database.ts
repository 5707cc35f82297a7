import type { AccountId } from '@tandem/domain';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { DatabaseUnavailable, isConnectionError } from './errors.ts';
import { createGuardedPool, type GuardedPoolOptions, type PoolCounts } from './guarded-pool.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

/** A transaction that runs for one account or, named, for the platform. There is no other way to the tables (I9). */
export type Tx = Transaction<Schema>;

export interface Database {
  /** Everything in `work` sees and writes rows of this account only, enforced by the database. */
  withAccount<T>(accountId: AccountId, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Crosses accounts. `reason` is a short fixed text for the audit: who needs this and why. */
  withPlatform<T>(reason: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same for reading only, all of it as of one moment. */
  readPlatform<T>(reason: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** The database answers now. */
  ping(): Promise<boolean>;
  readonly counts: PoolCounts;
  /** How often each reason was given to `withPlatform`. */
  readonly platformUses: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface DatabaseOptions extends GuardedPoolOptions {
  readonly onPlatformUse?: (reason: string) => void;
}

const maxReasons = 200;

/** Connects as the application role, lazily: a database that is away at the start is no reason not to start (I1). */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createGuardedPool(options);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const platformUses = new Map<string, number>();

  type Scope = 'account' | 'platform' | 'platform-read';

  async function run<T>(scope: Scope, name: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const start =
      scope === 'platform-read'
        ? db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
        : db.transaction();
    try {
      return await start.execute(async (tx) => {
        // Third argument true = SET LOCAL: gone with the transaction, so a pooled connection never keeps a customer.
        if (scope === 'account') await sql`select set_config('tandem.account_id', ${name}, true)`.execute(tx);
        else
          await sql`select set_config('tandem.scope', 'platform', true), set_config('tandem.reason', ${name}, true)`.execute(
            tx,
          );
        return await work(tx);
      });
    } catch (error) {
      if (error instanceof DatabaseUnavailable || !isConnectionError(error)) throw error;
      throw new DatabaseUnavailable(error instanceof Error ? error.message : String(error), 1000, error);
    }
  }

  const note = (reason: string): void => {
    const seen = platformUses.get(reason);
    if (seen !== undefined || platformUses.size < maxReasons) platformUses.set(reason, (seen ?? 0) + 1);
    options.onPlatformUse?.(reason);
  };

  return {
    withAccount(accountId, work) {
      if (!isId(accountId)) return Promise.reject(new TypeError('withAccount: not an account id'));
      return run('account', accountId, work);
    },
    withPlatform(reason, work) {
      note(reason);
      return run('platform', reason, work);
    },
    readPlatform(reason, work) {
      note(reason);
      return run('platform-read', reason, work);
    },
    async ping() {
      try {
        await sql`select 1`.execute(db);
        return true;
      } catch {
        return false;
      }
    },
    get counts() {
      return pool.counts;
    },
    platformUses,
    close: () => db.destroy().then(() => undefined),
  };
}
