import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type E164, isE164 } from '@tandem/domain';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { loadRoutingSnapshot } from './load-routing-snapshot.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const day = 86_400_000;
const box = createSecretBox(Buffer.alloc(32, 1));

before(async () => {
  server = await startTestServer(22090);
  db = openDatabase({ url: (await server.freshDatabase('stock')).appUrl });
  stores = createStores(db, box);
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const e164 = (text: string): E164 => (isE164(text) ? text : assert.fail(text));
const range = (accountId = acme.id, from = '+493012340000', to = '+493012340009') => ({
  id: randomUUID(),
  accountId,
  name: 'Berlin',
  first: e164(from),
  last: e164(to),
});
const statesOf = async () =>
  (await stores.numbers.list(acme.id, { limit: 1000, search: '+49301234' })).map(
    ({ number, personId, held }) => `${number.slice(-2)} ${personId ? 'assigned' : (held?.kind ?? 'free')}`,
  );
async function joins(account = acme) {
  const person = { ...samplePerson(account), id: samplePerson(account).id, numbers: [] };
  const made = await stores.people.create(account.id, person);
  return made.ok ? made.value : assert.fail(JSON.stringify(made));
}

test('a range brings its numbers into stock; a foreign number in it refuses the whole', async () => {
  const made = await stores.numberStock.createRange(range());
  assert.ok(made.ok);
  assert.deepEqual([made.value.size, made.value.free], [10, 10]);
  assert.deepEqual(await stores.numberStock.createRange(range(globex.id, '+493012340005', '+493012340014')), {
    ok: false,
    refusal: { kind: 'taken', what: 'number' },
  });
  assert.deepEqual(await stores.numberStock.ranges(globex.id), [], 'nothing of it stays');
  for (const [from, to] of [
    ['+493012340009', '+493012340000'],
    ['+49301234000', '+493012340009'],
    ['+493012300000', '+493012399999'],
  ] as const)
    assert.equal((await stores.numberStock.createRange(range(acme.id, from, to))).ok, false, `${from}-${to}`);
});

test('N46: ten joiners at once get ten different numbers, the eleventh gets none', async () => {
  const people = [];
  for (let n = 0; n < 11; n += 1) people.push(await joins());
  const given = await Promise.all(
    people.map((person) => stores.numberStock.takeNextFree(acme.id, person.id)),
  );
  const numbers = given.filter((one) => one !== undefined);
  assert.equal(numbers.length, 10);
  assert.equal(new Set(numbers).size, 10);
  assert.equal(given.filter((one) => one === undefined).length, 1);
  for (const person of people) await stores.people.remove(acme.id, person.id);
});

test('N47: who leaves leaves the number in quarantine for thirty days, then it is free', async () => {
  assert.deepEqual(new Set((await statesOf()).map((one) => one.slice(3))), new Set(['quarantine']));
  const next = await joins();
  const wanted = e164('+493012340003');
  const refused = await stores.people.update(acme.id, next.id, next.version, { numbers: [wanted] });
  assert.equal(refused.ok, false);
  assert.match(
    !refused.ok && refused.refusal.kind === 'held' ? refused.refusal.say : '',
    /\+493012340003 is in quarantine until \d{4}-\d\d-\d\d \(.+ left\)/,
  );
  assert.equal(await stores.numberStock.nextFree(acme.id), undefined);
  const entry = await stores.numbers.get(acme.id, wanted);
  assert.deepEqual(await stores.numbers.assign(acme.id, wanted, entry?.version ?? 0, next.id), {
    ok: false,
    refusal: refused.ok ? undefined : refused.refusal,
  });

  await stores.facts.setClockOffsetForPlatform(31 * day);
  assert.equal((await stores.numberStock.nextFree(acme.id))?.number, '+493012340000');
  const given = await stores.people.update(acme.id, next.id, next.version, { numbers: [wanted] });
  assert.ok(given.ok);
  assert.equal((await stores.numbers.get(acme.id, wanted))?.held, undefined, 'nothing is left of the hold');
  await stores.facts.setClockOffsetForPlatform(0);
  await stores.people.remove(acme.id, next.id);
});

test('the quarantine ends before its time when somebody says so', async () => {
  const number = e164('+493012340003');
  assert.deepEqual(await stores.numberStock.hold(acme.id, number, { kind: 'free', reason: 'needed' }), {
    ok: true,
    value: undefined,
  });
  assert.equal((await stores.numberStock.nextFree(acme.id))?.number, number);
});

test('N49: a reserved number is kept for the one it is for, and is theirs when they appear', async () => {
  const number = e164('+493012340003');
  const joiner = samplePerson(acme);
  await stores.numberStock.hold(acme.id, number, { kind: 'reserve', for: ` ${joiner.upn.toUpperCase()} ` });
  assert.equal(await stores.numberStock.nextFree(acme.id), undefined);
  const other = await joins();
  const refused = await stores.people.update(acme.id, other.id, other.version, { numbers: [number] });
  assert.match(
    !refused.ok && refused.refusal.kind === 'held' ? refused.refusal.say : '',
    /reserved for somebody else/,
  );
  const [found] = await stores.numberStock.reservedFor(acme.id, [joiner.upn]);
  assert.equal(found, number);
  const made = await stores.people.create(acme.id, { ...joiner, numbers: [number] });
  assert.ok(made.ok, JSON.stringify(made));
  assert.deepEqual(made.value.numbers, [number]);
  assert.deepEqual(await stores.numberStock.hold(acme.id, number, { kind: 'ported' }), {
    ok: false,
    refusal: { kind: 'in-use' },
  });
});

test('N48: every number has one state, and lists can be asked for it', async () => {
  await stores.numberStock.hold(acme.id, e164('+493012340004'), { kind: 'ported' });
  await stores.numberStock.hold(acme.id, e164('+493012340005'), { kind: 'free' });
  const all = await stores.numbers.list(acme.id, { limit: 1000 });
  let counted = 0;
  for (const state of ['assigned', 'free', 'reserved', 'quarantine', 'ported'] as const)
    counted += (await stores.numbers.list(acme.id, { limit: 1000, state })).length;
  assert.equal(counted, all.length);
  const [used] = await stores.numberStock.ranges(acme.id);
  assert.equal(used?.free, 1);
  assert.deepEqual(await stores.numberStock.removeRange(acme.id, used?.id ?? ''), {
    ok: false,
    refusal: { kind: 'in-use' },
  });
});

test('T22: stock and ranges of one account are not there for another', async () => {
  const [own] = await stores.numberStock.ranges(acme.id);
  assert.deepEqual(await stores.numberStock.removeRange(globex.id, own?.id ?? ''), {
    ok: false,
    refusal: { kind: 'not-found' },
  });
  assert.deepEqual(await stores.numberStock.hold(globex.id, e164('+493012340005'), { kind: 'ported' }), {
    ok: false,
    refusal: { kind: 'not-found' },
  });
  assert.equal(await stores.numberStock.nextFree(globex.id, own?.id), undefined);
});

test('somebody who left: the snapshot knows who is rung meanwhile, and only they may have the number back', async () => {
  const [wanted, desk] = [e164('+493099990001'), e164('+493099990002')];
  const bo = await joins();
  const leaver = samplePerson(acme, { numbers: [wanted] });
  assert.ok((await stores.people.create(acme.id, leaver)).ok);
  await stores.numberStock.setLeaverForward(acme.id, leaver.id, { kind: 'person', personId: bo.id });
  assert.ok((await stores.people.remove(acme.id, leaver.id)).ok);
  const held = async (number = wanted) =>
    (await loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box })).held?.get(number);
  const rests = await held();
  assert.deepEqual(
    [rests?.kind, rests?.formerOwner, rests?.formerPersonId, rests?.forward],
    ['quarantine', leaver.displayName, leaver.id, { kind: 'person', personId: bo.id }],
  );
  assert.deepEqual((await stores.numbers.get(acme.id, wanted))?.held?.forward, rests?.forward);
  // Microsoft gives it back ten days later: the rest begins anew. Of somebody else's number nothing begins.
  await stores.facts.setClockOffsetForPlatform(10 * day);
  assert.equal(await stores.numberStock.release(acme.id, wanted, bo.id), false);
  assert.equal(await stores.numberStock.release(acme.id, wanted, leaver.id), true);
  await stores.facts.setClockOffsetForPlatform(0);
  const later = ((await held())?.untilWallMs ?? 0) - (rests?.untilWallMs ?? 0);
  assert.ok(Math.abs(later - 10 * day) < 60_000, String(later));
  // Whoever is to be rung leaves too: nobody is rung, and nothing keeps them from leaving.
  assert.ok((await stores.people.remove(acme.id, bo.id)).ok);
  assert.equal((await held())?.forward, undefined);

  // Gone in Entra, still here: the number rests, the person stays without it, and may have it back.
  const gone = samplePerson(acme, { numbers: [desk] });
  assert.ok((await stores.people.create(acme.id, gone)).ok);
  const forward = { kind: 'number', number: wanted } as const;
  assert.equal(await stores.numberStock.release(globex.id, desk, gone.id, { name: 'Dana' }), false);
  assert.equal(await stores.numberStock.release(acme.id, desk, gone.id, { name: 'Dana', forward }), true);
  assert.deepEqual((await held(desk))?.forward, forward);
  const now = await stores.people.get(acme.id, gone.id);
  assert.deepEqual(now?.numbers, []);
  const other = await joins();
  assert.equal((await stores.people.update(acme.id, other.id, other.version, { numbers: [desk] })).ok, false);
  const back = await stores.people.update(acme.id, gone.id, now?.version ?? 0, { numbers: [desk] });
  assert.ok(back.ok, JSON.stringify(back));
  assert.equal(await held(desk), undefined);
  assert.ok((await stores.people.remove(acme.id, gone.id)).ok);
  assert.equal((await held(desk))?.forward, undefined, 'an old choice does not come back');
});
