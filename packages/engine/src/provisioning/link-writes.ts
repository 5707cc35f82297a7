import type { Link, LinkState, ReadinessReport } from '@tandem/domain';
import { type AccountPolicy, readBack, takesOver } from './decide-events.ts';
import type { MicrosoftFacts, NumberFacts, OwnFacts } from './facts.ts';
import { type PolicyWrite, policiesDue, policiesToUnassign } from './policies.ts';
import type { ProvisioningAction } from './reconcile-link.ts';

/** Number first, then policies: in these the number is settled. */
const policyStates: ReadonlySet<LinkState> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
]);

/** Something is missing, or was not seen: nothing is written. */
const lost = (report: ReadinessReport): boolean =>
  report.checks.slice(0, 10).some((check) => check.status === 'red' || check.status === 'unknown');

const clean = (link: Link, seen: NumberFacts | undefined): boolean =>
  link.assignedNumber === undefined ||
  (seen !== undefined &&
    !seen.pending &&
    seen.holder.is !== 'this-person' &&
    seen.otherNumber !== link.assignedNumber);

function policyWrites(
  link: Link,
  writes: readonly PolicyWrite[],
  key: (write: string) => string,
  nowWallMs: number,
): { readonly link: Link; readonly actions: readonly ProvisioningAction[] } {
  if (writes.length === 0 || link.objectId === undefined) return { link, actions: [] };
  const what = writes.map(({ field, name }) => `${field}=${name ?? ''}`).join(',');
  return {
    link: { ...link, lastPolicyWriteWallMs: nowWallMs },
    actions: [
      {
        kind: 'assign-policies',
        objectId: link.objectId,
        writes,
        idempotencyKey: key(`policies:${what}`),
      },
    ],
  };
}

/** The writes and polls that the state calls for now. They follow from the state alone, so they are the same after a crash. */
export function linkWrites(
  link: Link,
  own: Omit<OwnFacts, 'link'>,
  microsoft: MicrosoftFacts | undefined,
  report: ReadinessReport,
  account: AccountPolicy,
  nowWallMs: number,
): { readonly link: Link; readonly actions: readonly ProvisioningAction[] } {
  const idle = { link, actions: [] };
  if (link.operation) {
    return nowWallMs >= link.operation.nextPollWallMs
      ? { link, actions: [{ kind: 'poll', operationId: link.operation.id }] }
      : idle;
  }
  if (link.notBeforeWallMs !== undefined && nowWallMs < link.notBeforeWallMs) return idle;
  const number = microsoft?.number ?? 'unread';
  const seen = readBack(link, number);
  const key = (write: string): string => `${link.personId}:${link.generation}:${write}`;

  if (link.state === 'REMOVING' && link.policies && clean(link, seen))
    return policyWrites(link, policiesToUnassign(link), key, nowWallMs);
  if (link.state === 'REMOVING' && link.assignedNumber !== undefined) {
    if (account.room === false && link.lastWriteWallMs === undefined) return idle;
    // Under way already, begun by a process that is gone: it is seen through first.
    if (!seen || seen.pending)
      return { link, actions: [{ kind: 'read-number', number: link.assignedNumber }] };
    const held = link.assignedNumber;
    return {
      link: { ...link, lastWriteWallMs: nowWallMs },
      actions: [{ kind: 'unassign', number: held, idempotencyKey: key(`unassign:${held}`) }],
    };
  }
  const wanted = own.person?.number;
  const user = microsoft?.user;
  const policies = policyStates.has(link.state) || link.step === 'policies';
  if (policies && link.objectId !== undefined && !lost(report))
    return policyWrites(link, policiesDue(link, own.wanted, microsoft, nowWallMs), key, nowWallMs);
  if (link.state !== 'ASSIGNING' || wanted === undefined) return idle;
  // Two people with one address, or a wrong tenant state: nothing is written.
  if (lost(report)) return idle;
  if (user === undefined || user === 'unread' || user === null) return idle;
  if (!seen || seen.pending) return { link, actions: [{ kind: 'read-number', number: wanted }] };
  if (takesOver(link, seen)) {
    // Microsoft took it and still shows the old holder: it is waited for, not asked again.
    if (link.takeOver?.done) return { link, actions: [{ kind: 'read-number', number: wanted }] };
    return {
      link: { ...link, lastWriteWallMs: nowWallMs },
      actions: [{ kind: 'unassign', number: wanted, idempotencyKey: key(`take-over:${wanted}`) }],
    };
  }
  // One primary number a person: always unassign first (microsoft-graph 5.2); somebody else's choice only when decided so.
  const old = link.replaces ?? link.assignedNumber;
  if (old !== undefined && old !== wanted && seen.otherNumber === old) {
    return {
      link: { ...link, lastWriteWallMs: nowWallMs },
      actions: [{ kind: 'unassign', number: old, idempotencyKey: key(`unassign:${old}`) }],
    };
  }
  const { reassign: _r, replaces: _p, ...rest } = link;
  return {
    link: { ...rest, objectId: user.objectId, assignedNumber: wanted, lastWriteWallMs: nowWallMs },
    actions: [
      { kind: 'assign', number: wanted, objectId: user.objectId, idempotencyKey: key(`assign:${wanted}`) },
    ],
  };
}
