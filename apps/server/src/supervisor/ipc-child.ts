import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FromChild, ToChild } from './child-config.ts';
import { childEnvironment } from './child-environment.ts';
import type { ReadyMessage, SpawnChild } from './running-child.ts';

/** Our own program `file` as a child, spoken to as child-config.ts says. `flags` are for its runtime. */
export const ipcChild =
  <Config>(file: string, config: Config, flags: readonly string[] = []): SpawnChild =>
  ({ onLine, onPid }) => {
    const child = spawn(process.execPath, [...flags, file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own session: signals to our group reach us alone, and we end the children in order.
      detached: process.platform !== 'win32',
      env: childEnvironment(),
    });
    if (child.pid !== undefined) onPid(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    const say = (message: ToChild<Config>): void => {
      if (child.connected) child.send(message, () => {}); // a closed channel shows as an exit
    };
    let failure: string | undefined;
    const ready = new Promise<ReadyMessage>((resolve) => {
      child.on('message', (message: FromChild) => {
        if (message.type === 'ready') resolve(message);
        else if (message.type === 'failed') failure = message.message;
      });
    });
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(failure ?? (signal === null ? `exit code ${code}` : `ended by ${signal}`)),
      );
    });
    say({ type: 'configure', config });
    return { ready, exited, askToStop: () => say({ type: 'stop' }), kill: () => child.kill('SIGKILL') };
  };
