import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerQueue } from './timer-queue.ts';

function recorder(log: string[]) {
  return { timerFired: (timer: string, now: number) => void log.push(`${timer}@${now}`) };
}

test('timers fire in order of time, equal times in the order they were set, cancelled ones never', () => {
  const queue = new TimerQueue();
  const log: string[] = [];
  const owner = recorder(log);
  queue.set(500, 'b', owner);
  queue.set(100, 'a', owner);
  const gone = queue.set(200, 'gone', owner);
  queue.moveTo(400);
  queue.set(100, 'c', owner);
  queue.cancel(gone);
  queue.cancel(gone);
  assert.equal(queue.nextDue(), 100);
  queue.fireDue(1000);
  assert.deepEqual(log, ['a@1000', 'b@1000', 'c@1000']);
  assert.deepEqual([queue.nextDue(), queue.size], [undefined, 0]);
});

test('an owner may set and cancel timers while one fires; time that runs backwards stands still', () => {
  const queue = new TimerQueue();
  const log: string[] = [];
  const later = queue.set(20, 'later', recorder(log));
  queue.set(10, 'first', {
    timerFired() {
      queue.cancel(later);
      queue.set(0, 'now', recorder(log));
      queue.set(5, 'soon', recorder(log));
    },
  });
  queue.fireDue(10);
  assert.deepEqual(log, ['now@10']);
  queue.fireDue(3);
  assert.equal(queue.now, 10);
  queue.fireDue(15);
  assert.deepEqual(log, ['now@10', 'soon@15']);
});

test('any mix of durations fires as a sorted list would', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ wait: fc.integer({ min: 0, max: 50 }), after: fc.integer({ min: 0, max: 200 }) }),
        {
          maxLength: 120,
        },
      ),
      (steps) => {
        const queue = new TimerQueue();
        const fired: string[] = [];
        const wanted: { due: number; name: string }[] = [];
        const owner = { timerFired: (timer: string) => void fired.push(timer) };
        let now = 0;
        steps.forEach(({ wait, after }, index) => {
          now += wait;
          queue.moveTo(now);
          queue.set(after, String(index), owner);
          wanted.push({ due: now + after, name: String(index) });
        });
        queue.fireDue(10_000);
        wanted.sort((a, b) => a.due - b.due || Number(a.name) - Number(b.name));
        assert.deepEqual(
          fired,
          wanted.map(({ name }) => name),
        );
      },
    ),
  );
});
