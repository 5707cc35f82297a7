/**
 * `node tools/twin-check-tests.ts`: which test stands behind each check of the twin's sign-in and Graph (microsoft-graph 9), as
 * a table. Exit 1 if a check has none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { entraCheckTable } from '../packages/simulator/src/entra/check-table.ts';
import { coreCheckTable } from '../packages/simulator/src/graph/core-check-table.ts';
import { directoryCheckTable } from '../packages/simulator/src/graph/directory-check-table.ts';

const root = new URL('../packages/simulator/src/', import.meta.url);

interface Found {
  readonly file: string;
  readonly title: string;
}

/** Titles of tests, and the rows of `entra-checks.test.ts`, which has one test per row. */
const titles = (folder: string): readonly Found[] =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => {
      const text = readFileSync(new URL(`${folder}/${file}`, root), 'utf8');
      const plain = [...text.matchAll(/\b(?:it|describe|test)\(\s*(['"`])([\s\S]*?)\1,/g)].map(
        (match) => match[2],
      );
      const rows = [...text.matchAll(/^ {4}(A\d+): /gm)].map(
        (match) => `${match[1]}: only this is wrong, and only this check says so`,
      );
      return [...plain, ...rows].map((title) => ({ file: `${folder}/${file}`, title: title ?? '' }));
    });

const found = ['entra', 'graph', 'notifications'].flatMap(titles);
const checks = { ...entraCheckTable, ...coreCheckTable, ...directoryCheckTable };
const lines = Object.entries(checks).map(([id, { on, wants }]) => {
  const tests = found.filter(({ title }) => new RegExp(`\\b${id}\\b`).test(title));
  if (tests.length === 0) process.exitCode = 1;
  const named = tests.map(({ file, title }) => `\`${file}\`: ${title}`).join('<br>');
  return `| ${id} | ${on} | ${wants} | ${named || '**none**'} |`;
});
process.stdout.write(
  ['| check | on | wants | tests |', '| --- | --- | --- | --- |', ...lines, '']
    .join('\n')
    .replaceAll('\n\n', '\n'),
);
