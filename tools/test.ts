/**
 * `npm test`: every suite there is. `npm run check`: those that need nothing installed. One suite or more by name:
 * `npm test -- unit scenarios`. Ends with one line `N passed, N failed`; the exit code is 0 only if nothing failed.
 * With CI=true a suite or a test that is left out is a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { longest, type RunTotals, type TimedTest } from './count-reporter.ts';
import { installMissing } from './debian-packages.ts';
import { idlePart } from './idle-processors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name: string): string => join(root, 'node_modules/.bin', name);
const cache = join(root, 'node_modules/.cache');

type Suite = { readonly name: string; readonly needsNothing: boolean; readonly limitMinutes: number } & (
  | { readonly command: readonly string[] }
  | {
      readonly files: readonly string[];
      readonly without?: readonly string[];
      /** `batches`: files share processes. `own`: each has one, and the suites of this kind run side by side. */
      readonly processes: 'batches' | 'own';
    }
);

type OwnProcesses = Suite & { readonly files: readonly string[]; readonly processes: 'own' };

/** Microsoft's side under test, and what is tested against all of it. */
const wholeTwin: readonly string[] = [
  'packages/simulator/src/**/*.test.ts',
  'apps/server/src/node/services/directory.test.ts',
  'apps/server/src/node/services/microsoft-connections.test.ts',
];

const suites: readonly Suite[] = [
  {
    name: 'types',
    needsNothing: true,
    limitMinutes: 2,
    command: [bin('tsc'), '-p', root, '--incremental', '--tsBuildInfoFile', join(cache, 'tandem-types.json')],
  },
  { name: 'lint', needsNothing: true, limitMinutes: 2, command: [bin('biome'), 'ci', '--colors=off', root] },
  {
    name: 'boundaries',
    needsNothing: true,
    limitMinutes: 2,
    files: ['test/boundaries/*.test.ts'],
    processes: 'batches',
  },
  {
    name: 'unit',
    needsNothing: true,
    limitMinutes: 6,
    files: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/*.test.ts'],
    without: wholeTwin,
    processes: 'batches',
  },
  // Each of these files starts a whole twin, with keys of its own.
  { name: 'twin', needsNothing: false, limitMinutes: 8, files: wholeTwin, processes: 'batches' },
  // Real processes, ports and clocks, which mostly wait: a limit is for one file. Ports: test/kit/port-slot.ts.
  {
    name: 'integration',
    needsNothing: false,
    limitMinutes: 14,
    files: ['test/integration/*.test.ts'],
    processes: 'own',
  },
  {
    name: 'scenarios',
    needsNothing: false,
    limitMinutes: 8,
    files: ['test/scenarios/**/*.test.ts'],
    processes: 'own',
  },
  {
    name: 'e2e',
    needsNothing: false,
    limitMinutes: 12,
    files: ['test/e2e/*.test.ts'],
    processes: 'own',
  },
];

/** Begun before the others, so that none of them is left alone at the end. */
const longFiles: readonly string[] = [
  'test/integration/readiness.test.ts',
  'test/integration/presence.test.ts',
  'test/e2e/new-customer.test.ts',
  'test/integration/start.test.ts',
];
/** Test files wait more than they compute: one more begins whenever the processors have little to do. */
const filesAtOnce = { always: 3, whenIdle: 1 } as const;
const idleEnough = { part: 0.4, overMs: 3_000 } as const;

const ci = process.env.CI === 'true';
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What Node compiled, types already stripped: the tests of one run, and the next run, share it. */
const compileCache = join(cache, 'tandem-compile');

/** Everything temporary of this run: what a test that failed leaves there goes with it, with the next run at the latest. */
const temporary = mkdtempSync(join(tmpdir(), `tandem-test-${process.pid}-`));
// The database runs as another user where we are root.
chmodSync(temporary, 0o711);
const forget = (folder: string): void => {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Something still writes there, or it is somebody else's.
  }
};
for (const name of readdirSync(tmpdir())) {
  const [, pid] = /^tandem-test-(\d+)-/.exec(name) ?? [];
  if (pid !== undefined && existsSync('/proc') && !existsSync(`/proc/${pid}`)) forget(join(tmpdir(), name));
}
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
  forget(temporary);
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

/** `held`: what it says is said when it has ended, so that commands side by side do not talk into each other. */
const runCommand = async (command: readonly string[], limitMinutes: number, held = false): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), {
      cwd: root,
      stdio: ['ignore', held ? 'pipe' : 'inherit', held ? 'pipe' : 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, TMPDIR: temporary },
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
    const limit = setTimeout(() => {
      say(`Stopped after ${limitMinutes} minutes.`);
      child.kill('SIGKILL');
    }, limitMinutes * 60_000);
    child.on('error', () => resolve(127));
    child.on(held ? 'close' : 'exit', (code) => {
      clearTimeout(limit);
      for (const chunk of output) process.stdout.write(chunk);
      resolve(code ?? 1);
    });
  });

interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly note: string;
  readonly seconds: number;
  readonly slowest: readonly TimedTest[];
}

type Outcome = Omit<SuiteResult, 'name' | 'seconds'>;

const sum = <T>(of: (item: T) => number, items: readonly T[]): number =>
  items.reduce((total, item) => total + of(item), 0);

const filesOf = (suite: {
  readonly files: readonly string[];
  readonly without?: readonly string[];
}): string[] => {
  const left = new Set(globSync([...(suite.without ?? [])], { cwd: root }));
  return globSync([...suite.files], { cwd: root })
    .filter((file) => !left.has(file))
    .sort();
};

const outcomeOf = (parts: readonly FilesRun[]): Outcome => {
  if (parts.length === 0)
    return { passed: 0, failed: ci ? 1 : 0, note: 'left out: it has no tests', slowest: [] };
  const notes = parts.flatMap(({ problem }) => problem ?? []);
  const skipped = parts.flatMap((part) => part.skipped);
  for (const line of skipped) say(`left out: ${line}`);
  if (skipped.length > 0) notes.push(`${skipped.length} left out`);
  return {
    passed: sum(({ passed }) => passed, parts),
    failed: sum(({ failed }) => failed, parts) + (ci ? skipped.length : 0),
    note: notes.join(', '),
    slowest: longest(parts.flatMap((part) => part.slowest)),
  };
};

const runSuite = async (suite: Suite): Promise<Outcome> => {
  if ('command' in suite) {
    const code = await runCommand(suite.command, suite.limitMinutes);
    return code === 0
      ? { passed: 1, failed: 0, note: '', slowest: [] }
      : { passed: 0, failed: 1, note: `exit code ${code}`, slowest: [] };
  }
  const batches = batchesOf(filesOf(suite));
  return outcomeOf(await Promise.all(batches.map((batch) => runFiles(batch, suite.limitMinutes))));
};

/** All files of these suites, a few at a time, whichever suite they are of. */
const runSideBySide = async (together: readonly OwnProcesses[]): Promise<readonly SuiteResult[]> => {
  const rank = (file: string): number =>
    longFiles.includes(file) ? longFiles.indexOf(file) : longFiles.length;
  const waiting = together
    .flatMap((suite) => filesOf(suite).map((file) => ({ suite, file })))
    .sort((one, other) => rank(one.file) - rank(other.file));
  const done: { readonly suite: Suite; readonly run: FilesRun; readonly seconds: number }[] = [];
  const worker = async (_: unknown, index: number): Promise<void> => {
    // One begins at the other end: browsers compute while instances wait.
    const take = () => (index === 0 ? waiting.pop() : waiting.shift());
    for (;;) {
      if (index >= filesAtOnce.always)
        while (waiting.length > 0 && (await idlePart(idleEnough.overMs)) < idleEnough.part);
      const next = take();
      if (next === undefined) return;
      const { suite, file } = next;
      const begun = performance.now();
      const run = await runFiles({ files: [file], apart: true }, suite.limitMinutes);
      const seconds = secondsSince(begun);
      say(`${run.failed === 0 ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${file}`);
      done.push({ suite, run, seconds });
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce.always + filesAtOnce.whenIdle }).map(worker));
  return together.map((suite) => {
    const mine = done.filter((one) => one.suite === suite);
    const outcome = outcomeOf(mine.map(({ run }) => run));
    return { name: suite.name, ...outcome, seconds: tenths(sum(({ seconds }) => seconds, mine)) };
  });
};

const tenths = (seconds: number): number => Math.round(seconds * 10) / 10;
const secondsSince = (begun: number): number => tenths((performance.now() - begun) / 1000);

interface Batch {
  readonly files: readonly string[];
  /** Each file in a process of its own. */
  readonly apart: boolean;
}

/** Folders whose tests compute; the tests of the others wait for sockets and files as well. */
const computing = /^packages\/(?:contract|domain|engine|media|sip|wire)\//;

/**
 * To start Node and load the code costs more than most test files take, so that files share a process. Hooks at the
 * root of a file would be hooks of all files then, and whoever starts processes is sensitive to what else is going on:
 * these are apart.
 */
const needsOwnProcess = (path: string): boolean => {
  const code = readFileSync(join(root, path), 'utf8');
  return (
    /^(?:before|after)(?:Each)?\(/m.test(code) ||
    /^import \{[^}]*\b(?:spawn|fork)\b[^}]*\} from 'node:child_process'/m.test(code)
  );
};

const batchesOf = (files: readonly string[]): readonly Batch[] => {
  const own = files.filter(needsOwnProcess);
  const shared = files.filter((path) => !own.includes(path));
  return [
    { files: shared.filter((path) => computing.test(path)), apart: false },
    { files: shared.filter((path) => !computing.test(path)), apart: false },
    { files: own, apart: true },
  ].filter((batch) => batch.files.length > 0);
};

type FilesRun = RunTotals & { readonly problem?: string };

/** Failed counts at least one if the process says that something is wrong, whatever it counted. */
const runFiles = async ({ files, apart }: Batch, limitMinutes: number): Promise<FilesRun> => {
  const folder = mkdtempSync(join(temporary, 'run-'));
  const totalsFile = join(folder, 'totals.json');
  try {
    const code = await runCommand(
      [
        process.execPath,
        '--test',
        `--import=${join(root, 'tools/property-seed.ts')}`,
        '--test-timeout=180000',
        // What a failed test left open must not keep its report back: the failures of all files wait for the end.
        ...(apart ? ['--test-concurrency=2'] : ['--test-isolation=none', '--test-force-exit']),
        `--test-reporter=${process.stdout.isTTY ? 'spec' : 'dot'}`,
        '--test-reporter-destination=stdout',
        `--test-reporter=${join(root, 'tools/count-reporter.ts')}`,
        `--test-reporter-destination=${totalsFile}`,
        ...files,
      ],
      limitMinutes,
      true,
    );
    let totals: RunTotals;
    try {
      totals = JSON.parse(readFileSync(totalsFile, 'utf8')) as RunTotals;
    } catch {
      return {
        passed: 0,
        failed: 1,
        skipped: [],
        slowest: [],
        problem: `ended with ${code} before it could count`,
      };
    }
    return { ...totals, failed: Math.max(totals.failed, code === 0 ? 0 : 1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const main = async (args: readonly string[]): Promise<number> => {
  const quick = args.includes('--check');
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unknown = named.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    say(`No suite "${unknown}". There are: ${suites.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const wanted = suites.filter(
    (suite) => (!quick || suite.needsNothing) && (named.length === 0 || named.includes(suite.name)),
  );
  const missing = wanted.some((suite) => !suite.needsNothing) ? installMissing(say) : [];

  if (wanted.some((suite) => !suite.needsNothing)) {
    say('Building the portal, once for all suites (a minute or a few in a fresh clone) ...');
    await runCommand([process.execPath, join(root, 'tools/build-portal.ts')], 12);
  }

  const begunAll = performance.now();
  const results: SuiteResult[] = [];
  const announce = (suite: Suite): void => {
    say(`\n== ${suite.name}`);
    const lacks = missing
      .filter(({ wantedBy }) => wantedBy.includes(suite.name))
      .map(({ program }) => program);
    if (lacks.length > 0)
      say(
        `Without ${lacks.join(', ')} (not installed, and apt could not): tests that need them are left out.`,
      );
  };
  const together = wanted.filter((suite) => 'files' in suite && suite.processes === 'own') as OwnProcesses[];
  for (const suite of wanted.filter((one) => !together.includes(one as OwnProcesses))) {
    announce(suite);
    const begun = performance.now();
    const outcome = await runSuite(suite);
    results.push({ name: suite.name, ...outcome, seconds: secondsSince(begun) });
  }
  if (together.length > 0) {
    for (const suite of together) announce(suite);
    results.push(...(await runSideBySide(together)));
  }

  say('\n== slowest tests');
  for (const { name, file, seconds } of longest(results.flatMap(({ slowest }) => slowest)))
    say(`${seconds.toFixed(1).padStart(6)} s  ${file === '' ? '' : `${relative(root, file)}: `}${name}`);

  say('\n== summary');
  for (const { name, passed, failed, note, seconds } of results) {
    say(
      `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed  ${seconds} s  ${note}`.trimEnd(),
    );
  }
  if (missing.length > 0) say(`not installed: ${missing.map(({ program }) => program).join(', ')}`);
  if (together.length > 1)
    say(
      `${together.map(({ name }) => name).join(', ')} ran side by side: their seconds are those of their files.`,
    );
  say(`all of it: ${secondsSince(begunAll)} s`);
  const failed = sum((result) => result.failed, results);
  say(`${sum((result) => result.passed, results)} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
