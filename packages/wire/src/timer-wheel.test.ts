import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimerWheel } from './timer-wheel.ts';

test('timers fire in order of their time, and a cancelled one never', async () => {
  const wheel = new TimerWheel();
  const fired: string[] = [];
  await new Promise<void>((done) => {
    wheel.after(60, () => {
      fired.push('last');
      done();
    });
    wheel.after(10, () => fired.push('first'));
    const cancel = wheel.after(20, () => fired.push('cancelled'));
    cancel();
    cancel();
  });
  assert.deepEqual(fired, ['first', 'last']);
  assert.equal(wheel.pending, 0);
});

test('a timer longer than one turn of the wheel waits for its turn', () => {
  let now = 0;
  const wheel = new TimerWheel(() => now);
  let fired = false;
  wheel.after(25_000, () => {
    fired = true;
  });
  now = 11_000;
  wheel.after(1, () => undefined)();
  assert.equal(fired, false);
  assert.equal(wheel.pending, 1);
  wheel.close();
});

test('a timer set for earlier than the one that is waited for comes first; nothing turns in between', async () => {
  let looks = 0;
  const wheel = new TimerWheel(() => {
    looks += 1;
    return performance.now();
  });
  const fired: string[] = [];
  await new Promise<void>((done) => {
    wheel.after(300, () => {
      fired.push('late');
      done();
    });
    wheel.after(40, () => fired.push('early'));
  });
  assert.deepEqual(fired, ['early', 'late']);
  assert.ok(looks < 25, `the clock was looked at ${looks} times`);
});
