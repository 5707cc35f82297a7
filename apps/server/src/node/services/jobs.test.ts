import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Database, openDatabase } from '@tandem/adapters/postgres/database.ts';
import { createStores, type Stores } from '@tandem/adapters/postgres/stores.ts';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '@tandem/adapters/postgres/test-support/server.ts';
import { createSecretBox } from '@tandem/adapters/security/secret-box.ts';
import { asPersonId, type E164, type Person, type RoutingSnapshot, uuidV7 } from '@tandem/domain';
import { createJobs, type JobParts } from './jobs.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const mine = { kind: 'account', accountId: acme.id } as const;
const alex = { kind: 'user', name: 'alex' } as const;
let count = 0;
const newId = (): string => uuidV7(1_700_000_000_000 + ++count, Buffer.alloc(10, count));
const person = (upn: string): Person => ({
  id: asPersonId(newId()),
  accountId: acme.id,
  displayName: upn.slice(0, upn.indexOf('@')),
  upn,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
});

before(async () => {
  server = await startTestServer(22095);
  db = openDatabase({ url: (await server.freshDatabase('jobs')).appUrl });
  stores = createStores(db, createSecretBox(Buffer.alloc(32, 1)));
  await stores.accounts.createForPlatform(acme);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

function jobsWith(afterCreate: () => void = () => undefined, people: readonly Person[] = []) {
  const parts: JobParts = {
    stores,
    snapshot: () =>
      ({
        accounts: new Map([[acme.id, acme]]),
        people: new Map(people.map((one) => [one.id, one])),
        numbers: new Map(),
      }) as unknown as RoutingSnapshot,
    numbers: {
      async createPerson({ upn }) {
        const one = person(upn);
        await stores.people.create(acme.id, one);
        afterCreate();
        return { kind: 'done', person: one };
      },
      deletePerson: async (_scope, id) => (await stores.people.remove(acme.id, asPersonId(id))).ok,
    },
    provisioning: { act: async () => ({ kind: 'nothing-to-retry' }) },
    readinessOf: () => assert.fail('nobody asks'),
    audit: { note: async () => undefined },
    refresh: async () => undefined,
    newId,
    wall: () => 1_700_000_000_000,
    onProblem: () => undefined,
  };
  return createJobs(parts);
}

/** Until the job has ended; `goOn` starts what a crash left. */
async function ended(jobs: ReturnType<typeof createJobs>, id: string) {
  for (;;) {
    const job = await jobs.board.read(mine, id);
    if (job?.state === 'done') return job;
    await new Promise((go) => setImmediate(go));
  }
}

async function imported(jobs: ReturnType<typeof createJobs>, csv: string) {
  const made = await jobs.board.create(acme.id, { kind: 'import-people', account: acme.id, csv }, alex);
  return made.kind === 'done' ? made.job : assert.fail(made.kind);
}

test('somebody makes a person by hand after the preview of an import: undoing the import leaves that person', async () => {
  const jobs = jobsWith();
  const job = await imported(jobs, 'upn,displayName\nerin@acme.example,Erin\nfinn@acme.example,Finn\n');
  await stores.people.create(acme.id, person('erin@acme.example'));
  await jobs.board.start(mine, job.id, job.preview, alex);
  await ended(jobs, job.id);
  const items = (await jobs.board.items(mine, job.id, { limit: 10 })) ?? [];
  assert.deepEqual(
    items.map(({ state }) => state),
    ['left-out', 'done'],
  );
  const undo = await jobs.board.undo(mine, job.id, alex);
  assert.ok(undo.kind === 'done');
  await jobs.board.start(mine, undo.job.id, undo.job.preview, alex);
  await ended(jobs, undo.job.id);
  const left = await stores.people.list(acme.id, { limit: 10 });
  assert.deepEqual(
    left.map(({ upn }) => upn),
    ['erin@acme.example'],
  );
  await jobs.stop();
});

test('somebody gets a number by hand after the preview of a job that gives numbers: undoing the job leaves it', async () => {
  const [hand, gift] = ['+493012360000', '+493012360001'] as E164[];
  const stock = { id: newId(), accountId: acme.id, name: 'Bonn', first: hand as E164, last: gift as E164 };
  assert.ok((await stores.numberStock.createRange(stock)).ok);
  const two = [person('ida@acme.example'), person('jon@acme.example')];
  for (const one of two) assert.ok((await stores.people.create(acme.id, one)).ok);
  const jobs = jobsWith(undefined, two);
  const made = await jobs.board.create(acme.id, { kind: 'give-numbers', account: acme.id }, alex);
  const job = made.kind === 'done' ? made.job : assert.fail(made.kind);
  await stores.people.update(acme.id, (two[0] as Person).id, 1, { numbers: [hand as E164] });
  await jobs.board.start(mine, job.id, job.preview, alex);
  await ended(jobs, job.id);
  const items = (await jobs.board.items(mine, job.id, { limit: 10 })) ?? [];
  assert.deepEqual(
    items.map(({ state }) => state),
    ['left-out', 'done'],
  );
  const undo = await jobs.board.undo(mine, job.id, alex);
  assert.ok(undo.kind === 'done');
  await jobs.board.start(mine, undo.job.id, undo.job.preview, alex);
  await ended(jobs, undo.job.id);
  const numbersOf = async (one: Person | undefined) =>
    (await stores.people.get(acme.id, one?.id as Person['id']))?.numbers;
  assert.deepEqual([await numbersOf(two[0]), await numbersOf(two[1])], [[hand], []]);
  for (const one of two) await stores.people.remove(acme.id, one.id);
  await jobs.stop();
});

test('the database goes away right after a person was made: the job knows that the person is its own, and gives the number that was still to come', async () => {
  const range = { first: '+493012350000' as E164, last: '+493012350001' as E164 };
  const stock = await stores.numberStock.createRange({
    id: newId(),
    accountId: acme.id,
    name: 'Berlin',
    ...range,
  });
  assert.ok(stock.ok, JSON.stringify(stock));
  const gone = Object.assign(new Error('the database is away'), { code: 'database-unavailable' });
  let crashed = (): void => undefined;
  const crash = new Promise<void>((done) => {
    crashed = done;
  });
  const first = jobsWith(() => {
    crashed();
    throw gone;
  });
  const job = await imported(first, 'upn,displayName,number\ngina@acme.example,Gina,next\n');
  await first.board.start(mine, job.id, job.preview, alex);
  await crash;
  await first.stop();
  assert.equal((await first.board.read(mine, job.id))?.state, 'running');
  const second = jobsWith();
  second.start();
  const { counts, canUndo } = await ended(second, job.id);
  assert.deepEqual([counts.done, canUndo], [1, true]);
  const [gina] = await stores.people.list(acme.id, { search: 'gina', limit: 10 });
  assert.deepEqual(gina?.numbers, [range.first]);
  await second.stop();
});
