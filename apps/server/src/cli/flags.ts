/** Words of a command line, sorted into flags and the rest. */
export interface CommandLine {
  /** `--no-x` arrives as `x: false`; `--x` without a value as `true`. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly words: readonly string[];
  /** Flags that want a value and came without one. */
  readonly withoutValue: readonly string[];
}

/**
 * `--name value`, `--name=value`, `--switch`, `--no-switch`. `switches` are the flags that never take the next word;
 * everything after a bare `--` is a word.
 */
export const parseCommandLine = (args: readonly string[], switches: ReadonlySet<string>): CommandLine => {
  const flags: Record<string, string | boolean> = {};
  const words: string[] = [];
  const withoutValue: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith('--')) {
      words.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals);
    if (equals !== -1) flags[name] = arg.slice(equals + 1);
    else if (switches.has(name)) flags[name] = true;
    else if (name.startsWith('no-') && switches.has(name.slice(3))) flags[name.slice(3)] = false;
    else {
      const next = args[at + 1];
      if (next === undefined || next.startsWith('--')) withoutValue.push(name);
      else {
        flags[name] = next;
        at++;
      }
    }
  }
  return { flags, words, withoutValue };
};
