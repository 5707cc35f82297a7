import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from './common.ts';

test('a name may be written in any script, but holds nothing that rings, erases or turns the writing around', () => {
  for (const good of ['דנה לוי', 'محمد علي', 'Zoë O’Neil', 'two\nlines', '田中 👩‍💻'])
    assert.ok(text(100).safeParse(good).success, good);
  for (const bad of ['a\u0007b', '\u001b[2Jx', 'x\u202egpj.exe', 'a\u2066b', 'a\u0085b', 'a\u0000b'])
    assert.ok(!text(100).safeParse(bad).success, JSON.stringify(bad));
});
