import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { RoutingSnapshot } from '@tandem/domain';
import { type Database, openDatabase } from '../postgres/database.ts';
import { createStores, type Stores } from '../postgres/stores.ts';
import { e164, sampleAccount, sampleCarrier, samplePerson } from '../postgres/test-support/samples.ts';
import { startTestServer, type TestServer, until } from '../postgres/test-support/server.ts';
import { createSecretBox } from '../security/secret-box.ts';
import { openRoutingSnapshotSource, type RoutingSnapshotSource } from './routing-snapshot-source.ts';
import { parseSnapshot, printSnapshot } from './snapshot-file.ts';

let server: TestServer;
let db: Database;
let url: string;
let stores: Stores;
const home = mkdtempSync('/tmp/tandem-snapshot-test-');
const file = path.join(home, 'routing.snapshot');
const box = createSecretBox(Buffer.alloc(32, 3));
const hubs = [{ name: 'sip.pstnhub.microsoft.com', port: 5061 }];
const account = sampleAccount({ mainNumber: e164('+12025550100') });

before(async () => {
  server = await startTestServer(22040);
  url = (await server.freshDatabase('routing')).appUrl;
  db = openDatabase({ url });
  stores = createStores(db, box);
  await stores.accounts.createForPlatform(account);
});
after(async () => {
  await db?.close();
  await server?.remove();
  rmSync(home, { recursive: true, force: true });
});

const open = (): Promise<RoutingSnapshotSource> =>
  openRoutingSnapshotSource({ db, url, file, hubs, box, settleMs: 1, sweepMs: 50 });

/** Resolves with the first snapshot that is as wanted. */
function becomes(
  source: RoutingSnapshotSource,
  wanted: (snapshot: RoutingSnapshot) => boolean,
): Promise<RoutingSnapshot> {
  if (wanted(source.current())) return Promise.resolve(source.current());
  return new Promise((resolve) => {
    const stop = source.onChange((snapshot) => {
      if (!wanted(snapshot)) return;
      stop();
      resolve(snapshot);
    });
  });
}

test('a change to a person, a number, a carrier or a host reaches the routing facts by itself', async () => {
  const source = await open();
  assert.equal(source.origin, 'database');
  const person = samplePerson(account, {
    numbers: [e164('+12025550142'), e164('+12025550143')],
    extension: '1001',
  });
  await stores.people.create(account.id, person);
  const withPerson = await becomes(source, (snapshot) => snapshot.people.has(person.id));
  assert.deepEqual(withPerson.people.get(person.id), person);
  assert.deepEqual(withPerson.numbers.get(e164('+12025550143')), {
    kind: 'person',
    personId: person.id,
    accountId: account.id,
  });
  assert.deepEqual(withPerson.extensions.get(account.id)?.get('1001'), {
    kind: 'person',
    personId: person.id,
    accountId: account.id,
  });
  assert.equal(withPerson.accountBySbcHost.get(account.sbcHosts[0]!), account.id);
  const carrier = sampleCarrier({ credentials: { username: 'u', password: 'geheim' } });
  await stores.carriers.saveForPlatform('operator', carrier);
  const withCarrier = await becomes(source, (snapshot) => snapshot.carriers.has(carrier.id));
  assert.deepEqual(withCarrier.carriers.get(carrier.id), { ...carrier, owner: 'operator' });
  assert.ok(withCarrier.version > withPerson.version);
  await stores.people.update(account.id, person.id, 1, { active: false, numbers: [] });
  const without = await becomes(source, (snapshot) => snapshot.people.get(person.id)?.active === false);
  assert.equal(without.numbers.size, 0);
  assert.ok(source.ageMs() >= 0);
  await source.close();
  assert.ok(!readFileSync(file, 'utf8').includes('geheim'), 'passwords are sealed on disk');
  assert.equal(statSync(file).mode & 0o077, 0);
});

test('a bug of one listener is told, and the others and the file have the new facts all the same', async () => {
  const problems: string[] = [];
  const source = await openRoutingSnapshotSource({
    db,
    url,
    file,
    hubs,
    box,
    settleMs: 1,
    onProblem: (what) => problems.push(what),
  });
  const stop = source.onChange(() => {
    throw new Error('a bug');
  });
  const person = samplePerson(account, { upn: 'listener@acme.example' });
  const heard = becomes(source, (snapshot) => snapshot.people.has(person.id));
  await stores.people.create(account.id, person);
  await heard;
  stop();
  await source.close();
  assert.match(problems.join('\n'), /a listener to the routing facts failed: Error: a bug/);
  const kept = parseSnapshot(readFileSync(file), box);
  assert.ok(kept.kind === 'read' && kept.snapshot.people.has(person.id));
  await stores.people.remove(account.id, person.id);
});

test('the database is away at the start: calls are routed from disk, and its facts are taken when it is back', async () => {
  const before = await open();
  const facts = before.current();
  await before.close();
  await server.stop('immediate');
  const source = await open();
  assert.equal(source.origin, 'disk');
  const { version: _v, builtAtWallMs: _b, ...now } = source.current();
  const { version: _w, builtAtWallMs: _c, ...then } = facts;
  assert.deepEqual(now, then);
  await server.start();
  const person = samplePerson(account);
  await until(() =>
    stores.people.create(account.id, person).then(
      (made) => made.ok,
      () => false,
    ),
  );
  await becomes(source, (snapshot) => snapshot.people.has(person.id));
  assert.equal(source.origin, 'database');
  await source.close();
});

test('a damaged file is told and not used; without the database every call then finds no customer', async () => {
  const good = readFileSync(file);
  for (const at of [3, 25, good.length - 10]) {
    const bad = Buffer.from(good);
    bad[at] = bad[at]! ^ 4;
    assert.equal(parseSnapshot(bad, box).kind, 'damaged', `byte ${at}`);
  }
  assert.equal(parseSnapshot(good.subarray(0, good.length - 1), box).kind, 'damaged');
  writeFileSync(file, good.subarray(0, 100));
  await server.stop('immediate');
  const problems: string[] = [];
  const source = await openRoutingSnapshotSource({
    db,
    url,
    file,
    hubs,
    box,
    onProblem: (what) => problems.push(what),
  });
  assert.equal(source.origin, 'none');
  assert.equal(source.current().accounts.size, 0);
  assert.match(problems[0]!, /damaged/);
  await source.close();
  await server.start();
});

test('another master key: everything is read but the passwords', () => {
  const carrier = {
    ...sampleCarrier({ credentials: { username: 'u', password: 'p' } }),
    owner: 'operator' as const,
  };
  const snapshot = {
    version: 1,
    builtAtWallMs: 2,
    accounts: new Map(),
    accountBySbcHost: new Map(),
    people: new Map(),
    numbers: new Map(),
    devices: new Map(),
    queues: new Map(),
    held: new Map(),
    extensions: new Map(),
    voicemail: new Map(),
    carriers: new Map([[carrier.id, carrier]]),
    hubs,
  } as unknown as RoutingSnapshot;
  const bytes = printSnapshot(snapshot, box);
  const same = parseSnapshot(bytes, box);
  assert.deepEqual(same.kind === 'read' && same.snapshot, snapshot);
  const other = parseSnapshot(bytes, createSecretBox(Buffer.alloc(32, 9)));
  assert.equal(other.kind === 'read' && other.snapshot.carriers.get(carrier.id)?.credentials, undefined);
});
