import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emergencyCountries, emergencyNumbersOf, readEmergencyNumber } from './emergency.ts';

for (const [dialled, country, number, isTest] of [
  ['911', 'US', '911', false],
  ['+911', 'US', '911', false],
  ['+1911', 'US', '911', false],
  ['0011911', 'US', undefined, false],
  ['933', 'US', '933', true],
  ['933', 'GB', undefined, false],
  ['112', 'US', '112', false],
  ['112', 'DE', '112', false],
  ['+49112', 'DE', '112', false],
  ['0049112', 'DE', '112', false],
  ['110', 'DE', '110', false],
  ['999', 'GB', '999', false],
  ['+44999', 'GB', '999', false],
  ['999', 'US', undefined, false],
  ['000', 'AU', '000', false],
  ['10111', 'ZA', '10111', false],
  ['062', 'ES', '062', false],
  ['112', 'XX', '112', false],
  ['911', 'XX', '911', false],
  ['+12025550911', 'US', undefined, false],
  ['1001', 'US', undefined, false],
  ['', 'US', undefined, false],
  ['9 1 1', 'US', '911', false],
  ['9911', 'US', '911', false],
  ['9933', 'US', '933', true],
  ['0112', 'DE', '112', false],
  ['99911', 'US', undefined, false],
  ['9'.repeat(500), 'US', undefined, false],
] as const) {
  test(`${JSON.stringify(dialled.slice(0, 20))} dialled in ${country} is ${number ?? 'no emergency number'}`, () => {
    const expected = number === undefined ? undefined : { number, test: isTest };
    assert.deepEqual(readEmergencyNumber(dialled, country), expected);
  });
}

test('every one of the 44 countries: each number alone and with a plus', () => {
  assert.equal(emergencyCountries.length, 44);
  for (const country of emergencyCountries) {
    for (const number of emergencyNumbersOf(country)) {
      for (const dialled of [number, `+${number}`]) {
        assert.equal(readEmergencyNumber(dialled, country)?.number, number, `${dialled} in ${country}`);
      }
    }
  }
});
