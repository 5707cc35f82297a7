/**
 * `npm run bench -- parse`: microseconds of CPU to take a 2 KB Teams INVITE from bytes to eight decoded headers and
 * their URIs, every value compared with what it must be; beside three other parsers for Node, each in a process of
 * its own, in the same run. Median of three.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, BenchOptions, Figures } from './bench.ts';
import { machine } from './machine.ts';
import type { CandidateName } from './parse/candidates.ts';
import { makeSamples } from './parse/work.ts';

const run_ = promisify(execFile);
const peersFolder = fileURLToPath(new URL('../../tools/bench-peers/', import.meta.url));
const child = fileURLToPath(new URL('./parse/child.ts', import.meta.url));

/** DESIGN: first landing 15 us, aim 8 us. */
const firstLandingMicros = 15;

export const run: Bench = async ({ quick, note }) => {
  const peersThere = await installPeers(note);
  const names: CandidateName[] = peersThere ? ['tandem', 'sip', 'drachtioSip', 'jssip'] : ['tandem'];
  const figures: Record<string, Figures> = {};
  const runs: Record<string, number[]> = {};
  for (const name of names) {
    const micros = await measure(name, quick ? 500 : 2000);
    runs[name] = micros;
    figures[name] = { inviteWithHeadersMicros: median(micros) };
    note(`${name}: ${median(micros)} us`);
  }
  const { tandem, ...peer } = figures;
  if (!tandem) throw new Error('nothing was measured');
  return {
    pass: (tandem.inviteWithHeadersMicros ?? Number.POSITIVE_INFINITY) <= firstLandingMicros,
    figures: tandem,
    ...(peersThere && { peer }),
    detail: { messageBytes: makeSamples(1)[0]?.bytes.length, runs, peersMeasured: peersThere },
  };
};

/** The peers have a lock file of their own and are installed when first measured; without them ours still counts. */
async function installPeers(note: BenchOptions['note']): Promise<boolean> {
  if (existsSync(`${peersFolder}node_modules/jssip/package.json`)) return true;
  note('installing the parsers to compare with');
  try {
    await run_('npm', ['ci', '--silent'], { cwd: peersFolder, timeout: 60_000 });
    return true;
  } catch (error) {
    note(`they cannot be installed, measuring ours alone: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

async function measure(name: CandidateName, runMs: number): Promise<number[]> {
  const { stdout } = await run_(process.execPath, [child, name, String(runMs)]);
  return JSON.parse(stdout) as number[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 100) / 100;
}

// Also runs by itself: node test/bench/parse.ts [--json] [--quick]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const quick = process.argv.includes('--quick');
  const outcome = await run({ quick, seed: 1, note: (line) => process.stderr.write(`${line}\n`) });
  const report = { bench: 'parse', ...outcome, quick, machine: machine(), seed: 1 };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = outcome.pass ? 0 : 1;
}
