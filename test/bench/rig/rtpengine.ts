import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * rtpengine in user space (no kernel module), driven by its NG protocol as JSON over UDP. Debian's is older than the
 * floor that Tandem accepts in production (`allowUnsafeMedia`): it is a peer to measure beside, nothing else.
 */
export interface Rtpengine {
  readonly version: string;
  readonly pid: number;
  ask(command: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

export interface RtpenginePlan {
  /** `name/address` each. */
  readonly interfaces: readonly string[];
  readonly ngPort: number;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** Teams takes AES_CM_128_HMAC_SHA1_80 only; 10.5 knows no `only-`, so every other suite is refused by name. */
export const sdesTeamsOnly = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AES_192_CM_HMAC_SHA1_80',
  'AES_192_CM_HMAC_SHA1_32',
  'AES_CM_128_HMAC_SHA1_32',
  'F8_128_HMAC_SHA1_80',
  'F8_128_HMAC_SHA1_32',
  'NULL_HMAC_SHA1_80',
  'NULL_HMAC_SHA1_32',
].map((suite) => `no-${suite}`);

const RESEND_MS = 500;
const ATTEMPTS = 20;

export async function startRtpengine(plan: RtpenginePlan): Promise<Rtpengine> {
  const version = versionOf();
  const child: ChildProcess = spawn(
    'rtpengine',
    [
      '--config-file=none',
      '-f',
      '-E',
      '-t',
      '-1',
      ...plan.interfaces.flatMap((one) => ['-i', one]),
      '-n',
      `127.0.0.1:${plan.ngPort}`,
      '-m',
      String(plan.firstPort),
      '-M',
      String(plan.lastPort),
      '--num-threads=2',
      '-L',
      '3',
      '-o',
      '60',
      '--delete-delay=0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr!.on('data', (chunk) => (said = (said + chunk).slice(-4_000)));
  const socket = createSocket('udp4');
  socket.unref();
  const waiting = new Map<string, (answer: Readonly<Record<string, unknown>>) => void>();
  socket.on('error', () => undefined);
  socket.on('message', (bytes) => {
    const text = bytes.toString('utf8');
    const space = text.indexOf(' ');
    waiting.get(text.slice(0, space))?.(JSON.parse(text.slice(space + 1)));
  });
  let next = 1;
  /** The same cookie again is answered from a cache and done once only. */
  const ask = async (
    command: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const cookie = `bench${process.pid}.${next++}`;
    const request = `${cookie} ${JSON.stringify(command)}`;
    const answer = new Promise<Readonly<Record<string, unknown>>>((done) => waiting.set(cookie, done));
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (child.exitCode !== null) throw new Error(`rtpengine ended:\n${said}`);
        socket.send(request, plan.ngPort, '127.0.0.1');
        const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), RESEND_MS));
        const got = await Promise.race([answer, late]);
        if (got?.result === 'error') throw new Error(`rtpengine refuses: ${String(got['error-reason'])}`);
        if (got !== undefined) return got;
      }
      throw new Error(`rtpengine does not answer:\n${said}`);
    } finally {
      waiting.delete(cookie);
    }
  };
  await ask({ command: 'ping' });
  return {
    version,
    pid: child.pid!,
    ask,
    async stop() {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await exited;
      socket.close();
    },
  };
}

function versionOf(): string {
  const { error, stdout, stderr } = spawnSync('rtpengine', ['--version'], { encoding: 'utf8' });
  if (error) throw new Error('rtpengine is not installed: apt-get install rtpengine-daemon');
  return /Version: *(\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? '?';
}
