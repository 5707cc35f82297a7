import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockWords, isWrong, witnessClock } from './clock-witness.ts';

const minute = 60_000;

/** A Microsoft whose clock is `ahead` of ours, and answers in `took`. */
function world() {
  const time = { now: 0, wall: Date.parse('2026-05-04T10:00:00Z'), ahead: 0, took: 80 };
  const told: string[] = [];
  const witness = witnessClock({
    https: {
      close: () => undefined,
      async exchange() {
        const date = new Date(time.wall + time.took / 2 + time.ahead).toUTCString();
        time.now += time.took;
        time.wall += time.took;
        return { status: 200, headers: { date }, body: '' };
      },
    },
    wall: () => time.wall,
    now: () => time.now,
    onChange: (words) => void told.push(words),
  });
  const ask = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await witness.https.exchange({ method: 'GET', url: 'https://x/' });
  };
  return { time, told, witness, ask };
}

test("clocks that agree are no news; the whole seconds of a date are nobody's error", async () => {
  const { told, witness, ask } = world();
  await ask(3);
  assert.ok(Math.abs(witness.aheadMs() ?? 9e9) < 1_000);
  assert.deepEqual(told, []);
});

test("a server's clock that is twelve minutes behind is told once, with whose it is and the cure, and once when it is right", async () => {
  const { time, told, witness, ask } = world();
  time.ahead = 12 * minute + 5_000;
  await ask(5);
  assert.ok(Math.abs((witness.aheadMs() ?? 0) - time.ahead) < 1_000);
  assert.equal(told.length, 1);
  assert.match(
    told[0] ?? '',
    /^this server's clock is 12 min \d+ s behind Microsoft's, which refuses sign-ins from five minutes on: set it by NTP$/,
  );
  time.ahead = 0;
  await ask(2);
  assert.equal(told.length, 2);
  assert.match(told[1] ?? '', /agree/);
});

test('one strange answer, a slow one or one without a date says nothing', async () => {
  const { time, told, witness, ask } = world();
  await ask(2);
  time.ahead = 30 * minute;
  await ask(1);
  time.ahead = 0;
  await ask(1);
  time.took = 11_000;
  time.ahead = 30 * minute;
  await ask(3);
  assert.deepEqual(told, []);
  assert.equal(isWrong(witness.aheadMs()), false);
});

test('a minute is allowed; ahead and behind are told apart', () => {
  assert.equal(isWrong(minute), false);
  assert.equal(isWrong(-minute - 1), true);
  assert.match(clockWords(-90_000), /is 90 s ahead of Microsoft's, /);
  assert.match(clockWords(undefined), /not heard yet/);
});
