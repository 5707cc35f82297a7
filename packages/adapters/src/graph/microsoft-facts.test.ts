import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError } from './graph-error.ts';
import type { GraphUser, GraphUserConfiguration } from './graph-types.ts';
import { licenceOf } from './licence-plans.ts';
import { holderOf, microsoftFactsOf, type PersonReadings } from './microsoft-facts.ts';

const dana = 'dadadada-0000-4000-8000-000000000142';
const teams = { servicePlanId: '57ff2da0-773e-42df-b2af-ffb7a2317929', capabilityStatus: 'Enabled' };
const phone = { servicePlanId: '4828c8ec-dc2e-4779-b502-87ac9ce28ab7', capabilityStatus: 'Enabled' };
const plan = { servicePlanId: '4ed3ff63-69d7-4fb7-b984-5aec7f605ca8', capabilityStatus: 'Enabled' };
const user: GraphUser = {
  id: dana,
  userPrincipalName: 'dana@acme.example',
  accountEnabled: true,
  userType: 'Member',
  assignedPlans: [teams, phone],
};
const configuration: GraphUserConfiguration = {
  id: dana,
  accountType: 'user',
  isEnterpriseVoiceEnabled: true,
  featureTypes: ['Teams', 'PhoneSystem'],
  telephoneNumbers: [{ telephoneNumber: '+12025550142', assignmentCategory: 'primary' }],
  effectivePolicyAssignments: [
    { policyType: 'OnlineVoiceRoutingPolicy', policyAssignment: { displayName: 'VRP-Acme' } },
  ],
};
const readings: PersonReadings = {
  readAtWallMs: 1,
  numberReadAtWallMs: 2,
  user,
  configuration,
  number: { id: 'n', telephoneNumber: '+12025550142', numberType: 'directRouting', assignmentTargetId: dana },
  membership: { member: true, via: [] },
};

test('a suite with Teams Phone and without Teams is no phone licence; history does not hide the present', () => {
  assert.deepEqual(licenceOf([phone], configuration), {
    phone: 'missing',
    callingPlan: false,
    seenByTeams: true,
  });
  const history = [{ ...phone, capabilityStatus: 'Deleted' }, teams, phone];
  assert.deepEqual(licenceOf(history, null), { phone: 'usable', callingPlan: false, seenByTeams: false });
  const suspended = [teams, { ...phone, capabilityStatus: 'Suspended' }, plan];
  assert.deepEqual(licenceOf(suspended, undefined), {
    phone: 'missing',
    callingPlan: true,
    seenByTeams: 'unread',
  });
  assert.equal(licenceOf(undefined, configuration), 'unread');
});

test('Dana as Graph tells her: everything seen, nothing unread', () => {
  const facts = microsoftFactsOf(readings);
  assert.equal(facts.inEnableGroup, true);
  assert.ok(facts.policies !== 'unread');
  assert.equal(facts.policies.voiceRouting.name, 'VRP-Acme');
  assert.equal(facts.policies.dialPlan.name, null);
  assert.deepEqual(facts.number !== 'unread' && [facts.number.holder, facts.number.voiceEnabled], [
    { is: 'this-person' },
    true,
  ]);
});

test('what Graph refused to tell is unread, never no', () => {
  const no = new GraphError('graph-missing-scope', 'no');
  const blind = microsoftFactsOf({
    ...readings,
    user: no,
    configuration: no,
    number: no,
    membership: 'unread',
  });
  assert.deepEqual(
    [blind.user, blind.inEnableGroup, blind.licence, blind.number, blind.policies],
    ['unread', 'unread', 'unread', 'unread', 'unread'],
  );
  const { accountEnabled: _, ...basic } = user;
  assert.equal(microsoftFactsOf({ ...readings, user: basic }).user, 'unread');
});

test('no such user: not in the group; another holds the number: named by UPN; an older number of hers is told', () => {
  assert.equal(microsoftFactsOf({ ...readings, user: null }).inEnableGroup, false);
  const facts = microsoftFactsOf({
    ...readings,
    number: {
      id: 'n',
      telephoneNumber: '+12025550143',
      numberType: 'directRouting',
      assignmentTargetId: 'bo',
    },
    holderOf: () => ({ upn: 'bo@acme.example', state: 'disabled' }),
  });
  assert.ok(facts.number !== 'unread');
  assert.deepEqual(facts.number.holder, {
    is: 'other',
    upn: 'bo@acme.example',
    state: 'disabled',
    objectId: 'bo',
  });
  for (const [assignmentStatus, words] of [
    ['userAssigned', 'disabled'],
    ['voiceApplicationAssigned', 'a queue or menu of Teams'],
  ] as const) {
    const number = { id: 'n', telephoneNumber: '+12025550143', assignmentTargetId: 'bo', assignmentStatus };
    const held = microsoftFactsOf({
      ...readings,
      number,
      holderOf: () => ({ upn: 'bo@acme.example', state: 'disabled' }),
    }).number;
    assert.ok(held !== 'unread' && held.holder.is === 'other');
    assert.equal(held.holder.state, words, 'no word of Graph’s reaches the admin');
  }
  assert.equal(facts.number.otherNumber, '+12025550142');
  // The inventory knows better: she has given the old one back already.
  const swept = microsoftFactsOf({ ...readings, number: null, others: [] });
  assert.equal(swept.number !== 'unread' && swept.number.otherNumber, undefined);
});

test('somebody who is gone for good: what became of their number is judged, so that it can be released', () => {
  const gone = { ...readings, user: null, configuration: null, number: null, others: [] };
  assert.equal(
    microsoftFactsOf(gone).number,
    'unread',
    'never linked: whose number it would be is not known',
  );
  const free = microsoftFactsOf({ ...gone, goneObjectId: dana }).number;
  assert.ok(free !== 'unread');
  assert.deepEqual(free.holder, { is: 'nobody' });
  const still = microsoftFactsOf({ ...readings, user: null, goneObjectId: dana }).number;
  assert.ok(still !== 'unread');
  assert.deepEqual(
    still.holder,
    { is: 'this-person' },
    'Microsoft may still hold it for the object that is gone',
  );
});

test('a number of a conference bridge is somebody’s, though no user has it', () => {
  const number = { ...readings.number, assignmentStatus: 'conferenceAssigned', assignmentTargetId: null };
  const facts = microsoftFactsOf({ ...readings, number: { id: 'n', ...number } });
  assert.ok(facts.number !== 'unread');
  assert.deepEqual(facts.number.holder, { is: 'other', upn: 'a conference bridge', state: 'assigned' });
});

test('who has the number is said with how they stand', () => {
  const bo = { id: 'bo', userPrincipalName: 'bo@acme.example', accountEnabled: true };
  const gone = { ...bo, assignedPlans: [] };
  for (const [user, deleted, state] of [
    [bo, false, 'active'],
    [gone, false, 'unlicensed'],
    [{ ...gone, accountEnabled: false }, false, 'disabled'],
    [bo, true, 'deleted'],
  ] as const)
    assert.deepEqual(holderOf(user, deleted), { upn: 'bo@acme.example', state });
  assert.equal(holderOf(undefined, false), undefined, 'somebody new, or gone for good: nobody can tell');
});
