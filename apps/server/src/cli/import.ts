import {
  accountMeant,
  type ExitCode,
  type InstanceAsk,
  instanceHelp,
  readText,
  runInstanceCommand,
  UsageError,
} from './instance-command.ts';
import { previewAndRun } from './job-runs.ts';

const help = `usage: tandem import FILE.csv --account ACCOUNT [--yes]

People from a CSV file: shows what each line would do, asks, and carries it out as a job.

  FILE.csv      with a heading line; columns upn, displayName, mail, extension, number (E.164, next or none), teams,
                licence, active. Who is known by upn is changed, who is not is created. - for standard input
  --account A   id, name or mail domain of the account
  --yes         carry it out without asking
${instanceHelp}

Exit code 0: every line was carried out. 1: a line was refused or left out. 2: no instance runs, or not understood.

Try: tandem import people.csv --account acme
`;

/** `tandem import`: see `help`. */
export const run = (args: readonly string[]): Promise<number> =>
  runInstanceCommand(
    { name: 'tandem import', help, switches: ['yes'], values: ['account'], run: dispatch },
    args,
  );

async function dispatch(at: InstanceAsk): Promise<ExitCode> {
  const [path, ...rest] = at.words;
  if (path === undefined)
    throw new UsageError('which file? For example: tandem import people.csv --account acme');
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much; see --help`);
  const csv = readText(path);
  const account = await accountMeant(at.client, at.flag('account'));
  const body = { kind: 'import-people', account: account.id, csv } as const;
  return await previewAndRun(at, await at.client.call('jobs.create', { body }));
}
