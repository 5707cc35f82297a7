import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gather } from './gather.ts';

test('questions that come within a moment go together, each gets its own answer, and no group is too large', async () => {
  const groups: number[][] = [];
  const gather = new Gather(
    3,
    () => Promise.resolve(),
    async (items: readonly number[]) => {
      groups.push([...items]);
      return items.map((item) => item * 10);
    },
  );
  const answers = await Promise.all([1, 2, 3, 4, 5].map((item) => gather.ask(item)));
  assert.deepEqual(answers, [10, 20, 30, 40, 50]);
  assert.deepEqual(
    groups.map((group) => group.length).reduce((sum, count) => sum + count, 0),
    5,
  );
  assert.ok(groups.every((group) => group.length <= 3));
});

test('a group that fails fails for those in it only', async () => {
  let fails = true;
  const gather = new Gather(
    2,
    () => Promise.resolve(),
    async (items: readonly number[]) => {
      if (fails) throw new Error('no');
      return items;
    },
  );
  await assert.rejects(gather.ask(1), /no/);
  fails = false;
  assert.equal(await gather.ask(2), 2);
});
