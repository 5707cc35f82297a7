import type { CallRecord } from '@tandem/domain';

export interface CallFilter {
  readonly number?: string | undefined;
  readonly result?: CallRecord['result'] | undefined;
  readonly direction?: CallRecord['direction'] | undefined;
  readonly personId?: string | undefined;
  /** Calls of any of these people. */
  readonly personIds?: ReadonlySet<string> | undefined;
  readonly sipCallId?: string | undefined;
  readonly fromWallMs?: number | undefined;
  readonly beforeWallMs?: number | undefined;
}

/** The filters of a call list, for calls in memory. `number` matches any part of either party's digits. */
export function matches(record: CallRecord, filter: CallFilter): boolean {
  const digits = filter.number?.replace(/[\s()\-./+]/g, '').toLowerCase();
  if (digits && !record.from.toLowerCase().includes(digits) && !record.to.toLowerCase().includes(digits))
    return false;
  if (filter.result !== undefined && record.result !== filter.result) return false;
  if (filter.direction !== undefined && record.direction !== filter.direction) return false;
  if (filter.personId !== undefined && record.personId !== filter.personId) return false;
  if (filter.personIds && (record.personId === undefined || !filter.personIds.has(record.personId)))
    return false;
  if (filter.sipCallId !== undefined && !record.legs.some((leg) => leg.sipCallId === filter.sipCallId))
    return false;
  if (filter.fromWallMs !== undefined && record.invitedAt < filter.fromWallMs) return false;
  return filter.beforeWallMs === undefined || record.invitedAt < filter.beforeWallMs;
}
