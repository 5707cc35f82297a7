import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
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
const dana = samplePerson(acme);
const bo = samplePerson(acme);
const greta = samplePerson(globex);

before(async () => {
  server = await startTestServer(22120);
  db = openDatabase({ url: (await server.freshDatabase('contacts')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [dana, bo, greta]) await stores.people.create(person.accountId, person);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const ofPerson = (personId: typeof bo.id) => ({
  id: randomUUID(),
  target: { kind: 'person' as const, personId },
  favourite: false,
});

test('who is put on the list twice stands there once, as the second time said', async () => {
  const first = await stores.contacts.add(acme.id, dana.id, ofPerson(bo.id));
  const second = await stores.contacts.add(acme.id, dana.id, { ...ofPerson(bo.id), favourite: true });
  assert.ok(first.ok && second.ok);
  assert.equal(second.value.id, first.value.id);
  assert.deepEqual(
    (await stores.contacts.list(acme.id, dana.id)).map(({ favourite }) => favourite),
    [true],
  );
});

test("a person of another account cannot be named, and another account's list is empty (T03)", async () => {
  const outcome = await stores.contacts.add(acme.id, dana.id, ofPerson(greta.id));
  assert.deepEqual(outcome, { ok: false, refusal: { kind: 'not-found' } });
  assert.deepEqual(await stores.contacts.list(globex.id, dana.id), []);
});

test('a place on the speed dials is one person’s only, and free again when taken away', async () => {
  const taxi = (speedDial: number) => ({
    id: randomUUID(),
    target: { kind: 'own' as const, displayName: 'Taxi', numbers: ['+1 202 555 0190'] },
    favourite: false,
    speedDial,
  });
  const first = await stores.contacts.add(acme.id, dana.id, taxi(7));
  assert.ok(first.ok);
  assert.deepEqual(await stores.contacts.add(acme.id, dana.id, taxi(7)), {
    ok: false,
    refusal: { kind: 'taken', what: 'speed-dial' },
  });
  assert.ok((await stores.contacts.add(acme.id, bo.id, taxi(7))).ok, 'Bo has places of his own');
  assert.ok((await stores.contacts.change(acme.id, dana.id, first.value.id, { speedDial: null })).ok);
  assert.ok((await stores.contacts.add(acme.id, dana.id, taxi(7))).ok);
});

test('name and numbers of a colleague are not changed on a list', async () => {
  const [entry] = await stores.contacts.list(acme.id, dana.id);
  assert.equal(entry?.target.kind, 'person');
  const outcome = await stores.contacts.change(acme.id, dana.id, entry?.id ?? '', {
    displayName: 'Somebody else',
    numbers: ['+12025550199'],
  });
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.value.target, { kind: 'person', personId: bo.id });
});

test('numbers and extensions are found within the account only', async () => {
  const numbers = [...bo.numbers, ...greta.numbers];
  const found = await stores.contacts.peopleByNumber(acme.id, numbers);
  for (const number of bo.numbers) assert.equal(found.get(number), bo.id);
  for (const number of greta.numbers) assert.equal(found.get(number), undefined);
});

test('a person who leaves leaves all lists', async () => {
  const gone = samplePerson(acme);
  await stores.people.create(acme.id, gone);
  await stores.contacts.add(acme.id, dana.id, ofPerson(gone.id));
  await stores.people.remove(acme.id, gone.id);
  const left = await stores.contacts.list(acme.id, dana.id);
  assert.ok(left.every(({ target }) => target.kind !== 'person' || target.personId !== gone.id));
});
