import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Linux's clock ticks a second (USER_HZ), the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything: count from its end.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      parent: Number(fields[1]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}

/** CPU that the process has used, user and system, all its threads; 0 when it is gone. */
export const cpuSecondsOf = (pid: number): number => statOf(pid)?.cpuSeconds ?? 0;

/** The process and everything below it. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const stat = /^[0-9]+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat.pid]);
  }
  const found = [root];
  for (let at = 0; at < found.length; at += 1) found.push(...(children.get(found[at]!) ?? []));
  return found;
}

export const treeCpuSeconds = (root: number): number =>
  treeOf(root).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Proportional set size in kB: shared pages counted by share. */
export function pssKbOf(pid: number): number {
  try {
    return Number(/^Pss:\s+([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Puts all threads of a process ahead of whatever else the machine does, so that a packet's delay is the process's and not
 * its neighbours'. Needs root; false when it may not.
 */
export function favour(pid: number): boolean {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), -15);
    return true;
  } catch {
    return false;
  }
}

/** Linux shares the CPU out by terminal session first: the same for this session. 0 is what it was. */
export function favourSession(nice: -15 | 0): boolean {
  try {
    writeFileSync('/proc/self/autogroup', String(nice));
    return true;
  } catch {
    return false;
  }
}
