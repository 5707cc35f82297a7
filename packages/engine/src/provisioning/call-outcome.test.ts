import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type E164, type ReadinessCode, readinessChecks, readinessCodes, reportOf } from '@tandem/domain';
import { callOutcome, duringChange } from './call-outcome.ts';
import { blockedBy } from './test-person.ts';

/** The rows of product-behaviour 1.8: code, to the person, other endpoints, from the person. */
const rows: readonly [ReadinessCode, string, boolean, string][] = [
  ['PRV-001', '480/20', true, '403/63'],
  ['PRV-013', '480/20', true, '403/63'],
  ['PRV-101', '404/1', false, '403/21'],
  ['PRV-102', '404/1', false, '403/21'],
  ['PRV-201', '480/20', true, '403/63'],
  ['PRV-203', '480/20', true, '403/63'],
  ['PRV-205', '480/20', true, '403/63'],
  ['PRV-301', '480/20', true, '403/63'],
  ['PRV-303', '480/20', true, '403/63'],
  ['PRV-304', '480/20', true, '403/63'],
  ['PRV-401', '480/20', true, '403/63'],
  ['PRV-402', '480/20', true, '403/63'],
  ['PRV-501', '480/20', true, '403/63'],
];

for (const [code, to, otherEndpoints, from] of rows) {
  test(`a person blocked by ${code}: callers get ${to}, her Teams client gets ${from}`, () => {
    const { toPerson, fromPerson } = callOutcome({ state: 'BLOCKED' }, blockedBy(code));
    assert.ok(!toPerson.offered && !fromPerson.allowed);
    assert.equal(`${toPerson.refusal.sip}/${toPerson.refusal.q850}`, to);
    assert.equal(toPerson.otherEndpoints, otherEndpoints);
    assert.equal(`${fromPerson.refusal.sip}/${fromPerson.refusal.q850}`, from);
    assert.equal(fromPerson.refusal.code, code);
  });
}

test('the account is suspended: 480 with cause 31 to callers, 403 with cause 21 to its people', () => {
  const report = reportOf([
    {
      id: 0,
      name: readinessChecks[0],
      status: 'red',
      sentence: 'The account is suspended.',
      owner: 'vendor',
      fix: '',
    },
  ]);
  const { toPerson, fromPerson } = callOutcome({ state: 'READY' }, report);
  assert.ok(!toPerson.offered && !fromPerson.allowed);
  assert.deepEqual([toPerson.refusal.q850, fromPerson.refusal.q850], [31, 21]);
});

test('codes that only warn never stop a call', () => {
  for (const code of ['PRV-503', 'PRV-504', 'PRV-505', 'PRV-601', 'PRV-602', 'PRV-603', 'PRV-701'] as const) {
    assert.ok(readinessCodes[code]);
    assert.equal(callOutcome({ state: 'PROPAGATING', code }, blockedBy(code)).toPerson.offered, true);
  }
});

test('U06: a policy set by hand at Microsoft keeps calls away: they are offered all the same, and never called ready', () => {
  const report = blockedBy('PRV-507');
  const { sentence } = report.headline ?? {};
  assert.deepEqual(callOutcome({ state: 'DRIFTED' }, report).toPerson, {
    offered: true,
    but: { code: 'PRV-507', sentence },
  });
  const number = '+12025550142' as E164;
  const changing = duringChange(
    callOutcome({ state: 'DEGRADED' }, report),
    { assignedNumber: number },
    undefined,
  );
  assert.deepEqual(changing.toPerson, { offered: true, number, but: { code: 'PRV-507', sentence } });
  assert.deepEqual(callOutcome({ state: 'READY' }, reportOf([])).toPerson, { offered: true });
});

for (const code of ['PRV-202', 'PRV-207'] as const)
  test(`${code}: whatever the link says, calls follow the leaver rule at once and nobody calls out from Teams`, () => {
    for (const state of ['READY', 'DEGRADED', 'REMOVING', 'REMOVED', 'BLOCKED'] as const) {
      const { toPerson, fromPerson } = callOutcome({ state }, blockedBy(code));
      assert.ok(!toPerson.offered && !fromPerson.allowed, state);
      assert.deepEqual(
        [toPerson.route, toPerson.otherEndpoints, toPerson.refusal.code, toPerson.refusal.sip],
        ['leaver', true, code, 480],
      );
      assert.deepEqual([fromPerson.refusal.sip, fromPerson.refusal.code], [403, code]);
    }
    assert.equal(callOutcome({ state: 'READY' }, reportOf([])).toPerson.offered, true, 'enabled again');
  });

test('a refused change of number: the old one goes on working, a refused first number does not', () => {
  const [old, wanted] = ['+12025550142', '+12025550150'] as E164[];
  for (const state of ['QUEUED', 'ASSIGNING', 'FAILED'] as const)
    assert.equal(
      callOutcome({ state, assignedNumber: old as E164 }, blockedBy('PRV-304'), wanted).toPerson.offered,
      true,
      state,
    );
  // Microsoft gave the old one back already, or never had one.
  for (const state of ['ASSIGNING', 'FAILED'] as const)
    assert.equal(callOutcome({ state }, blockedBy('PRV-304'), wanted).toPerson.offered, false);
  // What Microsoft took and what was refused is the same number.
  const same = callOutcome(
    { state: 'FAILED', code: 'PRV-501', assignedNumber: wanted as E164 },
    blockedBy('PRV-501'),
    wanted,
  );
  assert.equal(same.toPerson.offered, false);
});
