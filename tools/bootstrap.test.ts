import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));

const locked = {
  '': { name: 'somewhere' },
  'node_modules/pg': { version: '8.0.0' },
  'node_modules/other-system': { version: '1.0.0', optional: true },
};

/** Runs the bootstrap over a folder in which npm noted `present`; true: it called npm for an install. */
const callsNpm = (present: Record<string, { version?: string }> | undefined): boolean => {
  const root = mkdtempSync(join(tmpdir(), 'tandem-bootstrap-'));
  try {
    for (const folder of ['tools', 'bin', 'node_modules/.bin'])
      mkdirSync(join(root, folder), { recursive: true });
    copyFileSync(bootstrap, join(root, 'tools/bootstrap.mjs'));
    writeFileSync(join(root, 'node_modules/.bin/node'), '');
    writeFileSync(join(root, 'bin/npm'), `#!/bin/sh\necho "$@" > '${root}/npm-was-called'\n`, {
      mode: 0o755,
    });
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
    if (present)
      writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }));
    const run = spawnSync(process.execPath, [join(root, 'tools/bootstrap.mjs')], {
      env: { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` },
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    return existsSync(join(root, 'npm-was-called'));
  } finally {
    rmSync(root, { recursive: true });
  }
};

test('who ran npm ci themselves does not wait for a second install, packages for other systems aside', () => {
  assert.equal(callsNpm({ 'node_modules/pg': { version: '8.0.0' } }), false);
});

test('nothing installed, a package missing, or another version: the lock file is installed', () => {
  assert.equal(callsNpm(undefined), true);
  assert.equal(callsNpm({}), true);
  assert.equal(callsNpm({ 'node_modules/pg': { version: '7.9.0' } }), true);
});
