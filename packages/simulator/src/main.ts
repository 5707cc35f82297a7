import { readFileSync } from 'node:fs';
import type { FromTwin, ToTwin, TwinConfig } from './config.ts';
import { startTwin, type Twin } from './twin.ts';

/**
 * The twin as a process. With an IPC channel it is a child of the supervisor (see `config.ts`); without one it takes
 * the path of a JSON file with a TwinConfig as its only argument, prints the ready line and runs until a signal.
 */

let twin: Twin | undefined;
let leaving = false;

async function leave(code: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  // A party that does not close in time must not keep its supervisor waiting.
  setTimeout(() => process.exit(code), 1_800).unref();
  await twin?.close();
  process.exit(code);
}

async function start(config: TwinConfig, say: (message: FromTwin) => void): Promise<void> {
  try {
    twin = await startTwin(config);
    say(twin.ready);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    say({
      type: 'failed',
      message:
        code === 'EADDRINUSE'
          ? `the twin cannot listen: ${message}. Another instance runs on these ports; choose another --port-base.`
          : `the twin did not start: ${message}`,
    });
    process.exitCode = 1;
    await leave(1);
  }
}

if (process.send) {
  const send = process.send.bind(process);
  process.on('message', (message: ToTwin) => {
    if (message.type === 'configure') void start(message.config, (answer) => send(answer));
    else if (message.type === 'stop') void leave(0);
  });
  process.on('disconnect', () => void leave(0));
  // A terminal signals the whole group; the supervisor ends its children in order.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
} else {
  const file = process.argv[2];
  if (file === undefined) {
    process.stderr.write('usage: node main.ts CONFIG.json   (a TwinConfig, see config.ts)\n');
    process.exit(2);
  }
  process.on('SIGINT', () => void leave(0));
  process.on('SIGTERM', () => void leave(0));
  void start(JSON.parse(readFileSync(file, 'utf8')) as TwinConfig, (answer) =>
    process.stdout.write(`${JSON.stringify(answer)}\n`),
  );
}
