import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installedPostgres } from './binaries.ts';
import { lastWords } from './last-words.ts';
import { endOrphanServer } from './orphan.ts';
import { type PostgresPlace, preparePlace } from './place.ts';
import { host, prepareDatabase, roles } from './roles.ts';
import { type PostgresSecrets, postgresSecrets } from './secrets.ts';

export interface EmbeddedPostgresOptions {
  /** Absolute; exists. Everything is kept in its `postgres` folder unless the server's user cannot reach that. */
  readonly dataDir: string;
  readonly port: number;
  /** One line of the server's log. */
  readonly onLog: (line: string) => void;
  /** How long the server may refuse to start, as it does for a moment after a crash. Default 15 s. */
  readonly patienceMs?: number;
}

export interface EmbeddedPostgres {
  /** As the role that owns the tables: for migrations. */
  readonly ownerUrl: string;
  /** As the application's role: no superuser, owns nothing, bound by row-level security. */
  readonly appUrl: string;
  /** Of the keeper process. */
  readonly pid: number;
  /** Resolves when server and keeper are gone, asked or not. */
  readonly exited: Promise<void>;
  /** Fast shutdown; resolves when server and keeper are gone. */
  stop(): Promise<void>;
}

/** Written into the cluster when it has its roles and its database; without it the cluster is made anew. */
const readyMark = 'tandem-ready';

const keeperFile = fileURLToPath(new URL('./keeper.ts', import.meta.url));

/** The server ended or stayed silent; after a crash the next attempt may do better. */
class StartRefused extends Error {}

const binary = (place: PostgresPlace, name: string): string =>
  join(place.nativeDir, 'bin', process.platform === 'win32' ? `${name}.exe` : name);

const initialise = async (
  place: PostgresPlace,
  secrets: PostgresSecrets,
  onLog: (line: string) => void,
): Promise<void> => {
  if (existsSync(join(place.clusterDir, readyMark))) return;
  // A first start that was cut short leaves a cluster that cannot be trusted and holds nothing yet.
  const folder = mkdtempSync(join(tmpdir(), 'tandem-initdb-'));
  const passwordFile = join(folder, 'password');
  try {
    rmSync(place.clusterDir, { recursive: true, force: true });
    writeFileSync(passwordFile, `${secrets.superuser}\n`, { mode: 0o600 });
    if (place.user.uid !== undefined && place.user.gid !== undefined) {
      for (const path of [folder, passwordFile]) chownSync(path, place.user.uid, place.user.gid);
    }
    mkdirSync(place.clusterDir, { mode: 0o700, recursive: true });
    if (place.user.uid !== undefined && place.user.gid !== undefined) {
      chownSync(place.clusterDir, place.user.uid, place.user.gid);
    }
    chmodSync(place.clusterDir, 0o700);
    const run = spawn(
      binary(place, 'initdb'),
      [
        `--pgdata=${place.clusterDir}`,
        `--username=${roles.superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
        '--set=timezone=UTC',
        '--set=log_timezone=UTC',
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: '/',
        env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
        ...place.user,
      },
    );
    const said: string[] = [];
    for (const stream of [run.stdout, run.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (said.push(line) > 20) said.shift();
        onLog(line);
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      run.once('error', reject);
      run.once('close', resolve);
    });
    if (code !== 0) throw new Error(`initdb ended with ${code}: ${lastWords(said)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const startOnce = async (
  place: PostgresPlace,
  port: number,
  secrets: PostgresSecrets,
  onLog: (line: string) => void,
): Promise<ChildProcess> => {
  await endOrphanServer(place.clusterDir);
  const said: string[] = [];
  const keeper = spawn(
    process.execPath,
    [
      keeperFile,
      binary(place, 'postgres'),
      String(place.user.uid ?? '-'),
      String(place.user.gid ?? '-'),
      '-D',
      place.clusterDir,
      '-p',
      String(port),
      ...Object.entries({
        listen_addresses: host,
        unix_socket_directories: '', // TCP with a password only: nothing in /tmp, no path too long
        fsync: 'on',
        max_connections: '60',
        password_encryption: 'scram-sha-256',
        log_min_messages: 'warning',
        logging_collector: 'off',
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  for (const stream of [keeper.stdout, keeper.stderr]) {
    createInterface({ input: stream! }).on('line', (line) => {
      if (said.push(line) > 20) said.shift();
      onLog(line);
    });
  }
  let ended = false;
  keeper.once('exit', () => {
    ended = true;
  });
  keeper.stdin!.on('error', () => {}); // the pipe of a keeper that is already gone

  for (let waited = 0; waited < 10_000; waited += 25) {
    if (ended) throw new StartRefused(said.join(' '));
    try {
      await prepareDatabase(port, secrets);
      return keeper;
    } catch (error) {
      const code = (error as { code?: string }).code;
      // 57P03: the server is starting up or recovering.
      if (code !== 'ECONNREFUSED' && code !== 'ECONNRESET' && code !== '57P03' && !ended) {
        keeper.stdin!.end();
        throw error;
      }
    }
    await delay(25);
  }
  keeper.stdin!.end();
  throw new StartRefused(`no answer on port ${port} within 10 s. ${said.join(' ')}`);
};

/**
 * Starts the private PostgreSQL of a data directory: makes the cluster at the first start, ends an orphan of an earlier
 * run, creates the roles and the database. The caller holds the data directory's lock. Throws Error with the server's
 * own words when it will not start.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { dataDir, port, onLog, patienceMs = 15_000 } = options;
  const { nativeDir, version } = installedPostgres();
  const place = preparePlace(dataDir, nativeDir, version);
  const secrets = postgresSecrets(dataDir);
  await endOrphanServer(place.clusterDir);
  await initialise(place, secrets, onLog);

  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      const keeper = await startOnce(place, port, secrets, onLog);
      writeFileSync(join(place.clusterDir, readyMark), '');
      const exited = new Promise<void>((resolve) => {
        if (keeper.exitCode !== null || keeper.signalCode !== null) resolve();
        else keeper.once('exit', () => resolve());
      });
      const url = (role: string, password: string): string =>
        `postgres://${role}:${password}@${host}:${port}/${roles.database}`;
      return {
        ownerUrl: url(roles.owner, secrets.owner),
        appUrl: url(roles.app, secrets.app),
        pid: keeper.pid!,
        exited,
        stop: async () => {
          keeper.stdin!.end();
          await exited;
        },
      };
    } catch (error) {
      if (!(error instanceof StartRefused) || performance.now() > until) {
        throw new Error(`The embedded PostgreSQL does not start: ${(error as Error).message}`, {
          cause: error,
        });
      }
      await delay(300);
    }
  }
};
