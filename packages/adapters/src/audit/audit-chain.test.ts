import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ChainCheck,
  type ChainedEntry,
  canonical,
  firstPrevious,
  hashOf,
  headIsOurs,
  headKey,
  signHead,
} from './audit-chain.ts';

const key = headKey(Buffer.alloc(32, 1));

function chainOf(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = [];
  for (let sequence = 1; sequence <= length; sequence++) {
    const unhashed = {
      chain: 'platform',
      sequence,
      atWallMs: 1_700_000_000_000 + sequence,
      actor: { kind: 'user', name: 'alex' },
      action: 'person.change',
      object: { kind: 'person', id: `p${sequence % 3}` },
      before: { active: true },
      after: { active: false, sequence },
      previous: entries.at(-1)?.hash ?? firstPrevious,
    };
    entries.push({ ...unhashed, hash: hashOf(unhashed) });
  }
  return entries;
}

const headAt = (entry: ChainedEntry) =>
  signHead({ chain: entry.chain, sequence: entry.sequence, hash: entry.hash, signedAtWallMs: 5 }, key);

function walk(entries: readonly ChainedEntry[], heads = [headAt(chainOf(20)[9] as ChainedEntry)]) {
  const check = new ChainCheck(heads, key);
  for (const entry of entries) check.add(entry);
  return check.end();
}

test('an untouched chain with its signed head is sound', () => {
  assert.deepEqual(walk(chainOf(20)), { entries: 20, heads: 1 });
});

const tampered: readonly (readonly [string, (entries: ChainedEntry[]) => ChainedEntry[], number, string])[] =
  [
    [
      'a changed value',
      (all) => all.with(4, { ...(all[4] as ChainedEntry), after: { active: true } }),
      5,
      'changed',
    ],
    ['an entry taken out', (all) => all.toSpliced(4, 1), 5, 'gap'],
    [
      'an entry taken out, the rest renumbered',
      (all) => all.toSpliced(4, 1).map((entry, i) => ({ ...entry, sequence: i + 1 })),
      5,
      'previous-does-not-fit',
    ],
    ['the end cut off before a signed head', (all) => all.slice(0, 8), 9, 'cut-off'],
    [
      'a whole chain written anew',
      (all) => {
        const anew: ChainedEntry[] = [];
        for (const entry of all) {
          const { hash: _, ...rest } = entry;
          const one = { ...rest, action: 'person.look', previous: anew.at(-1)?.hash ?? firstPrevious };
          anew.push({ ...one, hash: hashOf(one) });
        }
        return anew;
      },
      10,
      'head-does-not-fit',
    ],
  ];
for (const [title, tamper, sequence, what] of tampered)
  test(`${title} is found where it is`, () => {
    assert.deepEqual(walk(tamper(chainOf(20))).fault, { sequence, what });
  });

test("a head that another key signed is nobody's proof", () => {
  const foreign = signHead(
    { chain: 'platform', sequence: 10, hash: chainOf(10)[9]?.hash ?? '', signedAtWallMs: 5 },
    headKey(Buffer.alloc(32, 2)),
  );
  assert.equal(headIsOurs(foreign, key), false);
  assert.deepEqual(walk(chainOf(20), [foreign]).fault, { sequence: 10, what: 'head-not-signed-by-us' });
});

test('the canonical text does not depend on the order of keys, and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const stored = JSON.parse(JSON.stringify(value)) as unknown;
      assert.deepEqual(JSON.parse(canonical(stored)), stored);
      if (typeof stored === 'object' && stored !== null && !Array.isArray(stored)) {
        const turned = Object.fromEntries(Object.entries(stored).reverse());
        assert.equal(canonical(turned), canonical(stored));
      }
    }),
  );
});

test('any single change of any entry is found', () => {
  const all = chainOf(20);
  fc.assert(
    fc.property(
      fc.nat(19),
      fc.constantFrom('action', 'reason', 'atWallMs', 'actor', 'object', 'before', 'after'),
      (at, field) => {
        const entry = all[at] as ChainedEntry;
        const other = field === 'atWallMs' ? entry.atWallMs + 1 : field === 'action' ? 'x.y' : { other: 1 };
        const value = field === 'reason' ? 'because' : other;
        assert.equal(walk(all.with(at, { ...entry, [field]: value })).fault?.sequence, at + 1);
      },
    ),
  );
});
