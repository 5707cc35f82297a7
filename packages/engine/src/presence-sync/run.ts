import type { AccountId, PersonId } from '@tandem/domain';
import type { AuditActor } from '../ports/audit.ts';
import type { RequestIds } from '../provisioning/write-outcome.ts';
import type { CodeDetail, PresenceCode } from './codes.ts';
import type { PresenceProbeOutcome } from './ports.ts';
import type { RunState } from './run.machine.ts';
import type { PresenceDirection, PresenceMode } from './settings.ts';

export const runReasons = [
  'mode-change',
  'selection',
  'resync',
  're-authorised',
  'by-hand',
  /** Of itself, every hour, for those who failed; kept and told of only where something changed. */
  'retry',
] as const;
export type RunReason = (typeof runReasons)[number];

export interface RunCounts {
  readonly inScope: number;
  readonly synced: number;
  readonly alreadySynced: number;
  readonly unsynced: number;
  readonly failed: number;
  readonly judged: number;
}

export const noCounts: RunCounts = {
  inScope: 0,
  synced: 0,
  alreadySynced: 0,
  unsynced: 0,
  failed: 0,
  judged: 0,
};

/** What a run did, how long it took and, where Microsoft was asked, by what its support finds the request. */
export interface RunStep {
  readonly what: (typeof runSteps)[number];
  readonly atWallMs: number;
  readonly durationMs: number;
  /** How many it was about. */
  readonly people?: number;
  readonly outcome?: PresenceProbeOutcome['is'];
  readonly request?: RequestIds;
}
export const runSteps = ['directory', 'match', 'read-presence'] as const;
/** Of a run that Microsoft holds up for hours the last ones tell most. */
export const mostRunSteps = 200;

export interface StoredRun {
  readonly id: string;
  readonly accountId: AccountId;
  readonly reason: RunReason;
  readonly state: RunState;
  readonly mode: PresenceMode;
  readonly direction: PresenceDirection;
  /** Undefined: everybody of the account. */
  readonly people?: readonly PersonId[];
  readonly startedBy: AuditActor;
  readonly startedWallMs: number;
  readonly finishedWallMs?: number;
  readonly counts: RunCounts;
  /** In their order. */
  readonly steps?: readonly RunStep[];
  readonly mailed: boolean;
  /** Presence of nobody is synced by this account any more: what the mode "disabled" ended. */
  readonly ended?: number;
}

export const runOutcomes = ['synced', 'already-synced', 'unsynced', 'failed'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

export interface RunResult {
  readonly personId: PersonId;
  readonly displayName: string;
  readonly mail?: string;
  readonly outcome: RunOutcome;
  readonly code?: PresenceCode;
  readonly detail?: CodeDetail;
}

const keyOf: Readonly<Record<RunOutcome, 'synced' | 'alreadySynced' | 'unsynced' | 'failed'>> = {
  synced: 'synced',
  'already-synced': 'alreadySynced',
  unsynced: 'unsynced',
  failed: 'failed',
};

/** Whoever was unsynced by an administrator is not in scope and is told of all the same. */
export function countResults(results: readonly RunResult[], inScope: number): RunCounts {
  const counts = { ...noCounts, inScope, judged: 0 };
  for (const { outcome } of results) {
    counts[keyOf[outcome]] += 1;
    if (outcome !== 'unsynced') counts.judged += 1;
  }
  return counts;
}

/** All failed, where there was anybody to sync. */
export const wentBadly = ({ inScope, failed }: RunCounts): boolean => inScope > 0 && failed === inScope;

const people = (count: number): string => (count === 1 ? '1 person' : `${count} people`);

/** The result in words, for the banner (feature B22). */
export function runSentence(run: StoredRun): string {
  const { counts, state } = run;
  switch (state) {
    case 'waiting':
      return 'Presence sync begins.';
    case 'matching':
    case 'reading':
      return `Presence sync goes on: ${counts.judged} of ${people(counts.inScope)}.`;
    case 'cancelled':
      return 'Overtaken by a later change; its own run tells.';
    case 'done':
    case 'needs-attention': {
      const seconds = Math.max(0, Math.round(((run.finishedWallMs ?? 0) - run.startedWallMs) / 1000));
      if (run.mode === 'disabled')
        return `Presence sync is off${run.ended ? `: ended for ${people(run.ended)}` : ''}.`;
      const ok = counts.synced + counts.alreadySynced;
      return `${ok} synced, ${counts.failed} failed, in ${seconds} s.${state === 'needs-attention' ? ' Somebody has to act.' : ''}`;
    }
  }
}
