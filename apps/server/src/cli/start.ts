import { writeSync } from 'node:fs';
import type { SignIn } from '../supervisor/child-config.ts';
import { createInstance, StartError } from '../supervisor/instance.ts';
import type { ReadyLine } from '../supervisor/instance-file.ts';
import { printFaults, readConfiguration } from './configuration.ts';

/** Written to the descriptor at once: a pipe that nobody reads any more must not throw into the supervisor. */
const say = (descriptor: 1 | 2, line: string): void => {
  try {
    writeSync(descriptor, `${line}\n`);
  } catch {
    // The reader has gone; Tandem stays.
  }
};

const welcome = (line: ReadyLine, signIns: readonly SignIn[], portBase: number): string => {
  const atBase = portBase === 16_000 ? '' : ` --port-base ${portBase}`;
  const rows: readonly (readonly [string, string])[] = [
    ['Portal', line.portal],
    ...signIns.map(({ role, name, password }) => [`  ${role}`, `${name}  ${password}`] as const),
    ['SIP, Teams', `${line.sip.teamsTls} (TLS)`],
    ['SIP, carriers', `${line.sip.carrierUdp} (UDP, TCP)`],
    ['SIP, phones', `${line.sip.phonesUdp} (UDP)`],
    ...(line.twin
      ? ([['Twin', `${line.twin.control}  the rehearsal world: Microsoft and a carrier, offline`]] as const)
      : []),
    ['Data', line.data],
  ];
  const next = line.twin
    ? `Next, in another terminal: npm run call${atBase ? ` --${atBase}` : ' --'} --from +12025550199 --to +12025550142`
    : 'Next: sign in and connect a Microsoft 365 tenant.';
  return [
    '',
    'Tandem is ready.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(18)}${value}`),
    '',
    next,
    'Ctrl-C ends it; the data stays.',
    '',
  ].join('\n');
};

const help = `usage: tandem start [--json] [--fresh] [--data DIR] [--port-base N] [--no-twin] [--config FILE]

Runs Tandem until Ctrl-C, with its own database and, unless --no-twin, with the rehearsal world.

  --json        one JSON line on standard output once everything is ready
  --fresh       an empty instance in a folder of its own, gone with it
  --config FILE a file of settings (JSON); every setting is a flag too, see docs/reference/configuration.md

Exit code 0: ended by a signal. 1: it could not start. 2: a setting is wrong, or not understood.

Try: tandem start --fresh
`;

/** `tandem start`: runs until a signal. Exit code 0 after a signal, 1 when it cannot start, 2 for a wrong configuration. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { resolved, own, words } = readConfiguration(args, ['json', 'fresh', 'help']);
  if (own.help === true) {
    say(1, help.trimEnd());
    return 0;
  }
  if (words.length > 0) {
    process.stderr.write(`tandem start: what is "${words[0]}"? See tandem --help.\n`);
    return 2;
  }
  if (!resolved.ok) {
    printFaults(resolved.faults);
    return 2;
  }
  const { values } = resolved;
  const instance = createInstance({
    values,
    fresh: own.fresh === true,
    onNotice: (line) => say(2, `tandem: ${line}`),
  });

  const signalled = Promise.withResolvers<void>();
  let wasSignalled = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!wasSignalled) say(2, 'tandem: ending ...');
      wasSignalled = true;
      signalled.resolve();
    });
  }
  let exitCode = 0;
  process.on('uncaughtException', (error) => {
    say(2, `tandem: ${error.stack ?? error.message}`);
    exitCode = 1;
    signalled.resolve();
  });

  say(2, 'tandem: starting ...');
  const started = instance.start().then(
    ({ readyLine, signIns }) => {
      if (wasSignalled) return;
      say(2, welcome(readyLine, signIns, values.portBase));
      if (own.json === true) say(1, JSON.stringify(readyLine));
    },
    (error: Error) => {
      if (wasSignalled) return;
      say(2, `tandem: ${error instanceof StartError ? error.message : (error.message ?? String(error))}`);
      exitCode = 1;
      signalled.resolve();
    },
  );
  // Whatever hangs, the promise of ten seconds is kept; orphans are then the next start's business.
  await signalled.promise;
  const deadline = setTimeout(() => process.exit(exitCode), 9_700);
  await instance.stop();
  await started;
  clearTimeout(deadline);
  return exitCode;
};
