/**
 * Keeps one PostgreSQL server from outliving its supervisor. Standard input is a pipe that the supervisor holds open
 * and never writes to: however the supervisor ends, kill -9 included, the pipe closes and the server is shut down.
 *
 * Arguments: path of the `postgres` binary, uid, gid (`-` for "as we are"), then the server's own arguments. Exits with
 * the server's exit code. Its only output is the server's.
 */
import { spawn } from 'node:child_process';

const fastShutdownMs = 2_500;
const immediateShutdownMs = 3_500;

const [binary, uid, gid, ...serverArguments] = process.argv.slice(2);
if (binary === undefined || uid === undefined || gid === undefined) {
  throw new Error('usage: keeper.ts POSTGRES UID GID [ARGUMENT …]');
}

// A terminal's Ctrl-C goes to the whole group; the order of ending is the supervisor's business.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const server = spawn(binary, serverArguments, {
  stdio: ['ignore', 'inherit', 'inherit'],
  // A session of its own, for the same reason.
  detached: process.platform !== 'win32',
  cwd: '/',
  env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
  ...(uid === '-' ? {} : { uid: Number(uid), gid: Number(gid) }),
});

server.on('error', (error) => {
  process.stderr.write(`postgres: ${error.message}\n`);
  process.exit(127);
});
server.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));

let asked = false;
const shutDown = (): void => {
  if (asked) return;
  asked = true;
  server.kill('SIGINT'); // PostgreSQL's "fast": ends sessions, writes a checkpoint
  setTimeout(() => server.kill('SIGQUIT'), fastShutdownMs).unref(); // "immediate": recovers at the next start
  setTimeout(() => server.kill('SIGKILL'), immediateShutdownMs).unref();
};
process.stdin.on('end', shutDown).on('close', shutDown).on('error', shutDown).resume();
