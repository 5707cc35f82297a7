import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesAnswer } from './bytes-answer.ts';

const whole = Buffer.from('0123456789');
const rows: readonly (readonly [range: string | undefined, status: number, bytes: string, said?: string])[] =
  [
    [undefined, 200, '0123456789'],
    ['bytes=0-', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-99', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=5-4', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=-', 200, '0123456789'],
    ['bytes=0-1,4-5', 200, '0123456789'],
    ['lines=1-2', 200, '0123456789'],
    ['bytes=9999999999999999-', 200, '0123456789'],
  ];

for (const [range, status, bytes, said] of rows)
  test(`a reader asks for ${range ?? 'everything'}: ${status}`, () => {
    const answer = bytesAnswer(whole, 'audio/wav', range);
    assert.deepEqual(
      [answer.status, answer.bytes.toString(), answer.headers['content-range']],
      [status, bytes, said],
    );
    assert.deepEqual(
      [answer.headers['accept-ranges'], answer.headers['cache-control']],
      ['bytes', 'no-store'],
    );
  });
