import { readdirSync } from 'node:fs';
import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { parseCommandLine } from './flags.ts';

const folder = new URL('../../../../test/bench/', import.meta.url);
/** Files beside the benches that are none. */
const kit = new Set(['bench', 'machine']);

interface Outcome {
  readonly pass: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly peer?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface BenchModule {
  readonly run?: (options: {
    quick: boolean;
    seed: number;
    note: (line: string) => void;
  }) => Promise<Outcome>;
}

const benchNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -3))
    .filter((name) => !kit.has(name))
    .sort();

const note = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const printFigures = (title: string, figures: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(figures))
    note(`  ${title.padEnd(20)} ${name.padEnd(32)} ${value}`);
};

const help = (names: readonly string[]): string => `usage: tandem bench NAME [--quick] [--seed N] [--json]

Measures, prints the figures on standard error, and one JSON object as the last line of standard output.

  NAME          ${names.join(', ')}
  --quick       a smaller run
  --seed N      what chance there is, default 1
  --json        accepted for the sake of scripts: the JSON is always there

Exit code 0: within the first landing. 1: not so. 2: not understood.

Try: tandem bench parse --quick`;

/** `tandem bench NAME`: figures for people on standard error, one JSON object as the last line of standard output. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { flags, words, withoutValue } = parseCommandLine(args, new Set(['json', 'quick', 'help']));
  const names = benchNames();
  if (flags.help === true) {
    process.stdout.write(`${help(names)}\n`);
    return 0;
  }
  const [name = '', ...more] = words;
  const unknown = [...Object.keys(flags), ...withoutValue].find(
    (flag) => !['json', 'quick', 'seed'].includes(flag),
  );
  const seed = Number(flags.seed ?? 1);
  if (unknown !== undefined || !Number.isSafeInteger(seed)) {
    note(`tandem bench: cannot use --${unknown ?? 'seed'}; there are --json, --quick and --seed N`);
    return 2;
  }
  if (!names.includes(name) || more.length > 0) {
    note(`tandem bench: no bench "${words.join(' ')}"${didYouMean(name, names)}`);
    note(`There are: ${names.join(', ') || 'none'}`);
    return 2;
  }
  const loaded = (await import(new URL(`${name}.ts`, folder).href)) as BenchModule;
  const { machine } = (await import(new URL('machine.ts', folder).href)) as { machine: () => unknown };
  if (loaded.run === undefined) {
    note(`tandem bench: test/bench/${name}.ts exports no run`);
    return 1;
  }
  const quick = flags.quick === true;
  const outcome = await loaded.run({ quick, seed, note });
  note('');
  printFigures(name, outcome.figures);
  for (const [peer, figures] of Object.entries(outcome.peer ?? {})) printFigures(peer, figures);
  note(outcome.pass ? '  pass' : '  fail: above the first landing');
  const line = JSON.stringify({ bench: name, ...outcome, quick, machine: machine(), seed });
  // A pipe takes this in pieces; the process ends only when it has all of it.
  await new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
  return outcome.pass ? 0 : 1;
};
