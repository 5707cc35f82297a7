import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { CommandServer } from './command-server.ts';
import { mediaUsage, parseMediaConfig } from './media-config.ts';

/**
 * The media process: relays packets, knows nothing of SIP, outlives the signalling process (reliability I2).
 * Prints one JSON line when it is ready; ends with SIGTERM, SIGINT or the end of its standard input.
 */
const outcome = parseMediaConfig(process.argv.slice(2));
if (!outcome.ok) {
  process.stderr.write(`${outcome.faults.join('\n')}\n\n${mediaUsage}\n`);
  process.exit(2);
}
const { config } = outcome;
const isPipe = config.socket.startsWith('\\\\.\\pipe\\');

if (!isPipe && existsSync(config.socket)) {
  if (await answers(config.socket)) {
    process.stderr.write(`another media process listens on ${config.socket}\n`);
    process.exit(1);
  }
  unlinkSync(config.socket);
}

const server = new CommandServer(config);
try {
  await server.listen();
} catch (error) {
  // A path longer than about 100 characters is the usual reason: the system allows no more for a socket.
  process.stderr.write(
    `cannot listen on ${config.socket}: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
}
// Whoever can command the relay can listen to calls.
if (!isPipe) chmodSync(config.socket, 0o600);

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await server.close();
  process.exit(0);
}
process.on('SIGTERM', () => void end());
// An interactive Ctrl-C reaches the whole group; the supervisor decides when media ends.
process.on('SIGINT', () => {
  if (!config.endWithParent) void end();
});
if (config.endWithParent) {
  process.stdin.on('end', () => void end());
  process.stdin.on('error', () => void end());
  process.stdin.resume();
}
// The reader of our standard output may go before us.
process.stdout.on('error', () => undefined);
process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, socket: config.socket })}\n`);

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
