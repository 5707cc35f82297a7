/**
 * Writes the pages under docs/reference that follow from the code: `npm run docs`. A page that is stale fails a test
 * (tools/generate-docs.test.ts), so the two cannot drift apart unseen.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './reference-pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(join(root, 'docs/reference'), { recursive: true });
for (const [path, text] of Object.entries(await referencePages())) {
  writeFileSync(join(root, path), text);
  process.stdout.write(`${path}\n`);
}
