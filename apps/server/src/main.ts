/** The command line: `node apps/server/src/main.ts COMMAND …`. Each command is a file in cli/, loaded when asked for. */
import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';

const runtimeMajor = 24;

interface Command {
  readonly usage: string;
  readonly does: string;
  readonly load: () => Promise<{ run: (args: readonly string[]) => Promise<number> }>;
}

const fileVerb =
  (verb: string): Command['load'] =>
  async () => {
    const { runVerb } = await import('./cli/file.ts');
    return { run: (args) => runVerb(verb, args) };
  };

/** Each prints a page of its own on `--help`. */
const commands: Readonly<Record<string, Command>> = {
  start: {
    usage: 'start [--json] [--data DIR] [--fresh] [--port-base N] [--no-twin] [--config FILE]',
    does: 'run Tandem until Ctrl-C',
    load: () => import('./cli/start.ts'),
  },
  call: {
    usage: 'call --from A --to B [--seconds N] [--json] [--port-base N]',
    does: 'place a real call through the running instance and say what each party heard',
    load: () => import('./cli/call.ts'),
  },
  doctor: {
    usage: 'doctor USER [--json] [--port-base N]',
    does: 'say why a person can or cannot call with Teams, and whose turn it is',
    load: () => import('./cli/doctor.ts'),
  },
  file: {
    usage: 'file export ACCOUNT | plan FILE | apply FILE [--account A] [--prune] [--yes] [--json]',
    does: 'a whole account as one declarative file: write it, plan changes, make them',
    load: () => import('./cli/file.ts'),
  },
  export: {
    usage: 'export ACCOUNT [--json]',
    does: 'short for file export',
    load: fileVerb('export'),
  },
  plan: {
    usage: 'plan FILE [--account A] [--prune] [--json]',
    does: 'short for file plan',
    load: fileVerb('plan'),
  },
  apply: {
    usage: 'apply FILE [--account A] [--prune] [--yes] [--json]',
    does: 'short for file apply',
    load: fileVerb('apply'),
  },
  api: {
    usage: 'api list | OPERATION [NAME=VALUE…] [--body FILE] [--json]',
    does: 'any operation of the API by its name',
    load: () => import('./cli/api.ts'),
  },
  import: {
    usage: 'import FILE.csv --account A [--yes] [--json]',
    does: 'people from a CSV file, previewed and carried out as a job',
    load: () => import('./cli/import.ts'),
  },
  jobs: {
    usage: 'jobs list | show|start|pause|resume|cancel|undo ID [--json]',
    does: 'bulk jobs: what they did, and going on with them',
    load: () => import('./cli/jobs.ts'),
  },
  number: {
    usage: 'number who NUMBER | dialled NUMBER [--account A] [--json]',
    does: 'say who has a number, here and in every connected Microsoft 365 tenant; or what a dialled one becomes, and why',
    load: () => import('./cli/number.ts'),
  },
  audit: {
    usage: 'audit list|verify [--account A] [--json]',
    does: 'who changed what, and whether that log is whole',
    load: () => import('./cli/audit.ts'),
  },
  bench: {
    usage: 'bench NAME [--json] [--quick] [--seed N]',
    does: 'measure, and print the figures',
    load: () => import('./cli/bench.ts'),
  },
  rehearse: {
    usage: 'rehearse NAME [--json]',
    does: 'run a named failure story on a fresh instance',
    load: () => import('./cli/rehearse.ts'),
  },
  config: {
    usage: 'config check|print [--json] [--config FILE]',
    does: 'try the configuration, or show it with the origin of each value',
    load: () => import('./cli/config.ts'),
  },
};

const help = (): string =>
  [
    'usage: tandem COMMAND',
    '',
    ...Object.values(commands).flatMap(({ usage, does }) => [`  ${usage}`, `      ${does}`]),
    '  --help, --version',
    '',
    'Every setting: docs/reference/configuration.md',
    '',
  ].join('\n');

const main = async (args: readonly string[]): Promise<number> => {
  const [name = '--help', ...rest] = args;
  if (Number(process.versions.node.split('.')[0]) !== runtimeMajor) {
    process.stderr.write(
      `tandem: this is Node ${process.version}, and Tandem needs ${runtimeMajor}. Use the npm scripts (npm start), which bring their own;\n` +
        'if they lead here, npm was told to ignore install scripts: run `npm ci --ignore-scripts=false` once.\n',
    );
    return 2;
  }
  if (name === '--help' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  if (name === '--version') {
    const { readFileSync } = await import('node:fs');
    const root = new URL('../../../package.json', import.meta.url);
    process.stdout.write(`${(JSON.parse(readFileSync(root, 'utf8')) as { version: string }).version}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    process.stderr.write(
      `tandem: no command "${name}"${didYouMean(name, Object.keys(commands))}\n\n${help()}`,
    );
    return 2;
  }
  const { run } = await commands[name]!.load();
  return await run(rest);
};

process.exit(await main(process.argv.slice(2)));
