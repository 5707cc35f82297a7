import { createHash } from 'node:crypto';
import type { JobBoard, JobOutcome, ShownJob } from '@tandem/adapters/http/job-board.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import type { Facts, JobItem, JobKind, StoredJob } from '@tandem/adapters/postgres/job-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import type { ReadinessSummary } from '@tandem/contract';
import type { Account, AccountId, Person, RoutingSnapshot } from '@tandem/domain';
import { afterJobEvent, type JobEvent } from '@tandem/engine/jobs/job.machine.ts';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import { undoOf } from './job-items.ts';
import { mostPeople, type PreviewGround, previewOf } from './job-previews.ts';
import { createJobRuns, type JobRunParts } from './job-runs.ts';
import { peopleSheet } from './people-sheet.ts';

export interface Jobs {
  readonly board: JobBoard;
  /** Goes on with what a crash interrupted. */
  start(): void;
  stop(): Promise<void>;
}

export interface JobParts extends Omit<JobRunParts, 'stores' | 'note'> {
  readonly stores: Pick<Stores, 'jobs' | 'bulk' | 'people' | 'accounts' | 'numberStock' | 'tags'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly readinessOf: (account: Account, person: Person) => ReadinessSummary;
  readonly workplaces: PreviewGround['workplaces'];
  readonly audit: AuditLog;
}

/** An entry of the audit about the job itself. */
export type NoteJob = (job: StoredJob, by: AuditActor, action: string, more?: Facts) => Promise<void>;

const lookAgainMs = 10_000;

/**
 * Bulk jobs (product-behaviour 1.6). Items are carried out in their order, batch by batch; each is looked at again right
 * before, so that one that changed since the preview is left out, and a batch is done whole or not at all.
 */
export function createJobs(parts: JobParts): Jobs {
  const { stores, audit } = parts;
  const note: NoteJob = (job, by, action, more = {}) =>
    audit.note({
      accountId: job.accountId,
      actor: by,
      action: `job.${action}`,
      object: { kind: 'job', id: job.id, label: job.title },
      ...(Object.keys(more).length > 0 && { after: more }),
    });
  const runs = createJobRuns({ ...parts, note });
  const ground = async (accountId: AccountId): Promise<PreviewGround> => ({
    snapshot: parts.snapshot(),
    ranges: await stores.numberStock.ranges(accountId),
    tags: new Map((await stores.tags.people(accountId)).map(({ id, tags }) => [id, tags])),
    readinessOf: parts.readinessOf,
    workplaces: parts.workplaces,
  });

  async function shown(job: StoredJob): Promise<ShownJob> {
    const counts = await stores.jobs.counts(job.accountId, job.id);
    const left = job.state === 'running' ? runs.secondsLeft(job.id, counts.waiting) : undefined;
    const over = job.state === 'done' || job.state === 'cancelled';
    return {
      ...job,
      counts,
      ...(left !== undefined && { secondsLeft: left }),
      canUndo: over && job.undoneBy === undefined && job.kind !== 'retry-provisioning' && counts.done > 0,
    };
  }
  async function find(scope: Scope, id: string): Promise<StoredJob | undefined> {
    if (scope.kind === 'person') return undefined;
    const job =
      scope.kind === 'platform'
        ? await stores.jobs.findForPlatform(id)
        : await stores.jobs.get(scope.accountId, id);
    return job && seesAccount(scope, job.accountId) ? job : undefined;
  }

  async function put(
    accountId: AccountId,
    kind: JobKind,
    { title, items, options }: { title: string; items: readonly JobItem[]; options: Facts },
    by: AuditActor,
    undone?: string,
  ): Promise<JobOutcome> {
    const id = parts.newId();
    const preview = createHash('sha256')
      .update(JSON.stringify([id, items]))
      .digest('base64url')
      .slice(0, 32);
    await stores.jobs.create(
      {
        id,
        accountId,
        kind,
        title,
        preview,
        options,
        createdBy: by,
        ...(undone !== undefined && { undoOf: undone }),
      },
      items,
    );
    const job = await stores.jobs.get(accountId, id);
    if (!job) return { kind: 'unknown' };
    await note(job, by, 'preview', { items: items.length });
    return { kind: 'done', job: await shown(job) };
  }

  async function step(scope: Scope, id: string, event: JobEvent, by: AuditActor): Promise<JobOutcome> {
    const job = await find(scope, id);
    if (!job) return { kind: 'unknown' };
    const next = afterJobEvent(job.state, event);
    if (next === undefined || !(await stores.jobs.move(job, next)))
      return { kind: 'wrong-state', say: `The job is ${job.state}.` };
    await note(job, by, event);
    if (next === 'cancelled') {
      // The batch at hand is seen through, so that nothing is cancelled that was done.
      await runs.settled(id);
      await stores.jobs.cancelWaiting(job.accountId, id);
    }
    if (next === 'running') runs.go(job);
    return { kind: 'done', job: await shown({ ...job, state: next }) };
  }

  let stopped = false;
  let again: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    stores.jobs
      .listRunningForPlatform()
      .then((jobs) => {
        for (const job of jobs) runs.go(job);
      })
      .catch(() => undefined);
    // Also after the database was away: what runs by its row runs here.
    if (!stopped) again = setTimeout(goOn, lookAgainMs).unref();
  };

  const board: JobBoard = {
    async list(scope, { limit, before }) {
      if (scope.kind === 'person') return [];
      const accounts =
        scope.kind === 'account'
          ? [scope.accountId]
          : (await stores.accounts.listAllAccountsForPlatform()).map(({ id }) => id);
      const found = (await Promise.all(accounts.map((id) => stores.jobs.list(id, limit, before)))).flat();
      found.sort((a, b) => (a.id < b.id ? 1 : -1));
      return await Promise.all(found.slice(0, limit).map(shown));
    },
    async read(scope, id) {
      const job = await find(scope, id);
      return job && (await shown(job));
    },
    async items(scope, id, page) {
      const job = await find(scope, id);
      return job && (await stores.jobs.items(job.accountId, id, page));
    },
    async create(accountId, ask, by) {
      const account = parts.snapshot().accounts.get(accountId);
      if (!account) return { kind: 'unknown' };
      const preview = previewOf(account, ask, await ground(accountId));
      return preview.kind === 'items' ? await put(accountId, ask.kind, preview, by) : preview;
    },
    async start(scope, id, preview, by) {
      const job = await find(scope, id);
      if (!job) return { kind: 'unknown' };
      if (job.state === 'previewed' && job.preview !== preview) return { kind: 'preview-outdated' };
      return await step(scope, id, 'start', by);
    },
    pause: (scope, id, by) => step(scope, id, 'pause', by),
    resume: (scope, id, by) => step(scope, id, 'resume', by),
    cancel: (scope, id, by) => step(scope, id, 'cancel', by),
    async undo(scope, id, by) {
      const job = await find(scope, id);
      if (!job) return { kind: 'unknown' };
      const { canUndo } = await shown(job);
      if (!canUndo)
        return { kind: 'wrong-state', say: 'There is nothing of this job that could be put back.' };
      const done = await stores.jobs.items(job.accountId, id, { limit: mostPeople, state: 'done' });
      const made = await put(
        job.accountId,
        'undo',
        {
          title: `Undo: ${job.title}`.slice(0, 200),
          items: done.flatMap((item, i) => undoOf(item, i + 1)),
          options: {},
        },
        by,
        job.id,
      );
      if (made.kind === 'done') await stores.jobs.noteUndo(job, made.job.id);
      return made;
    },
    async peopleCsv(scope) {
      const { accounts } = parts.snapshot();
      const seen = scope.kind === 'person' ? [] : [...accounts.keys()].filter((id) => seesAccount(scope, id));
      const tagged = (await Promise.all(seen.map((id) => stores.tags.people(id)))).flat();
      return peopleSheet(scope, {
        snapshot: parts.snapshot(),
        readinessOf: parts.readinessOf,
        tags: new Map(tagged.map(({ id, tags }) => [id, tags])),
      });
    },
  };

  return {
    board,
    start: goOn,
    async stop() {
      stopped = true;
      clearTimeout(again);
      await runs.stop();
    },
  };
}
