import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPeopleCsv, readTags, writeCsv, writeTags } from './people-csv.ts';

const rowsOf = (text: string) => {
  const reading = readPeopleCsv(text, 'US', '202');
  return reading.kind === 'rows' ? reading : assert.fail(reading.say);
};

test('headings as people write them, cells between commas, semicolons or tabs, a byte-order mark, empty lines', () => {
  for (const between of [',', ';', '\t']) {
    const line = (...cells: string[]) => cells.join(between);
    const { rows, unknownColumns } = rowsOf(
      `\ufeff${line('User Principal Name', 'Display-Name', 'e_mail', 'Phone number', 'Teams', 'cost centre')}\r\n\r\n${line(
        'Dana@Acme.example',
        '"Field, Dana"',
        '',
        '(202) 555-0142',
        'Yes',
        '4711',
      )}\r\n`,
    );
    assert.deepEqual(unknownColumns, ['cost centre']);
    assert.deepEqual(rows[0]?.row, {
      upn: 'dana@acme.example',
      displayName: 'Field, Dana',
      number: '+12025550142',
      teamsToggle: true,
    });
    assert.equal(rows[0]?.line, 3);
  }
});

const faulty: readonly (readonly [string, RegExp])[] = [
  [',x@acme.example,+12025550101,yes', /has no upn/],
  ['no address,,,', /not an address/],
  ['a@acme.example,nobody,,', /nobody is not an address/],
  ['b@acme.example,,12,', /12 is not a number/],
  ['c@acme.example,,+12025550101,perhaps', /wanted yes or no/],
  ['d@acme.example,,,yes,more', /has 5 cells, the heading has 4/],
  ['E@acme.example,,,', /stands in line 2 already/],
];
test('a row with a mistake says so with its line, and the others are read', () => {
  const { rows } = rowsOf(
    `upn,mail,number,teams\ne@acme.example,,,\n${faulty.map(([row]) => row).join('\n')}\nf@acme.example,,next,no`,
  );
  assert.equal(rows.length, faulty.length + 2);
  for (const [i, [row, wanted]] of faulty.entries()) {
    assert.match(rows[i + 1]?.faults.join('; ') ?? '', wanted, row);
    assert.equal(rows[i + 1]?.row, undefined);
    assert.equal(rows[i + 1]?.line, i + 3);
  }
  assert.deepEqual(rows.at(-1)?.row, { upn: 'f@acme.example', number: 'next', teamsToggle: false });
});

test('a number that lost its plus in a spreadsheet is found again', () => {
  assert.equal(rowsOf('upn,number\na@acme.example,12025550142').rows[0]?.row?.number, '+12025550142');
});

const unreadable: readonly (readonly [string, RegExp])[] = [
  ['', /empty/],
  ['name,number\nDana,1', /no column upn/],
  ['upn,name\n"half of a row', /Quote Not Closed/i],
  [`upn\n${'x'.repeat(30_000)}`, /size/i],
];
for (const [text, wanted] of unreadable)
  test(`what is no such file is refused whole: ${JSON.stringify(text.slice(0, 24))}`, () => {
    const reading = readPeopleCsv(text, 'US');
    assert.match(reading.kind === 'unreadable' ? reading.say : 'was read', wanted);
  });

test('5,000 rows of which 50 are bad: 4,950 can be applied, each of the 50 names its line', () => {
  const lines = Array.from({ length: 5000 }, (_, i) =>
    i % 100 === 7 ? `person${i},,` : `person${i}@acme.example,Person ${i},`,
  );
  const { rows } = rowsOf(`upn,name,number\n${lines.join('\n')}`);
  assert.equal(rows.filter((one) => one.row).length, 4950);
  assert.deepEqual(
    rows.filter((one) => !one.row).map(({ line }) => line),
    Array.from({ length: 50 }, (_, i) => i * 100 + 9),
  );
});

test('N43: tags of a cell between bars; none takes them away; a tag that is too long or one too many is the row’s fault', () => {
  const { rows } = rowsOf(
    `upn,tags\n${[
      'a@acme.example,Sales | R&D|Sales',
      'b@acme.example,none',
      'c@acme.example,',
      `d@acme.example,${'x'.repeat(65)}`,
      `e@acme.example,${Array.from({ length: 21 }, (_, i) => `t${i}`).join('|')}`,
    ].join('\n')}`,
  );
  assert.deepEqual(
    rows.map(({ row }) => row?.tags),
    [['R&D', 'Sales'], [], undefined, undefined, undefined],
  );
  assert.match(rows[3]?.faults[0] ?? '', /^the tag x+… has 65 characters; 64 are the most$/);
  assert.match(rows[4]?.faults[0] ?? '', /^has 21 tags; 20 are the most$/);
});

test('N43: whatever tags are called, what is written is read back', () => {
  const tag = fc
    .string({ minLength: 1, maxLength: 64, unit: fc.constantFrom(...'|\\ none=+-@ä"\',;x') })
    .map((one) => one.trim())
    .filter((one) => one !== '');
  fc.assert(
    fc.property(fc.uniqueArray(tag, { maxLength: 20 }), (tags) => {
      const wanted = [...tags].sort();
      assert.deepEqual(wanted.length === 0 ? [] : readTags(writeTags(wanted)), wanted);
      const { rows } = rowsOf(writeCsv(['upn', 'tags'], [['a@acme.example', writeTags(wanted)]]));
      assert.deepEqual(rows[0]?.row?.tags ?? [], wanted);
    }),
  );
});

test('whatever people are called, what is written is read back, and no cell begins like a formula', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 40 })
    .filter((one) => one.trim() === one && !/[\0\r\n]/.test(one));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), (names) => {
      const usable = names.filter((one) => !one.startsWith("'"));
      const text = writeCsv(
        ['upn', 'displayName', 'number', 'teams'],
        usable.map((one, i) => [`p${i}@acme.example`, one, '+12025550142', i % 2 === 0]),
      );
      for (const [i, one] of usable.entries())
        if (/^[=@+-]/.test(one)) assert.ok(text.split('\r\n')[i + 1]?.includes(`'${one[0]}`));
      const { rows } = rowsOf(text);
      assert.deepEqual(
        rows.map(({ row }) => row?.displayName),
        usable,
      );
    }),
  );
});
