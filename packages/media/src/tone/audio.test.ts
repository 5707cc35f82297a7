import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alawToLinear,
  alawToMulaw,
  decodeG711,
  encodeG711,
  mulawToAlaw,
  mulawToLinear,
} from '../g711/g711.ts';
import { parseWav, printWav } from '../wav/wav.ts';
import { analyseTone, dominantFrequency } from './dominant-frequency.ts';
import { RingbackSource } from './ringback.ts';
import { SampleSource, ToneSource } from './tone.ts';

// ITU-T G.711 tables 1 and 2: code words and their values, scaled to 16 bits.
const codes: readonly (readonly [law: 'pcma' | 'pcmu', code: number, value: number])[] = [
  ['pcma', 0xd5, 8],
  ['pcma', 0x55, -8],
  ['pcma', 0xaa, 32_256],
  ['pcma', 0x2a, -32_256],
  ['pcmu', 0xff, 0],
  ['pcmu', 0x7f, 0],
  ['pcmu', 0x80, 32_124],
  ['pcmu', 0x00, -32_124],
];
for (const [law, code, value] of codes)
  test(`${law} 0x${code.toString(16)} is ${value}`, () => {
    assert.equal(decodeG711(law, Buffer.from([code]))[0], value);
  });

test('every code of both laws comes back as itself, but for the two zeros of mu-law', () => {
  for (let code = 0; code < 256; code += 1) {
    assert.equal(encodeG711('pcma', Int16Array.of(alawToLinear[code]!))[0], code);
    assert.equal(encodeG711('pcmu', Int16Array.of(mulawToLinear[code]!))[0], code === 0x7f ? 0xff : code);
  }
});

test('no sample is off by more than half a step of its segment', () => {
  for (let sample = -32_768; sample < 32_768; sample += 1)
    for (const law of ['pcma', 'pcmu'] as const) {
      const back = decodeG711(law, encodeG711(law, Int16Array.of(sample)))[0]!;
      const step = Math.max(16, Math.abs(sample) / 16);
      assert.ok(Math.abs(back - sample) <= step || Math.abs(sample) > 32_100, `${law} ${sample} -> ${back}`);
    }
});

test('from law to law and back costs at most one code', () => {
  for (let code = 0; code < 256; code += 1) {
    const there = alawToLinear[mulawToAlaw[alawToMulaw[code]!]!]!;
    assert.ok(Math.abs(there - alawToLinear[code]!) <= Math.max(16, Math.abs(alawToLinear[code]!) / 16));
  }
});

test('any tone is recognised within 1 Hz, through either law, wherever it starts', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 100, max: 3700, noNaN: true }),
      fc.constantFrom('pcma', 'pcmu'),
      fc.integer({ min: 0, max: 8000 }),
      (hz, law, silence) => {
        const samples = new Int16Array(silence + 4000);
        samples.set(new ToneSource(hz).read(4000), silence);
        const found = dominantFrequency(decodeG711(law, encodeG711(law, samples)));
        assert.ok(found !== undefined && Math.abs(found - hz) < 1, `${hz} -> ${String(found)}`);
      },
    ),
    { numRuns: 40 },
  );
});

test('silence and noise have no tone', () => {
  assert.equal(dominantFrequency(new Int16Array(8000)), undefined);
  let seed = 1;
  const noise = new Int16Array(8000).map(() => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return (seed >> 15) - 32_768 / 2;
  });
  const { hz, share } = analyseTone(noise);
  assert.equal(hz, undefined, `share ${share}`);
});

test('ringback rings as its country does', () => {
  const us = new RingbackSource('US').read(6 * 8000);
  assert.equal(
    us.subarray(2 * 8000).every((sample) => sample === 0),
    true,
  );
  assert.ok(Math.abs(dominantFrequency(new RingbackSource('DE').read(8000))! - 425) < 1);
  assert.deepEqual(new RingbackSource('XX').read(100), new RingbackSource('US').read(100));
});

test('a source that repeats joins its ends; one that ended gives nothing', () => {
  const source = new SampleSource(Int16Array.of(1, 2, 3), 8000, 2);
  assert.deepEqual([...source.read(4)], [1, 2, 3, 1]);
  assert.deepEqual([...source.read(4)], [2, 3]);
  assert.equal(source.read(4).length, 0);
});

test('WAV files of each encoding come back; broken ones are refused with a reason', () => {
  const samples = new ToneSource(440).read(801);
  const pcm = parseWav(printWav({ rate: 8000, samples }));
  assert.ok(pcm.ok);
  assert.deepEqual(pcm.audio, { rate: 8000, samples });
  for (const law of ['pcma', 'pcmu'] as const) {
    const coded = parseWav(printWav({ rate: 8000, samples }, law));
    assert.ok(coded.ok);
    assert.deepEqual(coded.audio.samples, decodeG711(law, encodeG711(law, samples)));
  }
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.uint8Array({ maxLength: 60 }), (keep, tail) => {
      const file = Buffer.concat([printWav({ rate: 8000, samples }).subarray(0, keep), tail]);
      const outcome = parseWav(file);
      assert.ok(outcome.ok || outcome.reason.length > 0);
    }),
  );
});
