import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Person } from '@tandem/domain';
import type { StoredPresencePerson } from '@tandem/engine/presence-sync/ports.ts';
import { noCounts, type StoredRun } from '@tandem/engine/presence-sync/run.ts';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';
import pg from 'pg';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const dana = samplePerson(acme);
const bo = samplePerson(acme);
const greta = samplePerson(globex);

before(async () => {
  server = await startTestServer(22061);
  db = openDatabase({ url: (await server.freshDatabase('presence_sync')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [dana, bo, greta]) await stores.people.create(person.accountId, person);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const tenant = '7818921f-927d-4ed4-b779-63f502f7a102';
const linked = (person: Person, objectId: string): StoredPresencePerson => ({
  accountId: person.accountId,
  personId: person.id,
  choice: 'on',
  link: { entraTenantId: tenant, objectId, by: 'upn' },
  result: { is: 'synced' },
  changedWallMs: 1_790_000_000_000,
});
const rowsOf = async () =>
  new Map((await stores.presenceSync.loadForPlatform()).people.map((row) => [row.personId, row]));

test('two administrators save what they read at the same time: one is told who was faster', async () => {
  const store = stores.presenceSync;
  const next = (version: number, by: string) => ({
    accountId: acme.id,
    settings: { ...defaultPresenceSettings, mode: 'all' as const },
    version,
    changedBy: by,
  });
  const first = await store.saveSettings(next(1, 'ann@acme.example'), 0);
  assert.ok(first.ok && first.stored.version === 1);
  const second = await store.saveSettings(next(1, 'ben@acme.example'), 0);
  assert.ok(!second.ok);
  assert.deepEqual(
    [second.standing.version, second.standing.changedBy, second.standing.settings.mode],
    [1, 'ann@acme.example', 'all'],
  );
  const mark = await store.markForPlatform();
  assert.equal(await store.markForPlatform(), mark);
  assert.ok((await store.saveSettings(next(2, 'ben@acme.example'), 1)).ok);
  assert.notEqual(await store.markForPlatform(), mark);
  assert.ok(!(await store.saveSettings(next(2, 'cleo@acme.example'), 1)).ok);
  const { settings } = await store.loadForPlatform();
  assert.deepEqual(
    settings.map(({ accountId, version, changedBy }) => [accountId, version, changedBy]),
    [[acme.id, 2, 'ben@acme.example']],
  );
});

test('what an older version stored and nobody reads any more goes nowhere', async () => {
  const store = stores.presenceSync;
  const settings = { ...defaultPresenceSettings, conferenceAs: 'InAConferenceCall' };
  const saved = await store.saveSettings({ accountId: globex.id, settings, version: 1 }, 0);
  assert.ok(saved.ok);
  assert.deepEqual(saved.stored.settings, defaultPresenceSettings);
});

test('one Entra user is one person’s, also over customers; the others keep everything but the link', async () => {
  const store = stores.presenceSync;
  const [one, two] = [randomUUID(), randomUUID()];
  assert.deepEqual(await store.savePeople([linked(dana, one), linked(bo, two)]), { taken: [] });
  assert.deepEqual(await store.savePeople([linked(greta, one)]), { taken: [greta.id] });
  const rows = await rowsOf();
  assert.deepEqual(rows.get(dana.id), linked(dana, one));
  const { link: _, ...bare } = linked(greta, one);
  assert.deepEqual(rows.get(greta.id), bare);
});

test('two who change places do not stand in each other’s way', async () => {
  const store = stores.presenceSync;
  const [one, two] = [randomUUID(), randomUUID()];
  await store.savePeople([linked(dana, one), linked(bo, two)]);
  assert.deepEqual(await store.savePeople([linked(dana, two), linked(bo, one)]), { taken: [] });
  assert.equal((await rowsOf()).get(bo.id)?.link?.objectId, one);
});

test('whoever was deleted meanwhile is left out, and another customer’s person is never written', async () => {
  const store = stores.presenceSync;
  const gone = samplePerson(acme);
  const foreign = { ...linked(greta, randomUUID()), accountId: acme.id };
  assert.deepEqual(await store.savePeople([linked(gone, randomUUID()), foreign]), { taken: [] });
  const rows = await rowsOf();
  assert.equal(rows.get(gone.id), undefined);
  assert.equal(rows.get(greta.id)?.accountId, globex.id);
});

const runOf = (change: Partial<StoredRun> = {}): StoredRun => ({
  id: freshId(),
  accountId: acme.id,
  reason: 'mode-change',
  state: 'waiting',
  mode: 'all',
  direction: 'both',
  startedBy: { kind: 'user', name: 'ann@acme.example' },
  startedWallMs: 1_790_000_000_000,
  counts: noCounts,
  mailed: false,
  ...change,
});

test('a run with its results: failed ones first, replaced by what comes later, for its own customer only', async () => {
  const store = stores.presenceSync;
  const run = runOf();
  await store.createRun(run);
  assert.deepEqual(await store.listOpenRunsForPlatform(), [run]);
  const results = [
    { personId: dana.id, displayName: 'Dana', outcome: 'synced' as const },
    {
      personId: bo.id,
      displayName: 'Bo',
      mail: 'bo@acme.example',
      outcome: 'failed' as const,
      code: 'PRS-112' as const,
      detail: { who: ['b1@acme.example', 'b2@acme.example'] },
    },
  ];
  await store.saveResults(run, [{ ...results[0], outcome: 'failed' } as (typeof results)[number]]);
  await store.saveResults(run, results);
  assert.deepEqual(await store.listResults(run, { limit: 10, offset: 0 }), [results[1], results[0]]);
  assert.deepEqual(await store.listResults({ ...run, accountId: globex.id }, { limit: 10, offset: 0 }), []);
  assert.deepEqual(await store.listResults(run, { limit: 10, offset: 0, outcome: 'synced' }), [results[0]]);
  const over = { ...run, state: 'done' as const, finishedWallMs: 1_790_000_001_000 };
  await store.saveRun(over);
  assert.deepEqual(await store.listOpenRunsForPlatform(), []);
  assert.deepEqual(await store.findRunForPlatform(run.id), over);
  assert.deepEqual(await store.listRuns(globex.id, { limit: 10 }), []);
});

test('of many runs the newest stay', async () => {
  const store = stores.presenceSync;
  const runs = [];
  for (let i = 0; i < 5; i++) {
    const run = runOf({ state: 'done' });
    runs.push(run);
    await store.createRun(run);
  }
  const newest = runs
    .map(({ id }) => id)
    .sort()
    .reverse();
  const before = await store.listRuns(acme.id, { limit: 10 });
  await store.trimRuns(acme.id, 3);
  assert.deepEqual(
    (await store.listRuns(acme.id, { limit: 10 })).map(({ id }) => id),
    before.slice(0, 3).map(({ id }) => id),
  );
  assert.ok(newest.length === 5);
  const [, second] = await store.listRuns(acme.id, { limit: 2 });
  const after = await store.listRuns(acme.id, { limit: 5, before: second?.id });
  assert.equal(after.length, 1);
});

test('accounts whose connection has presence switched on keep it for everybody; the others set it up themselves', async () => {
  const { ownerUrl } = await server.freshDatabase('presence_before');
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    // As the release before left it.
    await owner.query(
      'drop table presence_run_results, presence_runs, presence_sync_people, presence_sync_settings',
    );
    await owner.query(
      "delete from schema_migrations where name in ('0020-presence-sync', '0021-presence-runs')",
    );
    await owner.query("select set_config('tandem.scope', 'platform', false)");
    for (const [account, features] of [
      [acme, ['provisioning', 'presence']],
      [globex, ['provisioning']],
    ] as const) {
      await owner.query(
        `insert into accounts (id, name, status, mail_domains, country, time_zone, unknown_caller, no_answer_seconds)
         values ($1, $2, 'active', '{}', 'US', 'UTC', 'reject', 20)`,
        [account.id, account.name],
      );
      await owner.query(
        `insert into microsoft_connections (id, account_id, entra_tenant_id, kind, client_id, features, state, life)
         values ($1, $2, $3, 'platform-app', $4, $5, 'CONNECTED', '{}')`,
        [randomUUID(), account.id, randomUUID(), randomUUID(), features],
      );
    }
    await migrate({ ownerUrl });
    const { rows } = await owner.query('select account_id, settings, version from presence_sync_settings');
    assert.deepEqual(rows, [
      { account_id: acme.id, settings: { mode: 'all', direction: 'both' }, version: 1 },
    ]);
  } finally {
    await owner.end();
  }
});
