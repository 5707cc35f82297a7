import { parseWav, printWav } from '@tandem/media';

/** A greeting that nobody listens to the end of is no greeting. */
const longestMs = 60_000;
const shortestMs = 300;
/** A minute of 16-bit sound at 8 kHz, and room for what programs write around it. */
export const mostGreetingBytes = 1024 * 1024;

export type GreetingOutcome =
  | { readonly ok: true; readonly wav: Buffer; readonly lengthMs: number }
  /** What is wrong, and what is wanted instead. */
  | { readonly ok: false; readonly say: string };

const wanted = 'a WAV file, 8 kHz, mono, 16-bit or G.711, at most a minute long';

/** Somebody's recording as a greeting: read, judged and written anew, so that nothing but the sound of the file is kept. */
export function readGreeting(file: Buffer): GreetingOutcome {
  if (file.length > mostGreetingBytes) return refused(`The file has more than ${mostGreetingBytes} bytes`);
  const parsed = parseWav(file);
  if (!parsed.ok) return refused(`The file cannot be read: ${parsed.reason}`);
  const { rate, samples } = parsed.audio;
  if (rate !== 8000) return refused(`The file has ${rate} samples a second`);
  const channels = channelsOf(file);
  if (channels !== 1) return refused(`The file has ${channels} channels`);
  const lengthMs = Math.round(samples.length / 8);
  if (lengthMs > longestMs) return refused(`It is ${Math.round(lengthMs / 1000)} s long`);
  if (lengthMs < shortestMs) return refused('There is nothing to hear in it');
  return { ok: true, wav: printWav({ rate, samples }), lengthMs };
}

const refused = (what: string): GreetingOutcome => ({ ok: false, say: `${what}; wanted is ${wanted}.` });

/** `parseWav` has found the chunk and reads the first channel of several. */
function channelsOf(file: Buffer): number {
  const at = file.indexOf('fmt ', 12, 'latin1');
  return at < 0 || at + 12 > file.length ? 0 : file.readUInt16LE(at + 10);
}
