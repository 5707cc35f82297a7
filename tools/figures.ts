/**
 * Writes docs/reference/figures.md from bench results.
 *
 *     node tools/figures.ts                     runs every bench (about 25 minutes), keeps the results, writes the page
 *     node tools/figures.ts --only media,parse  runs these, takes the others from the results kept
 *     node tools/figures.ts --no-run            writes the page from the results kept
 *     [--results DIR]                           where results are kept: NAME.json each (default dist/figures)
 *
 * Figures differ from run to run and machine to machine, so the page is not among those that a test compares with the code.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchReport } from '../test/bench/bench.ts';
import { benchNames, figuresPage, type TakenReport } from './figures-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    'no-run': { type: 'boolean', default: false },
    only: { type: 'string' },
    results: { type: 'string', default: join(root, 'dist/figures') },
  },
});
const folder = values.results;
const wanted = values['no-run'] ? [] : (values.only?.split(',') ?? benchNames);
const strange = wanted.filter((name) => !benchNames.some((known) => known === name));
if (strange.length > 0) {
  process.stderr.write(`no bench ${strange.join(', ')}; there are ${benchNames.join(', ')}\n`);
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

for (const name of wanted) {
  process.stderr.write(`\n${name}\n`);
  const loadBefore = loadavg()[0]!;
  const { stdout } = spawnSync(process.execPath, ['apps/server/src/main.ts', 'bench', name, '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 << 20,
  });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) {
    process.stderr.write(`${name}: no figures, the result kept before stays\n`);
    process.exitCode = 1;
    continue;
  }
  const taken: TakenReport = {
    ...(JSON.parse(line) as BenchReport),
    takenAt: new Date().toISOString(),
    loadBefore,
    loadAfter: loadavg()[0]!,
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(taken, undefined, 1)}\n`);
}

const reports = benchNames.flatMap((name): TakenReport[] => {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as TakenReport] : [];
});
if (reports.length === 0) {
  process.stderr.write(`no results in ${folder}\n`);
  process.exit(1);
}
const page = join(root, 'docs/reference/figures.md');
writeFileSync(page, figuresPage(reports, benchNames));
process.stdout.write(`${page}\n`);
