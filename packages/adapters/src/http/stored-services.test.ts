import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Account, asPersonId, type CallRecord, type Person, teamsEligibility } from '@tandem/domain';
import { type Database, openDatabase } from '../postgres/database.ts';
import { createStores } from '../postgres/stores.ts';
import { e164, sampleAccount, samplePerson, sampleRecord } from '../postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '../postgres/test-support/server.ts';
import { createSecretBox } from '../security/secret-box.ts';
import type { Scope } from './scope.ts';
import { isAway } from './services.ts';
import { createStoredServices } from './stored-services.ts';

const platform: Scope = { kind: 'platform' };
let server: TestServer;
let db: Database;
let services: ReturnType<typeof createStoredServices>;
let acme: Account;
let globex: Account;
const people: Person[] = [];
const records: CallRecord[] = [];
const scopeOf = (account: Account): Scope => ({ kind: 'account', accountId: account.id });

before(async () => {
  server = await startTestServer(24050);
  db = openDatabase({ url: (await server.freshDatabase('api')).appUrl });
  const stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)), {
    unstored: () => records,
    unstoredCall: (id) => records.find((record) => record.callId === id),
  });
  const readLadder = async () => [];
  services = createStoredServices(stores, { read: readLadder, readForPlatform: readLadder });
  [acme, globex] = [sampleAccount(), sampleAccount()];
  for (const account of [acme, globex]) {
    assert.ok((await stores.accounts.createForPlatform(account)).ok);
    for (let index = 0; index < 5; index += 1) {
      const tail = String((account === acme ? 20 : 40) + index);
      const person = samplePerson(account, {
        displayName: `Person ${index}`,
        numbers: index === 4 ? [] : [e164(`+120255501${tail}`)],
      });
      people.push(person);
      assert.ok((await stores.people.create(account.id, person)).ok);
    }
    for (let index = 0; index < 4; index += 1) {
      const personId = people.at(-1)?.id as Person['id'];
      const invitedAt = 1_790_000_000_000 + index * 60_000;
      records.push(
        sampleRecord({ accountId: account.id, personId, invitedAt, result: index ? 'answered' : 'busy' }),
      );
    }
  }
});
after(async () => {
  await db?.close();
  await server?.remove();
});

async function all<Item>(
  ask: (cursor: string | undefined) => Promise<{ items: readonly Item[]; nextCursor?: string | undefined }>,
): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return { items, pages };
  }
}

test('the operator walks through the people of all accounts, an admin through the own ones, nobody twice', async () => {
  const { directory } = services;
  const everybody = await all((cursor) => directory.people(platform, { limit: 3, cursor }));
  assert.equal(everybody.pages, 4);
  assert.equal(new Set(everybody.items.map((person) => person.id)).size, 10);
  const own = await all((cursor) => directory.people(scopeOf(acme), { limit: 2, cursor }));
  assert.equal(own.items.length, 5);
  assert.ok(own.items.every((person) => person.accountId === acme.id));
  const keep = (_: Account, person: Person): boolean => teamsEligibility(acme, person).length > 0;
  const blocked = await directory.people(scopeOf(acme), { limit: 10, keep });
  assert.deepEqual(
    blocked.items.map((person) => person.displayName),
    ['Person 4'],
  );
  const found = await directory.people(platform, { limit: 10, search: '+1 (202) 555-0121' });
  assert.deepEqual(
    found.items.map((person) => person.displayName),
    ['Person 1'],
  );
  const numbers = await all((cursor) => directory.numbers(platform, { limit: 3, cursor }));
  assert.equal(numbers.items.length, 8);
  assert.equal(numbers.items[0]?.person?.displayName, 'Person 0');
  const accounts = await all((cursor) => directory.accounts(platform, { limit: 1, cursor }));
  assert.equal(accounts.items.length, 2);
});

test("another account's person cannot be read or changed, nor can another's number be taken", async () => {
  const { directory } = services;
  const [first] = people as [Person, ...Person[]];
  const by = { kind: 'user', name: 'admin', address: '127.0.0.1' } as const;
  assert.equal(await directory.person(scopeOf(globex), first.id), undefined);
  assert.equal(
    (await directory.changePerson(scopeOf(globex), first.id, { teamsToggle: false }, by)).kind,
    'unknown',
  );
  assert.equal(
    (await directory.changePerson(platform, 'no-such-id', { teamsToggle: false }, by)).kind,
    'unknown',
  );
  const taken = await directory.changePerson(scopeOf(acme), first.id, { number: e164('+12025550140') }, by);
  // Two admins at once: who comes too late reads after whom, and nothing of another customer.
  assert.deepEqual(taken, { kind: 'number-taken', say: '+12025550140 belongs to another customer.' });
  const second = people[1] as Person;
  const own = await directory.changePerson(scopeOf(acme), first.id, { number: e164('+12025550121') }, by);
  assert.deepEqual(own, { kind: 'number-taken', say: `Person 1 (${second.upn}) has +12025550121.` });
  const changed = await directory.changePerson(
    scopeOf(acme),
    first.id,
    { number: e164('+12025550160'), teamsToggle: false },
    by,
  );
  assert.ok(changed.kind === 'changed');
  assert.deepEqual([changed.person.numbers, changed.person.teamsToggle], [['+12025550160'], false]);
});

test('a person sees the own calls only; filters that the store does not know work too', async () => {
  const { calls } = services;
  const everything = await all((cursor) => calls.list(platform, { limit: 3, cursor }));
  assert.equal(new Set(everything.items.map((record) => record.callId)).size, 8);
  const own = await calls.list(scopeOf(acme), { limit: 10 });
  assert.ok(own.items.length === 4 && own.items.every((record) => record.accountId === acme.id));
  const stranger: Scope = {
    kind: 'person',
    accountId: acme.id,
    personId: asPersonId(people[0]?.id as string),
  };
  assert.equal((await calls.list(stranger, { limit: 10 })).items.length, 0);
  assert.equal(await calls.record(stranger, records[0]?.callId as string), undefined);
  assert.equal(await calls.record(scopeOf(globex), records[0]?.callId as string), undefined);
  assert.ok(await calls.record(scopeOf(acme), records[0]?.callId as string));
  assert.equal((await calls.list(scopeOf(acme), { limit: 10, sipCallId: 'a84b4c76e66710' })).items.length, 4);
  assert.equal((await calls.list(scopeOf(acme), { limit: 10, sipCallId: 'other' })).items.length, 0);
  assert.equal((await calls.list(scopeOf(acme), { limit: 10, result: 'busy' })).items.length, 1);
});

test('a cursor that is not ours harms nothing', async () => {
  for (const cursor of [
    'x',
    'W10',
    Buffer.from('["a"]').toString('base64url'),
    Buffer.from('{}').toString('base64url'),
  ]) {
    assert.equal((await services.directory.people(scopeOf(acme), { limit: 10, cursor })).items.length, 5);
  }
});

test('with the database stopped every list says that it is away', async () => {
  await server.stop('immediate');
  await assert.rejects(services.directory.people(platform, { limit: 1 }), isAway);
  await assert.rejects(services.directory.numbers(scopeOf(acme), { limit: 1 }), isAway);
  await assert.rejects(services.calls.list(platform, { limit: 1 }), isAway);
});
