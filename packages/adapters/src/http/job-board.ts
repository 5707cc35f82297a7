import type { NewJob } from '@tandem/contract';
import type { AccountId } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { JobCounts, JobItem, JobItemState, StoredJob } from '../postgres/job-store.ts';
import type { Scope } from './scope.ts';

export interface ShownJob extends StoredJob {
  readonly counts: JobCounts;
  readonly secondsLeft?: number;
  readonly canUndo: boolean;
}

export type JobOutcome =
  | { readonly kind: 'done'; readonly job: ShownJob }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong-state'; readonly say: string }
  | { readonly kind: 'preview-outdated' }
  | { readonly kind: 'csv-unreadable'; readonly say: string };

/** Bulk jobs. What the scope may not see is `unknown`. */
export interface JobBoard {
  list(scope: Scope, ask: { readonly limit: number; readonly before?: string }): Promise<readonly ShownJob[]>;
  read(scope: Scope, id: string): Promise<ShownJob | undefined>;
  items(
    scope: Scope,
    id: string,
    page: { readonly limit: number; readonly after?: number; readonly state?: JobItemState },
  ): Promise<readonly JobItem[] | undefined>;
  /** Previews: nothing is changed. */
  create(accountId: AccountId, ask: NewJob, by: AuditActor): Promise<JobOutcome>;
  start(scope: Scope, id: string, preview: string, by: AuditActor): Promise<JobOutcome>;
  pause(scope: Scope, id: string, by: AuditActor): Promise<JobOutcome>;
  resume(scope: Scope, id: string, by: AuditActor): Promise<JobOutcome>;
  cancel(scope: Scope, id: string, by: AuditActor): Promise<JobOutcome>;
  /** Previews a job that puts back what this one changed. */
  undo(scope: Scope, id: string, by: AuditActor): Promise<JobOutcome>;
  peopleCsv(scope: Scope): Promise<string>;
}
