import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf, type ProcessIdentity, stillRuns } from './process-identity.ts';

/** Who holds a data directory. */
export interface LockHolder extends ProcessIdentity {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly portBase: number;
  readonly command: string;
}

export type LockOutcome =
  | {
      readonly ok: true;
      /** The last holder was killed: its children may still be there. */
      readonly wasKilled: boolean;
      release(): Promise<void>;
    }
  | { readonly ok: false; readonly holder: LockHolder | undefined };

const lockFile = (dataDir: string): string => join(dataDir, 'lock.json');

/** One name per folder, however it is reached (links, bind mounts). */
const socketName = (dataDir: string): string => {
  const { dev, ino } = statSync(dataDir);
  const name = `tandem-lock-${dev}-${ino}`;
  if (process.platform === 'linux') return `\0${name}`; // abstract: leaves no file, gone with its holder
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return join(tmpdir(), name);
};

const hold = async (name: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => resolve(server));
  });

export const readLockHolder = (dataDir: string): LockHolder | undefined => {
  try {
    return JSON.parse(readFileSync(lockFile(dataDir), 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
};

/**
 * Takes the data directory for this process. Binding the local socket is what decides (atomic, and released by the system
 * however we end); the file names the holder to people and covers what a socket cannot (another network namespace on
 * the same machine).
 */
export const lockDataDir = async (
  dataDir: string,
  portBase: number,
  command: string,
): Promise<LockOutcome> => {
  const name = socketName(dataDir);
  let server = await hold(name);
  const holder = readLockHolder(dataDir);
  if (server === undefined && process.platform === 'darwin' && (holder === undefined || !stillRuns(holder))) {
    rmSync(name, { force: true }); // the socket file of a killed holder
    server = await hold(name);
  }
  if (server === undefined) return { ok: false, holder };
  if (holder !== undefined && stillRuns(holder)) {
    server.close();
    return { ok: false, holder };
  }
  const us: LockHolder = { ...identityOf(process.pid)!, since: new Date().toISOString(), portBase, command };
  writeFileSync(lockFile(dataDir), `${JSON.stringify(us)}\n`, { mode: 0o600 });
  const held = server;
  return {
    ok: true,
    wasKilled: holder !== undefined,
    release: async () => {
      rmSync(lockFile(dataDir), { force: true });
      await new Promise<void>((resolve) => held.close(() => resolve()));
    },
  };
};
