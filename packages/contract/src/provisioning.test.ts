import assert from 'node:assert/strict';
import { test } from 'node:test';
import { provisioningChange } from './provisioning.ts';

test('a leaver rule that nothing can carry out is refused in words', () => {
  const number = { kind: 'number', number: '+493012340003' };
  for (const [change, words] of [
    [{ leaverRule: 'queue' }, /leaverForward.*which queue/s],
    [{ leaverRule: 'sideways' }, /leaverRule/],
    [{ leaverRule: 'voicemail' }, undefined],
    [{ leaverRule: 'manager' }, /leaverForward.*name a person or a number/s],
    [{ leaverRule: 'manager', leaverForward: null }, /leaverForward/],
    [{ leaverForward: { kind: 'number', number: '030' } }, /leaverForward/],
    [{ leaverRule: 'manager', leaverForward: number }, undefined],
    [{ leaverRule: 'queue', leaverForward: { kind: 'queue', queueId: 'q1' } }, undefined],
    [{ leaverRule: 'announcement', leaverForward: null }, undefined],
  ] as const) {
    const read = provisioningChange.safeParse(change);
    if (words) assert.match(JSON.stringify(read.error?.issues ?? []), words, JSON.stringify(change));
    else assert.deepEqual(read.data, change);
  }
});
