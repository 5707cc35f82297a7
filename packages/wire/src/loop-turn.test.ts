import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopTurn } from './loop-turn.ts';

/** A loop by hand: time stands still until it is moved, and a turn ends when it is told to. */
function byHand() {
  const loop = { now: 0, slept: [] as number[], ends: [] as (() => void)[], mayRest: true };
  const turn = new LoopTurn({
    cadenceMs: 24,
    busyPerSecond: 400,
    mayRest: () => loop.mayRest,
    now: () => loop.now,
    sleep(ms) {
      loop.slept.push(ms);
      loop.now += ms;
    },
    schedule: (work) => void loop.ends.push(work),
  });
  return {
    turn,
    loop,
    endTurn() {
      for (const end of loop.ends.splice(0)) end();
    },
    /** So many turns of so many messages, each beginning `everyMs` after the one before. */
    carry(messages: number, everyMs: number, turns: number) {
      for (let at = 0; at < turns; at += 1) {
        const begun = loop.now;
        for (let one = 0; one < messages; one += 1) turn.heard('stream');
        this.endTurn();
        loop.now = Math.max(loop.now, begun + everyMs);
      }
    },
  };
}

test('what a turn has to send goes out once, in order, at its end and before the rest', () => {
  const hand = byHand();
  hand.carry(20, 30, 30);
  const { turn, loop } = hand;
  assert.equal(turn.busy, true);
  const done: string[] = [];
  const sleepsBefore = loop.slept.length;
  turn.heard('datagram');
  turn.atEnd(() => done.push(`first, ${loop.slept.length - sleepsBefore} rests so far`));
  turn.heard('datagram');
  turn.atEnd(() => done.push(`second, ${loop.slept.length - sleepsBefore} rests so far`));
  assert.equal(loop.ends.length, 1, 'one end of the turn, however much comes');
  hand.endTurn();
  assert.deepEqual(done, ['first, 0 rests so far', 'second, 0 rests so far']);
  assert.equal(loop.slept.length - sleepsBefore, 1);
});

const rests: readonly {
  readonly when: string;
  readonly perTurn: number;
  readonly everyMs: number;
  readonly rests: boolean;
}[] = [
  { when: 'one call a second', perTurn: 1, everyMs: 70, rests: false },
  { when: 'just below the mark', perTurn: 9, everyMs: 30, rests: false },
  { when: 'just above the mark', perTurn: 13, everyMs: 30, rests: true },
  { when: 'a burst in every turn', perTurn: 31, everyMs: 30, rests: true },
];
for (const { when, perTurn, everyMs, rests: wanted } of rests)
  test(`${when}: the loop ${wanted ? 'rests' : 'takes each message at once'}`, () => {
    const hand = byHand();
    hand.carry(perTurn, everyMs, 60);
    assert.equal(hand.loop.slept.length > 0, wanted);
  });

test('the rest is what is left of the cadence: a turn with much work is followed by a short one or none', () => {
  const hand = byHand();
  hand.carry(20, 30, 30);
  const restAfter = (workMs: number): number | undefined => {
    const before = hand.loop.slept.length;
    hand.turn.heard('stream');
    hand.turn.atEnd(() => {
      hand.loop.now += workMs;
    });
    hand.endTurn();
    return hand.loop.slept[before];
  };
  assert.equal(restAfter(4), 20);
  assert.equal(restAfter(20), 4);
  assert.equal(restAfter(24), undefined);
  assert.equal(restAfter(100), undefined);
});

test('nobody is kept waiting: while a request or the database is open the loop does not rest', () => {
  const hand = byHand();
  hand.carry(20, 30, 30);
  hand.loop.mayRest = false;
  const before = hand.loop.slept.length;
  hand.carry(20, 30, 30);
  assert.equal(hand.loop.slept.length, before);
  assert.equal(hand.turn.busy, true, 'it is no less busy');
  hand.loop.mayRest = true;
  hand.carry(20, 30, 1);
  assert.equal(hand.loop.slept.length, before + 1);
});

test('datagrams that may still lie in the socket are read before the rest (libuv reads 32 in a row)', () => {
  const hand = byHand();
  hand.carry(20, 30, 30);
  const before = hand.loop.slept.length;
  for (let one = 0; one < 32; one += 1) hand.turn.heard('datagram');
  hand.endTurn();
  assert.equal(hand.loop.slept.length, before);
  hand.turn.heard('datagram');
  hand.endTurn();
  assert.equal(hand.loop.slept.length, before + 1);
});

test('a loop that went quiet stops resting, and a turn without messages never rests', () => {
  const hand = byHand();
  hand.carry(20, 30, 30);
  assert.equal(hand.turn.busy, true);
  const before = hand.loop.slept.length;
  hand.turn.atEnd(() => undefined);
  hand.endTurn();
  assert.equal(hand.loop.slept.length, before, 'a timer that sends something is no reason to wait');
  hand.carry(1, 300, 3);
  assert.equal(hand.turn.busy, false);
  const after = hand.loop.slept.length;
  hand.carry(1, 300, 3);
  assert.equal(hand.loop.slept.length, after);
});

test('work that fails is told like any other error of the turn; what others wanted to send goes out all the same', () => {
  const { turn, loop, endTurn } = byHand();
  const sent: string[] = [];
  turn.atEnd(() => sent.push('before'));
  turn.atEnd(() => {
    throw new Error('a bug');
  });
  turn.atEnd(() => sent.push('after'));
  assert.throws(endTurn, /a bug/);
  assert.deepEqual(sent, ['before', 'after']);
  turn.atEnd(() => sent.push('next turn'));
  assert.equal(loop.ends.length, 1);
  endTurn();
  assert.equal(sent.at(-1), 'next turn');
});

test('left alone it sleeps for real: the next turn begins no sooner than the cadence says', async () => {
  const turn = new LoopTurn({ cadenceMs: 20, busyPerSecond: 0 });
  /** Resolves in the turn of the loop after the one that ends with the rest. */
  const oneTurn = async (): Promise<void> =>
    await new Promise((next) => {
      turn.heard('stream');
      turn.atEnd(() => setImmediate(next));
    });
  while (!turn.busy) await oneTurn();
  const begun = performance.now();
  await oneTurn();
  // A lower bound: however busy the machine is, nobody wakes a sleeper early.
  assert.ok(performance.now() - begun >= 19);
});
