import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Account, asAccountId, asPersonId } from '@tandem/domain';
import fc from 'fast-check';
import { sql } from 'kysely';
import pg from 'pg';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { type MigrationError, migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount, sampleCarrier, samplePerson, sampleRecord } from './test-support/samples.ts';
import { appPassword, startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
let ownerUrl: string;
let acme: Account;
let globex: Account;

before(async () => {
  server = await startTestServer(22010);
  const made = await server.freshDatabase('isolation');
  ownerUrl = made.ownerUrl;
  db = openDatabase({ url: made.appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 7)));
  acme = sampleAccount();
  globex = sampleAccount();
  for (const account of [acme, globex]) {
    assert.equal((await stores.accounts.createForPlatform(account)).ok, true);
    assert.equal(
      (await stores.people.create(account.id, samplePerson(account, { extension: '1001' }))).ok,
      true,
    );
    await stores.carriers.save(account.id, sampleCarrier({ credentials: { username: 'u', password: 'p' } }));
    const record = sampleRecord({ accountId: account.id });
    await db.withPlatform('test', (tx) =>
      tx
        .insertInto('call_records')
        .values({
          call_id: record.callId,
          account_id: account.id,
          revision: 1,
          invited_at: new Date(record.invitedAt),
          ended_at: null,
          from_number: record.from,
          to_number: record.to,
          direction: record.direction,
          result: null,
          record: JSON.stringify(record),
        })
        .execute(),
    );
  }
});

after(async () => {
  await db?.close();
  await server?.remove();
});

/** Tables with an account's rows, from the catalogue: what must be protected, whoever adds the next one. */
async function accountTables(
  client: pg.Client,
): Promise<{ table: string; column: string; force: boolean; policies: number }[]> {
  const { rows } = await client.query(`
    select c.relname as table, coalesce(a.attname, 'id') as column,
           c.relrowsecurity and c.relforcerowsecurity as force,
           (select count(*)::int from pg_policy p where p.polrelid = c.oid and p.polqual is not null and p.polwithcheck is not null) as policies
    from pg_class c
    left join pg_attribute a on a.attrelid = c.oid and a.attname in ('account_id', 'owner_account_id') and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and (a.attname is not null or c.relname = 'accounts')
    order by 1`);
  return rows;
}

async function asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('a second start migrates nothing, and two nodes that start at once do not disturb each other', async () => {
  const reports = await Promise.all([migrate({ ownerUrl, appPassword }), migrate({ ownerUrl, appPassword })]);
  for (const report of reports) {
    assert.deepEqual(report.applied, []);
    assert.equal(report.already, migrations.length);
  }
});

test('an edited step and a database of a newer release are refused with the step named', async () => {
  const edited = migrations.map((step, at) =>
    at === 1 ? { ...step, sql: `${step.sql}\n-- changed` } : step,
  );
  await assert.rejects(
    migrate({ ownerUrl, appPassword, migrations: edited }),
    (error: MigrationError) => error.code === 'edited',
  );
  await assert.rejects(
    migrate({ ownerUrl, appPassword, migrations: migrations.slice(0, -1) }),
    (error: MigrationError) =>
      error.code === 'newer' && error.message.includes(migrations.at(-1)?.name ?? ''),
  );
});

test('the catalogue: every table with an account column has forced row security with USING and WITH CHECK (T22)', async () => {
  const tables = await asOwner(accountTables);
  assert.ok(tables.length >= 12, `found ${tables.length}`);
  for (const { table, force, policies } of tables) {
    assert.equal(force, true, `${table}: row security is not forced`);
    assert.ok(policies >= 1, `${table}: no policy with USING and WITH CHECK`);
  }
});

test('the catalogue: the application role owns nothing, is no superuser and cannot bypass row security', async () => {
  const { role, owned, views } = await asOwner(async (client) => ({
    role: (
      await client.query(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'tandem_app'",
      )
    ).rows[0],
    owned: (
      await client.query("select count(*)::int as n from pg_class where relowner = 'tandem_app'::regrole")
    ).rows[0].n,
    views: (
      await client.query(
        "select count(*)::int as n from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace and coalesce(not ('security_invoker=true' = any(reloptions)), true)",
      )
    ).rows[0].n,
  }));
  assert.deepEqual(role, { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false });
  assert.equal(owned, 0);
  assert.equal(views, 0, 'a view without invoker rights');
});

/** The application adds to the audit and reads it, nothing more (5.2); consents, proposals and purges it changes, but never forgets. */
const neverDeleted: ReadonlySet<string> = new Set([
  'audit_entries',
  'audit_heads',
  'microsoft_purges',
  'proposals',
  'provider_consents',
]);

test('without an account or a platform context no account table shows a row or takes one', async () => {
  const tables = await asOwner(accountTables);
  const client = new pg.Client({
    connectionString: ownerUrl.replace('owner@', `tandem_app:${appPassword}@`),
  });
  await client.connect();
  for (const { table } of tables) {
    assert.equal((await client.query(`select * from ${table}`)).rowCount, 0, table);
    if (!neverDeleted.has(table))
      assert.equal((await client.query(`delete from ${table}`)).rowCount, 0, table);
    else await assert.rejects(client.query(`delete from ${table}`), /permission denied/, table);
  }
  await assert.rejects(
    client.query(
      "insert into people (id, account_id, display_name, upn) values (gen_random_uuid(), $1, 'x', 'x@x')",
      [acme.id],
    ),
    /row-level security/,
  );
  await client.end();
});

test('in the context of Acme no table shows or deletes a row of Globex, and back', async () => {
  const tables = await asOwner(accountTables);
  for (const [me, other] of [
    [acme, globex],
    [globex, acme],
  ] as const) {
    for (const { table, column } of tables) {
      const id = sql.id(column);
      const name = sql.table(table);
      const seen = await db.withAccount(me.id, (tx) =>
        sql`select 1 from ${name} where ${id} = ${other.id}`.execute(tx),
      );
      assert.equal(seen.rows.length, 0, table);
      if (neverDeleted.has(table)) continue;
      const gone = await db.withAccount(me.id, (tx) =>
        sql`delete from ${name} where ${id} = ${other.id}`.execute(tx),
      );
      assert.equal(gone.numAffectedRows, 0n, table);
    }
  }
});

test('a customer cannot hand a row to another customer', async () => {
  for (const table of ['people', 'numbers', 'call_records', 'carriers'] as const) {
    const column = table === 'carriers' ? 'owner_account_id' : 'account_id';
    const attempt = db.withAccount(acme.id, async (tx) => {
      if (table === 'numbers')
        await tx
          .insertInto('numbers')
          .values({ number: '+12025550177', account_id: acme.id, person_id: null, position: 0 })
          .execute();
      await sql`update ${sql.table(table)} set ${sql.id(column)} = ${globex.id}`.execute(tx);
    });
    await assert.rejects(attempt, /row-level security/, table);
  }
});

test('the context ends with its transaction: a pooled connection keeps no customer', async () => {
  const single = openDatabase({ url: ownerUrl.replace('owner@', `tandem_app:${appPassword}@`), max: 1 });
  await single.withAccount(acme.id, (tx) => tx.selectFrom('people').select('id').execute());
  await single.withPlatform('test', (tx) => tx.selectFrom('people').select('id').execute());
  const client = await single.withAccount(globex.id, (tx) =>
    tx.selectFrom('people').select('account_id').execute(),
  );
  assert.deepEqual([...new Set(client.map((row) => row.account_id))], [globex.id]);
  const nobody = asAccountId(freshId());
  assert.deepEqual(
    await single.withAccount(nobody, (tx) => tx.selectFrom('people').select('id').execute()),
    [],
  );
  await single.close();
});

test('platform context is explicit and counted by its reason', async () => {
  const both = await db.withPlatform('count people', (tx) =>
    tx.selectFrom('people').select('account_id').execute(),
  );
  assert.equal(new Set(both.map((row) => row.account_id)).size, 2);
  assert.equal(db.platformUses.get('count people'), 1);
});

test('the stores answer nothing for a random account and any id of others (property, T22)', async () => {
  const people = await db.withPlatform('test', (tx) => tx.selectFrom('people').selectAll().execute());
  const calls = await db.withPlatform('test', (tx) => tx.selectFrom('call_records').selectAll().execute());
  const carriers = await db.withPlatform('test', (tx) => tx.selectFrom('carriers').selectAll().execute());
  await fc.assert(
    fc.asyncProperty(fc.uuid(), fc.nat(), async (uuid, pick) => {
      const stranger = asAccountId(uuid);
      const person = people[pick % people.length]!;
      const call = calls[pick % calls.length]!;
      const carrier = carriers[pick % carriers.length]!;
      assert.equal(await stores.accounts.get(stranger), undefined);
      assert.deepEqual(await stores.people.list(stranger), []);
      assert.equal(await stores.people.get(stranger, person.id), undefined);
      assert.equal(await stores.calls.get(stranger, call.call_id), undefined);
      assert.deepEqual((await stores.calls.list(stranger)).records, []);
      assert.equal(await stores.carriers.get(stranger, carrier.id), undefined);
      // Between the two real customers as well.
      const other = person.account_id === acme.id ? globex.id : acme.id;
      assert.equal(await stores.people.get(other, person.id), undefined);
      const change = await stores.people.update(other, person.id, person.version, {
        displayName: 'taken over',
      });
      assert.deepEqual(change, { ok: false, refusal: { kind: 'not-found' } });
      assert.deepEqual(await stores.people.remove(other, person.id), {
        ok: false,
        refusal: { kind: 'not-found' },
      });
    }),
    { numRuns: 25 },
  );
});

test('what is not an id names nothing and is no database error', async () => {
  const bad = asAccountId("x'; drop table people; --");
  assert.equal(await stores.accounts.get(bad), undefined);
  assert.deepEqual(await stores.people.list(bad), []);
  assert.equal(await stores.people.get(acme.id, asPersonId('1001')), undefined);
  await assert.rejects(
    db.withAccount(bad, async () => 1),
    TypeError,
  );
});

test('the store clock moves by its offset only, and defaults follow it', async () => {
  const real = await stores.facts.nowForPlatform();
  await stores.facts.setClockOffsetForPlatform(86_400_000);
  const moved = await stores.facts.nowForPlatform();
  assert.ok(moved - real >= 86_400_000 && moved - real < 86_460_000);
  await stores.facts.setClockOffsetForPlatform(0);
  assert.ok((await stores.facts.nowForPlatform()) < real + 60_000);
});
