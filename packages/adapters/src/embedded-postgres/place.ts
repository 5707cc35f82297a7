import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Who runs the server. Undefined ids: whoever we are. PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** Where the server's files are for one data directory. */
export interface PostgresPlace {
  /** Folder with `bin/`, `lib/` and `share/`. */
  readonly nativeDir: string;
  /** PGDATA. */
  readonly clusterDir: string;
  readonly user: ServerUser;
}

interface Pointer {
  readonly outside: string;
  readonly holdsCluster: boolean;
}

const pointerFile = (dataDir: string): string => join(dataDir, 'postgres', 'place.json');

const readPointer = (dataDir: string): Pointer | undefined =>
  existsSync(pointerFile(dataDir))
    ? (JSON.parse(readFileSync(pointerFile(dataDir), 'utf8')) as Pointer)
    : undefined;

/** The unprivileged user of last resort, there on every Unix. */
const nobody = (): { uid: number; gid: number } => {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
};

/** May a user who is neither owner nor in the group walk down to `path` and read there? */
const isOpenToOthers = (path: string): boolean => {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
};

/** A root-owned folder that others can walk through, never one that somebody else prepared for us in /tmp. */
const makeOutsideDir = (dataDir: string): string => {
  const name = `tandem-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  for (const parent of ['/var/lib', tmpdir()]) {
    if (!existsSync(parent) || !isOpenToOthers(parent)) continue;
    const outside = join(parent, name);
    try {
      mkdirSync(outside, { mode: 0o711 });
      chmodSync(outside, 0o711); // whatever the umask
    } catch {
      if (!existsSync(outside)) continue;
    }
    const found = lstatSync(outside);
    if (found.isDirectory() && found.uid === process.getuid?.()) return outside;
  }
  throw new Error(
    `No folder that an unprivileged user can reach: neither /var/lib nor ${tmpdir()} will do. PostgreSQL refuses to run as root; start Tandem as another user or set DATABASE_URL.`,
  );
};

const openToOthers = (path: string): void => {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  chmodSync(path, found.mode | 0o444 | (found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o111 : 0));
  if (found.isDirectory()) for (const name of readdirSync(path)) openToOthers(join(path, name));
};

const copyNative = (from: string, to: string, version: string): void => {
  const stamp = join(to, '.version');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return;
  const fresh = `${to}.new`;
  rmSync(fresh, { recursive: true, force: true });
  cpSync(from, fresh, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
  });
  openToOthers(fresh); // a clone made under umask 077 has closed files
  writeFileSync(join(fresh, '.version'), version);
  rmSync(to, { recursive: true, force: true });
  renameSync(fresh, to);
};

/**
 * Decides where server and cluster live and prepares the folders. Normally that is `<dataDir>/postgres` and the
 * package's own binaries. As root the server runs as `nobody`, who must be able to walk to both: if the clone or the
 * data directory is below a closed folder (0700), binaries and cluster go to a folder outside, and `place.json` in the
 * data directory points to it.
 */
export const preparePlace = (dataDir: string, packageNativeDir: string, version: string): PostgresPlace => {
  const home = join(dataDir, 'postgres');
  mkdirSync(home, { recursive: true, mode: 0o711 });
  if (process.getuid?.() !== 0) {
    chmodSync(home, 0o700);
    return { nativeDir: packageNativeDir, clusterDir: join(home, 'cluster'), user: {} };
  }

  const user = nobody();
  chmodSync(home, 0o711); // whatever the umask
  const pointed = readPointer(dataDir);
  if (pointed?.holdsCluster === true && !existsSync(pointed.outside)) {
    throw new Error(
      `The database of ${dataDir} is kept in ${pointed.outside}, and that folder is gone. Put it back, or remove ${pointerFile(dataDir)} to begin with an empty database.`,
    );
  }
  const holdsCluster = pointed?.holdsCluster ?? !isOpenToOthers(home);
  const holdsNative = !isOpenToOthers(join(packageNativeDir, 'bin', 'postgres'));
  let outside: string | undefined;
  if (holdsCluster || holdsNative) {
    outside =
      pointed !== undefined && existsSync(pointed.outside) ? pointed.outside : makeOutsideDir(dataDir);
    writeFileSync(pointerFile(dataDir), `${JSON.stringify({ outside, holdsCluster })}\n`, { mode: 0o600 });
  }

  const clusterDir = join(holdsCluster ? outside! : home, 'cluster');
  const nativeDir = holdsNative ? join(outside!, 'native') : packageNativeDir;
  if (holdsNative) copyNative(packageNativeDir, nativeDir, version);
  return { nativeDir, clusterDir, user };
};

/** The folder outside `dataDir` that belongs to it, if there is one; for whoever throws the data directory away. */
export const outsideDirOf = (dataDir: string): string | undefined => readPointer(dataDir)?.outside;

/** Where the cluster of `dataDir` is, whether or not it has been made. */
export const clusterDirOf = (dataDir: string): string => {
  const pointed = readPointer(dataDir);
  return join(pointed?.holdsCluster === true ? pointed.outside : join(dataDir, 'postgres'), 'cluster');
};
