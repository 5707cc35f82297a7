import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Account } from '@tandem/domain';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();

before(async () => {
  server = await startTestServer(22060);
  db = openDatabase({ url: (await server.freshDatabase('leases')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const dana = samplePerson(acme);
const leaseOf = (account: Account, sequence: number) => ({
  accountId: account.id,
  personId: dana.id,
  entraTenantId: randomUUID(),
  objectId: randomUUID(),
  sequence,
});

test('a lease stands until a higher number replaces it; a lower one learns what stands', async () => {
  const first = leaseOf(acme, 3);
  assert.deepEqual(await stores.presenceLeases.hold(first, 300_000), { held: true });
  const second = leaseOf(acme, 4);
  assert.deepEqual(await stores.presenceLeases.hold(second, 300_000), { held: true });
  assert.deepEqual(await stores.presenceLeases.hold(first, 300_000), { held: false, standing: 4 });
  const [{ leftMs, ...row } = { leftMs: 0 }, ...others] = await stores.presenceLeases.listForPlatform();
  assert.deepEqual([row, others], [second, []]);
  assert.ok(leftMs > 290_000 && leftMs <= 300_000, `${leftMs}`);
});

test('the store says how much time is left: its clock, not the node’s', async () => {
  await stores.facts.setClockOffsetForPlatform(240_000);
  const [row] = await stores.presenceLeases.listForPlatform();
  assert.ok(row && row.leftMs > 0 && row.leftMs < 61_000, `${row?.leftMs}`);
  await stores.facts.setClockOffsetForPlatform(0);
});

test('another customer neither takes nor drops it; the owner forgets it, but not a newer one', async () => {
  await stores.presenceLeases.drop(globex.id, dana.id, 9);
  await assert.rejects(stores.presenceLeases.hold(leaseOf(globex, 9), 300_000));
  await stores.presenceLeases.drop(acme.id, dana.id, 3);
  assert.equal((await stores.presenceLeases.listForPlatform()).length, 1);
  await stores.presenceLeases.drop(acme.id, dana.id, 4);
  assert.deepEqual(await stores.presenceLeases.listForPlatform(), []);
});

const preferredOf = (account: Account, sequence: number) => ({
  ...leaseOf(account, sequence),
  availability: 'DoNotDisturb',
  activity: 'DoNotDisturb',
  wish: 'dnd 1790000000000',
  standing: true,
});

test('what a person prefers because of us stands beside the lease, fenced the same way, until it is dropped', async () => {
  const { preferredPresence } = stores;
  const first = preferredOf(acme, 3);
  assert.deepEqual(await preferredPresence.hold(first, 8 * 3_600_000), { held: true });
  assert.deepEqual(await preferredPresence.hold(first, 1), { held: false, standing: 3 });
  await assert.rejects(preferredPresence.hold(preferredOf(globex, 9), 1), 'another customer’s');
  await preferredPresence.drop(globex.id, dana.id, 9);
  const left = { ...preferredOf(acme, 4), standing: false };
  assert.deepEqual(await preferredPresence.hold(left, 3_600_000), { held: true });
  await preferredPresence.drop(acme.id, dana.id, 3);
  const [{ leftMs, ...row } = { leftMs: 0 }, ...others] = await preferredPresence.listForPlatform();
  assert.deepEqual([row, others], [left, []]);
  assert.ok(leftMs > 3_590_000 && leftMs <= 3_600_000, `${leftMs}`);
  await preferredPresence.drop(acme.id, dana.id, 4);
  assert.deepEqual(await preferredPresence.listForPlatform(), []);
});
