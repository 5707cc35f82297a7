import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dominantFrequency } from './dominant-frequency.ts';
import { MusicSource, musicRangeHz } from './music.ts';

test('music on hold is heard: its notes follow each other within their range, and it never ends', () => {
  const music = new MusicSource();
  const notes = new Set<number>();
  for (let at = 0; at < 80; at += 1) {
    const piece = music.read(3200);
    assert.equal(piece.length, 3200);
    // The middle of a note, which lasts 0.4 s: its slopes have no pitch.
    const hz = dominantFrequency(piece.subarray(400, 2800), 8000);
    if (hz !== undefined && Math.max(...piece) > 1000) notes.add(Math.round(hz / 10) * 10);
  }
  assert.ok(notes.size >= 4, [...notes].join(' '));
  for (const hz of notes) assert.ok(hz >= musicRangeHz[0] - 15 && hz <= musicRangeHz[1] + 15, String(hz));
});

test('notes begin and end softly: no sample jumps', () => {
  const samples = new MusicSource().read(80_000);
  let largest = 0;
  for (let at = 1; at < samples.length; at += 1)
    largest = Math.max(largest, Math.abs(samples[at]! - samples[at - 1]!));
  // The steepest that a sine of 880 Hz at this level is, and nothing beyond.
  assert.ok(largest < 4126 * 2 * Math.PI * (880 / 8000) * 1.05, String(largest));
});
