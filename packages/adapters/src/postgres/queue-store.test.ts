import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { asQueueId, type E164, type PersonId, type Queue, queueDefaults } from '@tandem/domain';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { loadRoutingSnapshot } from './load-routing-snapshot.ts';
import { createStores, type Stores } from './stores.ts';
import { freshId, sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const box = createSecretBox(Buffer.alloc(32, 1));
const people: PersonId[] = [];
let greta: PersonId;

before(async () => {
  server = await startTestServer(22590);
  db = openDatabase({ url: (await server.freshDatabase('queues')).appUrl });
  stores = createStores(db, box);
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const account of [acme, acme, acme, globex]) {
    const made = await stores.people.create(account.id, samplePerson(account, { numbers: [] }));
    assert.ok(made.ok, JSON.stringify(made));
    people.push(made.value.id);
  }
  greta = people.pop() as PersonId;
});
after(async () => {
  await db?.close();
  await server?.remove();
});

let made = 0;
function queue(more: Partial<Queue> = {}): Queue {
  made += 1;
  return {
    ...queueDefaults,
    id: asQueueId(freshId()),
    accountId: acme.id,
    name: `Queue ${made}`,
    members: [],
    ...more,
  };
}
const member = (personId: PersonId, loggedIn = true) => ({ personId, loggedIn });
async function create(more: Partial<Queue> = {}) {
  const outcome = await stores.queues.create(queue(more));
  return outcome.ok ? outcome.value : assert.fail(JSON.stringify(outcome));
}

test('a queue with number, extension and members in their order is what routing gets, and goes back to stock', async () => {
  const number = '+12025551500' as E164;
  await stores.numbers.add(acme.id, number, undefined);
  const wanted = {
    number,
    extension: '1500',
    members: [people[2]!, people[0]!].map((id) => member(id)),
    overflow: { kind: 'forward', to: '1001' },
  } as const;
  const sales = await create(wanted);
  const load = () => loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box });
  const { version: _, ...facts } = sales;
  let snapshot = await load();
  assert.deepEqual(snapshot.queues.get(sales.id), facts);
  assert.deepEqual(snapshot.numbers.get(number), { kind: 'queue', queueId: sales.id, accountId: acme.id });
  assert.deepEqual(snapshot.extensions.get(acme.id)?.get('1500'), {
    kind: 'queue',
    queueId: sales.id,
    accountId: acme.id,
  });
  assert.equal((await stores.numbers.get(acme.id, number))?.queueId, sales.id);

  assert.ok((await stores.queues.remove(acme.id, sales.id)).ok);
  snapshot = await load();
  assert.equal(snapshot.numbers.get(number), undefined);
  assert.deepEqual((await stores.numbers.list(acme.id, { state: 'free', search: '2025551500' })).length, 1);
});

test('a number or an extension has one owner: a queue gets nobody else’s, and nobody gets a queue’s', async () => {
  const number = '+12025551501' as E164;
  const first = await create({ number, extension: '1501' });
  for (const [taken, what] of [
    [{ number }, 'number'],
    [{ extension: '1501' }, 'extension'],
    [{ name: first.name }, 'name'],
  ] as const)
    assert.deepEqual(await stores.queues.create(queue(taken)), {
      ok: false,
      refusal: { kind: 'taken', what },
    });
  const entry = await stores.numbers.get(acme.id, number);
  assert.deepEqual(await stores.numbers.assign(acme.id, number, entry?.version ?? 0, people[0]), {
    ok: false,
    refusal: { kind: 'in-use' },
  });
  assert.deepEqual(await stores.queues.create(queue({ accountId: globex.id, number })), {
    ok: false,
    refusal: { kind: 'taken', what: 'number' },
  });
});

test('members change as a whole and keep being logged in or out; a stranger refuses the whole', async () => {
  const { id } = await create({ members: [member(people[0]!), member(people[1]!)] });
  assert.ok((await stores.queues.logIn(acme.id, id, people[1]!, false)).ok);
  const changed = await stores.queues.change(acme.id, id, undefined, { members: [people[1]!, people[2]!] });
  assert.deepEqual(changed.ok && changed.value.members, [member(people[1]!, false), member(people[2]!)]);
  const strange = await stores.queues.change(acme.id, id, undefined, { members: [greta] });
  assert.deepEqual(strange, { ok: false, refusal: { kind: 'unknown-reference' } });
  const [still] = (await stores.queues.list(acme.id)).filter((one) => one.id === id);
  assert.deepEqual(still?.members.length, 2);
  assert.deepEqual(await stores.queues.logIn(acme.id, id, people[0]!, true), {
    ok: false,
    refusal: { kind: 'not-found' },
  });
});

test('two administrators change a queue at once: the second is told', async () => {
  const { id, version } = await create();
  const first = await stores.queues.change(acme.id, id, version, { offerSeconds: 20, extension: '1510' });
  assert.deepEqual(first.ok && [first.value.offerSeconds, first.value.extension], [20, '1510']);
  assert.deepEqual(await stores.queues.change(acme.id, id, version, { name: 'Other' }), {
    ok: false,
    refusal: { kind: 'conflict', version: version + 1 },
  });
  const freed = await stores.queues.change(acme.id, id, undefined, { extension: null });
  assert.equal(freed.ok && freed.value.extension, undefined);
});

test('another customer sees and changes nothing of it', async () => {
  const { id } = await create();
  assert.deepEqual(await stores.queues.list(globex.id), []);
  assert.deepEqual(await stores.queues.change(globex.id, id, undefined, { name: 'Mine' }), {
    ok: false,
    refusal: { kind: 'not-found' },
  });
  assert.deepEqual(await stores.queues.remove(globex.id, id), { ok: false, refusal: { kind: 'not-found' } });
});

test('a member who is deleted is out of the queue', async () => {
  const leaver = await stores.people.create(acme.id, samplePerson(acme, { numbers: [] }));
  assert.ok(leaver.ok);
  const { id } = await create({ members: [member(leaver.value.id), member(people[0]!)] });
  await stores.people.remove(acme.id, leaver.value.id);
  const [left] = (await stores.queues.list(acme.id)).filter((one) => one.id === id);
  assert.deepEqual(left?.members, [member(people[0]!)]);
});

test('a queue takes the calls of somebody who left while the number rests, until the queue is gone', async () => {
  const number = '+12025551599' as E164;
  const support = await create();
  const own = { kind: 'queue', queueId: support.id } as const;
  const leaver = samplePerson(acme, { numbers: [number], leaver: own });
  assert.ok((await stores.people.create(acme.id, leaver)).ok);
  const snapshot = () => loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box });
  assert.deepEqual((await snapshot()).people.get(leaver.id)?.leaver, own);
  // A rule of one's own may also say "nobody", and the account's rule comes back with null.
  let now = await stores.people.get(acme.id, leaver.id);
  for (const rule of [{ kind: 'announcement' }, { kind: 'voicemail' }, null, own] as const) {
    const changed = await stores.people.update(acme.id, leaver.id, now?.version ?? 0, { leaver: rule });
    assert.ok(changed.ok, JSON.stringify(changed));
    now = changed.value;
    assert.deepEqual(now.leaver, rule ?? undefined);
  }
  assert.ok((await stores.people.remove(acme.id, leaver.id)).ok);
  const rests = async () => (await snapshot()).held?.get(number);
  assert.deepEqual((await rests())?.forward, own);
  assert.deepEqual((await stores.numbers.get(acme.id, number))?.held?.forward, own);
  assert.ok((await stores.queues.remove(acme.id, support.id)).ok);
  assert.deepEqual([(await rests())?.kind, (await rests())?.forward], ['quarantine', undefined]);
});
