/** One candidate in a process of its own: warm up, then three runs. Prints microseconds of CPU per message, one a run. */
import { type CandidateName, candidates } from './candidates.ts';
import { firstDifference, makeSamples } from './work.ts';

const [name = '', runMs = '500'] = process.argv.slice(2);
const decode = candidates[name as CandidateName]();
const samples = makeSamples(64);

function rounds(untilMs: number): number {
  const before = process.cpuUsage();
  let messages = 0;
  for (;;) {
    for (const { bytes, expected } of samples) {
      const wrong = firstDifference(decode(bytes), expected);
      if (wrong) throw new Error(`${name}: ${wrong} is wrong`);
    }
    messages += samples.length;
    const { user, system } = process.cpuUsage(before);
    if (user + system >= untilMs * 1000) return (user + system) / messages;
  }
}

rounds(Number(runMs));
const micros = [1, 2, 3].map(() => rounds(Number(runMs)));
process.stdout.write(`${JSON.stringify(micros)}\n`);
