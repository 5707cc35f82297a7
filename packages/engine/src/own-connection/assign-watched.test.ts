import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignWatched, mostPerSignIn } from './assign-watched.ts';

const ids = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `p${from + i}`);

test('1,300 people and two sign-ins: everybody, 650 each; one more person is left to polling', () => {
  const lists = assignWatched([[], []], ids(1_301));
  assert.deepEqual(
    lists.map(({ length }) => length),
    [mostPerSignIn, mostPerSignIn],
  );
  assert.ok(!lists.flat().includes('p1300'));
});

test('whoever is watched stays where they are: one who comes or goes changes one list', () => {
  const first = assignWatched([[], []], ids(900));
  const come = assignWatched(first, ids(901));
  assert.equal(first.filter((list, i) => list.join() !== come[i]?.join()).length, 1);
  const gone = assignWatched(
    come,
    ids(901).filter((id) => id !== 'p7'),
  );
  assert.deepEqual(gone[1], come[1]);
});

test('a second sign-in takes whom the first had no room for, and leaves the first alone', () => {
  const [only = []] = assignWatched([[]], ids(800));
  const lists = assignWatched([only, []], ids(800));
  assert.deepEqual(lists[0], only);
  assert.deepEqual([...(lists[1] ?? [])].sort(), ids(150, 650).sort());
});

test('nobody twice, nobody unasked, never more than there is room for, the first ones first', () => {
  const people = fc.uniqueArray(
    fc.nat(60).map((n) => `p${n}`),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(60).map((n) => `p${n}`)), { maxLength: 4 }),
      people,
      (before, wanted) => {
        const lists = assignWatched(before, wanted, 10);
        const all = lists.flat();
        assert.equal(new Set(all).size, all.length);
        for (const list of lists) assert.ok(list.length <= 10);
        assert.deepEqual(new Set(all), new Set(wanted.slice(0, before.length * 10)));
      },
    ),
  );
});
