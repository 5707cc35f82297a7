import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeOf } from './child-notice.ts';

for (const [what, line, notice] of [
  [
    'an error with its detail',
    '{"level":50,"time":1,"detail":"a write takes longer than 100 ms","msg":"journal"}',
    'journal: a write takes longer than 100 ms',
  ],
  ['an error without one', '{"level":50,"time":1,"msg":"the database is away"}', 'the database is away'],
  ['a warning of the runtime', 'Warning: something is old', 'Warning: something is old'],
  ['what is no error', '{"level":30,"time":1,"msg":"journal"}', undefined],
  ['a line that was cut off', '{"level":50,"time":1,"msg":"jour', undefined],
] as const)
  test(`the operator reads of a child's log: ${what}`, () => {
    assert.equal(noticeOf(line), notice);
  });
