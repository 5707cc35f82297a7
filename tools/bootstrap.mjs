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

/** Whether npm's own note of what is installed names all that the lock file names: somebody ran `npm ci` or `npm install`. */
const npmInstalledIt = () => {
  const noteOfNpm = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(noteOfNpm)) return false;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages ?? {};
  const present = JSON.parse(readFileSync(noteOfNpm, 'utf8')).packages ?? {};
  return Object.entries(locked).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional === true),
  );
};

const stamped = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
const installed = existsSync(pinned) && (stamped || npmInstalledIt());
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
