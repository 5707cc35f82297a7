import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readTenantFileAside } from './read-aside.ts';
import { anyState } from './test-support/any-account.ts';
import { number, rig, two } from './test-support/board-rig.ts';
import { emptyState } from './test-support/memory-ground.ts';

/** Lists of names in the order of names: two accounts may keep them in another one. */
function sections(file: string): Record<string, unknown> {
  const { account: _, ...whole } = parse(file) as Record<string, unknown>;
  const named = Object.entries(whole).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value,
  ]);
  return Object.fromEntries(named) as Record<string, unknown>;
}

describe('a file and its account', () => {
  test('an export plans to no change, with and without prune, whatever stands in the account', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, fc.boolean(), async (state, prune) => {
        const { exported, plan } = rig(state);
        assert.deepEqual((await plan(await exported(), prune)).changes, []);
      }),
      { numRuns: 60 },
    );
  });

  test('the export of one account makes any other the same, and a second time changes nothing; or it changes nothing at all', async () => {
    const seen = { made: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(anyState, anyState, fc.constantFrom(100, 110), async (from, to, tail) => {
        const file = await rig(from).exported();
        // A phone of the other account has a number that somebody may get by the file.
        const free =
          !to.numbers.has(number(tail)) && !to.people.some(({ numbers }) => numbers.includes(number(tail)));
        const other = rig(
          free ? { ...to, numbers: new Map([...to.numbers, [number(tail), { by: 'device' }]]) } : to,
        );
        const before = await other.exported();
        const { applied, left } = await other.apply(file, true);
        const again = await other.plan(file, true);
        if (applied.some(({ action }) => action === 'refused')) {
          seen.refused += 1;
          assert.equal(await other.exported(), before, 'nothing was changed');
          assert.equal(again.changes.length, applied.length + left);
          for (const { words } of applied)
            assert.match(words ?? '', /^A (phone|queue) has|rests once |^Nobody would be left/);
          return;
        }
        seen.made += 1;
        assert.deepEqual(again.changes, []);
        const { made } = other;
        const steps = made.length;
        assert.deepEqual((await other.apply(file, true)).applied, []);
        assert.equal(made.length, steps, 'the second apply makes nothing');
      }),
      { numRuns: 60 },
    );
    assert.ok(seen.made > 2 && seen.refused > 2, JSON.stringify(seen));
  });

  test('the export of any account, applied to an empty one, is the export of that one too', async () => {
    let signIns = 0;
    await fc.assert(
      fc.asyncProperty(anyState, async (state) => {
        const file = await rig(state).exported();
        const empty = rig(emptyState());
        const { applied } = await empty.apply(file);
        assert.deepEqual(
          applied.filter(({ action }) => action === 'refused'),
          [],
        );
        assert.deepEqual(sections(await empty.exported()), sections(file));
        signIns += state.signIns.length;
      }),
      { numRuns: 40 },
    );
    assert.ok(signIns > 5);
  });

  test('half a file loses nothing: one section of another account changes that section alone', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, fc.nat(), async (from, to, pick) => {
        const whole = parse(await rig(from).exported()) as Record<string, unknown>;
        const names = Object.keys(whole).filter((name) => name !== 'version');
        const section = names[pick % names.length] ?? 'people';
        const { made, plan, exported, apply } = rig(to);
        const before = sections(await exported());
        const file = stringify({ version: 1, [section]: whole[section] });
        const { changes } = await plan(file, false);
        assert.ok(
          changes.every(({ action }) => action !== 'remove'),
          'nothing goes without prune',
        );
        if (changes.some(({ action }) => action === 'refused')) return;
        await apply(file);
        const after = sections(await exported());
        // What people and queues let go of lies in stock, and a range takes in what lay beside it.
        const stock = ['people', 'queues', 'phones', 'ranges'].includes(section) ? 'numbers' : '';
        for (const name of names.filter((one) => one !== section && one !== stock))
          assert.deepEqual(after[name], before[name], `${name} is as it was after ${section}: ${made}`);
      }),
      { numRuns: 30 },
    );
  });

  test('the same account written by a YAML library and as JSON means the same', async () => {
    const { exported, plan } = rig(two());
    const reading = await readTenantFileAside(await exported());
    assert.ok(reading.kind === 'file');
    for (const text of [stringify(reading.file), JSON.stringify(reading.file)])
      assert.deepEqual((await plan(text)).changes, []);
  });
});
