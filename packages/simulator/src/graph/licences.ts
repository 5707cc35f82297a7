import type { Seats, TeamsUser, Tenant } from '../directory/tenant.ts';
import type { LicenceName } from '../world/rehearsal-world.ts';
import { context, fail, type GraphAnswer, type GraphCall, notFound, ok } from './graph-world.ts';
import { licenceConflict, licenceOfSku, skus } from './licence-catalogue.ts';
import { type Entity, project } from './listing.ts';
import { seenUser, userDefaults, userEntity } from './users.ts';

/** What was bought, what is used, and what that means for a plan (graph 4.5; checks L1, L2). */

export const isUsable = (
  user: Pick<TeamsUser, 'disabledPlans'>,
  licence: LicenceName,
  planId: string,
): boolean => !user.disabledPlans[licence]?.includes(planId);

/** `capabilityStatus` of a subscription: what is paid for, what is in its grace period, what has ended. */
export function seatStatus(seats: Seats | undefined): 'Enabled' | 'Warning' | 'Suspended' | 'LockedOut' {
  if (!seats || seats.enabled > 0) return 'Enabled';
  if (seats.warning > 0) return 'Warning';
  if (seats.suspended > 0) return 'Suspended';
  return seats.lockedOut > 0 ? 'LockedOut' : 'Enabled';
}

const order = ['Enabled', 'Warning', 'Suspended', 'LockedOut'] as const;

/** `capabilityStatus` of a plan of the user: the best of the licences that carry it. */
export function planStatus(
  { seats }: Pick<Tenant, 'seats'>,
  user: Pick<TeamsUser, 'licences' | 'disabledPlans'>,
  planId: string,
): string {
  if (seats.size === 0) return 'Enabled';
  const states = user.licences
    .filter((name) => isUsable(user, name, planId) && skus[name].plans.some(({ id }) => id === planId))
    .map((name) => seatStatus(seats.get(name)));
  return order.find((state) => states.includes(state)) ?? 'Enabled';
}

/** Users who live and have the licence. */
export function consumed(tenant: Pick<Tenant, 'users'>, licence: LicenceName): number {
  let count = 0;
  for (const { licences } of tenant.users.values()) if (licences.includes(licence)) count++;
  return count;
}

export function listSkus(call: GraphCall): GraphAnswer {
  const { tenant } = call;
  const value = [...tenant.seats].map(([name, seats]): Entity => {
    const { id, partNumber, plans } = skus[name];
    return {
      id: `${tenant.id}_${id}`,
      accountId: tenant.id,
      accountName: tenant.name,
      appliesTo: 'User',
      capabilityStatus: seatStatus(seats),
      consumedUnits: consumed(tenant, name),
      prepaidUnits: { ...seats },
      servicePlans: plans.map((plan) => ({
        appliesTo: 'User',
        provisioningStatus: 'Success',
        servicePlanId: plan.id,
        servicePlanName: plan.name,
      })),
      skuId: id,
      skuPartNumber: partNumber,
      subscriptionIds: [],
    };
  });
  // Not paged, and without $filter (graph 4.5).
  for (const option of ['$filter', '$top', '$skip', '$orderby'])
    if (call.query.has(option))
      return fail(400, 'Request_UnsupportedQuery', `${option} is not supported here.`, 'L1');
  return ok({ '@odata.context': context(call.base, 'subscribedSkus'), value });
}

interface LicenceWish {
  readonly addLicenses?: readonly {
    readonly skuId?: string | null;
    readonly disabledPlans?: readonly string[];
  }[];
  readonly removeLicenses?: readonly string[];
}

export function assignLicense(call: GraphCall): GraphAnswer {
  const { world, tenant } = call;
  const user = seenUser(call, call.params['user-id'] ?? '');
  if (!user) return notFound(call.params['user-id'] ?? '');
  const bad = (message: string): GraphAnswer => fail(400, 'Request_BadRequest', message, 'L2');
  const { addLicenses = [], removeLicenses = [] } = call.body as LicenceWish;
  let licences = [...user.licences];
  const disabledPlans: Partial<Record<LicenceName, readonly string[]>> = { ...user.disabledPlans };
  for (const id of removeLicenses) {
    const name = licenceOfSku(id);
    if (!name || !licences.includes(name)) return bad('User does not have a corresponding license.');
    licences = licences.filter((one) => one !== name);
    delete disabledPlans[name];
  }
  for (const { skuId, disabledPlans: off = [] } of addLicenses) {
    const name = licenceOfSku(skuId ?? '');
    const seats = name && tenant.seats.get(name);
    if (!name || !seats) return bad(`License ${skuId} does not correspond to a valid company License.`);
    const strange = off.find((id) => !skus[name].plans.some((plan) => plan.id === id));
    if (strange !== undefined) return bad(`The service plan ${strange} is not part of license ${skuId}.`);
    if (user.usageLocation === null)
      return bad('License assignment cannot be done for user with invalid usage location.');
    if (!licences.includes(name)) {
      if (!user.licences.includes(name) && consumed(tenant, name) >= seats.enabled + seats.warning)
        return bad(`Subscription with SKU ${skuId} does not have any available licenses.`);
      licences.push(name);
    }
    disabledPlans[name] = off;
  }
  const conflict = licenceConflict(licences);
  if (conflict) return bad(`License assignment failed: ${conflict}.`);
  world.directory.change(user, { licences, disabledPlans });
  return ok({
    '@odata.context': context(call.base, 'users/$entity'),
    ...project(userEntity(user, tenant), [...userDefaults, 'assignedLicenses']),
  });
}
