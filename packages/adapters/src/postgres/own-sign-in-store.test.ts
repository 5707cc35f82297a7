import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { asSignInId } from '@tandem/domain';
import { SecretText, type StoredSignIn } from '@tandem/engine';
import { sql } from 'kysely';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
let url: string;
const acme = sampleAccount();
const globex = sampleAccount();
const dana = samplePerson(acme);
const bo = samplePerson(acme);
const greta = samplePerson(globex);

before(async () => {
  server = await startTestServer(25070);
  url = (await server.freshDatabase('own_sign_ins')).appUrl;
  db = openDatabase({ url });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [dana, bo, greta]) await stores.people.create(person.accountId, person);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const id = (n: number) => asSignInId(`01900000-0000-7000-8000-0000000000${String(n).padStart(2, '0')}`);
const danas: StoredSignIn = {
  id: id(1),
  accountId: acme.id,
  use: 'own',
  personId: dana.id,
  entraTenantId: 'acacacac-0000-4000-8000-000000000001',
  objectId: 'dadadada-0000-4000-8000-000000000142',
  name: 'Dana Doe',
  clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
  scopes: ['Presence.Read', 'Presence.ReadWrite'],
  life: { state: 'CONNECTED', sinceWallMs: 1_700_000_000_000 },
  createdWallMs: 1_700_000_000_000,
};
const token = new SecretText('0.AX-the-refresh-token');

test('a sign-in is kept with its token sealed: what stands in the table opens nothing, and moved to another row neither', async () => {
  assert.deepEqual(await stores.ownSignIns.put(danas, token), { ok: true });
  assert.deepEqual((await stores.ownSignIns.loadForPlatform()).signIns, [danas]);
  assert.equal((await stores.ownSignIns.tokenOf(acme.id, danas.id))?.reveal(), token.reveal());
  const text = await db.withAccount(acme.id, async (tx) => {
    const { rows } = await sql<{ row: string }>`select own_sign_ins::text as row from own_sign_ins`.execute(
      tx,
    );
    return rows.map(({ row }) => row).join();
  });
  assert.match(text, /Dana Doe/);
  assert.doesNotMatch(text, /the-refresh-token/);

  const bos: StoredSignIn = {
    ...danas,
    id: id(2),
    personId: bo.id,
    objectId: 'b0b0b0b0-0000-4000-8000-000000000001',
  };
  await stores.ownSignIns.put(bos, new SecretText('bos token'));
  // Somebody with a hand in the table puts Dana's token beside Bo's row.
  await db.withAccount(acme.id, (tx) =>
    sql`update own_sign_ins set refresh_token_sealed =
        (select refresh_token_sealed from own_sign_ins where id = ${danas.id}) where id = ${bos.id}`.execute(
      tx,
    ),
  );
  assert.equal(await stores.ownSignIns.tokenOf(acme.id, bos.id), undefined);
  await stores.ownSignIns.remove(acme.id, bos.id);
});

test('another master key opens nothing, and another account sees, changes and removes nothing', async () => {
  const stranger = openDatabase({ url });
  try {
    const others = createStores(stranger, createSecretBox(Buffer.alloc(32, 2)));
    assert.equal(await others.ownSignIns.tokenOf(acme.id, danas.id), undefined);
  } finally {
    await stranger.close();
  }
  assert.equal(await stores.ownSignIns.tokenOf(globex.id, danas.id), undefined);
  await stores.ownSignIns.rotate(globex.id, danas.id, new SecretText('planted'));
  await stores.ownSignIns.remove(globex.id, danas.id);
  assert.equal((await stores.ownSignIns.tokenOf(acme.id, danas.id))?.reveal(), token.reveal());
});

test('one Microsoft user is one person’s on the whole platform; the same person signs in again in the same place', async () => {
  const again = { ...danas, life: { ...danas.life, sinceWallMs: 1_700_000_100_000 } };
  assert.deepEqual(await stores.ownSignIns.put(again, new SecretText('newer')), { ok: true });
  assert.equal((await stores.ownSignIns.tokenOf(acme.id, danas.id))?.reveal(), 'newer');
  const gretas = { ...danas, id: id(3), accountId: globex.id, personId: greta.id };
  assert.deepEqual(await stores.ownSignIns.put(gretas, token), { ok: false, why: 'taken' });
  // The same user may be an account's accelerator besides: it serves nobody alone.
  const { personId: _, ...rest } = danas;
  const accelerator: StoredSignIn = { ...rest, id: id(4), use: 'accelerator' };
  assert.deepEqual(await stores.ownSignIns.put(accelerator, token), { ok: true });
  await stores.ownSignIns.rotate(acme.id, accelerator.id, new SecretText('rotated'));
  assert.equal((await stores.ownSignIns.tokenOf(acme.id, accelerator.id))?.reveal(), 'rotated');
});

test('a state is kept; a person who is deleted leaves no token behind; settings are the account’s', async () => {
  const broken = {
    ...danas,
    life: { state: 'INTERRUPTED', sinceWallMs: 2, reason: 'password-changed' },
  } as const;
  await stores.ownSignIns.saveLife(broken);
  const loaded = await stores.ownSignIns.loadForPlatform();
  assert.deepEqual(loaded.signIns.find((one) => one.id === danas.id)?.life, broken.life);
  await db.withAccount(acme.id, (tx) => tx.deleteFrom('people').where('id', '=', dana.id).execute());
  assert.equal(await stores.ownSignIns.tokenOf(acme.id, danas.id), undefined);
  await stores.ownSignIns.saveSettings(acme.id, { ownConnections: 'always', accelerate: true });
  await stores.ownSignIns.saveSettings(acme.id, { ownConnections: 'off', accelerate: true });
  assert.deepEqual(
    [...(await stores.ownSignIns.loadForPlatform()).settings],
    [[acme.id, { ownConnections: 'off', accelerate: true }]],
  );
});
