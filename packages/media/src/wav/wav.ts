import { decodeG711, encodeG711, type G711Law } from '../g711/g711.ts';

/** RIFF/WAVE with PCM16, A-law or mu-law. Stereo is read as its first channel. */

export interface WavAudio {
  readonly rate: number;
  readonly samples: Int16Array;
}

const formats = { pcm: 1, pcma: 6, pcmu: 7 } as const;
export type WavEncoding = keyof typeof formats;

export function printWav(audio: WavAudio, encoding: WavEncoding = 'pcm'): Buffer {
  const data =
    encoding === 'pcm'
      ? Buffer.from(audio.samples.buffer, audio.samples.byteOffset, audio.samples.byteLength)
      : encodeG711(encoding satisfies G711Law, audio.samples);
  const bytes = encoding === 'pcm' ? 2 : 1;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length + (data.length & 1), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(formats[encoding], 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(audio.rate, 24);
  header.writeUInt32LE(audio.rate * bytes, 28);
  header.writeUInt16LE(bytes, 32);
  header.writeUInt16LE(bytes * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data, Buffer.alloc(data.length & 1)]);
}

export type WavOutcome =
  | { readonly ok: true; readonly audio: WavAudio }
  | { readonly ok: false; readonly reason: string };

/** Never throws; tolerates a data chunk that is shorter than it claims (a recording cut off by a crash). */
export function parseWav(file: Uint8Array): WavOutcome {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (
    bytes.length < 12 ||
    bytes.toString('latin1', 0, 4) !== 'RIFF' ||
    bytes.toString('latin1', 8, 12) !== 'WAVE'
  )
    return { ok: false, reason: 'not a RIFF/WAVE file' };
  let format: { code: number; channels: number; rate: number; bits: number } | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    const end = Math.min(start + size, bytes.length);
    if (name === 'fmt ') {
      if (end - start < 16) return { ok: false, reason: 'format chunk is too short' };
      format = {
        code: bytes.readUInt16LE(start),
        channels: bytes.readUInt16LE(start + 2),
        rate: bytes.readUInt32LE(start + 4),
        bits: bytes.readUInt16LE(start + 14),
      };
    } else if (name === 'data') {
      if (format === undefined) return { ok: false, reason: 'data before format' };
      return readData(bytes.subarray(start, end), format);
    }
    at = start + size + (size & 1);
  }
  return { ok: false, reason: 'no data chunk' };
}

function readData(
  data: Buffer,
  format: { code: number; channels: number; rate: number; bits: number },
): WavOutcome {
  const { code, channels, rate, bits } = format;
  if (channels < 1 || channels > 8 || rate < 4000 || rate > 192_000)
    return { ok: false, reason: `${channels} channels at ${rate} Hz are not supported` };
  if (code === formats.pcm && bits === 16) {
    const frames = Math.floor(data.length / 2 / channels);
    const samples = new Int16Array(frames);
    for (let i = 0; i < frames; i += 1) samples[i] = data.readInt16LE(i * 2 * channels);
    return { ok: true, audio: { rate, samples } };
  }
  if ((code === formats.pcma || code === formats.pcmu) && bits === 8) {
    const first = channels === 1 ? data : data.filter((_, index) => index % channels === 0);
    return { ok: true, audio: { rate, samples: decodeG711(code === formats.pcma ? 'pcma' : 'pcmu', first) } };
  }
  return { ok: false, reason: `format ${code} with ${bits} bits is not supported` };
}
