import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference-pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const [path, text] of Object.entries(await referencePages())) {
  test(`${path} says what the code says (else: npm run docs)`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text);
  });
}
