import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, buildSnapshot, type ReadinessCode } from '@tandem/domain';
import {
  account,
  carrier,
  danaNumber,
  device,
  everyPhoneRegistered,
  outside,
  people,
  rehearsal,
} from '../call/test-world.ts';
import { verdictOf } from '../call/verdicts.ts';
import { noRegistrations } from '../ports/registrations.ts';
import { type CallOutcome, callOutcomeRows } from '../provisioning/call-outcome.ts';
import type { CallFacts } from './call-facts.ts';
import { decideFromPhone } from './decide-from-phone.ts';
import { decideFromTeams } from './decide-from-teams.ts';
import { decideInbound } from './decide-inbound.ts';
import { branchesOf, type Decision } from './decision.ts';

const desk = device('dana-desk', 'acme', { personId: asPersonId('Dana') });
const { snapshot } = buildSnapshot({
  version: 1,
  builtAtWallMs: 0,
  accounts: [account('acme'), account('globex')],
  people,
  devices: [desk],
  carriers: [carrier('rehearsal', ['192.0.2.5']), carrier('second', ['192.0.2.6'])],
  hubs: [],
});

function facts(more: Partial<CallFacts> = {}): CallFacts {
  return {
    host: 'sbc1.customers.example.net',
    called: danaNumber,
    from: { user: danaNumber, displayName: undefined },
    asserted: [],
    privacy: [],
    history: [],
    ...more,
  };
}

/** What rings, or status, cause and code of the refusal. */
function told(decision: Decision): string {
  if (decision.outcome === 'route')
    return branchesOf(decision.route)
      .map((branch) => branch.kind)
      .join(' + ');
  const { sip, q850, code } = verdictOf(decision.failure);
  return `${sip}, cause ${q850}, ${code}`;
}

/** product-behaviour 1.8, whole: what provisioning says is what the caller gets, and phones ring where it lets them. */
for (const [code, row] of Object.entries(callOutcomeRows)) {
  const because = { code: code as ReadinessCode, sentence: 'Because.' };
  const { otherEndpoints, route, ...to } = row.to;
  const outcome: CallOutcome = {
    toPerson: { offered: false, refusal: { ...because, ...to }, otherEndpoints, route },
    fromPerson: { allowed: false, refusal: { ...because, ...row.from } },
  };
  const access = { outcomeOf: () => outcome };
  const phones = { ...everyPhoneRegistered, access };
  const noPhones = { access, registrations: noRegistrations };

  test(`${code}: to Dana ${otherEndpoints ? 'her phone rings' : 'nothing rings'}, from her Teams 403, and 911 passes`, () => {
    const refusedTo = `${to.sip}, cause ${to.q850}, ${code}`;
    assert.equal(told(decideInbound(snapshot, rehearsal, facts(), noPhones)), refusedTo);
    assert.equal(
      told(decideInbound(snapshot, rehearsal, facts(), phones)),
      otherEndpoints ? 'to-phone' : refusedTo,
    );
    const out = facts({ called: outside });
    assert.equal(told(decideFromTeams(snapshot, out, phones)), `403, cause ${row.from.q850}, ${code}`);
    assert.equal(told(decideFromTeams(snapshot, facts({ called: '911' }), phones)), 'to-carrier');
    // What Microsoft lacks is no matter of the desk phone.
    assert.equal(told(decideFromPhone(snapshot, desk, out, phones)), 'to-carrier');
  });
}

test('Teams and the phone are both there: both ring, and the words say so', () => {
  const decision = decideInbound(snapshot, rehearsal, facts(), everyPhoneRegistered);
  assert.equal(told(decision), 'to-teams + to-phone');
  assert.match(decision.why.join(' '), /phone dana-desk rings\..*ready for Teams/);
});

test('U06: what Microsoft does not let ring is never called ready for Teams', () => {
  const but = { code: 'PRV-507' as const, sentence: 'The calling policy NoCalls does not allow calls.' };
  const access = {
    outcomeOf: () => ({ toPerson: { offered: true as const, but }, fromPerson: { allowed: true as const } }),
  };
  const { why } = decideInbound(snapshot, rehearsal, facts(), { ...everyPhoneRegistered, access });
  const words = why.join(' ');
  assert.match(
    words,
    /PRV-507: The calling policy NoCalls does not allow calls\. Microsoft has Dana's number/,
  );
  assert.doesNotMatch(words, /ready for Teams/);
});

test('Dana calls herself: from Teams her phone rings, from her phone Teams does, and with no phone Teams decides', () => {
  assert.equal(told(decideFromTeams(snapshot, facts({ called: '1001' }), everyPhoneRegistered)), 'to-phone');
  assert.equal(
    told(decideFromPhone(snapshot, desk, facts({ called: '1001' }), everyPhoneRegistered)),
    'to-teams',
  );
  assert.equal(told(decideFromTeams(snapshot, facts({ called: '1001' }))), 'to-teams');
});

test('a phone whose customer is gone calls nobody, and emergency numbers all the same (I15)', () => {
  const stray = device('stray', 'nobody');
  assert.equal(
    told(decideFromPhone(snapshot, stray, facts({ called: outside }))),
    '403, cause 21, unknown-phone',
  );
  assert.equal(told(decideFromPhone(snapshot, stray, facts({ called: '911' }))), 'to-carrier');
});
