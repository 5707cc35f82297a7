import pg from 'pg';
import type { PostgresSecrets } from './secrets.ts';

export const host = '127.0.0.1';

/** Names inside the private server. */
export const roles = {
  superuser: 'tandem_superuser',
  owner: 'tandem_owner',
  app: 'tandem_app',
  database: 'tandem',
} as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const withSuperuser = async <T>(
  port: number,
  secrets: PostgresSecrets,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({
    host,
    port,
    database,
    user: roles.superuser,
    password: secrets.superuser,
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {}); // a lost connection also rejects the query that is under way
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
};

/**
 * Makes the two roles and the database at the first start; later it only proves that the server answers. The owner runs
 * the migrations; the application may read and write the rows of what the owner makes, and nothing else. Rejects with
 * the driver's error (its `code`: SQLSTATE or the system's) while the server does not answer.
 */
export const prepareDatabase = async (port: number, secrets: PostgresSecrets): Promise<void> => {
  const isNew = await withSuperuser(port, secrets, 'postgres', async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [roles.database]);
    if (found.rowCount !== 0) return false;
    for (const [role, password] of [
      [roles.owner, secrets.owner],
      [roles.app, secrets.app],
    ] as const) {
      // nobypassrls: row-level security by account must hold whatever a query says.
      await client.query(
        `create role ${role} login nosuperuser nocreatedb nocreaterole nobypassrls password ${quoted(password)}`,
      );
    }
    await client.query(`create database ${roles.database} owner ${roles.owner}`);
    await client.query(`revoke all on database ${roles.database} from public`);
    await client.query(`grant connect on database ${roles.database} to ${roles.app}`);
    return true;
  });
  if (!isNew) return;
  await withSuperuser(port, secrets, roles.database, async (client) => {
    const defaults = `alter default privileges for role ${roles.owner} grant`;
    await client.query(`${defaults} select, insert, update, delete on tables to ${roles.app}`);
    await client.query(`${defaults} usage, select on sequences to ${roles.app}`);
  });
};
