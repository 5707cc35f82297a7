import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { commandOf, treeOf } from './processes.ts';

export const repository = resolve(import.meta.dirname, '../../..');

export interface BenchInstance {
  readonly data: string;
  readonly api: string;
  readonly metrics: string;
  readonly carrierUdp: string;
  readonly ca: string;
  readonly token: string;
  /** Pids by role. */
  readonly pids: {
    readonly supervisor: number;
    readonly node: number;
    readonly media: number;
    readonly postgres: number;
  };
  /** What it wrote on standard error so far. */
  said(): string;
  stop(): Promise<void>;
}

/** A throwaway instance, started as a user would. Rejects with what it said when it does not become ready. */
export async function startInstance(
  portBase: number,
  environment: Record<string, string>,
): Promise<BenchInstance> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['apps/server/src/main.ts', 'start', '--json', '--fresh', '--port-base', String(portBase)],
    { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
  );
  const said: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => said.push(line));
  const line = await new Promise<string>((done, failed) => {
    createInterface({ input: child.stdout! }).once('line', done);
    child.once('exit', () => failed(new Error(`the instance did not start:\n${said.join('\n')}`)));
  });
  const ready = JSON.parse(line) as {
    data: string;
    api: string;
    metrics: string;
    instance: string;
    sip: { carrierUdp: string };
    twin: { ca: string };
  };
  const { token } = JSON.parse(readFileSync(ready.instance, 'utf8')) as { token: string };
  const below = treeOf(child.pid!);
  const find = (part: string): number => below.find((pid) => commandOf(pid).includes(part)) ?? 0;
  return {
    data: ready.data,
    api: ready.api,
    metrics: ready.metrics,
    carrierUdp: ready.sip.carrierUdp,
    ca: ready.twin.ca,
    token,
    pids: {
      supervisor: child.pid!,
      node: find(join('node', 'main.ts')),
      media: find(join('media-process', 'main.ts')),
      postgres: find('keeper'),
    },
    said: () => said.join('\n'),
    async stop() {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await exited;
    },
  };
}
