import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const rows = read('docs/microsoft-behaviours.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`packages/'))
  .map((line) => {
    const [, behaviour = '', where = '', source = '', held = ''] = line.split(' | ').join('|').split('|');
    const [, file = ''] = /`([^`]+)`/.exec(where) ?? [];
    const [, testFile = '', title = ''] = /`([^`]+)`: "([^"]+)"/.exec(held) ?? [];
    return { behaviour, file, source, testFile, title };
  });

const countBy = (names: Iterable<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

test('every MICROSOFT: mark of the code has its row in docs/microsoft-behaviours.md, and every row its mark', () => {
  const marks = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'], { cwd: root })
    .filter((path) => !/\.test\.tsx?$|node_modules/.test(path))
    .flatMap((path) => (read(path).match(/MICROSOFT:/g) ?? []).map(() => path));
  assert.deepEqual(countBy(rows.map(({ file }) => file)), countBy(marks));
});

for (const { behaviour, source, testFile, title } of rows) {
  test(`Microsoft: ${behaviour.trim()}: source and test are there`, () => {
    assert.ok(source.trim().length > 0);
    assert.ok(existsSync(join(root, testFile)), testFile);
    assert.ok(read(testFile).includes(title), `${testFile} has no test "${title}"`);
  });
}
