import { readdirSync } from 'node:fs';
import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { busyPorts } from '../supervisor/free-ports.ts';
import { portsAt } from '../supervisor/ports.ts';
import { parseCommandLine } from './flags.ts';

const folder = new URL('../../../../test/rehearsals/', import.meta.url);

interface Sight {
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
}

interface StoryModule {
  readonly story?: {
    readonly title: string;
    readonly play: (context: {
      ready: unknown;
      supervisorPid: number;
      portBase: number;
      say: (line: string) => void;
      see: (expected: string, ok: boolean, seen: string) => void;
    }) => Promise<void>;
  };
}

interface SpawnModule {
  readonly spawnInstance: (args: readonly string[]) => {
    readonly process: { readonly pid?: number; kill(signal: NodeJS.Signals): boolean };
    readonly ready: Promise<unknown>;
    readonly exited: Promise<{ readonly code: number | null }>;
    said(): string;
  };
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const storyNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'rehearsal.ts')
    .map((name) => name.slice(0, -3))
    .sort();

/** A port base at which nothing listens, beside the default instance. */
const freePortBase = async (): Promise<number> => {
  for (let base = 18_000; base <= 23_000; base += 200) {
    if ((await busyPorts(portsAt(base), '127.0.0.1', () => true)).length === 0) return base;
  }
  throw new Error('no free port base from 18000 to 23000');
};

const load = async (name: string): Promise<StoryModule['story']> =>
  ((await import(new URL(`${name}.ts`, folder).href)) as StoryModule).story;

const help = async (names: readonly string[]): Promise<string> => {
  const rows = await Promise.all(names.map(async (name) => [name, (await load(name))?.title ?? ''] as const));
  return [
    'usage: npm run rehearse -- NAME [--json] [--port-base N]',
    '',
    'Plays a story on a fresh instance of its own, says what was seen, and ends the instance.',
    '',
    ...rows.map(([name, title]) => `  ${name.padEnd(18)} ${title}`),
    '',
    '  --json         one JSON object on standard output',
    '  --port-base N  where the instance listens; by default the first free base from 18000',
    '',
    'Exit code 0: everything went as told. 1: not so. 2: there is no such story.',
    '',
  ].join('\n');
};

/** `tandem rehearse NAME`: a named failure on a fresh instance. Exit code 0 only if it went as told. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { flags, words, withoutValue } = parseCommandLine(args, new Set(['json', 'help']));
  const names = storyNames();
  if (flags.help === true || args.length === 0) {
    const text = await help(names);
    const stream = args.length === 0 ? process.stderr : process.stdout;
    await new Promise<void>((resolve) => stream.write(text, () => resolve()));
    return args.length === 0 ? 2 : 0;
  }
  const [name = ''] = words;
  const unknown = [...Object.keys(flags), ...withoutValue].find(
    (flag) => flag !== 'json' && flag !== 'port-base',
  );
  if (unknown !== undefined || words.length !== 1 || !names.includes(name)) {
    say(
      unknown !== undefined
        ? `tandem rehearse: no flag --${unknown}`
        : `tandem rehearse: no story "${words.join(' ')}"${didYouMean(name, names)}`,
    );
    say(`There are: ${names.join(', ') || 'none'}`);
    return 2;
  }
  const story = await load(name);
  if (story === undefined) {
    say(`tandem rehearse: test/rehearsals/${name}.ts exports no story`);
    return 1;
  }
  const { spawnInstance } = (await import(new URL('../kit/spawn-instance.ts', folder).href)) as SpawnModule;
  const portBase = flags['port-base'] === undefined ? await freePortBase() : Number(flags['port-base']);
  say(story.title);
  const instance = spawnInstance(['--fresh', '--port-base', String(portBase)]);
  // A signal to us ends the story; the instance is ended below either way.
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error('interrupted')));
  });
  const sights: Sight[] = [];
  const see = (expected: string, ok: boolean, seen: string): void => {
    sights.push({ expected, seen, ok });
    say(`  ${ok ? 'as told' : 'NOT SO '}  ${expected}: ${seen}`);
  };
  try {
    const ready = await Promise.race([instance.ready, interrupted]);
    await Promise.race([
      story.play({ ready, supervisorPid: instance.process.pid!, portBase, say, see }),
      interrupted,
    ]);
  } catch (error) {
    const { message, cause } = error as Error;
    see(
      'the story is played to its end',
      false,
      cause instanceof Error ? `${message}: ${cause.message}` : message,
    );
    say(instance.said());
  } finally {
    instance.process.kill('SIGTERM');
    await instance.exited;
  }
  const told = sights.filter(({ ok }) => ok).length;
  const pass = sights.length > 0 && told === sights.length;
  say(`${name}: ${told} of ${sights.length} as told`);
  if (flags.json === true) {
    const line = JSON.stringify({ rehearsal: name, pass, sights });
    await new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
  }
  return pass ? 0 : 1;
};
