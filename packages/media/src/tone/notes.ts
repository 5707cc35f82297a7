import { SampleSource, ToneSource } from './tone.ts';

/** Hz and seconds; 0 Hz is a rest. */
export type Note = readonly [hz: number, seconds: number];

/** Each note begins and ends softly, or it would click. */
const slopeSeconds = 0.01;

/** Rises twice: a mailbox answers, and a beep will follow. Nothing else here sounds like it. */
export const mailboxNotes: readonly Note[] = [
  [440, 0.25],
  [554.37, 0.25],
  [659.25, 0.4],
  [0, 0.3],
  [440, 0.25],
  [554.37, 0.25],
  [659.25, 0.4],
  [0, 0.5],
];

/** Falls: it did not work. */
export const sorryNotes: readonly Note[] = [
  [659.25, 0.3],
  [554.37, 0.3],
  [440, 0.6],
  [0, 0.2],
];

const information: readonly Note[] = [
  [950, 0.33],
  [1400, 0.33],
  [1800, 0.33],
  [0, 1],
];

/** The special information tone of ITU-T E.180, three times: whoever dialled the number cannot reach it. */
export const notInServiceNotes: readonly Note[] = [...information, ...information, ...information];

/** Notes one after the other, once. */
export function notesSource(notes: readonly Note[], rate = 8000): SampleSource {
  const lengths = notes.map(([, seconds]) => Math.round(seconds * rate));
  const samples = new Int16Array(lengths.reduce((sum, length) => sum + length, 0));
  const slope = slopeSeconds * rate;
  let at = 0;
  for (const [index, [hz]] of notes.entries()) {
    const length = lengths[index]!;
    if (hz > 0) {
      const tone = new ToneSource(hz, { rate, dbfs: -15 }).read(length);
      for (let i = 0; i < length; i += 1)
        samples[at + i] = Math.round(tone[i]! * Math.min(1, i / slope, (length - i) / slope));
    }
    at += length;
  }
  return new SampleSource(samples, rate);
}
