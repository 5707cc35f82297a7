import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userFields } from './graph-types.ts';
import { type Operation, type OperationName, operations, pathOf, queryOf } from './operations.ts';
import { reference } from './testing/fake-graph.ts';

for (const [name, operation] of Object.entries<Operation>(operations)) {
  test(`${name} is an operation of Graph, and its permissions are among those that Graph accepts`, () => {
    const known = reference.paths[operation.path]?.[operation.method.toLowerCase()];
    assert.ok(known, operation.path);
    const accepted = known['x-permissions']?.[operation.forPerson ? 'delegated' : 'application']?.all;
    // The reference has no table for subscriptions: what they watch decides.
    if (accepted === undefined) return assert.match(operation.path, /^\/subscriptions/);
    // The table of the reference says nothing for one group read; it names the wider ones.
    for (const permission of operation.permissions)
      assert.ok(accepted.includes(permission), `${permission} is not among ${accepted.join(', ')}`);
  });
}

/** The members that our types name, by schema: a drift of either side shows here. */
const read: Readonly<Record<string, readonly string[]>> = {
  user: userFields,
  assignedPlan: ['servicePlanId', 'capabilityStatus', 'service', 'assignedDateTime'],
  presence: ['id', 'availability', 'activity', 'outOfOfficeSettings', 'sequenceNumber'],
  outOfOfficeSettings: ['isOutOfOffice'],
  'teamsAdministration.numberAssignment': [
    'id',
    'telephoneNumber',
    'numberType',
    'activationState',
    'assignmentTargetId',
    'assignmentCategory',
    'assignmentStatus',
    'numberSource',
  ],
  'teamsAdministration.telephoneNumberLongRunningOperation': ['id', 'status', 'numbers'],
  'teamsAdministration.telephoneNumberLongRunningOperationDetails': ['status', 'statusDetail'],
  'teamsAdministration.teamsUserConfiguration': [
    'id',
    'accountType',
    'isEnterpriseVoiceEnabled',
    'featureTypes',
    'telephoneNumbers',
    'effectivePolicyAssignments',
  ],
  'teamsAdministration.assignedTelephoneNumber': ['telephoneNumber', 'assignmentCategory'],
  'teamsAdministration.effectivePolicyAssignment': ['policyType', 'policyAssignment'],
  'teamsAdministration.policyAssignment': ['displayName', 'assignmentType', 'policyId'],
};

for (const [schema, members] of Object.entries(read)) {
  test(`what we read of ${schema} is in Graph's schema`, () => {
    const known = Object.keys(reference.components.schemas[`microsoft.graph.${schema}`]?.properties ?? {});
    for (const member of members)
      assert.ok(known.includes(member), `${member} is not among ${known.join(', ')}`);
  });
}

test('values travel escaped: a plus as %2B, a slash in an id as %2F, and a missing one is a bug', () => {
  assert.equal(queryOf({ $filter: "telephoneNumber eq '+1'" }), "?$filter=telephoneNumber%20eq%20'%2B1'");
  assert.equal(pathOf('user', { 'user-id': 'a/b' }), '/users/a%2Fb');
  assert.throws(() => pathOf('user' satisfies OperationName, {}));
});
