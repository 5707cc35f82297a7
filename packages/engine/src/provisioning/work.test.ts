import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { E164 } from '@tandem/domain';
import { stepOf, type Work } from './work.ts';

const assign: Work = {
  kind: 'assign',
  number: '+12025550142' as E164,
  objectId: 'dadadada-0000-4000-8000-000000000001',
  idempotencyKey: 'k',
};
const request = { requestId: 'theirs', clientRequestId: 'ours' };

test('N21: a step names its operation, Microsoft’s request and ours, and how long Microsoft took', () => {
  const accepted = { kind: 'accepted', write: 'assign', operationId: 'QXNz', request } as const;
  assert.deepEqual(stepOf(assign, accepted, 1_000, 1_250), {
    atWallMs: 1_000,
    trigger: 'automatic',
    event: 'assign: accepted',
    detail: '+12025550142',
    graphId: 'QXNz',
    requestId: 'theirs',
    clientRequestId: 'ours',
    durationMs: 250,
  });
});

test('N21: so does a refusal, and what nobody answered goes by our own id', () => {
  const refused = { kind: 'refused', code: 'PRV-501', reason: 'no', request } as const;
  const told = stepOf(assign, refused, 0, 5);
  assert.deepEqual([told?.detail, told?.requestId, told?.clientRequestId], ['no', 'theirs', 'ours']);
  const silent = stepOf(assign, { kind: 'later', request: { clientRequestId: 'ours' } }, 0, 5);
  assert.deepEqual([silent?.requestId, silent?.clientRequestId], [undefined, 'ours']);
});
