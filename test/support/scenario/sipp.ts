import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Program, startProgram } from './processes.ts';
import { until } from './until.ts';

const stories = resolve(import.meta.dirname, '../../scenarios/sipp');

export interface SippOptions {
  /** File in test/scenarios/sipp, without `.xml`. */
  readonly story: string;
  /** SIPp's own address and port. */
  readonly local: string;
  /** Where it sends: absent for one that is called. */
  readonly remote?: string;
  readonly transport?: 'udp' | 'tcp';
  /** `[name]` in the story. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly calls?: number;
  /** Calls a second. */
  readonly rate?: number;
  readonly limitSeconds?: number;
  /** What it answers challenges with, where the story says `[authentication]`. */
  readonly login?: { readonly user: string; readonly password: string };
  /** RTP port, for stories with sound. */
  readonly mediaPort?: number;
}

export interface Sipp {
  /** The Call-ID of its own call (callers only). */
  readonly callId: string;
  /** Ends when the story is over; rejects with what was on the wire when it did not go as told. */
  readonly done: Promise<void>;
  /** Everything that came and went so far. */
  trace(): string;
  stop(): Promise<void>;
}

let count = 0;

/** SIPp plays one story. Exit code 0 means: every message came as the story says. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-sipp-'));
  const [host = '127.0.0.1', port = '0'] = options.local.split(':');
  count += 1;
  const callId = `${options.story}-${process.pid}-${count}${(options.calls ?? 1) > 1 ? '-%u' : ''}@${host}`;
  const log = join(folder, 'messages.log');
  const program: Program = startProgram(
    'sipp',
    [
      '-sf',
      join(stories, `${options.story}.xml`),
      ...['-i', host, '-p', port, '-m', String(options.calls ?? 1), '-r', String(options.rate ?? 10)],
      ...['-t', options.transport === 'tcp' ? 't1' : 'u1', '-nostdin', '-aa', '-default_behaviors', 'none'],
      ...['-timeout', `${options.limitSeconds ?? 60}s`, '-timeout_error', '-trace_msg', '-message_file', log],
      ...(options.login ? ['-au', options.login.user, '-ap', options.login.password] : []),
      ...(options.mediaPort === undefined ? [] : ['-mp', String(options.mediaPort)]),
      ...Object.entries(options.keys ?? {}).flatMap(([key, value]) => ['-key', key, value]),
      ...(options.remote === undefined ? [] : ['-cid_str', callId, options.remote]),
    ],
    { cwd: folder, env: { ...process.env, TERM: 'dumb' } },
  );
  let kept = '';
  const trace = (): string => {
    try {
      kept = readFileSync(log, 'latin1');
    } catch {
      // Not written yet, or gone with the folder.
    }
    return kept;
  };
  const done = program.exited.then((code) => {
    const text = trace();
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) {
      throw new Error(
        `SIPp: ${options.story} did not go as told (${code})\n${program.said().slice(-3_000)}\n${text.slice(-14_000)}`,
      );
    }
  });
  done.catch(() => {});
  // A story that is called must listen before anybody calls.
  if (options.remote === undefined)
    await until(`SIPp listens on ${options.local}`, () => listens(Number(port), options.transport ?? 'udp'));
  return {
    callId,
    done,
    trace,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A socket on this port, by the kernel's own table. */
export function listens(port: number, transport: 'udp' | 'tcp'): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(`/proc/net/${transport}`, 'utf8')
    .split('\n')
    .some((line) => line.trim().split(/\s+/)[1]?.endsWith(wanted) === true);
}

/** Names of the stories there are. */
export const storyNames = (): readonly string[] =>
  readdirSync(stories)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => name.slice(0, -4));
