import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Person } from '@tandem/domain';
import { noExceptions, type PresenceChange } from '@tandem/engine';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { mostChangesKept } from './presence-change-store.ts';
import { createStores, type Stores } from './stores.ts';
import { sampleAccount, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const dana = samplePerson(acme);
const greta = samplePerson(globex);

before(async () => {
  server = await startTestServer(22065);
  db = openDatabase({ url: (await server.freshDatabase('presence_states')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  for (const account of [acme, globex]) await stores.accounts.createForPlatform(account);
  for (const person of [dana, greta]) await stores.people.create(person.accountId, person);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

const day = 86_400_000;
const wall = Date.now();
const manual = { state: 'busy', setAtWallMs: wall, endsAtWallMs: wall + day, setBy: 'dana' } as const;

const change = (of: Person, at: number, to: PresenceChange['to'] = 'busy'): PresenceChange => ({
  accountId: of.accountId,
  personId: of.id,
  atWallMs: at,
  from: 'available',
  to,
  source: 'teams-manual',
  cause: 'teams',
  flags: { acceptDirect: 'yes', acceptQueue: true },
  sentence: `You show ${to}.`,
  teams: { availability: 'Busy', activity: 'Juggling', unseen: true },
});

test('what a person decided is kept by parts: one does not undo the other', async () => {
  const exceptions = { ...noExceptions, unavailable: { kind: 'refuse', sip: 603 } } as const;
  await stores.presenceStates.save(acme.id, dana.id, { manual });
  await stores.presenceStates.save(acme.id, dana.id, { exceptions });
  await stores.presenceStates.save(acme.id, dana.id, { callbackUntilWallMs: wall + 1000 });
  const all = { accountId: acme.id, personId: dana.id, manual, exceptions, callbackUntilWallMs: wall + 1000 };
  assert.deepEqual(await stores.presenceStates.listForPlatform(), [all]);
  // Ended a moment after it was set anew: the new one stands.
  await stores.presenceStates.endManual(acme.id, dana.id, manual.setAtWallMs - 1);
  assert.deepEqual(await stores.presenceStates.listForPlatform(), [all]);
  await stores.presenceStates.endManual(acme.id, dana.id, manual.setAtWallMs);
  const { manual: _, ...rest } = all;
  assert.deepEqual(await stores.presenceStates.listForPlatform(), [rest]);
  await stores.presenceStates.save(acme.id, dana.id, { manual });
  await stores.presenceStates.save(acme.id, dana.id, { manual: null });
  assert.deepEqual(await stores.presenceStates.listForPlatform(), [rest]);
});

test('another customer can neither set nor end it', async () => {
  await stores.presenceStates.save(acme.id, dana.id, { manual });
  await stores.presenceStates.endManual(globex.id, dana.id, manual.setAtWallMs);
  await stores.presenceStates
    .save(globex.id, dana.id, { manual: { ...manual, state: 'dnd' } })
    .catch(() => undefined);
  const [row] = await stores.presenceStates.listForPlatform();
  assert.equal(row?.manual?.state, 'busy');
});

test('the journal keeps the order, whole, and is read in pages and by time, by its own account only', async () => {
  const at = (minute: number) => wall - day + minute * 60_000;
  await stores.presenceChanges.append([
    change(dana, at(0)),
    change(greta, at(1)),
    ...Array.from({ length: 9 }, (_, index) => change(dana, at(2 + index), index % 2 ? 'busy' : 'away')),
  ]);
  const first = await stores.presenceChanges.list(acme.id, dana.id, { limit: 4 });
  assert.deepEqual(
    first.map(({ atWallMs }) => atWallMs),
    [at(10), at(9), at(8), at(7)],
  );
  const { id, ...newest } = first[0] ?? assert.fail();
  assert.deepEqual(newest, change(dana, at(10), 'away'));
  const next = await stores.presenceChanges.list(acme.id, dana.id, { limit: 50, cursor: first[3]?.id });
  assert.deepEqual(
    next.map(({ atWallMs }) => atWallMs),
    [6, 5, 4, 3, 2, 0].map(at),
  );
  const window = { limit: 50, fromWallMs: at(3), beforeWallMs: at(5) };
  const some = await stores.presenceChanges.list(acme.id, dana.id, window);
  assert.deepEqual(
    some.map(({ atWallMs }) => atWallMs),
    [at(4), at(3)],
  );
  assert.deepEqual(await stores.presenceChanges.list(globex.id, dana.id, { limit: 50 }), []);
  assert.deepEqual(
    await stores.presenceChanges.list(acme.id, dana.id, { limit: 50, cursor: 'no-number' }),
    [],
  );
  const labels = await stores.presenceChanges.lastLabelsForPlatform();
  assert.deepEqual([labels.get(dana.id), labels.get(greta.id), id.length > 0], ['away', 'busy', true]);
});

test('somebody who is gone stops nobody’s lines; what is old, and too much of one person, is forgotten', async () => {
  const gone = samplePerson(acme);
  await stores.presenceChanges.append([
    change(gone, wall),
    change(greta, wall - 91 * day),
    change(greta, wall),
  ]);
  await stores.presenceChanges.forgetForPlatform(90 * day);
  const left = await stores.presenceChanges.list(globex.id, greta.id, { limit: 50 });
  assert.deepEqual(
    left.map(({ atWallMs }) => atWallMs),
    [wall, wall - day + 60_000],
  );
  for (let batch = 0; batch < 5; batch++)
    await stores.presenceChanges.append(Array.from({ length: 500 }, () => change(greta, wall + batch)));
  const kept = await stores.presenceChanges.list(globex.id, greta.id, { limit: 5000 });
  assert.ok(kept.length <= mostChangesKept + 100 && kept.length >= mostChangesKept, `${kept.length}`);
  assert.equal(kept[0]?.atWallMs, wall + 4);
});

test('lines of which it is not known whether they are there are stored once', async () => {
  const lines = [1, 2, 3].map((minute) => change(greta, wall + minute * 60_000));
  await stores.presenceChanges.append(lines.slice(0, 2));
  await stores.presenceChanges.append(lines, true);
  await stores.presenceChanges.append(lines, true);
  const found = await stores.presenceChanges.list(globex.id, greta.id, {
    limit: 50,
    fromWallMs: wall + 30_000,
  });
  assert.deepEqual(
    found.map(({ atWallMs }) => atWallMs).reverse(),
    lines.map(({ atWallMs }) => atWallMs),
  );
});

test('nobody changes a line of the journal; all of it goes with the person', async () => {
  await assert.rejects(
    db.withAccount(acme.id, (tx) => tx.updateTable('presence_changes').set({ person_id: dana.id }).execute()),
    /permission denied/,
  );
  assert.ok((await stores.people.remove(acme.id, dana.id)).ok);
  assert.deepEqual(await stores.presenceChanges.list(acme.id, dana.id, { limit: 5 }), []);
  assert.ok((await stores.presenceStates.listForPlatform()).every(({ personId }) => personId !== dana.id));
});
