import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CallRecord, Person } from '@tandem/domain';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson, sampleRecord } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const ann = samplePerson(acme, { displayName: 'Ann', upn: 'ann@acme.example', numbers: [] });
const ben = samplePerson(acme, { displayName: 'Ben', upn: 'ben@acme.example', numbers: [] });
const gil = samplePerson(globex, { displayName: 'Gil', upn: 'gil@globex.example', numbers: [] });
const noon = Date.parse('2026-11-10T12:00:00Z');
const november = { from: Date.parse('2026-11-01T00:00:00Z'), until: Date.parse('2026-12-01T00:00:00Z') };

before(async () => {
  server = await startTestServer(22097);
  db = openDatabase({ url: (await server.freshDatabase('tags')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [ann, ben, gil]) assert.ok((await stores.people.create(person.accountId, person)).ok);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

async function called(person: Person, change: Partial<CallRecord>): Promise<void> {
  const record = sampleRecord({ accountId: person.accountId, personId: person.id, ...change });
  await db.withPlatform('a call of the test', (tx) =>
    tx
      .insertInto('call_records')
      .values({
        call_id: record.callId,
        account_id: person.accountId,
        revision: 1,
        invited_at: new Date(record.invitedAt),
        ended_at: null,
        from_number: record.from,
        to_number: record.to,
        direction: record.direction,
        result: record.result ?? null,
        record: JSON.stringify(record),
      } as never)
      .execute(),
  );
}

test('an admin tags people by cost centre, finds them by it, and sees calls and talk time by tag; no other customer sees any of it', async () => {
  const set = async (person: Person, tags: readonly string[]) =>
    assert.ok((await stores.tags.set(person.accountId, person.id, tags)).ok);
  await set(ann, ['CC 100', 'Sales']);
  await set(ben, ['CC 100']);
  await set(gil, ['CC 100']);
  assert.deepEqual(await stores.tags.list(acme.id), [
    { tag: 'CC 100', people: 2 },
    { tag: 'Sales', people: 1 },
  ]);
  const found = await stores.tags.people(acme.id, 'Sales');
  assert.deepEqual(
    found.map(({ displayName, tags }) => [displayName, tags]),
    [['Ann', ['CC 100', 'Sales']]],
  );
  assert.equal((await stores.tags.people(acme.id)).length, 2);

  await called(ann, { invitedAt: noon, result: 'answered', talkMs: 61_400 });
  await called(ann, { invitedAt: noon + 1000, result: 'busy', talkMs: 0 });
  await called(ben, { invitedAt: noon + 2000, result: 'answered', talkMs: 30_000 });
  await called(ben, { invitedAt: november.until, result: 'answered', talkMs: 5_000 });
  await called(gil, { invitedAt: noon, result: 'answered', talkMs: 99_000 });
  assert.deepEqual(await stores.tags.sums(acme.id, november), [
    { tag: 'CC 100', people: 2, calls: 3, answered: 2, talkSeconds: 91 },
    { tag: 'Sales', people: 1, calls: 2, answered: 1, talkSeconds: 61 },
  ]);
  const calls = await stores.tags.calls(acme.id, { ...november, tag: 'CC 100' }, 100);
  assert.deepEqual(
    calls.map(({ upn, invitedWallMs, talkSeconds }) => [upn, invitedWallMs, talkSeconds]),
    [
      ['ann@acme.example', noon, 61],
      ['ann@acme.example', noon + 1000, 0],
      ['ben@acme.example', noon + 2000, 30],
    ],
  );
});

test('tags are replaced whole; those of another customer’s person cannot be set; who leaves takes theirs along', async () => {
  const changed = await stores.tags.set(acme.id, ann.id, ['Support']);
  assert.deepEqual(changed.ok && changed.value.before, ['CC 100', 'Sales']);
  assert.deepEqual(await stores.tags.of(acme.id, ann.id), ['Support']);
  assert.equal((await stores.tags.set(acme.id, gil.id, ['Mine'])).ok, false);
  assert.deepEqual(await stores.tags.of(globex.id, gil.id), ['CC 100']);
  await stores.people.remove(acme.id, ann.id);
  assert.deepEqual(await stores.tags.list(acme.id), [{ tag: 'CC 100', people: 1 }]);
});
