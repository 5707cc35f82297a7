// Plain JavaScript on purpose: it runs on whatever Node the machine has (20 or later), before anything is
// installed. It installs what the lock file names when node_modules is missing or stale, then leaves.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.tandem-installed');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted && existsSync(pinned);
if (!installed) {
  process.stderr.write('Tandem: installing what the lock file names (once; about a minute) ...\n');
  // Standard output belongs to the ready line, so npm's goes to standard error.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write(
      'Tandem: npm ci failed (see above). Check the network or the registry setting, then run the command again.\n',
    );
    process.exit(1);
  }
  if (!existsSync(pinned)) {
    process.stderr.write(
      'Tandem: the pinned runtime is missing: npm was told to ignore install scripts. Run `npm ci` without --ignore-scripts.\n',
    );
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
}
