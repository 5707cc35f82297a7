import type { AccountId, PersonId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { JudgeParts } from './judge-people.ts';
import type { PresenceProbe, PresenceSyncStore, PresenceTenant } from './ports.ts';
import type { RunReason } from './run.ts';
import type { RunMailParts } from './run-mail.ts';

export interface RunnerParts extends JudgeParts {
  readonly store: PresenceSyncStore;
  readonly probe: PresenceProbe;
  readonly clock: Clock;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly tenants: (accountId: AccountId) => readonly PresenceTenant[];
  readonly accountName: (accountId: AccountId) => string | undefined;
  readonly newId: () => string;
  readonly portal: string;
  readonly csv: RunMailParts['csv'];
  readonly onProblem: (what: string, accountId: AccountId) => void;
}

export interface RunAsk {
  readonly accountId: AccountId;
  readonly reason: RunReason;
  readonly by: AuditActor;
  readonly people?: readonly PersonId[];
  /** How many people the mode "disabled" ended. */
  readonly ended?: number;
}

/** Who does what nobody asked for. */
export const automatic: AuditActor = { kind: 'system', name: 'presence-sync' };

/** How many runs of an account are kept. */
export const keptRuns = 20;
