import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from './child-environment.ts';
import type { ReadyMessage, SpawnChild } from './running-child.ts';

const isReadyLine = (line: string): boolean => line.startsWith('{"ready":true');

/**
 * A program of ours, `args` being Node's whole command line: it takes its settings as arguments, says `{"ready":true,…}` in one line on standard output and ends
 * when its standard input ends, which is also how it learns that we are dead.
 */
export const stdioChild =
  (args: readonly string[]): SpawnChild =>
  ({ onLine, onPid }) => {
    const child = spawn(process.execPath, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32', // its own session, see ipc-child.ts
      env: childEnvironment(),
    });
    if (child.pid !== undefined) onPid(child.pid);
    child.stdin.on('error', () => {}); // it ended before we said so
    const ready = new Promise<ReadyMessage>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          if (stream === child.stdout && isReadyLine(line)) resolve({ type: 'ready' });
          onLine(line);
        });
      }
    });
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`),
      );
    });
    return { ready, exited, askToStop: () => child.stdin.end(), kill: () => child.kill('SIGKILL') };
  };
