import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

/** Where figures were taken; part of every bench's output, because figures mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

const distribution = (): string => {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  } catch {
    return process.platform;
  }
};

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || arch(),
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${distribution()}, kernel ${release()}`,
  node: process.version,
});
