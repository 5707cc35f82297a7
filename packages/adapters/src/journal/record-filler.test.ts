import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { asAccountId, type CallRecord } from '@tandem/domain';
import { sql } from 'kysely';
import { createCallRecordStore } from '../postgres/call-record-store.ts';
import { type Database, openDatabase } from '../postgres/database.ts';
import { freshId, sampleRecord } from '../postgres/test-support/samples.ts';
import { startTestServer, type TestServer, until } from '../postgres/test-support/server.ts';
import { type CallJournal, createCallLog } from './call-log.ts';
import { type RecordFiller, startRecordFiller } from './record-filler.ts';

let server: TestServer;
let url: string;
const home = mkdtempSync('/tmp/tandem-filler-test-');
const account = asAccountId(freshId());
let folders = 0;

before(async () => {
  server = await startTestServer(22020);
  url = (await server.freshDatabase('filler')).appUrl;
});
after(async () => {
  await server?.remove();
  rmSync(home, { recursive: true, force: true });
});

interface Node {
  readonly log: CallJournal;
  readonly db: Database;
  readonly filler: RecordFiller;
}

async function withNode<T>(
  work: (node: Node) => Promise<T>,
  dir = freshDir(),
  maxQueued = 10_000,
): Promise<T> {
  const log = await createCallLog({ dir, maxQueued, giveUpMs: 5000 });
  const db = openDatabase({ url, connectTimeoutMs: 500, onChange: () => undefined });
  const filler = startRecordFiller({ journal: log, db, batch: 7, gatherMs: 5, longestPauseMs: 50 });
  try {
    return await work({ log, db, filler });
  } finally {
    await filler.stop();
    await db.close();
    await log.close();
  }
}

const freshDir = (): string => {
  folders += 1;
  return path.join(home, `j${folders}`);
};
const finished = (change: Partial<CallRecord> = {}): CallRecord =>
  sampleRecord({ accountId: account, ...change });
const stored = (db: Database, records: readonly CallRecord[]) =>
  db.withPlatform('test', async (tx) => {
    const ids = records.map(({ callId }) => callId);
    const rows = await tx.selectFrom('call_records').select('record').where('call_id', 'in', ids).execute();
    return rows.map(({ record }) => record);
  });

/** Asks again until the filler has got everything through. */
async function drained(filler: RecordFiller): Promise<void> {
  await until(() => filler.flush());
}

/** Closes a call and waits until its record is on disk. */
async function close(log: CallJournal, records: readonly CallRecord[]): Promise<void> {
  for (const record of records) log.closed(record, []);
  const last = sampleRecord();
  assert.equal(
    await log.confirmed({ callId: last.callId, a: {} as never, b: {} as never, record: last }),
    true,
  );
}

test('a finished call reaches the database once, with every field, and is read the same before and after', async () => {
  await withNode(async ({ log, db, filler }) => {
    const store = createCallRecordStore(db, log);
    const record = finished();
    log.closed(record, []);
    assert.deepEqual(await store.get(account, record.callId), record, 'from memory');
    await close(log, []);
    await drained(filler);
    assert.equal(log.unstoredCall(record.callId), undefined);
    assert.deepEqual(await store.get(account, record.callId), record, 'from the database');
    const { records, complete } = await store.list(account);
    assert.equal(complete, true);
    assert.equal(records.filter(({ callId }) => callId === record.callId).length, 1);
    assert.equal(await store.get(asAccountId(freshId()), record.callId), undefined);
  });
});

test('the database is stopped while calls end: they are listed, none is lost, none is doubled, order is kept (F06)', async () => {
  await withNode(async ({ log, db, filler }) => {
    const store = createCallRecordStore(db, log);
    const owner = asAccountId(freshId());
    const records = Array.from({ length: 60 }, (_, at) =>
      finished({ accountId: owner, invitedAt: 1_790_000_000_000 + at }),
    );
    await close(log, records.slice(0, 20));
    await server.stop('immediate');
    await close(log, records.slice(20));
    assert.equal(await filler.flush(), false);
    const away = await store.list(owner, { limit: 200 });
    assert.equal(away.complete, false);
    assert.ok(away.records.length >= 40, 'what the database cannot show yet is shown from memory');
    await server.start();
    await drained(filler);
    const back = await store.list(owner, { limit: 200 });
    assert.equal(back.complete, true);
    assert.deepEqual(
      back.records.map(({ callId }) => callId),
      records.map(({ callId }) => callId).reverse(),
    );
    assert.equal(log.counts.unstored, 0);
    assert.ok(filler.counts.failures > 0);
  });
});

test('the process ends while the database is away: the next one shows the calls and brings them in', async () => {
  const dir = freshDir();
  const records = Array.from({ length: 10 }, () => finished());
  await server.stop('immediate');
  await withNode(async ({ log }) => close(log, records), dir);
  await withNode(async ({ log, db, filler }) => {
    const store = createCallRecordStore(db, log);
    assert.deepEqual(await store.get(account, records[3]!.callId), records[3]);
    await server.start();
    await drained(filler);
    assert.equal((await stored(db, records)).length, records.length);
  }, dir);
});

test('the database goes back in time: the journal fills it again from there', async () => {
  await withNode(async ({ log, db, filler }) => {
    const records = Array.from({ length: 30 }, () => finished());
    await close(log, records.slice(0, 10));
    await drained(filler);
    const before = await db.withPlatform('test', (tx) =>
      tx
        .selectFrom('journal_applied')
        .selectAll()
        .where('journal_id', '=', log.journalId)
        .executeTakeFirstOrThrow(),
    );
    await close(log, records.slice(10));
    await drained(filler);
    await db.withPlatform('test', async (tx) => {
      await tx
        .deleteFrom('call_records')
        .where(
          'call_id',
          'in',
          records.slice(10).map(({ callId }) => callId),
        )
        .execute();
      await tx
        .updateTable('journal_applied')
        .set({ position: before.position })
        .where('journal_id', '=', log.journalId)
        .execute();
    });
    await drained(filler);
    assert.equal((await stored(db, records)).length, 30);
    assert.equal(filler.counts.rewinds, 1);
    assert.equal(filler.counts.missingBytes, 0);
  });
});

test('more calls end than memory holds while the database is away: the rest comes from disk, in order', async () => {
  await withNode(
    async ({ log, db, filler }) => {
      await drained(filler);
      await server.stop('immediate');
      const records = Array.from({ length: 80 }, () => finished());
      for (const record of records) await close(log, [record]);
      assert.ok(log.counts.unstored <= 10);
      await server.start();
      await drained(filler);
      assert.equal((await stored(db, records)).length, records.length);
    },
    freshDir(),
    10,
  );
});

test('callers write NUL and half characters into headers: the record is stored with them replaced, its batch is unharmed', async () => {
  await withNode(async ({ log, db, filler }) => {
    const nasty = [
      finished({ fromAsReceived: 'evil\u0000name' }),
      finished({ why: ['half \ud800 pair'] }),
      finished({ to: 'x'.repeat(5000) }),
    ];
    const good = [finished(), finished()];
    await close(log, [good[0]!, ...nasty, good[1]!]);
    await drained(filler);
    const rows = await stored(db, [...good, ...nasty]);
    assert.equal(rows.length, 5);
    assert.equal(rows.find(({ callId }) => callId === nasty[0]!.callId)?.fromAsReceived, 'evil\ufffdname');
    assert.equal(filler.counts.refused, 0);
  });
});

test('a record that the database can never take stays in the journal, is counted, and holds nobody up', async () => {
  await withNode(async ({ log, db, filler }) => {
    const impossible = finished({ callId: 'not-a-uuid' as CallRecord['callId'] });
    const good = [finished(), finished()];
    await close(log, [good[0]!, impossible, good[1]!]);
    await drained(filler);
    assert.equal((await stored(db, good)).length, 2);
    assert.equal(filler.counts.refused, 1);
  });
});

test('a record closed twice is stored once, as it was first', async () => {
  await withNode(async ({ log, db, filler }) => {
    const record = finished();
    await close(log, [record, { ...record, result: 'failed' }]);
    await drained(filler);
    await close(log, [{ ...record, result: 'busy' }]);
    await drained(filler);
    assert.deepEqual(await stored(db, [record]), [record]);
  });
});

test('search by number, time, result and page gives the same from memory and from the database', async () => {
  await withNode(async ({ log, db, filler }) => {
    const store = createCallRecordStore(db, log);
    const owner = asAccountId(freshId());
    const base = 1_790_000_000_000;
    const records = Array.from({ length: 12 }, (_, at) =>
      finished({
        accountId: owner,
        invitedAt: base + at * 1000,
        to: `+120255501${String(at).padStart(2, '0')}`,
        toAsDialled: `x${at}`,
        result: at % 3 ? 'answered' : 'busy',
      }),
    );
    const queries = [
      {},
      { number: '+1 (202) 555-0107' },
      { number: '0199' },
      { number: '100%' },
      { result: 'busy' as const },
      { from: base + 3000, until: base + 6000 },
      { limit: 5, before: { invitedAt: records[8]!.invitedAt, callId: records[8]!.callId } },
      { emergency: true },
    ];
    await server.stop('immediate');
    await close(log, records);
    const early = [];
    for (const query of queries)
      early.push((await store.list(owner, query)).records.map(({ callId }) => callId));
    assert.deepEqual(
      early.map((page) => page.length),
      [12, 1, 12, 0, 4, 3, 5, 0],
    );
    await server.start();
    await drained(filler);
    for (const [at, query] of queries.entries()) {
      assert.deepEqual(
        (await store.list(owner, query)).records.map(({ callId }) => callId),
        early[at],
        JSON.stringify(query),
      );
    }
  });
});

test('the pool: one attempt at a time while the database is away, everybody else is refused at once', async () => {
  const db = openDatabase({ url, random: () => 1 });
  await db.withPlatform('test', (tx) => sql`select 1`.execute(tx));
  await server.stop('immediate');
  const attempts = await Promise.allSettled(
    Array.from({ length: 100 }, () => db.withPlatform('test', (tx) => sql`select 1`.execute(tx))),
  );
  assert.ok(attempts.every(({ status }) => status === 'rejected'));
  const { connectFailures } = db.counts;
  const more = await Promise.allSettled(
    Array.from({ length: 100 }, () => db.withPlatform('test', (tx) => sql`select 1`.execute(tx))),
  );
  assert.ok(
    more.every((result) => result.status === 'rejected' && result.reason.code === 'database-unavailable'),
  );
  assert.ok(db.counts.connectFailures - connectFailures <= 1);
  assert.equal(db.counts.up, false);
  await server.start();
  await until(() => db.ping());
  assert.equal(db.counts.up, true);
  await db.close();
});
