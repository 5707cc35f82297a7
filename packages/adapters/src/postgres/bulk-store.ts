import type { AccountId, Person } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { sql } from 'kysely';
import type { ChainedEntry } from '../audit/audit-chain.ts';
import { appendEntries } from './audit-store.ts';
import { type BulkOutcome, type BulkWrite, SomeRefused, writeAll } from './bulk-writes.ts';
import type { Database, Tx } from './database.ts';
import { isConnectionError } from './errors.ts';
import { finishItems, type JobItem, readItems, type StoredJob } from './job-store.ts';
import { refusalOf, type Versioned } from './outcome.ts';
import { lockPeople } from './person-store.ts';
import { tagsOfPeople } from './tag-store.ts';

/** What is decided about the items of a batch, and what is said of them afterwards. Nothing of it may wait or fail. */
export interface BulkWork {
  /** An item that is over, or what is to be written for it. `person`: as they are now, their row is locked. */
  decide(item: JobItem, person: Versioned<Person> | undefined, tags: readonly string[]): JobItem | BulkWrite;
  /** The item with what came of it. `fault`: a bug of ours. */
  over(item: JobItem, write: BulkWrite, outcome: BulkOutcome | { readonly ok: 'fault' }): JobItem;
  audit(item: JobItem, write: BulkWrite, outcome: Extract<BulkOutcome, { ok: true }>): AuditEntry;
  onFault(item: JobItem, error: Error): void;
}

export type BulkBatch =
  /** Paused, cancelled, or over. */
  | { readonly kind: 'not-running' }
  | {
      readonly kind: 'carried-out';
      /** None: nothing was waiting any more. */
      readonly items: readonly JobItem[];
      readonly entries: readonly ChainedEntry[];
    };

export interface BulkStore {
  /**
   * The next items of a running job in one transaction: people, numbers, what came of each item, and the entries of the
   * audit stand together or not at all. So a crash doubles nothing and loses nothing, and whoever pauses or cancels waits
   * for the batch at hand.
   */
  carryOut(job: StoredJob, atMost: number, work: BulkWork, atWallMs: number): Promise<BulkBatch>;
}

export function createBulkStore(db: Database): BulkStore {
  return {
    carryOut: (job, atMost, work, atWallMs) =>
      db.withAccount(job.accountId, async (tx) => {
        const now = await tx
          .selectFrom('jobs')
          .select('state')
          .where('id', '=', job.id)
          .forShare()
          .executeTakeFirst();
        if (now?.state !== 'running') return { kind: 'not-running' };
        const items = await readItems(tx, job.id, { limit: atMost, state: 'waiting' }, true);
        if (items.length === 0) return { kind: 'carried-out', items: [], entries: [] };
        const people = await lockPeople(tx, {
          ids: items.flatMap(({ personId }) => (personId === undefined ? [] : [personId])),
          upns: items.flatMap(({ after }) => (after?.create === true ? [String(after.upn)] : [])),
        });
        const tags = await tagsOfPeople(
          tx,
          people.map(({ id }) => id),
        );
        const byId = new Map(people.map((person) => [person.id, person]));
        const byUpn = new Map(people.map((person) => [person.upn, person]));
        const open = new Map<BulkWrite, JobItem>();
        const finished: JobItem[] = [];
        for (const item of items) {
          const person =
            item.personId === undefined ? byUpn.get(String(item.after?.upn)) : byId.get(item.personId);
          const decided = work.decide(item, person, (person && tags.get(person.id)) ?? []);
          if ('do' in decided) open.set(decided, item);
          else finished.push(decided);
        }
        const entries: AuditEntry[] = [];
        const faults = new Map<BulkWrite, Error>();
        const outcomes = await writeAsManyAsGo(tx, job.accountId, [...open.keys()], faults, {
          spared: await namedByOthers(tx, job.id),
        });
        for (const [write, item] of open) {
          const outcome = outcomes.get(write);
          if (outcome?.ok) entries.push(work.audit(item, write, outcome));
          const fault = faults.get(write);
          if (fault) work.onFault(item, fault);
          finished.push(work.over(item, write, outcome ?? { ok: 'fault' }));
        }
        await finishItems(tx, job.id, finished);
        const chained = await appendEntries(tx, job.accountId, entries, atWallMs);
        return { kind: 'carried-out', items: finished, entries: chained };
      }),
  };
}

/** Numbers that items still to come ask for by name are not given to somebody who would take any. */
async function namedByOthers(tx: Tx, jobId: string): Promise<ReadonlySet<string>> {
  const rows = await tx
    .selectFrom('job_items')
    .select(sql<string>`after ->> 'number'`.as('number'))
    .where('job_id', '=', jobId)
    .where('state', '=', 'waiting')
    .where(sql<boolean>`after ->> 'number' like '+%'`)
    .execute();
  return new Set(rows.map(({ number }) => number));
}

/**
 * Those that are refused are told apart from the others: by name where the rules say which, by halves where only the
 * database knows. Nothing of a try that failed stays.
 */
export async function writeAsManyAsGo(
  tx: Tx,
  accountId: AccountId,
  writes: readonly BulkWrite[],
  faults: Map<BulkWrite, Error>,
  options: Parameters<typeof writeAll>[3],
): Promise<ReadonlyMap<BulkWrite, BulkOutcome>> {
  if (writes.length === 0) return new Map();
  await sql`savepoint bulk`.execute(tx);
  try {
    const outcomes = await writeAll(tx, accountId, writes, options);
    await sql`release savepoint bulk`.execute(tx);
    return outcomes;
  } catch (error) {
    if (isConnectionError(error)) throw error;
    await sql`rollback to savepoint bulk`.execute(tx);
    if (error instanceof SomeRefused) {
      const others = writes.filter((write) => !error.refusals.has(write));
      return new Map([...(await writeAsManyAsGo(tx, accountId, others, faults, options)), ...error.refusals]);
    }
    const [only] = writes;
    if (only && writes.length === 1) {
      const refusal = refusalOf(error);
      if (refusal) return new Map([[only, { ok: false, refusal }]]);
      faults.set(only, error as Error);
      return new Map();
    }
    const half = Math.ceil(writes.length / 2);
    return new Map([
      ...(await writeAsManyAsGo(tx, accountId, writes.slice(0, half), faults, options)),
      ...(await writeAsManyAsGo(tx, accountId, writes.slice(half), faults, options)),
    ]);
  }
}
