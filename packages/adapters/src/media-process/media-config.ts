/** What the media process is told at its start, on its command line. */
export interface MediaConfig {
  /** Unix socket (named pipe on Windows) on which signalling commands it. */
  readonly socket: string;
  /** Default local address for RTP. */
  readonly address: string;
  readonly firstPort: number;
  readonly lastPort: number;
  /**
   * Threads that relay. 1: the process's own thread also answers commands (which are few and small beside packets); more:
   * that many worker threads, each with its share of the ports.
   */
  readonly threads: number;
  /** How long sessions live on when signalling is gone. */
  readonly orphanMs: number;
  /** False: do not end when standard input ends (nobody supervises us). */
  readonly endWithParent: boolean;
  readonly talkTimeoutMs: number;
  readonly holdTimeoutMs: number;
  readonly maxSessions: number;
}

const defaults: Omit<MediaConfig, 'socket'> = {
  address: '127.0.0.1',
  firstPort: 20_000,
  lastPort: 29_999,
  threads: 1,
  orphanMs: 35_000,
  endWithParent: true,
  talkTimeoutMs: 60_000,
  holdTimeoutMs: 1_800_000,
  maxSessions: 10_000,
};

export const mediaUsage = `node main.ts --socket PATH
  [--address ${defaults.address}] [--ports ${defaults.firstPort}-${defaults.lastPort}] [--threads ${defaults.threads}]
  [--orphan-ms ${defaults.orphanMs}] [--talk-timeout-ms ${defaults.talkTimeoutMs}] [--hold-timeout-ms ${defaults.holdTimeoutMs}]
  [--max-sessions ${defaults.maxSessions}] [--keep-running (do not end with standard input)]`;

export type MediaConfigOutcome =
  | { readonly ok: true; readonly config: MediaConfig }
  | { readonly ok: false; readonly faults: readonly string[] };

export function parseMediaConfig(args: readonly string[]): MediaConfigOutcome {
  const faults: string[] = [];
  const config: { -readonly [K in keyof MediaConfig]: MediaConfig[K] } = { socket: '', ...defaults };
  const numbers = {
    '--threads': { key: 'threads', min: 1, max: 64 },
    '--orphan-ms': { key: 'orphanMs', min: 0, max: 86_400_000 },
    '--talk-timeout-ms': { key: 'talkTimeoutMs', min: 100, max: 86_400_000 },
    '--hold-timeout-ms': { key: 'holdTimeoutMs', min: 100, max: 86_400_000 },
    '--max-sessions': { key: 'maxSessions', min: 1, max: 100_000 },
  } as const;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--keep-running') {
      config.endWithParent = false;
      continue;
    }
    const value = rest.shift();
    if (value === undefined) faults.push(`${arg}: a value is missing`);
    else if (arg === '--socket') config.socket = value;
    else if (arg === '--address') config.address = value;
    else if (arg === '--ports') {
      const [first = Number.NaN, last = Number.NaN] = value.split('-').map(Number);
      if (
        !(Number.isInteger(first) && Number.isInteger(last) && first > 1023 && last < 65_536 && first < last)
      )
        faults.push(`--ports: "${value}" is not FIRST-LAST within 1024-65535`);
      [config.firstPort, config.lastPort] = [first, last];
    } else if (Object.hasOwn(numbers, arg)) {
      const { key, min, max } = numbers[arg as keyof typeof numbers];
      const number = Number(value);
      if (!Number.isInteger(number) || number < min || number > max)
        faults.push(`${arg}: "${value}" is not a whole number from ${min} to ${max}`);
      config[key] = number;
    } else faults.push(`${arg}: unknown`);
  }
  if (config.socket === '') faults.push('--socket: a path is needed');
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config };
}
