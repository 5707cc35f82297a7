import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { asConnectionId } from '@tandem/domain';
import { connectionFeatures, newConnectionLife, type StoredConnection } from '@tandem/engine';
import { featuresWithout, heldData, tablesWithout } from '@tandem/engine/microsoft-data/held-data.ts';
import pg from 'pg';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { createMicrosoftDataStore, type MicrosoftDataStore } from './microsoft-data-store.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

const acme = sampleAccount({ name: 'Acme' });
const globex = sampleAccount({ name: 'Globex' });
const dana = samplePerson(acme);
const bo = samplePerson(acme);
const greta = samplePerson(globex);
const tenant = '1217ec40-0000-4000-8000-000000000003';

describe("Microsoft's data by feature", () => {
  let server: TestServer;
  let db: Database;
  let stores: Stores;
  let data: MicrosoftDataStore;
  let owner: pg.Client;
  let connection: StoredConnection;

  before(async () => {
    server = await startTestServer(22610);
    const fresh = await server.freshDatabase('microsoft_data');
    db = openDatabase({ url: fresh.appUrl });
    stores = createStores(db, createSecretBox(randomBytes(32)));
    data = createMicrosoftDataStore(db);
    owner = new pg.Client({ connectionString: fresh.ownerUrl });
    await owner.connect();
    await owner.query(`set tandem.scope = 'platform'`);
    for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
    for (const person of [dana, bo, greta]) await stores.people.create(person.accountId, person);
    const made = await stores.connections.create({
      id: asConnectionId(freshId()),
      accountId: acme.id,
      entraTenantId: tenant,
      domains: ['acme.example'],
      kind: 'platform-app',
      clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
      features: ['provisioning', 'presence', 'presence-write'],
      roles: [],
      roleUses: {},
      life: { ...newConnectionLife(0), state: 'CONNECTED' },
      createdWallMs: 0,
      version: 1,
    });
    assert.ok(made.ok);
    connection = made.connection;
    for (const [account, person, by] of [
      [acme, dana, 'upn'],
      [acme, bo, 'explicit'],
      [globex, greta, 'upn'],
    ] as const) {
      await owner.query(
        `insert into presence_sync_people (person_id, account_id, choice, entra_tenant_id, object_id, found_by, result)
         values ($1, $2, 'on', $3, gen_random_uuid()::text, $4, '{"is":"synced"}')`,
        [person.id, account.id, tenant, by],
      );
      await owner.query(
        `insert into presence_lease (person_id, account_id, entra_tenant_id, object_id, sequence, lease_ends)
         values ($1, $2, $3, gen_random_uuid(), 1, now())`,
        [person.id, account.id, tenant],
      );
      await owner.query(
        `insert into presence_changes (account_id, person_id, at, change) values
         ($1, $2, now(), '{"source":"teams","cause":"teams","teams":{"availability":"Busy"}}'),
         ($1, $2, now(), '{"source":"manual","cause":"manual-set"}')`,
        [account.id, person.id],
      );
      await owner.query(
        `insert into provisioning_steps (account_id, person_id, at, step) values ($1, $2, now(), '{}')`,
        [account.id, person.id],
      );
    }
  });
  after(async () => {
    await owner?.end();
    await db?.close();
    await server?.remove();
  });

  const rowsOf = async (table: string, account = acme): Promise<Record<string, unknown>[]> =>
    (await owner.query(`select * from ${table} where account_id = $1 order by 1`, [account.id])).rows;
  const extent = () => ({
    accountId: acme.id,
    connectionId: connection.id,
    entraTenantId: tenant,
    last: true,
  });
  const standing = async (feature: string) => {
    const found = (await data.standingForPlatform()).find((one) => one.feature === feature);
    assert.ok(found);
    return found;
  };

  test('every table is owned by a feature or explained, and every feature says what it keeps', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = current_schema() and table_type = 'BASE TABLE'`,
    );
    const held = new Set<string>(heldData.filter(({ kind }) => kind === 'table').map(({ name }) => name));
    const known = ({ name }: { name: string }) => held.has(name) || Object.hasOwn(tablesWithout, name);
    assert.deepEqual(
      rows.filter((row) => !known(row)).map(({ name }) => name),
      [],
      'a table that nobody owns: give it a row in held-data.ts, or a reason in tablesWithout',
    );
    const real = new Set(rows.map(({ name }) => name));
    assert.deepEqual(
      [...held, ...Object.keys(tablesWithout)].filter((name) => !real.has(name)),
      [],
    );
    const says = new Set<string>([
      ...heldData.map(({ feature }) => feature),
      ...Object.keys(featuresWithout),
    ]);
    assert.deepEqual(
      connectionFeatures.filter((feature) => !says.has(feature)),
      [],
    );
  });

  test('what a feature keeps is counted and given out for each feature, and nothing sealed is in it', async () => {
    for (const feature of connectionFeatures) {
      await data.count(extent(), feature);
      const text = JSON.stringify(await data.rows(extent(), feature, 1000));
      assert.doesNotMatch(text, /sealed|token_hash/);
      assert.doesNotMatch(text, new RegExp(globex.id));
    }
    assert.deepEqual(await data.count(extent(), 'presence-write'), [
      { name: 'presence_lease', count: 2 },
      { name: 'preferred_presence', count: 0 },
    ]);
  });

  test('while the connection has the feature on, a purge that was asked for touches nothing', async () => {
    await data.ask(connection, 'presence', 'switched-off');
    await data.ask(connection, 'presence', 'switched-off');
    const asked = await standing('presence');
    assert.equal(await data.carryOut(asked, true), undefined);
    assert.equal((await rowsOf('presence_lease')).length, 2);
  });

  test('switched off: its rows are gone; choices, links by hand, other features and other customers stay', async () => {
    const saved = await stores.connections.save({
      ...connection,
      features: ['provisioning', 'presence-write'],
    });
    assert.ok(saved.ok);
    connection = saved.connection;
    const asked = await standing('presence');
    assert.deepEqual(await data.carryOut(asked, true), {
      presence_changes: 2,
      presence_sync_people: 2,
      presence_lease: 2,
    });
    assert.deepEqual(
      (await rowsOf('presence_sync_people'))
        .map(({ choice, found_by, result }) => [choice, found_by, result])
        .sort(),
      [
        ['on', null, null],
        ['on', 'explicit', null],
      ],
    );
    assert.deepEqual(
      (await rowsOf('presence_changes')).map(({ change }) => (change as { source: string }).source),
      ['manual', 'manual'],
    );
    assert.equal((await rowsOf('provisioning_steps')).length, 2);
    assert.equal((await rowsOf('presence_lease', globex)).length, 1);
    assert.equal((await rowsOf('presence_changes', globex)).length, 2);
    const done = await standing('presence');
    assert.ok(done.doneWallMs !== undefined && !done.audited);
    assert.equal(done.removed.presence_lease, 2);
  });

  test('a second look takes what came late, and adds it to what is told', async () => {
    await owner.query(
      `insert into presence_lease (person_id, account_id, entra_tenant_id, object_id, sequence, lease_ends)
       values ($1, $2, $3, gen_random_uuid(), 1, now())`,
      [dana.id, acme.id, tenant],
    );
    assert.deepEqual(await data.carryOut(await standing('presence'), true), { presence_lease: 1 });
    const done = await standing('presence');
    assert.equal(done.removed.presence_lease, 3);
    assert.deepEqual(await data.carryOut(done, true), {});
  });

  test('an interrupted connection loses nothing; a disconnected one does, and another of the account keeps what is shared', async () => {
    await data.ask(connection, 'provisioning', 'disconnected');
    const interrupted = await stores.connections.save({
      ...connection,
      life: { ...connection.life, state: 'INTERRUPTED' },
    });
    assert.ok(interrupted.ok);
    assert.equal(await data.carryOut(await standing('provisioning'), true), undefined);
    const ended = await stores.connections.save({
      ...interrupted.connection,
      life: { ...connection.life, state: 'DISCONNECTED' },
    });
    assert.ok(ended.ok);
    assert.deepEqual(await data.carryOut(await standing('provisioning'), false), {});
    assert.deepEqual(await data.carryOut(await standing('provisioning'), true), { provisioning_steps: 2 });
  });

  test('a purge is over when the feature is on again, and the next one is a new one', async () => {
    const before = await standing('presence');
    await data.over(before);
    assert.equal(await data.carryOut(before, true), undefined);
    await data.ask(connection, 'presence', 'switched-off');
    assert.notEqual((await standing('presence')).id, before.id);
    assert.deepEqual(
      (await data.list(acme.id, connection.id))
        .filter(({ feature }) => feature === 'presence')
        .map(({ overWallMs }) => overWallMs !== undefined),
      [false, true],
    );
    assert.deepEqual(await data.list(globex.id, connection.id), [], 'another customer sees none of it');
  });

  test('the database goes away in the middle: nothing is half gone, and the purge still stands', async () => {
    await owner.query(
      `insert into presence_lease (person_id, account_id, entra_tenant_id, object_id, sequence, lease_ends)
       values ($1, $2, $3, gen_random_uuid(), 1, now())`,
      [bo.id, acme.id, tenant],
    );
    owner.on('error', () => undefined);
    await owner.end();
    const asked = await standing('presence');
    await server.stop('immediate');
    await assert.rejects(data.carryOut(asked, true));
    await server.start();
    assert.deepEqual(await data.carryOut(await standing('presence'), true), { presence_lease: 1 });
  });
});
