import { effectivePolicies, groupsForPolicies, policyIdOf } from '../directory/policies.ts';
import type { TeamsUser } from '../directory/tenant.ts';
import { type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { hasTeams, hasTeamsPhone } from './licence-catalogue.ts';
import { type Entity, page } from './listing.ts';
import { seenUser } from './users.ts';

/** What Teams itself has made of a user: later than the directory, later than the number operation (graph 5.5; T3, L1). */

export function userConfiguration(call: GraphCall, user: TeamsUser): Entity {
  const { directory, settings } = call.world;
  const now = directory.stamps.next();
  const licensed = directory.at(user, now - settings.licenceLagMs);
  const configured = directory.at(user, now - settings.configurationLagMs);
  const { number, enterpriseVoice } = configured;
  return {
    id: user.objectId,
    userPrincipalName: user.upn,
    tenantId: user.tenantId,
    accountType: accountType(call, user, hasTeams(licensed)),
    isEnterpriseVoiceEnabled: enterpriseVoice,
    featureTypes: [
      ...(hasTeams(licensed) ? ['Teams'] : []),
      ...(hasTeamsPhone(licensed) ? ['PhoneSystem'] : []),
    ],
    telephoneNumbers: [
      ...(number === undefined ? [] : [{ telephoneNumber: number, assignmentCategory: 'primary' }]),
      ...call.world.numbers.extrasOf(user),
    ],
    effectivePolicyAssignments: effectivePolicies(call.tenant, {
      policies: configured.policies,
      ...groupsForPolicies(directory, user),
    }).map(({ type, name, by, groupId }) => ({
      policyType: type,
      policyAssignment: {
        displayName: name,
        assignmentType: by,
        policyId: policyIdOf(call.tenant, type, name),
        groupId: groupId ?? null,
      },
    })),
    createdDateTime: '2026-01-05T08:00:00Z',
    modifiedDateTime: '2026-01-05T08:00:00Z',
  };
}

/** `ineligibleUser` came after the sentinel: only who asks for such members sees it (G16). */
function accountType(call: GraphCall, user: TeamsUser, teams: boolean): string {
  if (user.accountType === 'guest') return 'guest';
  if (user.accountType === 'resource-account') return 'resourceAccount';
  if (teams) return 'user';
  const asked = /(^|[,;\s])include-unknown-enum-members($|[,;\s])/i.test(call.header('prefer') ?? '');
  return asked ? 'ineligibleUser' : 'unknownFutureValue';
}

export const listUserConfigurations = (call: GraphCall): GraphAnswer =>
  page(
    call,
    [...call.tenant.users.values()],
    {
      schema: 'microsoft.graph.teamsAdministration.teamsUserConfiguration',
      defaultTop: call.world.settings.pageSize,
      maxTop: 1000,
      directory: false,
    },
    'admin/teams/userConfigurations',
    (user) => userConfiguration(call, user),
  );

export function getUserConfiguration(call: GraphCall): GraphAnswer {
  const id = call.params['userConfiguration-id'] ?? '';
  const user = seenUser(call, id);
  return user && user.objectId === id.toLowerCase() ? ok(userConfiguration(call, user)) : notFound(id);
}
