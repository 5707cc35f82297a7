import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Carrier } from '@tandem/domain';
import { CallLimits, type Held } from './call-limits.ts';

const carrier = (id: string, maxCalls?: number): Carrier => ({ id, maxCalls }) as Carrier;
const fresh = (): Held => ({ source: undefined, carrier: undefined });

test('a call that moves on to the next carrier counts there alone, and nowhere after its end', () => {
  const limits = new CallLimits();
  const [first, second] = [carrier('first', 1), carrier('second', 1)];
  const call = fresh();
  limits.isAt(call, 'first');
  limits.isAt(call, 'first');
  assert.deepEqual([limits.full(first), limits.full(second)], [true, false]);
  limits.isAt(call, 'second');
  assert.deepEqual([limits.full(first), limits.full(second)], [false, true]);
  limits.over(call);
  assert.deepEqual([limits.full(first), limits.full(second)], [false, false]);
  assert.equal(limits.full(carrier('without a limit')), false);
});

test('a call stops counting against its source once, whether it is taken up, ends, or both', () => {
  const limits = new CallLimits();
  const [one, other] = [fresh(), fresh()];
  limits.came(one, 'carrier c');
  limits.came(other, 'carrier c');
  limits.settled(one);
  limits.over(one);
  assert.equal(limits.unansweredOf('carrier c'), 1);
  limits.over(other);
  assert.equal(limits.unansweredOf('carrier c'), 0);
});
