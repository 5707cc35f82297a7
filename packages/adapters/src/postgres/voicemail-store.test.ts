import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asCallId, asPersonId } from '@tandem/domain';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { loadRoutingSnapshot } from './load-routing-snapshot.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';
import type { KeptMessage } from './voicemail-store.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const box = createSecretBox(Buffer.alloc(32, 1));
const acme = sampleAccount();
const globex = sampleAccount();
const dana = samplePerson(acme);
const bo = samplePerson(acme);
const greta = samplePerson(globex);
const day = 86_400_000;

before(async () => {
  server = await startTestServer(25_230);
  db = openDatabase({ url: (await server.freshDatabase('voicemail')).appUrl });
  stores = createStores(db, box);
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [dana, bo, greta]) await stores.people.create(person.accountId, person);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const messageOf = (more: Partial<KeptMessage> = {}): KeptMessage => ({
  id: randomUUID(),
  accountId: acme.id,
  personId: dana.id,
  callId: asCallId(randomUUID()),
  from: '+12025550199',
  callerName: 'Pat Example',
  callingPersonId: bo.id,
  atWallMs: Date.now(),
  lengthMs: 5_000,
  ...more,
});
const snapshot = () => loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box });

test('a message is stored once however often it is said, and read as it was left', async () => {
  const message = messageOf();
  for (let times = 0; times < 2; times += 1) assert.equal(await stores.voicemail.deliver(message), true);
  assert.deepEqual(await stores.voicemail.get(acme.id, dana.id, message.id), message);
  assert.deepEqual(await stores.voicemail.count(acme.id, dana.id), { messages: 1, unheard: 1 });
  const heard = await stores.voicemail.setHeard(acme.id, dana.id, message.id, 1_700_000_000_000);
  assert.equal(heard?.heardAtWallMs, 1_700_000_000_000);
  await stores.voicemail.setHeard(acme.id, dana.id, message.id, 1_800_000_000_000);
  const again = await stores.voicemail.get(acme.id, dana.id, message.id);
  assert.equal(again?.heardAtWallMs, 1_700_000_000_000, 'heard first stays heard first');
  assert.equal(
    (await stores.voicemail.setHeard(acme.id, dana.id, message.id, null))?.heardAtWallMs,
    undefined,
  );
  assert.equal(await stores.voicemail.remove(acme.id, dana.id, message.id), true);
  assert.equal(await stores.voicemail.remove(acme.id, dana.id, message.id), false);
});

test("nobody reads, hears or deletes another's message, of the same account or of another one (T03)", async () => {
  const message = messageOf();
  await stores.voicemail.deliver(message);
  for (const [account, person] of [
    [acme.id, bo.id],
    [globex.id, dana.id],
    [globex.id, greta.id],
  ] as const) {
    assert.equal(await stores.voicemail.get(account, person, message.id), undefined);
    assert.equal(await stores.voicemail.setHeard(account, person, message.id, 1), undefined);
    assert.equal(await stores.voicemail.remove(account, person, message.id), false);
    assert.deepEqual(await stores.voicemail.list(account, person, { limit: 10 }), { items: [] });
  }
  assert.deepEqual(await stores.voicemail.count(globex.id), { messages: 0, unheard: 0 });
  assert.equal(await stores.voicemail.deliver(messageOf({ accountId: globex.id })), false, 'not its person');
  assert.equal(await stores.voicemail.deliver(messageOf({ personId: asPersonId(randomUUID()) })), false);
  await stores.voicemail.remove(acme.id, dana.id, message.id);
});

test('pages are newest first, each message once, also those of one moment', async () => {
  const at = Date.UTC(2026, 10, 1);
  const all = Array.from({ length: 7 }, (_, index) =>
    messageOf({ personId: bo.id, atWallMs: at + (index >> 1) }),
  );
  for (const message of all) await stores.voicemail.deliver(message);
  const seen: KeptMessage[] = [];
  let cursor: string | undefined;
  do {
    const page = await stores.voicemail.list(acme.id, bo.id, { limit: 3, cursor });
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.equal(new Set(seen.map(({ id }) => id)).size, 7);
  assert.deepEqual(
    seen.map(({ atWallMs }) => atWallMs),
    seen.map(({ atWallMs }) => atWallMs).sort((a, b) => b - a),
  );
  const strange = await stores.voicemail.list(acme.id, bo.id, { limit: 1, cursor: 'garbage' });
  assert.equal(strange.items[0]?.id, seen[0]?.id);
});

test('what is older than its account keeps it goes, thirty days where nobody said otherwise', async () => {
  const now = Date.now();
  const ages = [1, 8, 29, 31].map((days) => messageOf({ atWallMs: now - days * day + 60_000 }));
  const theirs = messageOf({ accountId: globex.id, personId: greta.id, atWallMs: now - 8 * day });
  for (const message of [...ages, theirs]) await stores.voicemail.deliver(message);
  await stores.voicemail.change(globex.id, undefined, { retentionDays: 7 });
  await stores.voicemail.forgetOldForPlatform(now);
  const { messages } = await stores.voicemail.knownForPlatform();
  assert.deepEqual(
    [...ages, theirs].map(({ id }) => messages.has(id)),
    [true, true, true, false, false],
  );
});

test('who takes messages is chosen by account and by person, and calls know it; a person who goes takes all along', async () => {
  assert.deepEqual(await stores.voicemail.settings(acme.id), {});
  await stores.voicemail.change(acme.id, undefined, { owner: 'platform', maxSeconds: 60 });
  await stores.voicemail.change(acme.id, dana.id, { owner: 'teams', greetingMs: 2_000 });
  await stores.voicemail.change(acme.id, dana.id, { greetingMs: 3_000 });
  assert.deepEqual(await stores.voicemail.settings(acme.id, dana.id), { owner: 'teams', greetingMs: 3_000 });
  assert.deepEqual(await stores.voicemail.settings(globex.id, dana.id), {});
  assert.equal(await stores.voicemail.change(globex.id, dana.id, { owner: 'platform' }), undefined);
  const { voicemail } = await snapshot();
  assert.deepEqual(voicemail?.get(acme.id), { owner: 'platform', maxSeconds: 60 });
  assert.deepEqual(voicemail?.get(dana.id), { owner: 'teams', greeting: true });
  await stores.voicemail.deliver(messageOf());
  await stores.people.remove(acme.id, dana.id);
  assert.equal((await snapshot()).voicemail?.get(dana.id), undefined);
  assert.deepEqual(await stores.voicemail.count(acme.id, dana.id), { messages: 0, unheard: 0 });
});
