/**
 * Signalling, API and portal as a child of the supervisor: configured over the IPC channel, ends on `stop` or when the
 * channel disconnects (its supervisor is dead then). A terminal's SIGINT reaches the whole group and is left to the
 * supervisor, which ends its children in order.
 */
import type { FromChild, NodeConfig, ToChild } from '../supervisor/child-config.ts';
import { type RunningNode, startNode } from './node.ts';

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const say = (message: FromChild): void => {
  if (process.connected) process.send?.(message);
};

let running: Promise<RunningNode> | undefined;
let ending = false;

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  // Whatever hangs, the supervisor must not wait for it.
  setTimeout(() => process.exit(code), 4_000).unref();
  try {
    await (await running)?.stop();
  } catch {
    // It never started; there is nothing to stop.
  }
  process.exit(code);
}

// A bug that no call owns: said loudly, and calls go on. An exception that nobody caught leaves state that nobody
// knows, so the process ends, its successor closes the records, and media lives on meanwhile.
process.on('unhandledRejection', (reason) => {
  const words = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stderr.write(`warn: a promise failed and nobody looked: ${words}\n`);
});

process.on('message', (message: ToChild<NodeConfig>) => {
  if (message.type === 'stop') void end(0);
  if (message.type !== 'configure' || running) return;
  running = startNode(message.config);
  running.then(
    () => say({ type: 'ready' }),
    (error: Error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`);
      say({ type: 'failed', message: error.message });
      process.exitCode = 1;
      // The message must leave before we do.
      setTimeout(() => process.exit(1), 100);
    },
  );
});
process.on('disconnect', () => void end(0));
