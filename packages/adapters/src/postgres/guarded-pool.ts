import pg from 'pg';
import { DatabaseUnavailable, isConnectionError } from './errors.ts';

/**
 * A pg pool that knows when to stop asking. While the database is away one attempt at a time is made, with doubling
 * pauses and jitter; everybody else is refused at once instead of queueing (F06: at most twice the pool in attempts;
 * I11: every queue has a bound).
 */
export interface GuardedPoolOptions {
  readonly url: string;
  /** Connections. */
  readonly max?: number;
  /** Callers that may wait for a connection. */
  readonly maxWaiting?: number;
  readonly connectTimeoutMs?: number;
  /** A query that has no answer by then counts as a lost connection. */
  readonly queryTimeoutMs?: number;
  readonly applicationName?: string;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly onChange?: (up: boolean, detail: string) => void;
}

export interface PoolCounts {
  readonly up: boolean;
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
  readonly refused: number;
  readonly connectFailures: number;
}

export interface GuardedPool {
  connect(): Promise<PooledClient>;
  end(): Promise<void>;
  readonly options: object;
  readonly counts: PoolCounts;
}

/** What Kysely needs of a client. */
export interface PooledClient {
  query<R>(
    sql: string,
    parameters: ReadonlyArray<unknown>,
  ): Promise<{ command: 'UPDATE' | 'DELETE' | 'INSERT' | 'SELECT' | 'MERGE'; rowCount: number; rows: R[] }>;
  query<R>(cursor: never): never & R;
  release(destroy?: boolean): void;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;

export function createGuardedPool(options: GuardedPoolOptions): GuardedPool {
  const max = options.max ?? 8;
  const maxWaiting = options.maxWaiting ?? 256;
  const random = options.random ?? Math.random;
  const pool = new pg.Pool({
    connectionString: options.url,
    max,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2000,
    query_timeout: options.queryTimeoutMs ?? 10_000,
    keepAlive: true,
    application_name: options.applicationName ?? 'tandem',
    types: { getTypeParser },
    idleTimeoutMillis: 30_000,
  });
  let up = true;
  let failures = 0;
  let retryAt = 0;
  let probing = false;
  let refusedCount = 0;
  let connectFailures = 0;
  let waiting = 0;

  const now = (): number => performance.now();
  const lost = (error: unknown): void => {
    const detail = error instanceof Error ? error.message : String(error);
    failures += 1;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 6));
    retryAt = now() + pause * (0.5 + random() / 2);
    if (up) {
      up = false;
      options.onChange?.(false, detail);
    }
  };
  const found = (): void => {
    failures = 0;
    if (!up) {
      up = true;
      options.onChange?.(true, 'connected');
    }
  };

  // An idle connection that breaks is reported here and would end the process without a listener.
  pool.on('error', lost);

  return {
    options: pool.options,
    get counts() {
      return {
        up,
        inUse: pool.totalCount - pool.idleCount,
        idle: pool.idleCount,
        waiting,
        refused: refusedCount,
        connectFailures,
      };
    },
    end: () => pool.end(),
    async connect() {
      const isProbe = !up;
      if (isProbe && (probing || now() < retryAt)) {
        refusedCount += 1;
        throw new DatabaseUnavailable(
          'waiting for the next attempt',
          Math.max(1, Math.ceil(retryAt - now())),
        );
      }
      if (waiting >= maxWaiting) {
        refusedCount += 1;
        throw new DatabaseUnavailable(`${waiting} callers wait for a connection`, 1000);
      }
      if (isProbe) probing = true;
      waiting += 1;
      try {
        const client = await pool.connect();
        if (isProbe) {
          // A pooled connection may be a dead one from before: only an answer counts.
          try {
            await client.query('select 1');
          } catch (error) {
            client.release(true);
            throw error;
          }
        }
        found();
        return guard(client, lost);
      } catch (error) {
        // A full pool (nobody released within the timeout) is not a lost database.
        if (pool.idleCount === 0 && pool.totalCount >= max && !isProbe) {
          refusedCount += 1;
          throw new DatabaseUnavailable('all connections are busy', 1000, error);
        }
        connectFailures += 1;
        lost(error);
        throw new DatabaseUnavailable(
          error instanceof Error ? error.message : String(error),
          Math.ceil(retryAt - now()),
          error,
        );
      } finally {
        waiting -= 1;
        if (isProbe) probing = false;
      }
    },
  };
}

/** A client whose connection broke in use, or did not answer in time, must not go back to the pool. */
function guard(client: pg.PoolClient, lost: (error: unknown) => void): PooledClient {
  let broken = false;
  const onError = (error: unknown): void => {
    broken = true;
    lost(error);
  };
  client.on('error', onError);
  return {
    async query(sql: string, parameters: ReadonlyArray<unknown>) {
      try {
        return await client.query(sql, parameters as unknown[]);
      } catch (error) {
        if (isConnectionError(error)) onError(error);
        throw error;
      }
    },
    release(destroy?: boolean) {
      client.off('error', onError);
      client.release(broken || destroy === true);
    },
  } as PooledClient;
}

/** bigint, count and numeric as numbers (ours stay far below 2^53), timestamps as wall milliseconds. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (format !== 'binary') {
    if (oid === 20 || oid === 1700) return Number;
    if (oid === 1184) return parseTimestamp;
  }
  return pg.types.getTypeParser(oid, format as 'text') as (text: string) => unknown;
}

const defaultTimestamp = pg.types.getTypeParser(1184, 'text') as (text: string) => Date | number;
const parseTimestamp = (text: string): number => Number(defaultTimestamp(text));
