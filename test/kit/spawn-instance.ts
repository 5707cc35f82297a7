import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** The ready line, as far as scripts read it. */
export interface Ready {
  readonly portal: string;
  readonly api: string;
  readonly metrics: string;
  readonly instance?: string;
  readonly sip: Readonly<
    Record<'teamsTls' | 'carrierUdp' | 'carrierTcp' | 'phonesUdp' | 'phonesTcp' | 'phonesTls', string>
  >;
  readonly twin?: {
    readonly control: string;
    readonly carrier: string;
    readonly hubs: readonly string[];
    readonly ca: string;
  };
  readonly data: string;
}

export interface SpawnedInstance {
  readonly process: ChildProcess;
  /** Rejects, with what was said on standard error, if the process ends first. */
  readonly ready: Promise<Ready>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Everything from standard error so far. */
  said(): string;
}

const running = new Set<ChildProcess>();
// Whoever ends in the middle takes his instances along.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Tandem as a real process in a process group of its own, started as `npm start` starts it. */
export const spawnInstance = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): SpawnedInstance => {
  const child = spawn(process.execPath, ['apps/server/src/main.ts', 'start', '--json', ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    // A test runner's own channel and marks are none of the program's business.
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      TMPDIR: process.env.TMPDIR ?? '/tmp',
      ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
      ...environment,
    },
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const ready = new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as Ready));
    void exited.then(({ code, signal }) =>
      reject(new Error(`ended before it was ready (${code ?? signal}): ${stderr}`)),
    );
  });
  ready.catch(() => {}); // a test that expects a refusal looks at `exited`
  return { process: child, ready, exited, said: () => stderr };
};
