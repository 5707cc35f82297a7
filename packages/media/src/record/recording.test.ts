import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alawToMulaw } from '../g711/g711.ts';
import { Recording } from './recording.ts';

const silence = 0xff;
const frame = (value: number): Buffer => Buffer.alloc(160, value);
/** Header bytes in front, as a packet has them. */
const packet = (value: number): Buffer => Buffer.concat([Buffer.alloc(12), frame(value)]);

function recordingOf(maxMs = 60_000): {
  recording: Recording;
  hears(value: number, timestamp: number, ssrc?: number, law?: 'pcma' | 'pcmu'): void;
} {
  const recording = new Recording('r', maxMs, 0);
  return {
    recording,
    hears: (value, timestamp, ssrc = 7, law = 'pcmu') =>
      recording.push(law, packet(value), 12, 172, ssrc, timestamp >>> 0),
  };
}

test('a packet that is lost is silence, one that is late or came twice is left out', () => {
  const { recording, hears } = recordingOf();
  hears(1, 1000);
  hears(3, 1320);
  hears(2, 1160);
  hears(3, 1320);
  hears(4, 1480);
  assert.deepEqual(recording.take(), Buffer.concat([frame(1), frame(silence), frame(3), frame(4)]));
  assert.equal(recording.samples, 640);
});

test('timestamps roll over, a new source and a clock that jumps begin where the last one ended', () => {
  const { recording, hears } = recordingOf();
  hears(1, 0xffff_ffff - 79);
  hears(2, 80);
  hears(3, 900_000, 8);
  hears(4, 5_000_000, 8);
  assert.deepEqual(recording.take(), Buffer.concat([frame(1), frame(2), frame(3), frame(4)]));
});

test('A-law is kept as mu-law', () => {
  const { recording, hears } = recordingOf();
  hears(0x55, 0, 7, 'pcma');
  assert.equal(recording.take()[0], alawToMulaw[0x55]);
});

test('never longer than it may be, silence included; and full when its time is over though nothing was said', () => {
  const { recording, hears } = recordingOf(50);
  hears(1, 0);
  assert.equal(recording.isFull(10), false);
  hears(2, 16_000);
  assert.deepEqual([recording.samples, recording.isFull(10)], [400, true]);
  const quiet = new Recording('q', 1000, 500);
  assert.deepEqual([quiet.isFull(1499), quiet.isFull(1500)], [false, true]);
});

test('whatever comes, in pieces or at once, is the same recording and never too long', () => {
  const one = fc.tuple(fc.nat(255), fc.nat(0xffff_ffff), fc.nat(2), fc.boolean());
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), (packets) => {
      const pieces = recordingOf(1_000);
      const whole = recordingOf(1_000);
      const taken: Buffer[] = [];
      for (const [value, timestamp, ssrc, take] of packets) {
        pieces.hears(value, timestamp, ssrc);
        whole.hears(value, timestamp, ssrc);
        if (take) taken.push(pieces.recording.take());
      }
      taken.push(pieces.recording.take());
      const bytes = Buffer.concat(taken);
      assert.deepEqual(bytes, whole.recording.take());
      assert.ok(bytes.length <= 8_000);
    }),
  );
});
