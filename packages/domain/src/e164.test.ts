import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isE164, readNumber } from './e164.ts';
import { uuidV7 } from './ids.ts';

for (const [text, country, area, expected] of [
  ['+12025550142', 'US', undefined, '+12025550142'],
  ['2025550142', 'US', undefined, '+12025550142'],
  ['12025550142', 'US', undefined, '+12025550142'],
  ['(202) 555-0142', 'US', undefined, '+12025550142'],
  ['01149301234567', 'US', undefined, '+49301234567'],
  ['5550142', 'US', '202', '+12025550142'],
  ['030 1234567', 'DE', undefined, '+49301234567'],
  ['00442071234567', 'DE', undefined, '+442071234567'],
  ['1001', 'US', undefined, 'short 1001'],
  ['*31#', 'US', undefined, 'short *31#'],
  ['dana', 'US', undefined, 'unreadable'],
  ['', 'US', undefined, 'unreadable'],
] as const) {
  test(`${JSON.stringify(text)} dialled in ${country} means ${expected}`, () => {
    const reading = readNumber(text, country, area);
    const shown =
      reading.kind === 'e164'
        ? reading.number
        : reading.kind === 'short'
          ? `short ${reading.digits}`
          : 'unreadable';
    assert.equal(shown, expected);
  });
}

test('no text whatever throws, and what is read as E.164 is E.164', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 80 }),
      fc.constantFrom('US', 'DE', 'GB', 'XX', ''),
      (text, country) => {
        const reading = readNumber(text, country);
        return reading.kind !== 'e164' || isE164(reading.number);
      },
    ),
    { numRuns: 300 },
  );
});

test('our ids sort by time and carry the version and variant of RFC 9562 5.7', () => {
  const early = uuidV7(1_700_000_000_000, new Uint8Array(10));
  const late = uuidV7(1_700_000_000_001, new Uint8Array(10).fill(255));
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(early < late);
});
