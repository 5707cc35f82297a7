import type { AccountId, Person, PersonId } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { sql } from 'kysely';
import type { ChainedEntry } from '../audit/audit-chain.ts';
import { appendEntries } from './audit-store.ts';
import { writeAsManyAsGo } from './bulk-store.ts';
import type { BulkOutcome, BulkWrite } from './bulk-writes.ts';
import type { Database, Tx } from './database.ts';
import type { Versioned } from './outcome.ts';
import { lockPeople } from './person-store.ts';
import type { Stores } from './stores.ts';

/** What writes within one transaction of an account. Not to be used after it has ended. */
export interface Inside {
  /** Stores that all write within it. What one of them refuses is undone by itself. */
  readonly stores: Stores;
  lockPeople(who: {
    readonly ids: readonly PersonId[];
    readonly upns: readonly string[];
  }): Promise<readonly Versioned<Person>[]>;
  /** People and their numbers, however many. `faults`: writes that failed by a bug of ours. */
  write(
    writes: readonly BulkWrite[],
    faults: Map<BulkWrite, Error>,
    /** Numbers that nobody gets as the next free one. */
    spared?: ReadonlySet<string>,
  ): Promise<ReadonlyMap<BulkWrite, BulkOutcome>>;
  /** Comes last: the chain of the account is locked from here to the end. */
  append(entries: readonly AuditEntry[], atWallMs: number): Promise<readonly ChainedEntry[]>;
}

export interface Together {
  /** All that `work` writes stands, or nothing of it: whatever it throws undoes everything. */
  all<T>(accountId: AccountId, work: (inside: Inside) => Promise<T>): Promise<T>;
}

export function createTogether(db: Database, storesOn: (inner: Database) => Stores): Together {
  return {
    all: (accountId, work) =>
      db.withAccount(accountId, (tx) =>
        work({
          stores: storesOn(databaseWithin(db, tx, accountId)),
          lockPeople: (who) => lockPeople(tx, who),
          write: (writes, faults, spared = new Set()) =>
            writeAsManyAsGo(tx, accountId, writes, faults, { spared }),
          append: (entries, atWallMs) => appendEntries(tx, accountId, entries, atWallMs),
        }),
      ),
  };
}

/** Each call is a savepoint of the transaction that runs already; one after another, as it is one connection. */
function databaseWithin(db: Database, tx: Tx, accountId: AccountId): Database {
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = before.then(work, work);
    before = turn.catch(() => undefined);
    return turn;
  };
  const scoped = <T>(
    scope: 'account' | 'platform',
    reason: string,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> =>
    inTurn(async () => {
      await sql`savepoint inside`.execute(tx);
      try {
        if (scope === 'platform')
          await sql`select set_config('tandem.scope', 'platform', true), set_config('tandem.reason', ${reason}, true)`.execute(
            tx,
          );
        const result = await work(tx);
        if (scope === 'platform') await sql`select set_config('tandem.scope', '', true)`.execute(tx);
        await sql`release savepoint inside`.execute(tx);
        return result;
      } catch (error) {
        // Settings that were made since go with it.
        await sql`rollback to savepoint inside`.execute(tx);
        throw error;
      }
    });
  return {
    withAccount(wanted, work) {
      if (wanted !== accountId)
        return Promise.reject(new TypeError('withAccount: the transaction is of another account'));
      return scoped('account', '', work);
    },
    withPlatform: (reason, work) => scoped('platform', reason, work),
    readPlatform: (reason, work) => scoped('platform', reason, work),
    ping: () => db.ping(),
    get counts() {
      return db.counts;
    },
    platformUses: db.platformUses,
    close: () => Promise.reject(new TypeError('the transaction ends by itself')),
  };
}
