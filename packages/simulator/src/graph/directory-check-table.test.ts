import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { directoryCheckTable } from './directory-check-table.ts';

it('every check of the directory has a test that is named by it', () => {
  const titles = ['delta.test.ts', 'directory.test.ts', 'graph.test.ts', 'numbers.test.ts'].flatMap(
    (file) => [
      ...readFileSync(new URL(`./${file}`, import.meta.url), 'utf8').matchAll(
        /(?:it|describe)\(\s*(['"`])(.*?)\1/g,
      ),
    ],
  );
  for (const id of Object.keys(directoryCheckTable))
    assert.ok(
      titles.some((match) => new RegExp(`\\b${id}\\b`).test(match[2] ?? '')),
      id,
    );
});
