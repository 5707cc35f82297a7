import type { Clock } from '../ports/clock.ts';
import { restoreCallPresence } from './call-presence.ts';
import type { DeskCourse } from './desk-course.ts';
import { type DeskRows, preferredPairOf, readWish } from './desk-rows.ts';
import type { StoredLease, StoredPreferred } from './ports.ts';
import type { Desk } from './writer-desk.ts';

/** What a process of before left of one person at Microsoft: one of the two rows at least. */
export interface LeftBehind {
  readonly lease: StoredLease | undefined;
  readonly preferred: StoredPreferred | undefined;
}

/** Takes over what a process of before left. The first step re-asserts or clears it. */
export function takeOver(
  desk: Desk,
  { lease, preferred }: LeftBehind,
  { clock, rows, course }: { readonly clock: Clock; readonly rows: DeskRows; readonly course: DeskCourse },
): void {
  const row = lease ?? preferred;
  if (!row) return;
  const sequence = Math.max(lease?.sequence ?? 0, preferred?.sequence ?? 0);
  desk.rowUpTo = Math.max(desk.rowUpTo, lease?.sequence ?? 0);
  desk.preferredUpTo = Math.max(desk.preferredUpTo, preferred?.sequence ?? 0);
  const leased = lease !== undefined && lease.leftMs > 0;
  const prefers = preferred !== undefined && preferred.leftMs > 0;
  const now = clock.now();
  const pair = preferred && preferredPairOf(preferred);
  const left = prefers && !preferred.standing ? { leftKey: preferred.wish } : undefined;
  const stands = prefers &&
    pair &&
    preferred.standing && {
      preferred: {
        pair,
        ...readWish(preferred.wish),
        endsMs: now + preferred.leftMs,
      },
    };
  // The store came late and this process has something of its own already: it goes on above the old number. A lease of
  // before ends by itself; what was preferred stands for hours, so it is taken over all the same.
  if ((!leased && !prefers) || desk.state.sequence > 0) {
    if (desk.state.leaseEndsMs === undefined) rows.dropLease(desk);
    const none = { platform: [], teams: [] };
    const before = desk.state.preferred
      ? undefined
      : restoreCallPresence({ sequence, ...left, ...stands }, none, now).preferred;
    desk.state = {
      ...desk.state,
      ...left,
      ...(before && { preferred: before }),
      sequence: Math.max(desk.state.sequence, sequence),
    };
    if (desk.state.preferred === undefined) rows.dropPreferred(desk);
    course.schedule(desk);
    return;
  }
  const { accountId, personId } = row;
  const { entraTenantId, objectId } = leased ? lease : row;
  desk.restored = {
    at: { accountId, personId, entraTenantId, objectId },
    sequence,
    ...(leased && { leaseEndsMs: now + lease.leftMs }),
    ...left,
    ...stands,
  };
  delete desk.at;
  course.attach(desk);
}
