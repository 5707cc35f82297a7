import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readTenantFileAside } from './read-aside.ts';

describe('a file that cannot be taken', () => {
  const faults: readonly (readonly [string, string, number, number, RegExp])[] = [
    ['nothing', '', 1, 1, /empty/],
    ['no version', 'people: []', 1, 1, /version/],
    ['a version of later', 'version: 2', 1, 10, /wanted 1/],
    [
      'a key nobody knows',
      'version: 1\npeople:\n  - upn: a@b.example\n    numbre: next',
      4,
      5,
      /people\[0\]\.numbre .*did you mean "number"/,
    ],
    ['a section nobody knows', 'version: 1\npepole: []', 2, 1, /did you mean "people"/],
    [
      'a number that is none',
      'version: 1\npeople: [{upn: a@b.example, number: 0301234}]',
      2,
      37,
      /next or null/,
    ],
    [
      'a choice that there is not',
      'version: 1\npeople: [{upn: a@b.example, own: {presence: maybe}}]',
      2,
      45,
      /^people\[0\]\.own\.presence wanted account, selected, unsynced; found "maybe"$/,
    ],
    [
      'a policy of an unknown kind',
      'version: 1\nprovisioning:\n- tenant: acacacac-0000-4000-8000-000000000001\n  policies: {calling: {kind: sometimes}}',
      4,
      30,
      /calling/,
    ],
    [
      'somebody twice',
      'version: 1\npeople:\n- upn: a@b.example\n- upn: A@b.example',
      4,
      8,
      /stands at people\[0\]\.upn/,
    ],
    [
      'a number twice',
      'version: 1\npeople:\n- {upn: a@b.example, number: "+12025550100"}\n- {upn: c@b.example, number: "+12025550100"}',
      4,
      30,
      /stands at people\[0\]\.number/,
    ],
    [
      'other numbers without a main one',
      'version: 1\npeople: [{upn: a@b.example, otherNumbers: ["+12025550100"]}]',
      2,
      43,
      /after a main number/,
    ],
    [
      'a range that ends before it begins',
      'version: 1\nranges: [{name: A, first: "+12025550109", last: "+12025550100"}]',
      2,
      49,
      /not before/,
    ],
    [
      'a range without an end',
      'version: 1\nranges: [{name: A, first: "+10000000000", last: "+19999999999"}]',
      2,
      49,
      /at most 10000/,
    ],
    [
      'a hold of no kind',
      'version: 1\nnumbers: [{number: "+12025550100", hold: {ported: false}}]',
      2,
      42,
      /^numbers\[0\]\.hold wanted \{reservedFor/,
    ],
    [
      'a feature that there is not',
      'version: 1\nconnections: [{tenant: acacacac-0000-4000-8000-000000000001, features: [fax]}]',
      2,
      73,
      /^connections\[0\]\.features\[0\] wanted provisioning, presence/,
    ],
    [
      'a number of the stock twice',
      'version: 1\nnumbers: [{number: "+12025550100"}, {number: "+12025550100", hold: null}]',
      2,
      46,
      /stands at numbers\[0\]\.number/,
    ],
    ['a key twice', 'version: 1\nversion: 1', 2, 1, /cannot be read/],
    ['a bracket that does not close', 'version: 1\npeople: [', 2, 10, /cannot be read/],
    ['two documents', 'version: 1\n---\nversion: 1', 2, 1, /cannot be read/],
    ['an alias', 'version: 1\naccount: &a {country: US}\npeople: [*a]', 3, 10, /alias/],
    ['brackets without an end', `version: ${'['.repeat(20_000)}`, 1, 1, /./],
  ];
  for (const [title, text, line, column, say] of faults)
    test(`${title}: line ${line}, column ${column}`, async () => {
      const reading = await readTenantFileAside(text);
      assert.ok(reading.kind === 'faults', JSON.stringify(reading));
      const [first] = reading.faults;
      assert.match(first?.say ?? '', say);
      if (title !== 'brackets without an end')
        assert.deepEqual([first?.line, first?.column], [line, column], first?.say);
    });

  test('every fault is told, in the order of the lines', async () => {
    const reading = await readTenantFileAside(
      'version: 1\nranges: 5\npeople: [{upn: x}, {}]\nwebhooks: true',
    );
    assert.ok(reading.kind === 'faults');
    assert.deepEqual(
      reading.faults.map(({ line }) => line),
      [2, 3, 3, 4],
    );
  });

  test('texts that look like numbers stay as they are written', async () => {
    const reading = await readTenantFileAside(
      'version: 1\naccount: {areaCode: 030}\npeople: [{upn: a@b.example, number: +12025550142, extension: 0100}]',
    );
    assert.ok(reading.kind === 'file', JSON.stringify(reading));
    assert.equal(reading.file.account?.areaCode, '030');
    assert.deepEqual(
      [reading.file.people?.[0]?.number, reading.file.people?.[0]?.extension],
      ['+12025550142', '0100'],
    );
  });

  test('whatever bytes a file holds, it is read or refused with a place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (tail) => {
        const reading = await readTenantFileAside(`version: 1\npeople:${tail}`);
        if (reading.kind === 'faults')
          for (const { line, column } of reading.faults) assert.ok(line >= 1 && column >= 1);
      }),
      { numRuns: 150 },
    );
  });

  test('a long file is read beside, to the same result', async () => {
    const people = Array.from(
      { length: 1500 },
      (_, i) => `  - {upn: p${i}@acme.example, displayName: P ${i}}`,
    );
    const reading = await readTenantFileAside(`version: 1\npeople:\n${people.join('\n')}\n`);
    assert.ok(reading.kind === 'file', JSON.stringify(reading).slice(0, 300));
    assert.equal(reading.file.people?.length, 1500);
  });
});
