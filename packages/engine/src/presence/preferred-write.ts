import type { TenantPresence } from './ports.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';

export interface PresencePair {
  readonly availability: string;
  readonly activity: string;
}

type PreferredWrite = Extract<PresenceWrite, { kind: 'setPreferred' | 'clearPreferred' }>;

/**
 * Compare, then clear (product-behaviour 2.8): there is no call that says who set a preferred state, so what Microsoft
 * shows is read just before, and what is not ours stays. The same before one of ours is set again after a call.
 */
export async function carryOutPreferred(
  tenant: TenantPresence,
  objectId: string,
  write: PreferredWrite,
): Promise<PresenceWriteOutcome> {
  if (write.kind === 'setPreferred' && !write.unlessChosen) return tenant.write(objectId, write);
  const read = await tenant.read([objectId]);
  if (read.is === 'refused') return { is: 'refused' };
  if (read.is !== 'read')
    return {
      is: 'later',
      ...(read.is === 'throttled' && { throttled: true }),
      ...(read.is === 'throttled' && read.retryAfterMs !== undefined && { retryAfterMs: read.retryAfterMs }),
    };
  const shown = read.found.get(objectId);
  const isOurs = (seen: Seen): boolean =>
    [write, ...(write.orPairs ?? [])].some((pair) => samePair(seen, pair));
  if (write.kind === 'setPreferred')
    return shown && isChosen(shown) && !isOurs(shown) ? { is: 'left' } : tenant.write(objectId, write);
  // Preferred states show only beside a session (microsoft-graph 2.4): ours may be hidden behind "offline".
  if (!shown || isUnseen(shown)) return { is: 'hidden' };
  return isOurs(shown) ? tenant.write(objectId, write) : { is: 'left' };
}

type Seen = { readonly availability: string | null; readonly activity: string | null };

const low = (text: string | null): string => (text ?? '').toLowerCase();

/** Idle is a mark on a state, not another state. */
export const samePair = (seen: Seen, pair: PresencePair): boolean =>
  low(seen.availability).replace(/idle$/, '') === low(pair.availability) &&
  low(seen.activity) === low(pair.activity);

const isUnseen = ({ availability, activity }: Seen): boolean =>
  ['', 'presenceunknown'].includes(low(availability)) ||
  (low(availability) === 'offline' && low(activity) === 'offline');

/** What only a person chooses; away, offline and in a meeting come by themselves. */
const isChosen = ({ availability, activity }: Seen): boolean =>
  low(availability) === 'berightback' ||
  low(activity) === 'offwork' ||
  (low(availability) === 'donotdisturb' && low(activity) === 'donotdisturb');
