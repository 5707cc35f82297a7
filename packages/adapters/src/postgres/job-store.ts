import type { AccountId, PersonId } from '@tandem/domain';
import type { JobState } from '@tandem/engine/jobs/job.machine.ts';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

export type JobKind = 'change-people' | 'give-numbers' | 'import-people' | 'retry-provisioning' | 'undo';
export type JobItemState = 'waiting' | 'done' | 'unchanged' | 'left-out' | 'refused' | 'cancelled';
export type Facts = Readonly<Record<string, unknown>>;

export interface StoredJob {
  readonly id: string;
  readonly accountId: AccountId;
  readonly kind: JobKind;
  readonly title: string;
  readonly state: JobState;
  /** Bound to exactly what was previewed. */
  readonly preview: string;
  readonly options: Facts;
  readonly createdBy: AuditActor;
  readonly createdWallMs: number;
  readonly startedWallMs?: number;
  readonly finishedWallMs?: number;
  readonly undoOf?: string;
  readonly undoneBy?: string;
}

export interface JobItem {
  readonly position: number;
  readonly personId?: PersonId;
  readonly label: string;
  readonly state: JobItemState;
  readonly code?: string;
  readonly words: string;
  readonly before?: Facts;
  readonly after?: Facts;
  readonly finishedWallMs?: number;
}

export type JobCounts = Readonly<Record<JobItemState, number>>;

export interface JobStore {
  /** Whole or not at all. */
  create(
    job: Omit<StoredJob, 'createdWallMs' | 'state' | 'startedWallMs' | 'finishedWallMs' | 'undoneBy'>,
    items: readonly JobItem[],
  ): Promise<void>;
  list(accountId: AccountId, limit: number, before?: string): Promise<readonly StoredJob[]>;
  get(accountId: AccountId, id: string): Promise<StoredJob | undefined>;
  findForPlatform(id: string): Promise<StoredJob | undefined>;
  listRunningForPlatform(): Promise<readonly StoredJob[]>;
  /** False: the job is in another state by now, and nothing was changed. */
  move(job: StoredJob, to: JobState): Promise<boolean>;
  noteUndo(job: StoredJob, undoneBy: string): Promise<void>;
  counts(accountId: AccountId, id: string): Promise<JobCounts>;
  items(
    accountId: AccountId,
    id: string,
    page: { readonly limit: number; readonly after?: number; readonly state?: JobItemState },
  ): Promise<readonly JobItem[]>;
  /** Also those that go on waiting, with what is known of them by now. */
  finish(accountId: AccountId, id: string, items: readonly JobItem[]): Promise<void>;
  cancelWaiting(accountId: AccountId, id: string): Promise<void>;
}

const atOnce = 500;

export function createJobStore(db: Database): JobStore {
  return {
    async create(job, items) {
      await db.withAccount(job.accountId, async (tx) => {
        await tx
          .insertInto('jobs')
          .values({
            id: job.id,
            account_id: job.accountId,
            kind: job.kind,
            title: job.title,
            state: 'previewed',
            preview: job.preview,
            options: JSON.stringify(job.options),
            created_by: JSON.stringify(job.createdBy),
            undo_of: job.undoOf ?? null,
          })
          .execute();
        for (let at = 0; at < items.length; at += atOnce)
          await tx
            .insertInto('job_items')
            .values(
              items.slice(at, at + atOnce).map((item) => ({
                job_id: job.id,
                position: item.position,
                account_id: job.accountId,
                person_id: item.personId ?? null,
                label: item.label,
                state: item.state,
                code: item.code ?? null,
                words: item.words,
                before: item.before ? JSON.stringify(item.before) : null,
                after: item.after ? JSON.stringify(item.after) : null,
              })),
            )
            .execute();
      });
    },
    async list(accountId, limit, before) {
      if (!isId(accountId)) return [];
      const rows = await db.withAccount(accountId, (tx) => {
        let query = tx.selectFrom('jobs').selectAll().orderBy('id', 'desc').limit(limit);
        if (before !== undefined && isId(before)) query = query.where('id', '<', before);
        return query.execute();
      });
      return rows.map(jobOf);
    },
    async get(accountId, id) {
      if (!isId(accountId) || !isId(id)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        tx.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row && jobOf(row);
    },
    async findForPlatform(id) {
      if (!isId(id)) return undefined;
      const row = await db.withPlatform('find job', (tx) =>
        tx.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row && jobOf(row);
    },
    async listRunningForPlatform() {
      const rows = await db.readPlatform('go on with jobs', (tx) =>
        tx.selectFrom('jobs').selectAll().where('state', '=', 'running').orderBy('id').execute(),
      );
      return rows.map(jobOf);
    },
    async move(job, to) {
      const result = await db.withAccount(job.accountId, (tx) =>
        tx
          .updateTable('jobs')
          .set({
            state: to,
            ...(to === 'running' && { started_at: sql<Date>`coalesce(started_at, tandem_now())` }),
            ...((to === 'done' || to === 'cancelled') && { finished_at: sql<Date>`tandem_now()` }),
          })
          .where('id', '=', job.id)
          .where('state', '=', job.state)
          .executeTakeFirst(),
      );
      return result.numUpdatedRows === 1n;
    },
    async noteUndo(job, undoneBy) {
      await db.withAccount(job.accountId, (tx) =>
        tx.updateTable('jobs').set({ undone_by: undoneBy }).where('id', '=', job.id).execute(),
      );
    },
    async counts(accountId, id) {
      const none = { waiting: 0, done: 0, unchanged: 0, 'left-out': 0, refused: 0, cancelled: 0 };
      if (!isId(accountId) || !isId(id)) return none;
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('job_items')
          .select(['state', sql<string>`count(*)`.as('count')])
          .where('job_id', '=', id)
          .groupBy('state')
          .execute(),
      );
      return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)])) };
    },
    async items(accountId, id, { limit, after, state }) {
      if (!isId(accountId) || !isId(id)) return [];
      return await db.withAccount(accountId, (tx) => readItems(tx, id, { limit, after, state }));
    },
    finish: (accountId, id, items) => db.withAccount(accountId, (tx) => finishItems(tx, id, items)),
    async cancelWaiting(accountId, id) {
      await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('job_items')
          .set({
            state: 'cancelled',
            words: 'Cancelled before it began.',
            finished_at: sql<Date>`tandem_now()`,
          })
          .where('job_id', '=', id)
          .where('state', '=', 'waiting')
          .execute(),
      );
    },
  };
}

/** In their order. `lock`: they are about to be carried out. */
export async function readItems(
  tx: Tx,
  jobId: string,
  page: {
    readonly limit: number;
    readonly after?: number | undefined;
    readonly state?: JobItemState | undefined;
  },
  lock = false,
): Promise<JobItem[]> {
  let query = tx
    .selectFrom('job_items')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('position')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('position', '>', page.after);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  if (lock) query = query.forUpdate();
  return (await query.execute()).map(itemOf);
}

/** All in one statement. What an item does not say of before and after stays as it was. */
export async function finishItems(tx: Tx, jobId: string, items: readonly JobItem[]): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map((item) => ({
    position: item.position,
    person_id: item.personId ?? null,
    state: item.state,
    code: item.code ?? null,
    words: item.words,
    before: item.before ?? null,
    after: item.after ?? null,
  }));
  await sql`update job_items set person_id = v.person_id, state = v.state, code = v.code, words = v.words,
      before = coalesce(v.before, job_items.before), after = coalesce(v.after, job_items.after),
      finished_at = case when v.state = 'waiting' then job_items.finished_at else tandem_now() end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(position integer, person_id uuid, state text,
      code text, words text, before jsonb, after jsonb)
    where job_items.job_id = ${jobId} and job_items.position = v.position`.execute(tx);
}

function jobOf(row: Selectable<Schema['jobs']>): StoredJob {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind as JobKind,
    title: row.title,
    state: row.state as JobState,
    preview: row.preview,
    options: row.options,
    createdBy: row.created_by,
    createdWallMs: row.created_at,
    ...(row.started_at !== null && { startedWallMs: row.started_at }),
    ...(row.finished_at !== null && { finishedWallMs: row.finished_at }),
    ...(row.undo_of !== null && { undoOf: row.undo_of }),
    ...(row.undone_by !== null && { undoneBy: row.undone_by }),
  };
}

function itemOf(row: Selectable<Schema['job_items']>): JobItem {
  return {
    position: row.position,
    ...(row.person_id !== null && { personId: row.person_id }),
    label: row.label,
    state: row.state as JobItemState,
    ...(row.code !== null && { code: row.code }),
    words: row.words,
    ...(row.before && { before: row.before }),
    ...(row.after && { after: row.after }),
    ...(row.finished_at !== null && { finishedWallMs: row.finished_at }),
  };
}
