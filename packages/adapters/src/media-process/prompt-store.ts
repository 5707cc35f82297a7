import { readFile, stat } from 'node:fs/promises';
import {
  MusicSource,
  mailboxNotes,
  notesSource,
  notInServiceNotes,
  type PcmSource,
  type PlaySource,
  parseWav,
  RingbackSource,
  SampleSource,
  sorryNotes,
  ToneSource,
} from '@tandem/media';

/** Ten minutes of 8 kHz. A longer file is not a prompt. */
const MAX_SAMPLES = 10 * 60 * 8000;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Decoded prompts kept; the least recently used goes first. */
const KEPT_SAMPLES = 8 * 1024 * 1024;

const patterns = {
  mailbox: mailboxNotes,
  sorry: sorryNotes,
  'not-in-service': notInServiceNotes,
} as const;

export type SourceOutcome =
  | { readonly ok: true; readonly source: PcmSource }
  | { readonly ok: false; readonly detail: string };

interface Prompt {
  readonly samples: Int16Array;
  readonly modifiedMs: number;
}

/** Turns a play command's source into samples. Files are decoded once and shared by all who play them. */
export class PromptStore {
  readonly #prompts = new Map<string, Prompt>();
  #kept = 0;

  async open(source: PlaySource): Promise<SourceOutcome> {
    switch (source.kind) {
      case 'ringback':
        return { ok: true, source: new RingbackSource(source.region) };
      case 'music':
        return { ok: true, source: new MusicSource() };
      case 'mailbox':
      case 'sorry':
      case 'not-in-service':
        return { ok: true, source: notesSource(patterns[source.kind]) };
      case 'tone':
        if (!(source.hz > 0 && source.hz < 4000))
          return { ok: false, detail: 'hz is not between 0 and 4000' };
        return {
          ok: true,
          source: new ToneSource(source.hz, {
            ...(source.seconds !== undefined && { seconds: source.seconds }),
            ...(source.dbfs !== undefined && { dbfs: Math.min(0, source.dbfs) }),
          }),
        };
      case 'file': {
        const prompt = await this.#load(source.path);
        if (typeof prompt === 'string') return { ok: false, detail: prompt };
        return { ok: true, source: new SampleSource(prompt.samples, 8000, source.repeat ?? 1) };
      }
      default:
        return { ok: false, detail: 'source.kind is not known' };
    }
  }

  async #load(path: string): Promise<Prompt | string> {
    try {
      const { mtimeMs, size } = await stat(path);
      const known = this.#prompts.get(path);
      if (known?.modifiedMs === mtimeMs) {
        this.#prompts.delete(path);
        this.#prompts.set(path, known);
        return known;
      }
      if (size > MAX_FILE_BYTES) return 'file is too large';
      const parsed = parseWav(await readFile(path));
      if (!parsed.ok) return parsed.reason;
      const samples = toEightKilohertz(parsed.audio.samples, parsed.audio.rate);
      if (samples === undefined) return `rate ${parsed.audio.rate} is neither 8000 nor a multiple of it`;
      if (samples.length > MAX_SAMPLES) return 'file is longer than ten minutes';
      const prompt = { samples, modifiedMs: mtimeMs };
      this.#keep(path, prompt);
      return prompt;
    } catch (error) {
      return `file cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`;
    }
  }

  #keep(path: string, prompt: Prompt): void {
    const old = this.#prompts.get(path);
    if (old) this.#kept -= old.samples.length;
    this.#prompts.delete(path);
    this.#prompts.set(path, prompt);
    this.#kept += prompt.samples.length;
    for (const [oldest, { samples }] of this.#prompts) {
      if (this.#kept <= KEPT_SAMPLES || oldest === path) break;
      this.#prompts.delete(oldest);
      this.#kept -= samples.length;
    }
  }
}

/** Averages neighbours, which is a fair low-pass for speech prompts; odd rates are refused, not guessed. */
function toEightKilohertz(samples: Int16Array, rate: number): Int16Array | undefined {
  if (rate === 8000) return samples;
  const factor = rate / 8000;
  if (!Number.isInteger(factor)) return undefined;
  const out = new Int16Array(Math.floor(samples.length / factor));
  for (let i = 0; i < out.length; i += 1) {
    let sum = 0;
    for (let j = 0; j < factor; j += 1) sum += samples[i * factor + j]!;
    out[i] = sum / factor;
  }
  return out;
}
