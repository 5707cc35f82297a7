import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from '../test/bench/bench.ts';
import { machine } from '../test/bench/machine.ts';
import { benchNames, figuresPage, rows } from './figures-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'test/bench');
/** Beside the benches, and none. */
const kit = ['bench', 'machine'];

test('the page of figures and the README name every bench that there is', () => {
  const there = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -3))
    .filter((name) => !kit.includes(name));
  assert.deepEqual([...benchNames].sort(), there.sort());
  const line = /npm run bench -- NAME`.*/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[0] ?? '';
  assert.deepEqual(
    Array.from(line.matchAll(/`(\w+)`/g), ([, name]) => name),
    benchNames,
  );
});

test('each figure of the page is one that its bench finds', () => {
  for (const name of benchNames) {
    const more = join(folder, name);
    const files = existsSync(more)
      ? readdirSync(more, { recursive: true, encoding: 'utf8' }).map((file) => join(more, file))
      : [];
    const source = [join(folder, `${name}.ts`), ...files.filter((file) => file.endsWith('.ts'))]
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    for (const { figure } of rows[name]) assert.match(source, new RegExp(`\\b${figure}\\b`), name);
  }
});

test('a result of a queue’s day is shown beside what it has to reach, and what was not measured is named', () => {
  const report: BenchReport = {
    bench: 'queue',
    pass: true,
    figures: { freeToRingMsP95: 41.236, doubleOffers: 0 },
    quick: false,
    seed: 1,
    machine: machine(),
  };
  const taken = { ...report, takenAt: '2026-01-01T00:00:00.000Z', loadBefore: 0, loadAfter: 0 };
  const page = figuresPage([taken], benchNames);
  assert.match(page, /\| free to ring, p95, ms \| 41\.24 \| <= 1,000 \|/);
  assert.match(page, /Not measured yet: signalling, media, memory, parse, provisioning, presence\./);
});
