import { readFileSync } from 'node:fs';
import { didYouMean } from '@tandem/adapters/config/did-you-mean.ts';
import { type ResolvedConfiguration, resolveConfiguration } from '@tandem/adapters/config/resolve.ts';
import { flagName, type Setting, settingKeys, settings } from '@tandem/adapters/config/schema.ts';
import { yesNo } from '@tandem/adapters/config/value-kinds.ts';
import { parseCommandLine } from './flags.ts';

const settingSwitches = settingKeys
  .filter((key) => (settings[key] as Setting<unknown>).kind === (yesNo as unknown))
  .map(flagName);

export interface ReadConfiguration {
  readonly resolved: ResolvedConfiguration;
  /** Flags of the command itself, such as `json`. */
  readonly own: Readonly<Record<string, string | boolean>>;
  readonly words: readonly string[];
}

/**
 * The configuration of a command from its arguments, the environment and the file of `--config`. `ownSwitches` are flags
 * of the command that are no settings. Every fault of every source is in the result.
 */
export const readConfiguration = (
  args: readonly string[],
  ownSwitches: readonly string[],
): ReadConfiguration => {
  const { flags, words, withoutValue } = parseCommandLine(
    args,
    new Set([...settingSwitches, ...ownSwitches]),
  );
  const own: Record<string, string | boolean> = {};
  const rest: Record<string, string | boolean> = {};
  const faults: { where: string; problem: string }[] = [];
  const known = [...settingKeys.map(flagName), ...ownSwitches, 'config'];
  for (const name of withoutValue) {
    faults.push(
      known.includes(name)
        ? { where: `--${name}`, problem: 'wants a value' }
        : { where: `--${name}`, problem: `no such flag${didYouMean(name, known)}` },
    );
  }
  for (const [name, value] of Object.entries(flags)) {
    if (ownSwitches.includes(name)) own[name] = value;
    else if (!known.includes(name)) {
      faults.push({ where: `--${name}`, problem: `no such flag${didYouMean(name, known)}` });
    } else if (name !== 'config') rest[name] = value;
  }

  let file: { name: string; content: unknown } | undefined;
  const { config } = flags;
  if (typeof config === 'string') {
    try {
      file = { name: config, content: JSON.parse(readFileSync(config, 'utf8')) };
    } catch (error) {
      faults.push({ where: config, problem: `cannot be read as JSON: ${(error as Error).message}` });
    }
  }
  const resolved = resolveConfiguration({ environment: process.env, flags: rest, ...(file && { file }) });
  if (faults.length === 0) return { resolved, own, words };
  return {
    resolved: { ok: false, faults: [...faults, ...(resolved.ok ? [] : resolved.faults)] },
    own,
    words,
  };
};

/** Prints the faults of a configuration, one line each. */
export const printFaults = (faults: readonly { where: string; problem: string }[]): void => {
  process.stderr.write(
    `tandem: ${faults.length === 1 ? 'one setting is' : `${faults.length} settings are`} wrong:\n`,
  );
  for (const { where, problem } of faults) process.stderr.write(`  ${where}: ${problem}\n`);
};
