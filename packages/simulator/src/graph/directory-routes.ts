import {
  addDomain,
  deleteDomain,
  getDomain,
  listDomains,
  listReferences,
  organization,
  verificationRecords,
  verifyDomain,
} from './domains.ts';
import type { GraphCall } from './graph-world.ts';
import { checkMemberGroups, listMemberOf } from './groups.ts';
import { assignLicense, listSkus } from './licences.ts';
import { assignPolicies, getPolicyId, unassignPolicies } from './policies.ts';
import type { GraphRoute } from './routes.ts';
import {
  createUser,
  deleteUser,
  getDeleted,
  listDeletedGroups,
  listDeletedUsers,
  patchUser,
  purgeDeleted,
  restoreDeleted,
} from './user-writes.ts';

/** The operations of the directory that are not plain reads of users and groups, and Teams' policies. */

const row =
  (service: GraphRoute['service']) =>
  (
    method: GraphRoute['method'],
    template: string,
    run: (call: GraphCall) => ReturnType<GraphRoute['run']>,
    cost = 1,
  ): GraphRoute => ({ method, template, service, run, cost });
const identity = row('identity');
const teams = row('teams');
const deleted = '/directory/deletedItems';

export const directoryRoutes: readonly GraphRoute[] = [
  identity('GET', '/organization', organization),
  identity('GET', '/subscribedSkus', listSkus),
  identity('POST', '/users', createUser),
  identity('PATCH', '/users/{user-id}', patchUser),
  identity('DELETE', '/users/{user-id}', deleteUser),
  identity('POST', '/users/{user-id}/assignLicense', assignLicense),
  identity('GET', '/users/{user-id}/memberOf', listMemberOf('direct'), 2),
  identity('GET', '/users/{user-id}/transitiveMemberOf', listMemberOf('transitive'), 5),
  identity('POST', '/users/{user-id}/checkMemberGroups', checkMemberGroups, 4),
  identity('GET', `${deleted}/microsoft.graph.user`, listDeletedUsers),
  identity('GET', `${deleted}/microsoft.graph.group`, listDeletedGroups),
  identity('GET', `${deleted}/{directoryObject-id}`, getDeleted),
  identity('DELETE', `${deleted}/{directoryObject-id}`, purgeDeleted),
  identity('POST', `${deleted}/{directoryObject-id}/restore`, restoreDeleted),
  identity('GET', '/domains', listDomains),
  identity('POST', '/domains', addDomain),
  identity('GET', '/domains/{domain-id}', getDomain),
  identity('DELETE', '/domains/{domain-id}', deleteDomain),
  identity('GET', '/domains/{domain-id}/verificationDnsRecords', verificationRecords),
  identity('GET', '/domains/{domain-id}/domainNameReferences', listReferences),
  identity('POST', '/domains/{domain-id}/verify', verifyDomain),
  teams('POST', '/admin/teams/policy/userAssignments/assign', assignPolicies),
  teams('POST', '/admin/teams/policy/userAssignments/unassign', unassignPolicies),
  teams('GET', "/admin/teams/policy/getPolicyId(type='{type}',name='{name}')", getPolicyId),
];
