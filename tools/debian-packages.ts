import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A foreign program that some suites need: how we know that it is there, and the Debian packages that bring it. */
interface Foreign {
  readonly program: string;
  readonly packages: readonly string[];
  readonly wantedBy: readonly string[];
  /** Serves as well, where it is there already. */
  readonly orElse?: string;
}

const foreign: readonly Foreign[] = [
  { program: 'sipp', packages: ['sip-tester'], wantedBy: ['scenarios'] },
  { program: 'baresip', packages: ['baresip-core'], wantedBy: ['scenarios'] },
  {
    program: 'kamailio',
    packages: ['kamailio', 'kamailio-tls-modules', 'kamailio-json-modules'],
    wantedBy: ['bench'],
  },
  { program: 'rtpengine', packages: ['rtpengine-daemon'], wantedBy: ['scenarios', 'bench'] },
  { program: 'redis-server', packages: ['redis-server'], wantedBy: ['integration'] },
  // The same browser without windows of its own, each of which costs as much as a page of ours.
  {
    program: 'chromium-headless-shell',
    packages: ['chromium-headless-shell', 'fonts-dejavu-core'],
    wantedBy: ['e2e'],
    orElse: 'chromium',
  },
  { program: 'sox', packages: ['sox'], wantedBy: ['scenarios'] },
  { program: 'openssl', packages: ['openssl'], wantedBy: ['integration'] },
];

const folders = (): readonly string[] => [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/bin',
];

const isThere = (program: string): boolean =>
  folders().some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Programs that are missing, with the suites that want them. */
export const missingPrograms = (): readonly Foreign[] =>
  foreign.filter(({ program, orElse }) => !isThere(program) && !(orElse !== undefined && isThere(orElse)));

const policy = '/usr/sbin/policy-rc.d';

/** Runs apt without questions, as root or through sudo where that asks for no password. Output goes to standard error. */
const apt = (args: readonly string[]): boolean => {
  const command = ['apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args];
  const environment = ['DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_MODE=l'];
  const whole =
    process.getuid?.() === 0
      ? ['env', ...environment, ...command]
      : ['sudo', '-n', 'env', ...environment, ...command];
  return spawnSync(whole[0]!, whole.slice(1), { stdio: ['ignore', 2, 2] }).status === 0;
};

/**
 * Installs what is missing. Services that Debian would start by itself (Kamailio, rtpengine, Redis) are kept from
 * starting by the usual policy file, which is removed again. Returns what is still missing.
 */
export const installMissing = (say: (line: string) => void): readonly Foreign[] => {
  const missing = missingPrograms();
  if (missing.length === 0) return [];
  const packages = missing.flatMap((row) => row.packages);
  if (!isThere('apt-get') || (process.getuid?.() !== 0 && !isThere('sudo'))) return missing;
  say(`Installing Debian packages for the tests: ${packages.join(' ')}`);
  const ownPolicy = process.getuid?.() === 0 && !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt(['update']);
    // All at once; if one package does not exist here, each by itself, so that it costs only its own suites.
    if (!apt(['install', '--no-install-recommends', ...packages])) {
      for (const row of missing) apt(['install', '--no-install-recommends', ...row.packages]);
    }
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
  return missingPrograms();
};
