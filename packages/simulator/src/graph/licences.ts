import type { Seats, TeamsUser, Tenant } from '../directory/tenant.ts';
import type { LicenceName } from '../world/rehearsal-world.ts';
import { skus } from './licence-catalogue.ts';

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
