import assert from 'node:assert/strict';
import { test } from 'node:test';
import { licenceAdvice, type StockedSku } from './licence-advice.ts';

const teams = '57ff2da0-773e-42df-b2af-ffb7a2317929';
const phone = '4828c8ec-dc2e-4779-b502-87ac9ce28ab7';
const plan = '4ed3ff63-69d7-4fb7-b984-5aec7f605ca8';
const sku = (name: string, free: number, ...plans: string[]): StockedSku => ({
  name,
  free,
  plans: new Set(plans),
});
const phoneStandard = sku('MCOEV', 5, phone);
const teamsOnly = sku('Microsoft_Teams_EEA_New', 3, teams);
const suite = sku('SPE_E5', 9, teams, phone, 'other-1', 'other-2');
const withoutTeams = sku('Microsoft_365_E5_(no_Teams)', 4, phone, 'other-1');
const callingPlan = sku('MCOTEAMS_ESSENTIALS', 8, phone, plan);
const has = (...ids: string[]) =>
  ids.map((servicePlanId) => ({ servicePlanId, capabilityStatus: 'Enabled' }));

const mixes: readonly [string, ReturnType<typeof has>, readonly StockedSku[], string | undefined, number?][] =
  [
    ['has both', has(teams, phone), [suite], undefined],
    ['has Teams: the phone licence, not a whole suite', has(teams), [suite, phoneStandard], 'MCOEV', 5],
    [
      'has a suite without Teams: Teams is what is missing',
      has(phone),
      [suite, phoneStandard, teamsOnly],
      'Microsoft_Teams_EEA_New',
      3,
    ],
    ['has nothing: only a licence with both will do', [], [phoneStandard, teamsOnly, suite], 'SPE_E5', 9],
    ['has nothing, and nothing has both', [], [phoneStandard, teamsOnly], undefined],
    ['free seats count more than a small licence', has(teams), [sku('MCOEV', 0, phone), suite], 'SPE_E5', 9],
    ['none is free: the one to buy is named', has(teams), [sku('MCOEV', 0, phone)], 'MCOEV', 0],
    ['a Calling Plan would stand in the way', has(teams), [callingPlan], undefined],
    [
      'a Calling Plan is passed over',
      has(teams),
      [callingPlan, withoutTeams],
      'Microsoft_365_E5_(no_Teams)',
      4,
    ],
    [
      'a suspended plan is no plan',
      [{ servicePlanId: phone, capabilityStatus: 'Suspended' }, ...has(teams)],
      [phoneStandard],
      'MCOEV',
      5,
    ],
    [
      'a plan in its grace time is one',
      [{ servicePlanId: phone, capabilityStatus: 'Warning' }, ...has(teams)],
      [phoneStandard],
      undefined,
    ],
    ['the stock is empty', has(teams), [], undefined],
  ];

for (const [title, assigned, stock, name, count] of mixes) {
  test(`advice (U21): ${title}`, () => {
    const advice = licenceAdvice(assigned, stock);
    assert.equal(advice?.sku, name);
    if (count !== undefined) assert.equal(advice?.count, count);
  });
}
