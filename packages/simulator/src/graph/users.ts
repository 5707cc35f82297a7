import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import {
  context,
  fail,
  type GraphAnswer,
  type GraphCall,
  type GraphWorld,
  notFound,
  ok,
  readStamp,
} from './graph-world.ts';
import { plansOf, skus } from './licence-catalogue.ts';
import { type Entity, isAnswer, type ListRules, page, project, selection } from './listing.ts';

/** Users and their licences (graph 4.1, 4.5). */

export const userDefaults = [
  'id',
  'displayName',
  'givenName',
  'surname',
  'userPrincipalName',
  'mail',
  'jobTitle',
  'mobilePhone',
  'businessPhones',
  'officeLocation',
  'preferredLanguage',
] as const;

/** All that `User.ReadBasic.All` shows. */
const basic = new Set(['id', 'displayName', 'givenName', 'surname', 'mail', 'userPrincipalName']);

export const userRules = (world: GraphWorld): ListRules => ({
  schema: 'microsoft.graph.user',
  defaults: userDefaults,
  defaultTop: world.settings.pageSize,
  maxTop: 999,
  directory: true,
});

const created = '2026-01-05T08:00:00Z';

export function userEntity(user: TeamsUser): Entity {
  const [givenName, ...rest] = user.displayName.split(' ');
  return {
    id: user.objectId,
    userPrincipalName: user.upn,
    displayName: user.displayName,
    givenName: givenName ?? null,
    surname: rest.join(' ') || null,
    mail: user.mail,
    accountEnabled: user.accountEnabled && user.accountType !== 'resource-account',
    userType: user.accountType === 'guest' ? 'Guest' : 'Member',
    usageLocation: 'US',
    department:
      user.accountType === 'resource-account' ? 'Microsoft Communication Application Instance' : null,
    companyName: null,
    officeLocation: null,
    jobTitle: null,
    businessPhones: [],
    mobilePhone: null,
    preferredLanguage: null,
    proxyAddresses: user.mail === null ? [] : [`SMTP:${user.mail}`],
    onPremisesSyncEnabled: null,
    // Reserved and never filled, whatever the account is.
    isResourceAccount: null,
    assignedLicenses: user.licences.map((name) => ({ disabledPlans: [], skuId: skus[name].id })),
    assignedPlans: plansOf(user.licences).map(({ id, service }) => ({
      assignedDateTime: created,
      capabilityStatus: 'Enabled',
      service,
      servicePlanId: id,
    })),
    licenseAssignmentStates: user.licences.map((name) => ({
      skuId: skus[name].id,
      assignedByGroup: null,
      disabledPlans: [],
      state: 'Active',
      error: 'None',
      lastUpdatedDateTime: created,
    })),
    createdDateTime: created,
  };
}

/** Everybody in the tenant as directory reads show them now. */
export function usersSeen(world: GraphWorld, tenant: Tenant, stamp = readStamp(world)): TeamsUser[] {
  return [...tenant.users.values()].map((user) => world.directory.at(user, stamp));
}

/** A field outside the basic profile needs more than `User.ReadBasic.All`. */
function tooMuch({ caller, query }: GraphCall): GraphAnswer | undefined {
  const onlyBasic =
    caller.roles.includes('User.ReadBasic.All') &&
    !caller.roles.some((role) =>
      ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'].includes(role),
    );
  const names = query.get('$select')?.split(',') ?? [];
  if (!onlyBasic || names.every((name) => basic.has(name.trim()))) return undefined;
  return fail(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', 'G3');
}

export function listUsers(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  return tooMuch(call) ?? page(call, usersSeen(world, tenant).map(userEntity), userRules(world), 'users');
}

export function getUser(call: GraphCall): GraphAnswer {
  const { world, params } = call;
  const refused = tooMuch(call);
  if (refused) return refused;
  const names = selection(call, { schema: 'microsoft.graph.user', defaults: userDefaults });
  if (isAnswer(names)) return names;
  const user = seenUser(call, params['user-id'] ?? '');
  if (!user) return notFound(params['user-id'] ?? '');
  return ok({
    '@odata.context': context(call.base, 'users/$entity'),
    ...project(userEntity(world.directory.at(user, readStamp(world))), names),
  });
}

/** By object id or UPN, inside the tenant of the token and nowhere else (G2). */
export const seenUser = ({ world, tenant }: GraphCall, id: string): TeamsUser | undefined =>
  world.directory.userById(tenant, id);

export function licenseDetails(call: GraphCall): GraphAnswer {
  const { world, params } = call;
  const found = seenUser(call, params['user-id'] ?? '');
  if (!found) return notFound(params['user-id'] ?? '');
  const user = world.directory.at(found, readStamp(world));
  return ok({
    '@odata.context': context(call.base, `users('${user.objectId}')/licenseDetails`),
    value: user.licences.map((name) => ({
      id: Buffer.from(`${user.objectId}${skus[name].id}`.replace(/-/g, ''), 'hex').toString('base64url'),
      skuId: skus[name].id,
      skuPartNumber: skus[name].partNumber,
      servicePlans: skus[name].plans.map((plan) => ({
        servicePlanId: plan.id,
        servicePlanName: plan.name,
        provisioningStatus: 'Success',
        appliesTo: 'User',
      })),
    })),
  });
}
