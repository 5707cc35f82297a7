import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createPortalBuilder } from './portal-builder.ts';

/** A checkout whose bundler is a few lines of our own: what is tested is the care around it. */
const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

const bundler = `
import { mkdirSync, writeFileSync } from 'node:fs';
const out = process.argv[process.argv.indexOf('--outDir') + 1];
mkdirSync(out + '/assets', { recursive: true });
writeFileSync(out + '/index.html', '<p>built</p>');
writeFileSync(out + '/assets/a.js', 'export {}');
`;

function checkout(vite: string) {
  const root = mkdtempSync(join(tmpdir(), 'tandem-builder-'));
  roots.push(root);
  for (const dir of ['apps/portal/src', 'apps/portal/node_modules/vite/bin', 'packages/contract/src']) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  writeFileSync(join(root, 'apps/portal/src/main.tsx'), 'one');
  writeFileSync(join(root, 'apps/portal/node_modules/vite/package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'apps/portal/package-lock.json'), '{}');
  const lock = createHash('sha256').update('{}').digest('hex');
  writeFileSync(join(root, 'apps/portal/node_modules/.tandem-installed'), lock);
  writeFileSync(join(root, 'apps/portal/node_modules/vite/bin/vite.js'), vite);
  const cacheDir = join(root, 'cache');
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_: object, words: string) => warnings.push(words) };
  const builder = () => createPortalBuilder({ root, cacheDir, wall: () => 0, log });
  return { root, cacheDir, warnings, builder };
}

test('the first start builds, the second finds it in the cache, a changed source builds again', async () => {
  const { root, cacheDir, builder } = checkout(bundler);
  const first = builder();
  assert.equal(first.state().kind, 'building');
  first.start();
  const state = await first.settled();
  assert.ok(state.kind === 'ready');
  assert.equal(state.files.get('assets/a.js')?.immutable, true);
  assert.equal(state.files.get('index.html')?.immutable, false);
  // Were it built again, it would fail now.
  writeFileSync(join(root, 'apps/portal/node_modules/vite/bin/vite.js'), 'process.exit(1)');
  const second = builder();
  second.start();
  assert.equal((await second.settled()).kind, 'ready');
  writeFileSync(join(root, 'apps/portal/node_modules/vite/bin/vite.js'), bundler);
  writeFileSync(join(root, 'apps/portal/src/main.tsx'), 'two');
  const third = builder();
  third.start();
  assert.equal((await third.settled()).kind, 'ready');
  assert.equal(readdirSync(cacheDir).length, 2);
});

test('a build that fails is told with its last words and the next step, and harms nothing else', async () => {
  const { builder, warnings } = checkout("console.error('Cannot find module react'); process.exit(3)");
  const failing = builder();
  failing.start();
  const state = await failing.settled();
  assert.ok(state.kind === 'failed');
  assert.match(state.reason, /Cannot find module react/);
  assert.match(state.next, /npm ci && npx vite build/);
  assert.equal(warnings.length, 1);
});

test('stopping ends a build that hangs, its children too, without calling it a failure', async () => {
  const { builder, warnings } = checkout(
    "import { spawn } from 'node:child_process'; spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000);",
  );
  const hanging = builder();
  hanging.start();
  await until(() => {
    const state = hanging.state();
    return state.kind === 'building' && state.step.startsWith('Building');
  });
  await hanging.stop();
  await hanging.settled();
  assert.deepEqual(warnings, []);
});

async function until(true_: () => boolean): Promise<void> {
  while (!true_()) await new Promise<void>((resolve) => setImmediate(resolve));
}
