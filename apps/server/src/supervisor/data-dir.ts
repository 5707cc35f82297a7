import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endOrphanServer } from '@tandem/adapters/embedded-postgres/orphan.ts';
import { clusterDirOf, outsideDirOf } from '@tandem/adapters/embedded-postgres/place.ts';
import { generateToken } from '@tandem/adapters/security/token.ts';
import { rehearsalWorld } from '@tandem/simulator/world/rehearsal-world.ts';
import type { PhoneSignIn, SignIn } from './child-config.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { makeFolder, sayingWhere } from './folder.ts';
import { clearOrphans } from './orphans.ts';

const freshPrefix = 'tandem-fresh-';

/** Folders of an instance, all below the data directory except where a socket's path would be too long. */
export interface DataDir {
  readonly root: string;
  readonly logs: string;
  readonly node: string;
  readonly twin: string;
  readonly media: string;
  readonly certificates: string;
}

/**
 * Makes the data directory and its folders. The root can be walked through but not listed (0711), because as root the
 * database's unprivileged user must reach `postgres/`; everything else in it is for its owner alone.
 */
export const prepareDataDir = (path: string): DataDir => sayingWhere(path, () => makeDataDir(path));

const makeDataDir = (path: string): DataDir => {
  makeFolder(resolve(path), 0o711);
  const root = realpathSync(resolve(path));
  if (process.platform !== 'win32') chmodSync(root, process.getuid?.() === 0 ? 0o711 : 0o700);
  const folder = (name: string): string => {
    const made = join(root, name);
    makeFolder(made, 0o700);
    return made;
  };
  return {
    root,
    logs: folder('logs'),
    node: folder('node'),
    twin: folder('twin'),
    media: folder('media'),
    certificates: folder('certificates'),
  };
};

export const makeFreshDir = (): string => mkdtempSync(join(tmpdir(), freshPrefix));

/** Removes a data directory with what belongs to it elsewhere. Nobody may be using it. */
export const removeDataDir = (root: string): void => {
  const outside = outsideDirOf(root);
  if (outside !== undefined) rmSync(outside, { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
};

/** Throwaway directories of instances that were killed: ends what still runs there, then removes them. */
export const sweepFreshDirs = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const root = join(tmpdir(), name);
    try {
      if (!name.startsWith(freshPrefix) || statSync(root).uid !== process.getuid?.()) continue;
      if (!existsSync(join(root, 'lock.json'))) continue; // being made this moment
      const lock = await lockDataDir(root, 0, 'sweep');
      if (!lock.ok) continue;
      await clearOrphans(root);
      await endOrphanServer(clusterDirOf(root));
      removeDataDir(root);
      await lock.release();
    } catch {
      // Somebody else sweeps at the same time.
    }
  }
};

/** A path for a local socket: the system's limit is about 100 bytes, so a deep data directory gets one in the temporary folder. */
export const socketPath = (dataDir: DataDir, name: string): { path: string; dir?: string } => {
  const hash = createHash('sha256').update(dataDir.root).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\tandem-${hash}-${name}` };
  const inside = join(dataDir.media, `${name}.sock`);
  if (Buffer.byteLength(inside) <= 100) return { path: inside };
  const dir = join(tmpdir(), `tandem-run-${hash}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(dir);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new Error(
      `${dir} belongs to somebody else. Remove it, or use a data directory with a shorter path.`,
    );
  }
  return { path: join(dir, `${name}.sock`), dir };
};

export type World = 'rehearsal' | 'real';

/** The world that a data directory was first used with; marks it when it is new. The two never share one. */
export const claimWorld = (dataDir: DataDir, wanted: World): World => {
  const file = join(dataDir.root, 'world.json');
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { world: World }).world;
  writeFileSync(file, `${JSON.stringify({ world: wanted })}\n`, { mode: 0o600 });
  return wanted;
};

export interface RehearsalSecrets {
  /** Bearer of outside scripts at the API. */
  readonly apiToken: string;
  /** Bearer at the twin's control API. */
  readonly controlToken: string;
  readonly signIns: readonly SignIn[];
  /** By account and name. */
  readonly phones: readonly Omit<PhoneSignIn, 'realm'>[];
}

/** Made at the first start with the twin, kept with the data. */
export const rehearsalSecrets = (dataDir: DataDir): RehearsalSecrets => {
  const file = join(dataDir.root, 'rehearsal.json');
  const secret = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const known = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Omit<RehearsalSecrets, 'phones'> & Partial<RehearsalSecrets>)
    : undefined;
  if (known?.phones) return { ...known, phones: known.phones };
  const made: RehearsalSecrets = {
    apiToken: generateToken('api').text,
    controlToken: secret(32),
    signIns: [
      { role: 'operator', name: 'operator', password: secret(9) },
      { role: 'admin', name: 'admin@acme.example', password: secret(9), account: 'acme' },
      { role: 'desk', name: 'desk@acme.example', password: secret(9), account: 'acme' },
      { role: 'user', name: 'dana@acme.example', password: secret(9), account: 'acme' },
      { role: 'admin', name: 'admin@globex.example', password: secret(9), account: 'globex' },
    ],
    ...known,
    phones: rehearsalWorld.customers.flatMap(({ key, devices }) =>
      // 96 bits and more: nobody types a phone's password (T27).
      devices.map(({ name }) => ({ name, account: key, user: `${key}-${name}`, password: secret(15) })),
    ),
  };
  writeFileSync(file, `${JSON.stringify(made)}\n`, { mode: 0o600 });
  return made;
};
