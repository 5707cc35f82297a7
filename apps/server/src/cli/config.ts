import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { printConfiguration, shownSettings } from '@tandem/adapters/config/print.ts';
import { printFaults, readConfiguration } from './configuration.ts';

const help = `usage: tandem config check|print [--json] [--config FILE] [any setting as a flag]

Tries the configuration as \`tandem start\` would read it, without starting.

  check         says whether it is right, and every fault of every source
  print         each setting with its value and where it came from; secrets are masked
  --json        one JSON object on standard output
  --config FILE a file of settings (JSON)

Exit code 0: right. 2: a setting is wrong, or not understood.

Try: tandem config print
`;

/** `tandem config`: see `help`. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { resolved, own, words } = readConfiguration(args, ['json', 'help']);
  if (own.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const answer = (what: object): void => {
    if (own.json === true) process.stdout.write(`${JSON.stringify(what)}\n`);
  };
  const [verb = '', ...more] = words;
  if ((verb !== 'check' && verb !== 'print') || more.length > 0) {
    const why = `wanted check or print${didYouMean(verb, ['check', 'print'])}`;
    process.stderr.write(`tandem config: ${why}; see --help\n`);
    answer({ ok: false, error: why });
    return 2;
  }
  if (!resolved.ok) {
    printFaults(resolved.faults);
    answer({ ok: false, faults: resolved.faults });
    return 2;
  }
  const { values, origins } = resolved;
  if (own.json === true)
    answer({ ok: true, ...(verb === 'print' && { settings: shownSettings(values, origins) }) });
  else
    process.stdout.write(
      verb === 'check' ? 'The configuration is right.\n' : `${printConfiguration(values, origins)}\n`,
    );
  return 0;
};
