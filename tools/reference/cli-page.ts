import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fence, heading } from './page.ts';

const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));

const helpOf = (...args: readonly string[]): string =>
  spawnSync(process.execPath, [main, ...args, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  }).stdout;

/** What each command says about itself. */
export function cliPage(): string {
  const pages = [
    ['tandem', helpOf()] as const,
    ...['call', 'doctor', 'file', 'import', 'jobs', 'number', 'audit', 'rehearse'].map(
      (name) => [name, helpOf(name)] as const,
    ),
  ];
  return [
    ...heading('Commands', 'apps/server/src/main.ts and apps/server/src/cli/'),
    '`npm run tandem -- COMMAND`; `start`, `call`, `doctor`, `bench` and `rehearse` have npm scripts of their own. Standard output carries only',
    'what was asked for; everything else goes to standard error.',
    '',
    ...pages.flatMap(([name, text]) => [`## ${name}`, '', ...fence('text', text), '']),
  ].join('\n');
}
