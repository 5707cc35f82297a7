import type { Link, ReadinessReport } from '@tandem/domain';
import type { ProvisioningAction } from './reconcile-link.ts';

/** product-behaviour 1.2: a person who is held up for longer than this is told to the admins, once. */
const blockedMs = 15 * 60_000;
/** product-behaviour 1.7: one reminder. */
const reminderMs = 24 * 3_600_000;

type Told = NonNullable<Link['told']>[number];

/**
 * Whom to tell what because time has passed or a state was entered. The link remembers, so nobody is told twice, over
 * restarts too.
 */
export function noticesOf(
  link: Link,
  report: ReadinessReport,
  nowWallMs: number,
): { readonly link: Link; readonly actions: readonly ProvisioningAction[] } {
  const told = new Set<Told>(link.told);
  const actions: ProvisioningAction[] = [];
  const once = (what: Told, action: ProvisioningAction): void => {
    if (told.has(what)) return;
    told.add(what);
    actions.push(action);
  };
  if (link.state === 'BLOCKED') {
    const code = report.headline?.code;
    if (nowWallMs - link.sinceWallMs > blockedMs && report.headline?.status === 'red')
      once('blocked', { kind: 'alert', about: 'blocked', ...(code !== undefined && { code }) });
  } else told.delete('blocked');
  if (link.state !== 'REMOVE_FAILED' && link.state !== 'REMOVING') told.delete('stranded');
  if (
    link.state === 'AWAITING_RELAUNCH' &&
    told.has('relaunch') &&
    link.acceptedWallMs !== undefined &&
    nowWallMs - link.acceptedWallMs > reminderMs
  )
    once('reminder', { kind: 'tell-person', about: 'reminder' });
  const list = [...told];
  const same = list.length === (link.told ?? []).length && list.every((one) => link.told?.includes(one));
  if (same) return { link, actions };
  const { told: _, ...rest } = link;
  return { link: list.length === 0 ? rest : { ...rest, told: list }, actions };
}

/** The link with a note that this was told. */
export const withTold = (link: Link, what: Told): Link =>
  link.told?.includes(what) ? link : { ...link, told: [...(link.told ?? []), what] };
