/**
 * `npm test`: every suite there is. `npm run check`: those that need nothing installed. One suite or more by name:
 * `npm test -- unit scenarios`. Ends with one line `N passed, N failed`; the exit code is 0 only if nothing failed.
 * With CI=true a suite or a test that is left out is a failure.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunTotals } from './count-reporter.ts';
import { installMissing } from './debian-packages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

type Suite = { readonly name: string; readonly needsNothing: boolean; readonly limitMinutes: number } & (
  | { readonly command: readonly string[] }
  | { readonly files: readonly string[]; readonly oneAtATime: boolean }
);

const suites: readonly Suite[] = [
  { name: 'types', needsNothing: true, limitMinutes: 2, command: [bin('tsc'), '-p', root] },
  { name: 'lint', needsNothing: true, limitMinutes: 2, command: [bin('biome'), 'ci', '--colors=off', root] },
  {
    name: 'boundaries',
    needsNothing: true,
    limitMinutes: 2,
    files: ['test/boundaries/*.test.ts'],
    oneAtATime: false,
  },
  {
    name: 'unit',
    needsNothing: true,
    limitMinutes: 4,
    files: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/*.test.ts'],
    oneAtATime: false,
  },
  // Real processes, ports and clocks: side by side on two cores they would only disturb each other.
  {
    name: 'integration',
    needsNothing: false,
    limitMinutes: 6,
    files: ['test/integration/*.test.ts'],
    oneAtATime: true,
  },
  {
    name: 'scenarios',
    needsNothing: false,
    limitMinutes: 8,
    files: ['test/scenarios/**/*.test.ts'],
    oneAtATime: true,
  },
  { name: 'e2e', needsNothing: false, limitMinutes: 8, files: ['test/e2e/*.test.ts'], oneAtATime: true },
];

const ci = process.env.CI === 'true';
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const runCommand = async (command: readonly string[], limitMinutes: number): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const limit = setTimeout(() => {
      say(`Stopped after ${limitMinutes} minutes.`);
      child.kill('SIGKILL');
    }, limitMinutes * 60_000);
    child.on('error', () => resolve(127));
    child.on('exit', (code) => {
      clearTimeout(limit);
      resolve(code ?? 1);
    });
  });

interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly note: string;
  readonly seconds: number;
}

const runSuite = async (suite: Suite): Promise<Omit<SuiteResult, 'name' | 'seconds'>> => {
  if ('command' in suite) {
    const code = await runCommand(suite.command, suite.limitMinutes);
    return code === 0
      ? { passed: 1, failed: 0, note: '' }
      : { passed: 0, failed: 1, note: `exit code ${code}` };
  }
  const files = globSync([...suite.files], { cwd: root }).sort();
  if (files.length === 0) return { passed: 0, failed: ci ? 1 : 0, note: 'left out: it has no tests' };
  const folder = mkdtempSync(join(tmpdir(), 'tandem-test-'));
  const totalsFile = join(folder, 'totals.json');
  try {
    const code = await runCommand(
      [
        process.execPath,
        '--test',
        `--import=${join(root, 'tools/property-seed.ts')}`,
        '--test-timeout=180000',
        ...(suite.oneAtATime ? ['--test-concurrency=1'] : []),
        `--test-reporter=${process.stdout.isTTY ? 'spec' : 'dot'}`,
        '--test-reporter-destination=stdout',
        `--test-reporter=${join(root, 'tools/count-reporter.ts')}`,
        `--test-reporter-destination=${totalsFile}`,
        ...files,
      ],
      suite.limitMinutes,
    );
    let totals: RunTotals;
    try {
      totals = JSON.parse(readFileSync(totalsFile, 'utf8')) as RunTotals;
    } catch {
      return { passed: 0, failed: 1, note: `ended with ${code} before it could count` };
    }
    const { passed, skipped } = totals;
    for (const line of skipped) say(`left out: ${line}`);
    const failed = Math.max(totals.failed, code === 0 ? 0 : 1) + (ci ? skipped.length : 0);
    return { passed, failed, note: skipped.length > 0 ? `${skipped.length} left out` : '' };
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

  const results: SuiteResult[] = [];
  for (const suite of wanted) {
    say(`\n== ${suite.name}`);
    const lacks = missing
      .filter(({ wantedBy }) => wantedBy.includes(suite.name))
      .map(({ program }) => program);
    if (lacks.length > 0)
      say(
        `Without ${lacks.join(', ')} (not installed, and apt could not): tests that need them are left out.`,
      );
    const begun = performance.now();
    const result = await runSuite(suite);
    results.push({
      name: suite.name,
      ...result,
      seconds: Math.round((performance.now() - begun) / 100) / 10,
    });
  }

  say('\n== summary');
  for (const { name, passed, failed, note, seconds } of results) {
    say(
      `${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed  ${seconds} s  ${note}`.trimEnd(),
    );
  }
  if (missing.length > 0) say(`not installed: ${missing.map(({ program }) => program).join(', ')}`);
  const sum = (of: (result: SuiteResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const failed = sum((result) => result.failed);
  say(`${sum((result) => result.passed)} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
