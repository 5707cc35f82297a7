import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { takeTurn } from './build-turn.ts';
import type { PortalBundle, PortalFile, PortalState } from './portal-bundle.ts';

export interface PortalBuilderOptions {
  /** The checkout: `apps/portal` and `packages/contract` are below it. */
  readonly root: string;
  /** Where built portals are kept, one folder per content hash. */
  readonly cacheDir: string;
  readonly wall: () => number;
  readonly log: { info(fields: object, words: string): void; warn(fields: object, words: string): void };
  /** Kill a step that takes longer than this; 10 minutes by default. */
  readonly stepTimeoutMs?: number;
}

export interface PortalBuilder extends PortalBundle {
  /** Builds in the background unless the cache has it. Never throws; the outcome is in `state()`. */
  start(): void;
  /** Kills a running step with everything it started. */
  stop(): Promise<void>;
  /** Resolves when the first build has ended, either way. */
  settled(): Promise<PortalState>;
}

/** What the built portal depends on. A change of any makes another hash, and so another folder. */
const inputs = ['apps/portal', 'packages/contract/src'];
const leftOut = new Set(['node_modules', 'dist', '.vite']);
const keptBuilds = 3;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

class Stopped extends Error {}

export function createPortalBuilder(options: PortalBuilderOptions): PortalBuilder {
  const portalDir = join(options.root, 'apps/portal');
  let state: PortalState = building('Looking whether it was built before.');
  let child: ChildProcess | undefined;
  let stopped = false;
  let finish: (state: PortalState) => void = () => undefined;
  const settled = new Promise<PortalState>((resolve) => {
    finish = resolve;
  });

  function building(step: string): PortalState {
    return { kind: 'building', step, sinceWallMs: options.wall() };
  }

  /** Niced, in its own process group, so that calls come first and the end takes all of it. */
  async function run(step: string, command: string, args: readonly string[]): Promise<void> {
    if (stopped) throw new Stopped();
    state = building(step);
    const nice = process.platform === 'win32' ? [] : ['nice', '-n', '15'];
    const [program, ...rest] = [...nice, command, ...args] as [string, ...string[]];
    const running = spawn(program, rest, {
      cwd: portalDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      // Development dependencies hold the bundler; NODE_ENV=production would leave them out.
      env: { ...process.env, NODE_ENV: 'development', CI: '1', NO_COLOR: '1' },
    });
    child = running;
    let tail = '';
    const keep = (chunk: Buffer): void => {
      tail = (tail + chunk.toString('utf8')).slice(-4_000);
    };
    running.stdout?.on('data', keep);
    running.stderr?.on('data', keep);
    const limit = setTimeout(() => kill(running, 'SIGKILL'), options.stepTimeoutMs ?? 600_000);
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        running.once('error', reject);
        running.once('close', resolve);
      });
      if (stopped) throw new Stopped();
      if (code !== 0) throw new Error(lastWords(tail) || `${command} ended with ${code ?? 'a signal'}`);
    } finally {
      clearTimeout(limit);
      child = undefined;
    }
  }

  /** Installed as a whole: an install that was cut off has no stamp, and is done again. */
  async function install(): Promise<void> {
    const lock = await readFile(join(portalDir, 'package-lock.json'));
    const wanted = createHash('sha256').update(lock).digest('hex');
    const stamp = join(portalDir, 'node_modules', '.tandem-installed');
    if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
    await run('Installing what the portal is built from (npm ci).', npm, ['ci', '--no-audit', '--no-fund']);
    await writeFile(stamp, wanted);
  }

  async function build(): Promise<void> {
    const hash = await hashOf(options.root);
    const target = join(options.cacheDir, hash);
    const built = (): boolean => existsSync(join(target, 'index.html'));
    if (!built()) {
      await mkdir(options.cacheDir, { recursive: true });
      state = building('Waiting for another instance of this checkout, which is building.');
      // Instances of one checkout share the folder: one of them installs and builds, the others wait for it.
      const turn = await takeTurn(join(options.cacheDir, '.turn'), () => stopped || built());
      try {
        if (stopped) throw new Stopped();
        if (!built()) await buildInto(target, hash);
      } finally {
        await turn.giveBack();
      }
    }
    state = { kind: 'ready', files: await load(target) };
  }

  async function buildInto(target: string, hash: string): Promise<void> {
    await install();
    const scratch = join(options.cacheDir, `.building-${process.pid}`);
    await rm(scratch, { recursive: true, force: true });
    const vite = join(portalDir, 'node_modules', 'vite', 'bin', 'vite.js');
    await run('Building the pages (vite build).', process.execPath, [
      vite,
      'build',
      '--outDir',
      scratch,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ]);
    await rm(target, { recursive: true, force: true });
    await rename(scratch, target);
    await forgetOld(options.cacheDir, hash);
  }

  return {
    state: () => state,
    settled: () => settled,
    start() {
      build()
        .catch((error: unknown) => {
          if (error instanceof Stopped || stopped) return;
          const reason = error instanceof Error ? error.message : String(error);
          state = {
            kind: 'failed',
            reason,
            next: `Next step: run "npm ci && npx vite build" in ${portalDir}, mend what it says, then start again.`,
          };
          options.log.warn({ err: error }, 'The portal could not be built');
        })
        .finally(() => finish(state));
    },
    async stop() {
      stopped = true;
      const running = child;
      if (!running) return;
      const gone = new Promise<void>((resolve) => running.once('close', () => resolve()));
      kill(running, 'SIGTERM');
      const hard = setTimeout(() => kill(running, 'SIGKILL'), 1_500);
      await gone;
      clearTimeout(hard);
    },
  };
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform !== 'win32' && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // Already gone.
  }
}

const lastWords = (tail: string): string =>
  tail
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length > 0)
    .slice(-6)
    .join(' ')
    .slice(-800);

async function hashOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.versions.node);
  for (const input of inputs) {
    for (const file of await filesBelow(join(root, input))) {
      hash.update(`\0${relative(root, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 24);
}

async function filesBelow(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (leftOut.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

/** All of it in memory: a few files, sent often, and no path of a request ever touches the disk. */
async function load(dir: string): Promise<ReadonlyMap<string, PortalFile>> {
  const files = new Map<string, PortalFile>();
  for (const path of await filesBelow(dir)) {
    const name = relative(dir, path).split('\\').join('/');
    const body = await readFile(path);
    const contentType = contentTypes[extname(name)] ?? 'application/octet-stream';
    const squeezes = /^(text|application\/json|image\/svg)/.test(contentType);
    files.set(name, {
      body,
      contentType,
      immutable: name.startsWith('assets/'),
      ...(squeezes ? { gzip: await promisify(gzip)(body) } : {}),
    });
  }
  return files;
}

async function forgetOld(cacheDir: string, current: string): Promise<void> {
  const builds: { name: string; at: number }[] = [];
  for (const name of await readdir(cacheDir)) {
    if (name !== current && /^[0-9a-f]{24}$/.test(name)) {
      builds.push({ name, at: (await stat(join(cacheDir, name))).mtimeMs });
    }
  }
  builds.sort((a, b) => b.at - a.at);
  for (const old of builds.slice(keptBuilds - 1))
    await rm(join(cacheDir, old.name), { recursive: true, force: true });
}
