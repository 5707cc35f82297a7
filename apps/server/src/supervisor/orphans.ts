import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, type ProcessIdentity, stillRuns } from './process-identity.ts';

/** Children leave by themselves when their supervisor is gone; this long the next start waits for that. */
const patienceMs = 6_000;

const registerDir = (dataDir: string): string => join(dataDir, 'children');

/** Notes a child in the data directory, so that the next start can end it should we be killed. */
export const registerChild = (dataDir: string, name: string, pid: number): void => {
  const identity = identityOf(pid);
  if (identity === undefined) return; // already gone
  mkdirSync(registerDir(dataDir), { recursive: true, mode: 0o700 });
  writeFileSync(join(registerDir(dataDir), `${name}.json`), `${JSON.stringify(identity)}\n`, { mode: 0o600 });
};

export const forgetChild = (dataDir: string, name: string): void => {
  rmSync(join(registerDir(dataDir), `${name}.json`), { force: true });
};

const registered = (dataDir: string): readonly ProcessIdentity[] => {
  let names: string[];
  try {
    names = readdirSync(registerDir(dataDir));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(registerDir(dataDir), name), 'utf8')) as ProcessIdentity];
    } catch {
      return []; // cut short by the crash: its process saw the closed channel too
    }
  });
};

/**
 * Ends the children of an earlier supervisor that was killed. Only processes that are provably those (same pid, same
 * start time, same boot) are touched. The caller holds the data directory's lock. Returns how many were still there.
 */
export const clearOrphans = async (dataDir: string): Promise<number> => {
  const orphans = registered(dataDir).filter(stillRuns);
  for (let waited = 0; waited < patienceMs && orphans.some(stillRuns); waited += 50) await delay(50);
  for (const orphan of orphans) {
    if (stillRuns(orphan)) process.kill(orphan.pid, 'SIGKILL');
  }
  for (let waited = 0; waited < 2_000 && orphans.some(stillRuns); waited += 20) await delay(20);
  rmSync(registerDir(dataDir), { recursive: true, force: true });
  return orphans.length;
};
