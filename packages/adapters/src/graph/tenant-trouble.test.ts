import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError, type GraphErrorCode } from './graph-error.ts';
import { TenantTrouble } from './tenant-trouble.ts';

const now = 1_000_000;
const connected = { is: 'connected' } as const;
const cases: readonly (readonly [GraphErrorCode, object])[] = [
  ['graph-throttled', { connection: connected, trouble: { is: 'throttled', untilWallMs: now + 30_000 } }],
  ['graph-unavailable', { connection: connected, trouble: { is: 'unavailable', sinceWallMs: now } }],
  ['graph-unexpected-answer', { connection: connected, trouble: { is: 'unavailable', sinceWallMs: now } }],
  ['sign-in-unavailable', { connection: connected, trouble: { is: 'unavailable', sinceWallMs: now } }],
  ['sign-in-clock-differs', { connection: connected, trouble: { is: 'clock-differs', sinceWallMs: now } }],
  ['graph-missing-scope', { connection: { is: 'missing-scope', scope: 'that Tandem needs' } }],
  ['graph-unauthorized', { connection: { is: 'missing-scope', scope: 'that Tandem needs' } }],
  ['sign-in-refused', { connection: { is: 'missing-scope', scope: 'that Tandem needs' } }],
  ['sign-in-tenant-disconnected', { connection: { is: 'lost', sinceWallMs: now } }],
  ['sign-in-credential-refused', { connection: { is: 'credential-expired', date: 'a date not known' } }],
  // A group that is gone says nothing about the connection.
  ['graph-not-found', { connection: connected }],
];
for (const [code, expected] of cases) {
  test(`a reading that ends with ${code} means ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(new TenantTrouble().after(['read', new GraphError(code, 'no')], now), expected);
  });
}

test('since when Microsoft is silent stays the same until it answers again', () => {
  const trouble = new TenantTrouble();
  const silent = new GraphError('graph-unavailable', 'no');
  trouble.after([silent], now);
  assert.deepEqual(trouble.after([silent], now + 60_000).trouble, { is: 'unavailable', sinceWallMs: now });
  assert.deepEqual(trouble.after([], now + 90_000), { connection: connected });
  assert.deepEqual(trouble.after([silent], now + 99_000).trouble, {
    is: 'unavailable',
    sinceWallMs: now + 99_000,
  });
});
