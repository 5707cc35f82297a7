import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Is `pid` a PostgreSQL server? Undefined where the system does not tell. */
const isPostgres = (pid: number): boolean | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    return readlinkSync(`/proc/${pid}/exe`).includes('postgres');
  } catch {
    return false;
  }
};

/**
 * Ends a server that an earlier supervisor left behind on this cluster (its keeper was killed too). The caller holds the
 * data directory's lock, so no living supervisor can own it. `postmaster.pid` names it; the process must still be a
 * PostgreSQL server that works in this folder, because pids are given out again.
 */
export const endOrphanServer = async (clusterDir: string): Promise<void> => {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const [pidLine, directory] = readFileSync(file, 'utf8').split('\n');
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 1 || directory?.trim() !== clusterDir) return;
  if (!isAlive(pid) || isPostgres(pid) === false) {
    rmSync(file, { force: true });
    return;
  }
  if (isPostgres(pid) === undefined) return; // the server itself refuses a second opener, with a clear message
  for (const [signal, patienceMs] of [
    ['SIGINT', 4_000],
    ['SIGQUIT', 2_000],
    ['SIGKILL', 2_000],
  ] as const) {
    process.kill(pid, signal);
    for (let waited = 0; waited < patienceMs; waited += 50) {
      if (!isAlive(pid)) return;
      await delay(50);
    }
  }
};
