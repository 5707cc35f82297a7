import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process named so that a later process with the same pid is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, in the system's own words (Linux: clock ticks since boot). */
  readonly began: string;
  /** Changes when the machine restarts; empty where the system does not tell. */
  readonly bootId: string;
}

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
};

/** Undefined when there is no such process, or it is a zombie. */
const beganOf = (pid: number): string | undefined => {
  if (process.platform === 'linux') {
    try {
      // The second field is the program's name in parentheses and may hold anything; the 22nd is the start time.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  if (process.platform === 'win32') {
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch {
      return undefined;
    }
  }
  try {
    const said = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return said === '' ? undefined : said;
  } catch {
    return undefined;
  }
};

export const identityOf = (pid: number): ProcessIdentity | undefined => {
  const began = beganOf(pid);
  return began === undefined ? undefined : { pid, began, bootId: bootId() };
};

/** Does exactly this process still run? */
export const stillRuns = (identity: ProcessIdentity): boolean => {
  const now = identityOf(identity.pid);
  return now !== undefined && now.began === identity.began && now.bootId === identity.bootId;
};
