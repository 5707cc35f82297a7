/** One candidate in a process of its own: warm up, then three runs. Prints microseconds of CPU per message, one a run. */
import { type CandidateName, candidates } from './candidates.ts';
import { firstDifference, isSame, makeSamples } from './work.ts';

const [name = '', runMs = '500'] = process.argv.slice(2);
const decode = candidates[name as CandidateName]();
const samples = makeSamples(64);

function rounds(untilMs: number): number {
  const before = process.cpuUsage();
  let messages = 0;
  for (;;) {
    // Asking for the time costs as much as a message: not more often than every 640th.
    for (let pass = 0; pass < 10; pass++) {
      for (const { bytes, expected } of samples) {
        const seen = decode(bytes);
        if (!isSame(seen, expected)) throw new Error(`${name}: ${firstDifference(seen, expected)} is wrong`);
      }
    }
    messages += samples.length * 10;
    const { user, system } = process.cpuUsage(before);
    if (user + system >= untilMs * 1000) return (user + system) / messages;
  }
}

rounds(Number(runMs));
const micros = [1, 2, 3].map(() => rounds(Number(runMs)));
process.stdout.write(`${JSON.stringify(micros)}\n`);
