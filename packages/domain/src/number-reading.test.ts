import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readNumber } from './e164.ts';
import { tellReading } from './number-reading.ts';

const rows: readonly (readonly [
  dialled: string,
  country: string,
  area: string | undefined,
  becomes: string,
  last: RegExp,
])[] = [
  ['+12025550142', 'US', undefined, '+12025550142', /international form already/],
  ['(202) 555-0142', 'US', undefined, '+12025550142', /national number of US: \+1 is put before/],
  ['1 202 555 0142', 'US', undefined, '+12025550142', /begins with the country code 1|1 is taken off/],
  ['0044 20 7946 0018', 'DE', undefined, '+442079460018', /^00 means abroad in DE/],
  ['011 44 20 7946 0018', 'US', undefined, '+442079460018', /^011 means abroad in US/],
  ['030 1234567', 'DE', undefined, '+49301234567', /0 is taken off, \+49 is put before/],
  ['555 0142', 'US', '202', '+12025550142', /local number: the account's area code 202/],
  ['1001', 'US', '202', '1001', /extension or a service code/],
  ['*98', 'DE', undefined, '*98', /extension or a service code/],
  ['555 0142', 'US', undefined, '', /No form/],
  ['call me', 'DE', '30', '', /nor a local number of the area 30/],
];
for (const [dialled, country, area, becomes, last] of rows)
  test(`${dialled}, dialled in ${country}${area ? ` (${area})` : ''}, becomes ${becomes || 'nothing'}, and it is said why`, () => {
    const { reading, steps } = tellReading(dialled, country, area);
    const made = reading.kind === 'e164' ? reading.number : reading.kind === 'short' ? reading.digits : '';
    assert.equal(made, becomes);
    assert.match(steps.at(-1) ?? '', last);
  });

test('what is told is what is done, whatever is dialled, and there is always a reason', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^[+0-9 ()-]{1,20}$/)),
      fc.constantFrom('US', 'DE', 'GB', 'XX'),
      fc.constantFrom(undefined, '202', '30'),
      (text, country, area) => {
        const { reading, steps } = tellReading(text, country, area);
        assert.deepEqual(reading, readNumber(text, country, area));
        assert.ok(steps.length > 0 && steps.every((one) => one.length > 0));
      },
    ),
    { numRuns: 300 },
  );
});
