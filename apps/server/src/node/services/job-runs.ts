import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { JobItem, StoredJob } from '@tandem/adapters/postgres/job-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { afterJobEvent } from '@tandem/engine/jobs/job.machine.ts';
import { createPace, type Pace } from '@tandem/engine/jobs/pace.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import type { ChangeLog } from './change-log.ts';
import { auditOf, decideItem, itemOver } from './job-items.ts';
import type { NoteJob } from './jobs.ts';

export interface JobRunParts {
  readonly stores: Pick<Stores, 'jobs' | 'people' | 'bulk'>;
  readonly provisioning: Pick<ProvisioningBoard, 'act'>;
  /** For entries of the audit that a batch has stored. */
  readonly stored: ChangeLog['stored'];
  readonly note: NoteJob;
  readonly refresh: () => Promise<unknown>;
  readonly newId: () => string;
  readonly wall: () => number;
  readonly onProblem: (what: string) => void;
}

export interface JobRuns {
  /** Carries out a running job, unless that is being done. */
  go(job: Pick<StoredJob, 'id' | 'accountId'>): void;
  /** Until the batch at hand is over. */
  settled(id: string): Promise<void>;
  secondsLeft(id: string, waiting: number): number | undefined;
  stop(): Promise<void>;
}

/** People and numbers: one transaction, one entry in everybody's memory. */
const batch = 250;
/** Each asks Microsoft's side of the platform, one after another. */
const retryBatch = 25;
const byJobs: AuditActor = { kind: 'system', name: 'jobs' };

/** Batch after batch until nothing waits, or somebody pauses or cancels. The routing facts follow each batch. */
export function createJobRuns(parts: JobRunParts): JobRuns {
  const { stores } = parts;
  const running = new Map<string, Promise<void>>();
  const paces = new Map<string, Pace>();
  let stopped = false;

  async function retry(job: StoredJob, item: JobItem): Promise<JobItem> {
    const person = item.personId && (await stores.people.get(job.accountId, item.personId));
    if (!person) return { ...item, state: 'left-out', words: 'The person is not there any more.' };
    const outcome = await parts.provisioning.act(person, { kind: 'retry' }, job.createdBy);
    if (outcome.kind === 'done') return { ...item, state: 'done', words: 'Is tried again.' };
    return outcome.kind === 'nothing-to-retry'
      ? { ...item, state: 'unchanged', words: 'Nothing was refused that could be tried again.' }
      : { ...item, state: 'refused', words: outcome.detail ?? 'Provisioning does not look at this person.' };
  }

  /** How many items of it are over; none: nothing waits any more. */
  async function retryNext(job: StoredJob): Promise<number> {
    const items = await stores.jobs.items(job.accountId, job.id, { limit: retryBatch, state: 'waiting' });
    const finished: JobItem[] = [];
    for (const item of items) {
      if (stopped) break;
      // One that fails by a bug of ours must not stop the others, nor be tried for ever.
      finished.push(
        await retry(job, item).catch((error: Error & { code?: string }) => {
          if (error.code === 'database-unavailable') throw error;
          parts.onProblem(`a bug at item ${item.position} of job ${job.id}: ${error.stack}`);
          return {
            ...item,
            state: 'refused' as const,
            words: 'Failed by a fault of the platform; see its log.',
          };
        }),
      );
    }
    await stores.jobs.finish(job.accountId, job.id, finished);
    return finished.length;
  }

  async function changeNext(job: StoredJob): Promise<number | undefined> {
    const made = await stores.bulk.carryOut(
      job,
      batch,
      {
        decide: (item, person, tags) => decideItem(job, item, person, tags, parts.newId),
        over: itemOver,
        audit: (item, write, outcome) => auditOf(job, item, write, outcome),
        onFault: (item, error) =>
          parts.onProblem(`a bug at item ${item.position} of job ${job.id}: ${error.stack}`),
      },
      parts.wall(),
    );
    if (made.kind === 'not-running') return undefined;
    if (made.entries.length > 0) {
      parts.stored(job.accountId, made.entries);
      await parts.refresh();
    }
    return made.items.length;
  }

  async function run({ id, accountId }: Pick<StoredJob, 'id' | 'accountId'>): Promise<void> {
    const pace = createPace(parts.wall());
    paces.set(id, pace);
    for (;;) {
      const job = await stores.jobs.get(accountId, id);
      if (job?.state !== 'running' || stopped) return;
      const over = await (job.kind === 'retry-provisioning' ? retryNext(job) : changeNext(job));
      if (over === undefined || stopped) return;
      if (over > 0) {
        pace.finished(over, parts.wall());
        continue;
      }
      const next = afterJobEvent(job.state, 'allItemsOver');
      if (next && (await stores.jobs.move(job, next)))
        await parts.note(job, byJobs, 'done', await stores.jobs.counts(accountId, id));
      return;
    }
  }

  return {
    go(job) {
      if (running.has(job.id) || stopped) return;
      const turn = run(job)
        .catch((error: Error) => parts.onProblem(`job ${job.id} waits: ${error.message}`))
        .finally(() => {
          running.delete(job.id);
          paces.delete(job.id);
        });
      running.set(job.id, turn);
    },
    settled: async (id) => await running.get(id),
    secondsLeft: (id, waiting) => paces.get(id)?.secondsLeft(waiting, parts.wall()),
    async stop() {
      stopped = true;
      await Promise.all(running.values());
    },
  };
}
