import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { printConfiguration } from '@tandem/adapters/config/print.ts';
import { printFaults, readConfiguration } from './configuration.ts';

/** `tandem config check|print`. Exit code 0, or 2 for a wrong configuration. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { resolved, words } = readConfiguration(args, []);
  const [verb = '', ...more] = words;
  if ((verb !== 'check' && verb !== 'print') || more.length > 0) {
    process.stderr.write(`tandem config: wanted check or print${didYouMean(verb, ['check', 'print'])}\n`);
    return 2;
  }
  if (!resolved.ok) {
    printFaults(resolved.faults);
    return 2;
  }
  process.stdout.write(
    verb === 'check'
      ? 'The configuration is right.\n'
      : `${printConfiguration(resolved.values, resolved.origins)}\n`,
  );
  return 0;
};
