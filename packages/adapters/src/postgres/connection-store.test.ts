import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asConnectionId } from '@tandem/domain';
import { newConnectionLife, type SignInAttempt, type StoredConnection } from '@tandem/engine';
import pg from 'pg';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
let ownerUrl: string;
const acme = sampleAccount({ name: 'Acme' });
const globex = sampleAccount({ name: 'Globex' });
const tenant = '1217ec40-0000-4000-8000-000000000003';
const nowWallMs = Date.now();

before(async () => {
  server = await startTestServer(26601);
  const fresh = await server.freshDatabase('connections');
  ownerUrl = fresh.ownerUrl;
  db = openDatabase({ url: fresh.appUrl, applicationName: 'test' });
  stores = createStores(db, createSecretBox(randomBytes(32)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const sample = (change: Partial<StoredConnection> = {}): StoredConnection => ({
  id: asConnectionId(freshId()),
  accountId: acme.id,
  entraTenantId: tenant,
  tenantName: 'Initech',
  domains: ['initech.example'],
  kind: 'platform-app',
  clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
  features: ['provisioning', 'presence'],
  roles: ['User.Read.All'],
  rolesReadWallMs: nowWallMs,
  roleUses: { 'User.Read.All': nowWallMs },
  life: newConnectionLife(nowWallMs),
  signedIn: { objectId: 'alex', name: 'Alex', roles: ['Global Administrator'], mayConsent: true },
  createdWallMs: nowWallMs,
  version: 1,
  ...change,
});

test('a connection comes back as it was kept, and a second writer of the same version is refused', async () => {
  const made = await stores.connections.create(sample());
  assert.ok(made.ok);
  const [read] = await stores.connections.listAllConnectionsForPlatform();
  assert.deepEqual(read, made.connection);
  const first = await stores.connections.save({ ...made.connection, tenantName: 'Initech Inc.' });
  assert.ok(first.ok && first.connection.version === 2);
  const second = await stores.connections.save({ ...made.connection, tenantName: 'Another' });
  assert.deepEqual(second, { ok: false, why: 'conflict' });
});

test('an account has one connection with a tenant; another account may have its own (N04)', async () => {
  assert.deepEqual(await stores.connections.create(sample()), { ok: false, why: 'tenant-taken' });
  const other = await stores.connections.create(sample({ accountId: globex.id }));
  assert.ok(other.ok);
});

test("an account cannot write another account's connection, whatever the row claims", async () => {
  const [ofAcme] = (await stores.connections.listAllConnectionsForPlatform()).filter(
    ({ accountId }) => accountId === acme.id,
  );
  assert.ok(ofAcme);
  const stolen = await stores.connections.save({ ...ofAcme, accountId: globex.id, tenantName: 'Stolen' });
  assert.deepEqual(stolen, { ok: false, why: 'unknown' });
  assert.equal(await stores.connections.secretOf(globex.id, ofAcme.id, 'present'), undefined);
});

test('a secret is sealed, waits beside the present one, and takes its place', async () => {
  const secret = 'a-very-secret-value-of-microsoft';
  const made = await stores.connections.create(
    sample({ entraTenantId: 'aaaaaaaa-0000-4000-8000-000000000001', credential: { kind: 'secret' } }),
    { kind: 'secret', secret },
  );
  assert.ok(made.ok);
  const { id } = made.connection;
  assert.deepEqual(await stores.connections.secretOf(acme.id, id, 'present'), { kind: 'secret', secret });
  const waiting = await stores.connections.saveWithSecret(
    { ...made.connection, nextCredential: { kind: 'secret', clientId: made.connection.clientId } },
    'next',
    { kind: 'secret', secret: 'the-next-one' },
  );
  assert.ok(waiting.ok);
  const { nextCredential: _, ...promoted } = waiting.connection;
  const done = await stores.connections.promote(promoted);
  assert.ok(done.ok && done.connection.nextCredential === undefined);
  assert.deepEqual(await stores.connections.secretOf(acme.id, id, 'present'), {
    kind: 'secret',
    secret: 'the-next-one',
  });
  assert.equal(await stores.connections.secretOf(acme.id, id, 'next'), undefined);
  const presence = { clientId: 'app', roles: ['Presence.Read.All'], sinceWallMs: 1, proven: true } as const;
  const split = await stores.connections.saveWithSecret({ ...done.connection, presence }, 'presence', {
    kind: 'secret',
    secret: 'the-one-of-presence',
  });
  assert.deepEqual(split.ok && split.connection.presence, presence);
  assert.deepEqual(await stores.connections.secretOf(acme.id, id, 'presence'), {
    kind: 'secret',
    secret: 'the-one-of-presence',
  });
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const { rows } = await owner.query('select microsoft_connections::text as row from microsoft_connections');
  await owner.end();
  assert.doesNotMatch(JSON.stringify(rows), /a-very-secret|the-next-one|the-one-of-presence/);
});

test('a sealed credential that is copied into another row does not open there', async () => {
  const owner = new pg.Client({ connectionString: ownerUrl });
  const rows = (await stores.connections.listAllConnectionsForPlatform()).filter(
    ({ accountId }) => accountId === acme.id,
  );
  const source = rows.find(({ credential }) => credential !== undefined);
  const target = rows.find(({ credential }) => credential === undefined);
  assert.ok(target && source);
  await owner.connect();
  await owner.query('alter table microsoft_connections no force row level security');
  await owner.query(
    'update microsoft_connections set credential_sealed = (select credential_sealed from microsoft_connections where id = $1) where id = $2',
    [source.id, target.id],
  );
  await owner.query('alter table microsoft_connections force row level security');
  await owner.end();
  assert.ok(await stores.connections.secretOf(acme.id, source.id, 'present'));
  assert.equal(await stores.connections.secretOf(acme.id, target.id, 'present'), undefined);
});

test('a way to Microsoft is taken once, by two at a time only by one, and never after its end (T18)', async () => {
  const attempt: SignInAttempt = {
    accountId: acme.id,
    purpose: 'sign-in',
    boundTo: 'session',
    by: 'admin@acme.example',
    clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
    redirectUri: 'http://localhost/connect/callback',
    nonce: 'nonce',
    verifier: 'verifier',
    features: [],
    shareTenant: false,
    endsWallMs: nowWallMs + 600_000,
  };
  await stores.signInAttempts.open('state-1', attempt);
  const taken = await Promise.all([1, 2, 3].map(() => stores.signInAttempts.take('state-1', nowWallMs)));
  assert.deepEqual(
    taken.filter((one) => one !== undefined),
    [attempt],
  );
  await stores.signInAttempts.open('state-2', attempt);
  assert.equal(await stores.signInAttempts.take('state-2', attempt.endsWallMs), undefined);
  assert.equal(await stores.signInAttempts.take('state-2', nowWallMs), undefined, 'and it is gone');
  assert.equal(await stores.signInAttempts.take('never begun', nowWallMs), undefined);
});

test('the same mail is kept once, taken by one sender at a time, and told when it went out', async () => {
  const mail = {
    id: freshId(),
    key: 'interrupted:1',
    accountId: acme.id,
    to: ['admin@acme.example'],
    subject: 'Microsoft 365 needs attention',
    text: 'Text',
    attachments: [],
    state: 'waiting' as const,
  };
  assert.equal(await stores.mails.keep(mail), true);
  assert.equal(await stores.mails.keep({ ...mail, id: freshId() }), false);
  const due = await stores.mails.takeDueForPlatform(10, 60_000);
  assert.deepEqual(
    due.map(({ key, tries }) => [key, tries]),
    [['interrupted:1', 1]],
  );
  assert.deepEqual(await stores.mails.takeDueForPlatform(10, 60_000), []);
  await stores.mails.note(mail, { is: 'sent' });
  const [shown] = await stores.mails.list(acme.id, 10, 0);
  assert.equal(shown?.state, 'sent');
  assert.deepEqual(await stores.mails.list(globex.id, 10, 0), []);
});

test('the Teams service of an account is ended with a day until which calls go on (C21)', async () => {
  const read = await stores.accounts.get(acme.id);
  assert.equal(read?.teams, undefined);
  const ends = { enabled: false, endsAtWallMs: Date.parse('2027-01-31T00:00:00Z') };
  const changed = await stores.accounts.update(acme.id, read?.version ?? 0, { teams: ends });
  assert.ok(changed.ok);
  assert.deepEqual((await stores.accounts.get(acme.id))?.teams, ends);
});
