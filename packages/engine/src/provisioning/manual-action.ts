import type { DriftField, Link, PolicyField } from '@tandem/domain';
import type { AccountPolicy } from './decide-events.ts';
import { decided, undone } from './drift.ts';
import { linkStep } from './link.machine.ts';
import { applyEvent, without } from './reconcile-link.ts';

/** What somebody may ask of one link. Numbers are changed in the directory, whoever asks; the link follows. */
export type ManualAction =
  | { readonly kind: 'recheck' | 'retry' | 'push' }
  | { readonly kind: 'drift'; readonly field: DriftField; readonly decision: 'repair' | 'accept' | 'undo' }
  | { readonly kind: 'approve'; readonly approved: boolean }
  /** Who of several Microsoft users the person is (PRV-112); null: the addresses decide again. */
  | { readonly kind: 'choose'; readonly objectId: string | null }
  /** `objectId`: of who has the wanted number, as it was shown to who decides. */
  | { readonly kind: 'take-over'; readonly objectId: string }
  | { readonly kind: 'undo'; readonly what: PolicyField };

/** The link after it, or why there is nothing to do. */
export type ManualOutcome = Link | 'nothing-to-retry' | 'nothing-to-decide';

/** States in which the number stands and pushing means: write what differs once more. */
const standing: ReadonlySet<Link['state']> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
]);

export function applyManual(
  link: Link,
  action: ManualAction,
  by: string,
  policy: AccountPolicy,
  nowWallMs: number,
): ManualOutcome {
  switch (action.kind) {
    case 'recheck':
      return link;
    case 'retry': {
      // A wait that an unlucky try left behind ends as well; what Microsoft asked for is kept by the client.
      const rested = without(link, 'notBeforeWallMs', 'retries');
      if (link.state !== 'FAILED' && link.state !== 'REMOVE_FAILED')
        return link.code === 'PRV-502' || link.notBeforeWallMs !== undefined
          ? without(rested, 'code', 'reason')
          : 'nothing-to-retry';
      if (!linkStep(link.state, 'retry')) return 'nothing-to-retry';
      return applyEvent(rested, { event: 'retry' }, policy, nowWallMs, []) ?? 'nothing-to-retry';
    }
    case 'push': {
      if (!standing.has(link.state)) return 'nothing-to-retry';
      // Whoever asks for what is set up here has decided about what somebody else changed.
      const repaired = (link.drift ?? []).reduce(
        (before, drift) => decided(before, drift, 'repair', by, nowWallMs),
        link,
      );
      // What Microsoft shows is not written again; everything else counts as never written.
      return without(repaired, 'policies', 'notBeforeWallMs', 'retries', 'code', 'reason');
    }
    case 'approve': {
      if (action.approved === (link.approvedWallMs !== undefined)) return link;
      return action.approved ? { ...link, approvedWallMs: nowWallMs } : without(link, 'approvedWallMs');
    }
    case 'choose': {
      // Whose number is at Microsoft is known by that number: it is taken back first.
      if (link.assignedNumber !== undefined) return 'nothing-to-decide';
      if (action.objectId !== null) return { ...link, objectId: action.objectId };
      return link.objectId === undefined ? 'nothing-to-decide' : without(link, 'objectId');
    }
    case 'drift': {
      if (action.decision === 'undo') return undone(link, action.field)?.link ?? 'nothing-to-decide';
      const drift = link.drift?.find(({ field }) => field === action.field);
      if (!drift || (drift.field === 'voice' && action.decision === 'accept')) return 'nothing-to-decide';
      return decided(link, drift, action.decision, by, nowWallMs);
    }
    case 'take-over': {
      if (link.state !== 'FAILED' || link.code !== 'PRV-304') return 'nothing-to-decide';
      const next = applyEvent(link, { event: 'retry' }, policy, nowWallMs, []);
      // Nothing is taken from anybody before a reading that is newer than the decision shows the same holder.
      return next
        ? { ...next, takeOver: { objectId: action.objectId }, lastWriteWallMs: nowWallMs }
        : 'nothing-to-decide';
    }
    case 'undo': {
      const ours = link.policies?.[action.what];
      if (!ours) return 'nothing-to-decide';
      // From now on the tenant's default is what is wanted for this person.
      return { ...link, accepted: { ...link.accepted, [action.what]: { name: null, assign: true } } };
    }
  }
}
