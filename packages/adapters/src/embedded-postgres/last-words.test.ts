import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastWords } from './last-words.ts';

test('initdb fails on a full disk: the operator reads that, not twenty steps that went well', () => {
  const full =
    '2026-11-23 01:12:11 UTC [9] FATAL:  could not write to file "base/4": No space left on device';
  assert.equal(
    lastWords([
      'creating subdirectories ... ok',
      'running bootstrap script ... ok',
      full,
      'child process exited',
    ]),
    full,
  );
});

test('a failure without a known word is told whole', () => {
  assert.equal(lastWords(['something', ' odd happened']), 'something odd happened');
});
