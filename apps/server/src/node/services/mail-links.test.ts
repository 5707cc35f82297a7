import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const here = new URL('./', import.meta.url);
const pages = new URL('../../../../../packages/adapters/src/http/portal/portal-pages.ts', here);

test('each link in a mail leads to a page that the portal has', () => {
  const paths = readFileSync(pages, 'utf8');
  const links = readdirSync(here)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) =>
      [...readFileSync(new URL(name, here), 'utf8').matchAll(/\$\{(?:portalUrl|page)\}(\/[a-z-]+)/g)].map(
        ([, path]) => [name, path] as const,
      ),
    );
  assert.ok(links.length > 3, 'mails have links');
  for (const [name, path] of links) assert.ok(paths.includes(`'${path}'`), `${name}: ${path}`);
});
