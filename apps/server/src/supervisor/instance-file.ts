import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PhoneSignIn, SignIn } from './child-config.ts';
import { identityOf, type ProcessIdentity, stillRuns } from './process-identity.ts';

/** The one line on standard output when everything is ready (`--json`). Scripts rely on it: change it only with a decision record. */
export interface ReadyLine {
  readonly ready: true;
  readonly portal: string;
  readonly api: string;
  readonly metrics: string;
  /** Only while the twin is on. */
  readonly instance?: string;
  readonly sip: {
    readonly teamsTls: string;
    readonly carrierUdp: string;
    readonly carrierTcp: string;
    readonly phonesUdp: string;
    readonly phonesTcp: string;
    readonly phonesTls: string;
  };
  readonly twin?: {
    readonly control: string;
    readonly login: string;
    readonly graph: string;
    readonly hubs: readonly string[];
    readonly carrier: string;
    readonly dns: string;
    /** Takes mail for anybody and keeps it. */
    readonly smtp: string;
    readonly ca: string;
  };
  readonly data: string;
}

/** The 0600 file that outside scripts read; it exists only while an instance with the twin runs. */
export interface InstanceFile extends Omit<ReadyLine, 'ready' | 'instance'> {
  /** Bearer token for the API. */
  readonly token: string;
  /** Bearer token for the twin's control API. */
  readonly controlToken: string;
  readonly signIns: readonly SignIn[];
  /** What the rehearsal world's phones register with; where, says `sip`. */
  readonly phones: readonly PhoneSignIn[];
  readonly pid: number;
  readonly portBase: number;
}

/** Who listens at a port base, for commands that know only that. */
interface Pointer extends ProcessIdentity {
  readonly instance: string;
}

const writePrivately = (path: string, content: unknown): void => {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

const pointerPath = (portBase: number): string => {
  // By uid, not by name: containers run as users without one. Windows has a temporary folder per user.
  return join(tmpdir(), `tandem-instances-${process.getuid?.() ?? 'own'}`, `${portBase}.json`);
};

export const publishInstance = (path: string, content: InstanceFile): void => {
  writePrivately(path, content);
  const pointer = pointerPath(content.portBase);
  const folder = dirname(pointer);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid !== (process.getuid?.() ?? statSync(folder).uid)) return; // somebody else's: do without
  chmodSync(folder, 0o700);
  const us: Pointer = { ...identityOf(process.pid)!, instance: path };
  writePrivately(pointer, us);
};

export const withdrawInstance = (path: string, portBase: number): void => {
  rmSync(path, { force: true });
  const pointer = pointerPath(portBase);
  rmSync(pointer, { force: true });
  try {
    rmdirSync(dirname(pointer));
  } catch {
    // other instances are listed there
  }
};

/** The instance of this user that runs at `portBase`, or undefined. */
export const findInstance = (portBase: number): InstanceFile | undefined => {
  try {
    const pointer = JSON.parse(readFileSync(pointerPath(portBase), 'utf8')) as Pointer;
    if (!stillRuns(pointer)) return undefined;
    return JSON.parse(readFileSync(pointer.instance, 'utf8')) as InstanceFile;
  } catch {
    return undefined;
  }
};
