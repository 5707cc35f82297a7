import { createHash } from 'node:crypto';
import pg from 'pg';
import { migrations as released } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/**
 * Brings a database to this release's schema. Run by the owner role at every start: takes a lock, so that several
 * nodes may start at once, and does nothing when nothing is new.
 */
export interface MigrateOptions {
  /** Connection of the owner: may create tables and, unless it exists, the application role. */
  readonly ownerUrl: string;
  /**
   * Password of `tandem_app`. Given: the role is created or its password set. Not given: the role must exist.
   */
  readonly appPassword?: string;
  readonly migrations?: readonly Migration[];
}

export interface MigrateReport {
  readonly applied: readonly string[];
  readonly already: number;
  /** Server version as `server_version_num`, for example 180004. */
  readonly serverVersion: number;
}

export class MigrationError extends Error {
  readonly code: 'role-missing' | 'role-too-strong' | 'edited' | 'newer' | 'server-too-old' | 'failed';

  constructor(code: MigrationError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MigrationError';
    this.code = code;
  }
}

export const appRole = 'tandem_app';
const lockKey = 7_261_200_101; // any number that nobody else uses in this database

export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const migrations = options.migrations ?? released;
  const client = new pg.Client({
    connectionString: options.ownerUrl,
    connectionTimeoutMillis: 5000,
    application_name: 'tandem-migrate',
  });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const serverVersion = Number((await client.query('show server_version_num')).rows[0].server_version_num);
    if (serverVersion < 150_000)
      throw new MigrationError('server-too-old', `PostgreSQL 15 is needed, this is ${serverVersion}`);
    await prepareRole(client, options.appPassword);
    await client.query(
      'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
    );
    const known = new Map<string, string>();
    for (const row of (await client.query('select name, checksum from schema_migrations')).rows)
      known.set(row.name, row.checksum);
    const names = new Set(migrations.map((migration) => migration.name));
    const foreign = [...known.keys()].find((name) => !names.has(name));
    if (foreign)
      throw new MigrationError(
        'newer',
        `the database has step ${foreign}, which this release does not know: start the newer release`,
      );
    const applied: string[] = [];
    for (const migration of migrations) {
      const checksum = createHash('sha256').update(migration.sql).digest('hex');
      const before = known.get(migration.name);
      if (before === checksum) continue;
      if (before !== undefined)
        throw new MigrationError('edited', `step ${migration.name} was changed after it was applied`);
      await apply(client, migration, checksum);
      applied.push(migration.name);
    }
    return { applied, already: known.size, serverVersion };
  } finally {
    await client.end(); // gives the lock back
  }
}

async function apply(client: pg.Client, migration: Migration, checksum: string): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [
      migration.name,
      checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw new MigrationError(
      'failed',
      `step ${migration.name}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

/** The application connects as a role that owns nothing and that row security binds (T22). */
async function prepareRole(client: pg.Client, password: string | undefined): Promise<void> {
  const find = async () =>
    (await client.query('select rolsuper, rolbypassrls from pg_roles where rolname = $1', [appRole])).rows[0];
  let role = await find();
  if (!role && password === undefined) {
    throw new MigrationError(
      'role-missing',
      `role ${appRole} does not exist; create it: create role ${appRole} login password '...'`,
    );
  }
  if (password !== undefined) {
    // DDL takes no parameters: the server quotes the literal.
    const verb = role ? 'alter' : 'create';
    const statement = (
      await client.query(
        `select format('${verb} role ${appRole} login nosuperuser nobypassrls noinherit password %L', $1::text) as sql`,
        [password],
      )
    ).rows[0].sql;
    await client.query(statement);
    role = await find();
  }
  if (role?.rolsuper || role?.rolbypassrls) {
    throw new MigrationError(
      'role-too-strong',
      `role ${appRole} is superuser or bypasses row security: it must be neither`,
    );
  }
  await client.query(`grant usage on schema public to ${appRole}`);
}

/** The application's URL beside the owner's: same server and database, role `tandem_app`. */
export function appUrlOf(ownerUrl: string, appPassword: string): string {
  const url = new URL(ownerUrl);
  url.username = appRole;
  url.password = encodeURIComponent(appPassword);
  return url.toString();
}
