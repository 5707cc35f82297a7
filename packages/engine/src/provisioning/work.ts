import type { Link } from '@tandem/domain';
import type { MicrosoftTenant } from '../ports/microsoft.ts';
import type { HistoryStep } from '../ports/provisioning-history.ts';
import type { MicrosoftFacts } from './facts.ts';
import type { ProvisioningAction } from './reconcile-link.ts';
import type { WriteOutcome } from './write-outcome.ts';

/** What is asked of Microsoft for one person. */
export type Work = Extract<
  ProvisioningAction,
  { readonly kind: 'assign' | 'unassign' | 'poll' | 'assign-policies' }
>;

export const isWork = (action: ProvisioningAction): action is Work =>
  action.kind === 'assign' ||
  action.kind === 'unassign' ||
  action.kind === 'poll' ||
  action.kind === 'assign-policies';

export function carryOut(tenant: MicrosoftTenant, action: Work): Promise<WriteOutcome> {
  switch (action.kind) {
    case 'assign':
      return tenant.assign(action.number, action.objectId);
    case 'unassign':
      return tenant.unassign(action.number);
    case 'poll':
      return tenant.poll(action.operationId);
    case 'assign-policies':
      return tenant.assignPolicies(action.objectId, action.writes);
  }
}

/** The step for the history; undefined for a poll of what goes on, whose end will tell. */
export function stepOf(
  action: Work,
  outcome: WriteOutcome,
  startedAt: number,
  nowWallMs: number,
): HistoryStep | undefined {
  if (outcome.kind === 'running') return undefined;
  const detail =
    action.kind === 'assign-policies'
      ? action.writes.map(({ field, name }) => `${field}: ${name ?? 'none'}`).join(', ')
      : action.kind === 'poll'
        ? undefined
        : action.number;
  const graphId =
    outcome.kind === 'accepted'
      ? outcome.operationId
      : action.kind === 'poll'
        ? action.operationId
        : undefined;
  return {
    atWallMs: startedAt,
    trigger: 'automatic',
    event: `${action.kind}: ${outcome.kind}`,
    durationMs: nowWallMs - startedAt,
    ...(detail !== undefined && { detail }),
    ...(graphId !== undefined && { graphId }),
    ...outcome.request,
    ...(outcome.kind === 'refused' && { code: outcome.code, detail: outcome.reason }),
  };
}

/** Microsoft refuses to take the number back because the licence went first: that has a name and a rescue (PRV-405). */
export function calledByName(
  link: Link,
  facts: MicrosoftFacts | undefined,
  outcome: WriteOutcome,
): WriteOutcome {
  if (outcome.kind !== 'refused' || link.state !== 'REMOVING' || outcome.code !== 'PRV-501') return outcome;
  const licence = facts?.licence;
  const gone = licence !== undefined && licence !== 'unread' && licence.phone === 'missing';
  return gone ? { ...outcome, code: 'PRV-405' } : outcome;
}

/**
 * How long operations take at a tenant: the first poll comes then, so that one is enough. It grows when a poll came too
 * early and shrinks very slowly when it did not, since nobody tells how much too late it was.
 */
export class OperationPace {
  #usualMs: number | undefined;

  get usualMs(): number | undefined {
    return this.#usualMs;
  }

  learn({ operation }: Link, outcome: WriteOutcome, nowWallMs: number): void {
    if (!operation || operation.polls > 0) return;
    const took = nowWallMs - operation.startedWallMs;
    if (outcome.kind === 'running') this.#usualMs = Math.max(this.#usualMs ?? 0, took * 1.25);
    else if (outcome.kind === 'succeeded' && this.#usualMs !== undefined) this.#usualMs *= 0.9995;
  }
}
