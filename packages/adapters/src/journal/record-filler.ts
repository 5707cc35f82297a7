import { sql } from 'kysely';
import type { Database, Tx } from '../postgres/database.ts';
import { DatabaseUnavailable } from '../postgres/errors.ts';
import { refusalOf } from '../postgres/outcome.ts';
import type { CallJournal } from './call-log.ts';

/**
 * Brings finished calls from the journal into the database, in order, in batches. The position up to which it got is
 * in the database and written in the same transaction, so nothing is lost when either side goes back in time, and
 * doing it again changes nothing (I5, F06).
 */
export interface RecordFiller {
  /** Resolves when everything that was closed before is in the database; false when it is away. */
  flush(): Promise<boolean>;
  readonly counts: FillerCounts;
  /** One more try for what is left, then no more. */
  stop(): Promise<void>;
}

export interface FillerCounts {
  readonly stored: number;
  readonly batches: number;
  readonly failures: number;
  /** Records that the database refused for their content and that stay in the journal only. */
  readonly refused: number;
  /** Times the database had gone back and was filled again. */
  readonly rewinds: number;
  readonly missingBytes: number;
  readonly damage: number;
  readonly lastError?: string;
}

export interface RecordFillerOptions {
  readonly journal: CallJournal;
  readonly db: Database;
  readonly batch?: number;
  /** How long the first record of a batch waits for others. It can be read meanwhile. */
  readonly gatherMs?: number;
  readonly longestPauseMs?: number;
  readonly random?: () => number;
  readonly onProblem?: (what: string) => void;
}

export function startRecordFiller(options: RecordFillerOptions): RecordFiller {
  const { journal, db } = options;
  const { source } = journal;
  const batchSize = options.batch ?? 500;
  const random = options.random ?? Math.random;
  const problem = options.onProblem ?? (() => undefined);
  let expected: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<boolean> | undefined;
  let stopped = false;
  let failuresInRow = 0;
  let stored = 0;
  let batches = 0;
  let failures = 0;
  let refusedCount = 0;
  let rewinds = 0;
  let missingBytes = 0;
  let damage = 0;
  let lastError: string | undefined;

  /** One batch. True when there is nothing more to do. */
  const step = async (): Promise<boolean> => {
    const position = await readPosition(db, journal.journalId);
    // A position beyond the journal's end is of a journal that was set back: all that is left is done again.
    const from = position === undefined || position > source.end ? 0 : position;
    if (expected !== undefined && from < expected) {
      rewinds += 1;
      problem(`the database went back from ${expected} to ${from}: filling it again`);
    }
    const batch = await source.take(from, batchSize);
    if (expected !== undefined && from > 0) missingBytes += batch.missingBytes;
    damage += batch.damage.length;
    for (const bad of batch.damage)
      problem(`journal ${bad.file} at ${bad.offset}: ${bad.detail} (${bad.kind})`);
    if (batch.next !== from || batch.texts.length > 0) {
      await store(batch.texts, async (tx) => {
        await sql`insert into journal_applied (journal_id, position) values (${journal.journalId}, ${batch.next})
          on conflict (journal_id) do update set position = excluded.position, updated_at = tandem_now()`.execute(
          tx,
        );
      });
    }
    expected = batch.next;
    source.applied(batch.next);
    const direct = source.takeUnjournaled(batchSize);
    if (direct.length > 0) {
      await store(direct.map(({ text }) => text));
      source.storedUnjournaled(direct.map(({ callId }) => callId));
    }
    return batch.complete && direct.length < batchSize;
  };

  const store = async (texts: readonly string[], last?: (tx: Tx) => Promise<void>): Promise<void> => {
    try {
      await db.withPlatform('fill call records', async (tx) => {
        if (texts.length > 0) await insert(tx, texts);
        await last?.(tx);
      });
      stored += texts.length;
      batches += 1;
    } catch (error) {
      if (error instanceof DatabaseUnavailable || texts.length === 0 || !isRefusal(error)) throw error;
      await storeOneByOne(texts, error);
      if (last) await db.withPlatform('fill call records', last);
    }
  };

  /** Something in the batch is not to the database's taste (callers write what they like into headers). */
  const storeOneByOne = async (texts: readonly string[], cause: unknown): Promise<void> => {
    if (texts.length > 1) {
      const middle = texts.length >> 1;
      await store(texts.slice(0, middle));
      await store(texts.slice(middle));
      return;
    }
    const text = texts[0] as string;
    const clean = storable(text);
    if (clean !== text) {
      await store([clean]);
      return;
    }
    refusedCount += 1;
    problem(`a call record was refused by the database and stays in the journal: ${cause}`);
  };

  const run = async (): Promise<boolean> => {
    try {
      while (!(await step()));
      failuresInRow = 0;
      return true;
    } catch (error) {
      failures += 1;
      failuresInRow += 1;
      lastError = error instanceof Error ? error.message : String(error);
      return false;
    }
  };

  const go = (): Promise<boolean> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= run().then((ok) => {
      running = undefined;
      if (!ok && !stopped) later(pause());
      return ok;
    });
    return running;
  };

  const pause = (): number =>
    Math.min(options.longestPauseMs ?? 3000, 100 * 2 ** Math.min(failuresInRow, 6)) * (0.5 + random() / 2);

  const later = (ms: number): void => {
    if (stopped || timer) return;
    timer = setTimeout(() => void go(), ms);
  };

  source.onClosed = () => {
    if (failuresInRow === 0) later(options.gatherMs ?? 250);
  };
  later(0);

  return {
    async flush() {
      if (running) await running;
      return await go();
    },
    get counts() {
      return {
        stored,
        batches,
        failures,
        refused: refusedCount,
        rewinds,
        missingBytes,
        damage,
        ...(lastError === undefined ? {} : { lastError }),
      };
    },
    async stop() {
      source.onClosed = undefined;
      stopped = true;
      clearTimeout(timer);
      await running;
      await go();
    },
  };
}

async function readPosition(db: Database, journalId: string): Promise<number | undefined> {
  return await db.withPlatform('fill call records', async (tx) => {
    const row = await tx
      .selectFrom('journal_applied')
      .select('position')
      .where('journal_id', '=', journalId)
      .executeTakeFirst();
    return row?.position;
  });
}

/**
 * One statement for the batch; the database takes the columns out of the JSON, so that a record is printed once, for
 * the journal. A record that is there already changes only by a newer revision.
 */
async function insert(tx: Tx, texts: readonly string[]): Promise<void> {
  const all = `[${texts.join(',')}]`;
  await sql`
    insert into call_records
      (call_id, account_id, revision, invited_at, ended_at, from_number, to_number, direction, result, record)
    select distinct on (r->>'callId')
      (r->>'callId')::uuid, (r->>'accountId')::uuid, (e->>'revision')::int,
      to_timestamp((r->>'invitedAt')::float8 / 1000), to_timestamp((r->>'endedAt')::float8 / 1000),
      left(coalesce(r->>'from', ''), 320), left(coalesce(r->>'to', ''), 320), coalesce(r->>'direction', ''), r->>'result', r
    from jsonb_array_elements(${all}::jsonb) with ordinality as entries (e, at), lateral (select e->'record' as r) as record
    order by r->>'callId', (e->>'revision')::int desc, at
    on conflict (call_id) do update set
      account_id = excluded.account_id, revision = excluded.revision, invited_at = excluded.invited_at,
      ended_at = excluded.ended_at, from_number = excluded.from_number, to_number = excluded.to_number,
      direction = excluded.direction, result = excluded.result, record = excluded.record
    where excluded.revision > call_records.revision`.execute(tx);
}

const isRefusal = (error: unknown): boolean => refusalOf(error) !== undefined;

/** What jsonb does not hold: NUL and half surrogate pairs. */
export function storable(text: string): string {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll('\u0000', '\ufffd').toWellFormed();
    if (Array.isArray(value)) return value.map(clean);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), clean(inner)]));
    }
    return value;
  };
  return JSON.stringify(clean(JSON.parse(text)));
}
