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
import { planOf, plansOf, skus } from './licence-catalogue.ts';
import { isUsable, planStatus } from './licences.ts';
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

export const isoOf = (wall: number): string => `${new Date(wall).toISOString().slice(0, 19)}Z`;

export function userEntity(user: TeamsUser, tenant: Pick<Tenant, 'seats'>): Entity {
  const [givenName, ...rest] = user.displayName.split(' ');
  const created = isoOf(user.createdAt);
  return {
    id: user.objectId,
    userPrincipalName: user.upn,
    displayName: user.displayName,
    givenName: givenName ?? null,
    surname: rest.join(' ') || null,
    mail: user.mail,
    accountEnabled: user.accountEnabled && user.accountType !== 'resource-account',
    userType: user.accountType === 'guest' ? 'Guest' : 'Member',
    usageLocation: user.usageLocation,
    department:
      user.accountType === 'resource-account'
        ? 'Microsoft Communication Application Instance'
        : user.department,
    companyName: null,
    city: user.city ?? null,
    officeLocation: user.officeLocation ?? null,
    jobTitle: user.jobTitle ?? null,
    businessPhones: user.businessPhones ?? [],
    mobilePhone: user.mobilePhone ?? null,
    preferredLanguage: null,
    proxyAddresses: [
      ...(user.mail === null ? [] : [`SMTP:${user.mail}`]),
      ...user.aliases.map((alias) => `smtp:${alias}`),
    ],
    onPremisesSyncEnabled: user.onPremises ? true : null,
    // Reserved and never filled, whatever the account is.
    isResourceAccount: null,
    assignedLicenses: user.licences.map((name) => ({
      disabledPlans: user.disabledPlans[name] ?? [],
      skuId: skus[name].id,
    })),
    assignedPlans: [
      ...plansOf(user).map(({ id, service }) => ({
        assignedDateTime: created,
        capabilityStatus: planStatus(tenant, user, id),
        service,
        servicePlanId: id,
      })),
      // What the user once had stays, so the same plan may stand here several times.
      ...user.pastPlans.map(({ planId, assignedAt }) => ({
        assignedDateTime: isoOf(assignedAt),
        capabilityStatus: 'Deleted',
        service: planOf(planId)?.service ?? null,
        servicePlanId: planId,
      })),
    ],
    licenseAssignmentStates: user.licences.map((name) => ({
      skuId: skus[name].id,
      assignedByGroup: null,
      disabledPlans: user.disabledPlans[name] ?? [],
      state: 'Active',
      error: 'None',
      lastUpdatedDateTime: created,
    })),
    createdDateTime: created,
    deletedDateTime: user.deletedAt === undefined ? null : isoOf(user.deletedAt),
  };
}

/** Everybody who lives in the tenant as directory reads show them now. */
export function usersSeen(world: GraphWorld, tenant: Tenant, stamp = readStamp(world)): TeamsUser[] {
  const { directory } = world;
  // Those who are in the bin by now may not have been there then.
  const all =
    world.settings.directoryLagMs > 0 ? directory.ledger(tenant).byId.values() : tenant.users.values();
  const seen: TeamsUser[] = [];
  for (const user of all) {
    const then = directory.at(user, stamp);
    if (then.life === 'live') seen.push(then);
  }
  return seen;
}

const mayReadAll = [
  'User.Read.All',
  'User.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
  'User.Read',
  'User.ReadWrite',
];

/** A field outside the basic profile needs more than `User.ReadBasic.All`. */
function tooMuch({ caller, query }: GraphCall): GraphAnswer | undefined {
  const granted = [...caller.roles, ...caller.scopes];
  const onlyBasic =
    granted.includes('User.ReadBasic.All') && !granted.some((role) => mayReadAll.includes(role));
  const names = query.get('$select')?.split(',') ?? [];
  if (!onlyBasic || names.every((name) => basic.has(name.trim()))) return undefined;
  return fail(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', 'G3');
}

export function listUsers(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  const show = (user: TeamsUser): Entity => userEntity(user, tenant);
  return tooMuch(call) ?? page(call, usersSeen(world, tenant), userRules(world), 'users', show);
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
    ...project(userEntity(world.directory.at(user, readStamp(world)), call.tenant), names),
  });
}

/**
 * By object id or UPN, inside the tenant of the token and nowhere else (G2). Whoever came after what the directory shows is
 * not there yet (G17).
 */
export function seenUser({ world, tenant }: GraphCall, id: string): TeamsUser | undefined {
  const user = world.directory.userById(tenant, id);
  return user && world.directory.at(user, readStamp(world)).life === 'live' ? user : undefined;
}

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
        provisioningStatus: isUsable(user, name, plan.id) ? 'Success' : 'Disabled',
        appliesTo: 'User',
      })),
    })),
  });
}
