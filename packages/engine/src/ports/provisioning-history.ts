import type { AccountId, LinkState, PersonId, ReadinessCode } from '@tandem/domain';

/** One step of a link: what happened, what we asked of Microsoft, and how long Microsoft took. */
export interface HistoryStep {
  readonly atWallMs: number;
  readonly trigger: 'automatic' | 'manual';
  /** Who, when it was by hand. */
  readonly by?: string;
  /** An event of the link's machine, or what was written: `assign`, `unassign`, `assign-policies` … */
  readonly event: string;
  readonly from?: LinkState;
  readonly to?: LinkState;
  readonly code?: ReadinessCode;
  readonly detail?: string;
  /** Microsoft's operation. */
  readonly graphId?: string;
  /** Microsoft's id of the request, and ours: what their support asks for. */
  readonly requestId?: string;
  readonly clientRequestId?: string;
  readonly durationMs?: number;
}

/** What is kept of one person; older steps go. */
export const mostHistorySteps = 200;

/** What happened to links. `note` never rejects and is never waited for: history must not hold up a link. */
export interface ProvisioningHistory {
  note(accountId: AccountId, personId: PersonId, step: HistoryStep): void;
  /** Newest first. */
  list(accountId: AccountId, personId: PersonId, limit: number): Promise<readonly HistoryStep[]>;
}
