import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Database, openDatabase } from '@tandem/adapters/postgres/database.ts';
import { createStores, type Stores } from '@tandem/adapters/postgres/stores.ts';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '@tandem/adapters/postgres/test-support/server.ts';
import { createSecretBox } from '@tandem/adapters/security/secret-box.ts';
import {
  asPersonId,
  asQueueId,
  type E164,
  type Person,
  queueDefaults,
  type RoutingSnapshot,
  uuidV7,
} from '@tandem/domain';
import { createJobs, type JobParts } from './jobs.ts';
import { createNumberBoard, type NumberParts } from './numbers.ts';

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

interface Watch {
  readonly people?: readonly Person[];
  readonly stores?: Partial<Stores>;
  readonly refreshed?: () => void;
  readonly stored?: () => void;
  readonly workplaces?: ReturnType<JobParts['workplaces']>;
  readonly readiness?: true;
}

function jobsWith({ people = [], stores: other = {}, refreshed, stored, workplaces, readiness }: Watch = {}) {
  const parts: JobParts = {
    stores: { ...stores, ...other },
    snapshot: () =>
      ({
        accounts: new Map([[acme.id, acme]]),
        people: new Map(people.map((one) => [one.id, one])),
        numbers: new Map(),
      }) as unknown as RoutingSnapshot,
    provisioning: { act: async () => ({ kind: 'nothing-to-retry' }) },
    readinessOf: () =>
      readiness
        ? { verdict: 'ready', headline: 'Calls in Teams work.', checks: [] }
        : assert.fail('nobody asks'),
    workplaces: () => workplaces ?? new Map(),
    audit: { note: async () => undefined },
    stored: () => stored?.(),
    refresh: async () => refreshed?.(),
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
  const jobs = jobsWith({ people: two });
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

/** Everybody of the account whose address begins so, as they are. */
async function named(prefix: string): Promise<readonly Person[]> {
  const found: Person[] = [];
  for (let afterUpn: string | undefined; ; afterUpn = found.at(-1)?.upn) {
    const page = await stores.people.list(acme.id, {
      limit: 500,
      ...(afterUpn !== undefined && { afterUpn }),
    });
    found.push(...page);
    if (page.length < 500) return found.filter(({ upn }) => upn.startsWith(prefix));
  }
}

async function finish(jobs: ReturnType<typeof createJobs>, job: { id: string; preview: string }) {
  await jobs.board.start(mine, job.id, job.preview, alex);
  return await ended(jobs, job.id);
}

async function undone(jobs: ReturnType<typeof createJobs>, id: string) {
  const undo = await jobs.board.undo(mine, id, alex);
  assert.ok(undo.kind === 'done');
  return await finish(jobs, undo.job);
}

const csvOf = (rows: readonly string[]): string => ['upn,displayName,number', ...rows].join('\n');
const range = async (first: string, last: string): Promise<void> => {
  const made = await stores.numberStock.createRange({
    id: newId(),
    accountId: acme.id,
    name: `from ${first}`,
    first: first as E164,
    last: last as E164,
  });
  assert.ok(made.ok, JSON.stringify(made));
};
const stateOf = async (number: string): Promise<string> => {
  const one = await stores.numbers.get(acme.id, number as E164);
  return one === undefined ? 'absent' : (one.held?.kind ?? (one.personId ? 'assigned' : 'free'));
};

test('600 people of a file are made in three batches, each with one look at the routing facts and entries of the audit that stand with it', async () => {
  await range('+493012400000', '+493012400599');
  let looks = 0;
  const jobs = jobsWith({
    refreshed: () => {
      looks += 1;
    },
  });
  const rows = Array.from({ length: 600 }, (_, i) => `bulk${i}@acme.example,Bulk ${i},next`);
  const { counts } = await finish(jobs, await imported(jobs, csvOf(rows)));
  assert.equal(counts.done, 600);
  assert.equal(looks, 3);
  const people = await named('bulk');
  assert.equal(new Set(people.flatMap(({ numbers }) => numbers)).size, 600, 'nobody shares a number');
  const entries = await stores.audit.list(acme.id, { action: 'person.create', limit: 500 });
  assert.equal(new Set(entries.map(({ object }) => object.id)).size, 500);
  await jobs.stop();
});

test('a process dies in a batch whose people are written and not committed, another one after a commit: none is lost, none is made twice', async () => {
  await range('+493012410000', '+493012410399');
  const gone = Object.assign(new Error('killed'), { code: 'database-unavailable' });
  const rows = Array.from({ length: 300 }, (_, i) => `crash${i}@acme.example,Crash ${i},next`);
  const dying = jobsWith({
    stores: {
      bulk: {
        carryOut: (job, most, work, at) =>
          stores.bulk.carryOut(
            job,
            most,
            {
              ...work,
              audit: () => {
                throw gone;
              },
            },
            at,
          ),
      },
    },
  });
  const job = await imported(dying, csvOf(rows));
  await dying.board.start(mine, job.id, job.preview, alex);
  await dying.stop();
  assert.equal((await named('crash')).length, 0, 'nothing of the batch stands');
  // This one dies between the commit and everything that follows from it.
  const next = jobsWith({
    stored: () => {
      throw gone;
    },
  });
  next.start();
  while ((await named('crash')).length === 0) await new Promise((go) => setImmediate(go));
  await next.stop();
  assert.equal((await named('crash')).length, 250);
  const last = jobsWith();
  last.start();
  const { counts } = await ended(last, job.id);
  assert.deepEqual([counts.done, counts.refused, counts['left-out']], [300, 0, 0]);
  const people = await named('crash');
  assert.equal(people.length, 300);
  assert.equal(new Set(people.flatMap(({ numbers }) => numbers)).size, 300);
  const { entries } = await walked();
  assert.equal(entries.filter((upn) => upn.startsWith('crash')).length, 300, 'one entry for each');
  await last.stop();
});

/** The sign-in addresses of all `person.create` of the chain, in its order. */
async function walked(): Promise<{ entries: readonly string[] }> {
  const entries: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = await stores.audit.list(acme.id, {
      action: 'person.create',
      limit: 500,
      ...(before !== undefined && { beforeSequence: before }),
    });
    entries.push(...page.map(({ after }) => String(after?.upn)));
    if (page.length < 500) return { entries };
    before = page.at(-1)?.sequence;
  }
}

test('of 260 rows some ask for numbers of another customer, which nobody sees here, or for one that is held: exactly those are refused', async () => {
  const globex = sampleAccount();
  await stores.accounts.createForPlatform(globex);
  const theirs = ['+493012420007', '+493012420008', '+493012420201'] as E164[];
  await stores.numberStock.add(globex.id, theirs);
  await stores.numberStock.add(acme.id, ['+493012420050' as E164]);
  await stores.numberStock.hold(acme.id, '+493012420050' as E164, { kind: 'ported' });
  const rows = Array.from(
    { length: 260 },
    (_, i) => `mixed${i}@acme.example,Mixed ${i},+493012420${String(i).padStart(3, '0')}`,
  );
  const jobs = jobsWith();
  const job = await imported(jobs, csvOf(rows));
  const { counts } = await finish(jobs, job);
  assert.deepEqual([counts.done, counts.refused], [256, 4]);
  const bad = (await jobs.board.items(mine, job.id, { limit: 10, state: 'refused' })) ?? [];
  assert.deepEqual(
    bad.map(({ label, code }) => [label, code]),
    [
      ['Mixed 7', 'PRV-304'],
      ['Mixed 8', 'PRV-304'],
      ['Mixed 50', 'PRV-307'],
      ['Mixed 201', 'PRV-304'],
    ],
  );
  assert.equal((await named('mixed')).length, 256);
  await jobs.stop();
});

test('undoing an import puts numbers back as they were: free, reserved, or not there; one that was given on by hand stays', async () => {
  await range('+493012430000', '+493012430003');
  const reserved = '+493012430002' as E164;
  await stores.numberStock.hold(acme.id, reserved, { kind: 'reserve', for: 'rita@acme.example' });
  const jobs = jobsWith();
  const rows = [
    'frank@acme.example,Frank,+493012430000',
    'nina@acme.example,Nina,+493012430001',
    'rita@acme.example,Rita,next',
    'abby@acme.example,Abby,+493012439999',
    'gwen@acme.example,Gwen,+493012430003',
  ];
  const job = await imported(jobs, csvOf(rows));
  assert.equal((await finish(jobs, job)).counts.done, 5);
  const [gwen] = await named('gwen');
  assert.ok(gwen && 'version' in gwen);
  // By hand after the import: Gwen has another number, and hers is held for somebody else.
  await stores.people.update(acme.id, gwen.id, Number(gwen.version), { numbers: [] });
  await stores.numberStock.hold(acme.id, '+493012430003' as E164, {
    kind: 'reserve',
    for: 'zoe@acme.example',
  });
  assert.equal((await undone(jobs, job.id)).counts.done, 5);
  const states: Record<string, string> = {};
  for (const number of ['+493012430000', '+493012430001', reserved, '+493012439999', '+493012430003'])
    states[number] = await stateOf(number);
  assert.deepEqual(states, {
    '+493012430000': 'free',
    '+493012430001': 'free',
    [reserved]: 'reserved',
    '+493012439999': 'absent',
    '+493012430003': 'reserved',
  });
  const one = await stores.numbers.get(acme.id, reserved);
  assert.equal(one?.held?.reservedFor, 'rita@acme.example');
  assert.equal((await named('frank')).length + (await named('rita')).length, 0);
  await jobs.stop();
});

test('a number of a queue is nobody’s to take; one that rests goes back to whom it was taken from, to nobody else, and rests again when that is undone', async () => {
  const [line, rests] = ['+493012440001', '+493012440002'] as [E164, E164];
  const queue = { ...queueDefaults, id: asQueueId(newId()), accountId: acme.id, name: 'Sales', members: [] };
  assert.ok((await stores.queues.create({ ...queue, number: line })).ok);
  const kim = { ...person('kim@acme.example'), numbers: [rests] };
  assert.ok((await stores.people.create(acme.id, kim)).ok);
  await stores.numberStock.release(acme.id, rests, kim.id, {
    name: 'Kim',
    forward: { kind: 'number', number: '+493012440009' as E164 },
  });
  const jobs = jobsWith({ people: [{ ...kim, numbers: [] }] });
  const held = async () => (await stores.numbers.get(acme.id, rests))?.held;
  const before = await held();
  assert.deepEqual([before?.kind, before?.formerPersonId], ['quarantine', kim.id]);
  const others = await imported(
    jobs,
    csvOf([`line@acme.example,Line,${line}`, `lee@acme.example,Lee,${rests}`]),
  );
  await finish(jobs, others);
  const bad = (await jobs.board.items(mine, others.id, { limit: 10, state: 'refused' })) ?? [];
  assert.deepEqual(
    bad.map(({ label, code }) => [label, code]),
    [
      ['Line', 'PRV-304'],
      ['Lee', 'PRV-307'],
    ],
  );
  const back = await imported(jobs, csvOf([`kim@acme.example,Kim,${rests}`]));
  assert.equal((await finish(jobs, back)).counts.done, 1);
  assert.equal(await stateOf(rests), 'assigned');
  assert.equal((await undone(jobs, back.id)).counts.done, 1);
  assert.deepEqual(await held(), before);
  assert.deepEqual(
    (await stores.queues.list(acme.id)).map(({ number }) => number),
    [line],
  );
  await jobs.stop();
});

test('a job that is paused and cancelled leaves the rest alone and says so', async () => {
  const jobs = jobsWith({
    refreshed: () => void jobs.board.pause(mine, job.id, alex),
  });
  const rows = Array.from({ length: 700 }, (_, i) => `pause${i}@acme.example,Pause ${i},`);
  const job = await imported(jobs, csvOf(rows));
  await jobs.board.start(mine, job.id, job.preview, alex);
  const reached = async (state: string) => {
    for (;;) {
      const now = await jobs.board.read(mine, job.id);
      if (now?.state === state) return now;
      await new Promise((go) => setImmediate(go));
    }
  };
  await reached('paused');
  const done = (await named('pause')).length;
  assert.ok(done > 0 && done < 700, `${done}`);
  await jobs.board.cancel(mine, job.id, alex);
  const { counts } = await reached('cancelled');
  assert.deepEqual([counts.done, counts.cancelled, counts.waiting], [done, 700 - done, 0]);
  assert.equal((await named('pause')).length, done);
  await jobs.stop();
});

test('a rule gives people of London numbers of London, everybody else the other range, and whom no rule fits none; undone, the numbers are free', async () => {
  await range('+442071830000', '+442071830001');
  await range('+493012460000', '+493012460009');
  const ranges = await stores.numberStock.ranges(acme.id);
  const idOf = (number: string) => ranges.find(({ first }) => first === number)?.id as string;
  const [london, berlin] = [idOf('+442071830000'), idOf('+493012460000')];
  const [una, vic, wes, xan] = ['una', 'vic', 'wes', 'xan'].map((name) => person(`${name}@acme.example`));
  const four = [una, vic, wes, xan].flatMap((one) => one ?? []);
  for (const one of four) assert.ok((await stores.people.create(acme.id, one)).ok);
  const jobs = jobsWith({
    people: four,
    workplaces: new Map([
      [four[0]?.id as Person['id'], { city: 'london', department: 'Sales' }],
      [four[1]?.id as Person['id'], { city: 'London ' }],
      [four[2]?.id as Person['id'], { city: 'Berlin' }],
    ]),
  });
  const rules = [
    { when: { city: 'London' }, range: london },
    { when: { city: 'Berlin' }, range: berlin },
  ];
  const made = await jobs.board.create(acme.id, { kind: 'give-numbers', account: acme.id, rules }, alex);
  const job = made.kind === 'done' ? made.job : assert.fail(made.kind);
  const { counts } = await finish(jobs, job);
  assert.deepEqual([counts.done, counts.refused], [3, 1]);
  const numbers = async () =>
    (await Promise.all(four.map((one) => named(one.upn)))).map(([one]) => one?.numbers);
  assert.deepEqual(await numbers(), [['+442071830000'], ['+442071830001'], ['+493012460000'], []]);
  const [refused] = (await jobs.board.items(mine, job.id, { limit: 5, state: 'refused' })) ?? [];
  assert.match(refused?.words ?? '', /^No rule fits/);
  assert.equal((await undone(jobs, job.id)).counts.done, 3);
  assert.deepEqual(await numbers(), [[], [], [], []]);
  assert.equal(await stateOf('+442071830000'), 'free');
  await jobs.stop();
});

test('N43: tags of an import are previewed, stand with the person, are left alone when they changed meanwhile, and are put back', async () => {
  const kim = person('kim@tags.example');
  const lou = person('lou@tags.example');
  for (const one of [kim, lou]) assert.ok((await stores.people.create(acme.id, one)).ok);
  await stores.tags.set(acme.id, kim.id, ['Sales']);
  const people = [kim, lou];
  const jobs = jobsWith({ people });
  const csv = `upn,displayName,tags
kim@tags.example,,R&D | Sales
lou@tags.example,,Berlin
mia@tags.example,Mia,Berlin|cost: 12
ned@tags.example,Ned,${'x'.repeat(80)}`;
  const job = await imported(jobs, csv);
  const before = (await jobs.board.items(mine, job.id, { limit: 10 })) ?? [];
  assert.deepEqual(
    before.map(({ state, words }) => [state, words.slice(0, 60)]),
    [
      ['waiting', 'tags: Sales → R&D|Sales.'],
      ['waiting', 'tags: none → Berlin.'],
      ['waiting', 'Is created, tagged Berlin|cost: 12.'],
      ['refused', 'Line 5 the tag xxxxxxxxxxxxxxxxxxxx… has 80 characters; 64 a'],
    ],
  );
  await stores.tags.set(acme.id, lou.id, ['Munich']);
  await finish(jobs, job);
  const states = async (id: string) =>
    ((await jobs.board.items(mine, id, { limit: 10 })) ?? []).map(({ state }) => state);
  assert.deepEqual(await states(job.id), ['done', 'left-out', 'done', 'refused']);
  const tagsNow = async () =>
    Object.fromEntries((await stores.tags.people(acme.id)).map(({ upn, tags }) => [upn.slice(0, 3), tags]));
  assert.deepEqual(await tagsNow(), { kim: ['R&D', 'Sales'], lou: ['Munich'], mia: ['Berlin', 'cost: 12'] });
  // The sheet has them as an import reads them: read in again, nothing changes.
  const sheet = await jobsWith({ people, readiness: true }).board.peopleCsv(mine);
  assert.match(sheet, /kim@tags\.example.*R&D\|Sales/);
  const again = await imported(jobs, 'upn,tags\nkim@tags.example,Sales|R&D\nlou@tags.example,none');
  assert.deepEqual(
    ((await jobs.board.items(mine, again.id, { limit: 10 })) ?? []).map(({ words }) => words),
    ['Is so already.', 'tags: Munich → none.'],
  );
  const undo = await jobs.board.undo(mine, job.id, alex);
  assert.ok(undo.kind === 'done');
  await finish(jobs, undo.job);
  assert.deepEqual(await tagsNow(), { kim: ['Sales'], lou: ['Munich'] });
  for (const one of people) await stores.people.remove(acme.id, one.id);
  await jobs.stop();
});

test('N45: a range may be for a place: bulk job, import and one person get numbers by the same rule; others never take them first', async () => {
  const range = async (name: string, first: string, when?: object) => {
    const made = await stores.numberStock.createRange({
      id: newId(),
      accountId: acme.id,
      name,
      first: first as E164,
      last: `${first.slice(0, -1)}2` as E164,
      ...(when && { when }),
    });
    return made.ok ? made.value : assert.fail(made.refusal.kind);
  };
  const london = await range('London', '+331709460010', { city: 'London' });
  await range('London sales', '+331709460020', { city: 'london', department: 'Sales' });
  await range('Rest', '+331709460090');
  const [ann, ben, cem] = ['ann', 'ben', 'cem'].map((one) => person(`${one}@place.example`)) as [
    Person,
    Person,
    Person,
  ];
  const people = [ann, ben, cem];
  for (const one of people) assert.ok((await stores.people.create(acme.id, one)).ok);
  const workplaces = new Map([
    [ann.id, { city: 'London', department: 'Sales' }],
    [ben.id, { city: 'LONDON' }],
    [asPersonId('dee@place.example'), { city: 'London' }],
  ]);
  const jobs = jobsWith({ people, workplaces });
  const numbers = createNumberBoard({
    stores,
    workplaceOf: ({ id }: Person) => workplaces.get(id),
  } as unknown as NumberParts);
  const suggested = async (one: Person) =>
    (await numbers.suggest(mine, acme.id, { personId: one.id }))?.range;
  assert.deepEqual(await Promise.all(people.map(suggested)), ['London sales', 'London', 'Rest']);
  const made = await jobs.board.create(
    acme.id,
    { kind: 'give-numbers', account: acme.id, people: people.map(({ id }) => id) },
    alex,
  );
  const job = made.kind === 'done' ? made.job : assert.fail(made.kind);
  assert.deepEqual(
    ((await jobs.board.items(mine, job.id, { limit: 10 })) ?? []).map(({ words }) => words),
    [
      'Gets the next free number of London sales.',
      'Gets the next free number of London.',
      'Gets the next free number.',
    ],
  );
  await finish(jobs, job);
  const file = await imported(
    jobs,
    'upn,displayName,number\ndee@place.example,Dee,next\neve@place.example,Eve,next',
  );
  await finish(jobs, file);
  assert.deepEqual(
    (await named('')).flatMap(({ upn, numbers: [main] }) =>
      upn.endsWith('@place.example') ? [[upn.slice(0, 3), main]] : [],
    ),
    [
      ['ann', '+331709460020'],
      ['ben', '+331709460010'],
      ['cem', '+331709460090'],
      ['dee', '+331709460011'],
      ['eve', '+331709460091'],
    ],
  );
  // For everybody again: the next in the order of numbers is anybody's.
  const open = await stores.numberStock.changeRange(acme.id, london.id, { when: null, name: 'City' });
  assert.ok(open.ok && open.value.when === undefined && open.value.name === 'City');
  assert.equal(await suggested(cem), 'City');
  for (const one of await named(''))
    if (one.upn.endsWith('@place.example')) await stores.people.remove(acme.id, one.id);
  await jobs.stop();
});

test('numbers are given from the range that was asked for', async () => {
  await range('+493012440000', '+493012440001');
  await range('+493012450000', '+493012450000');
  const [berlin] = (await stores.numberStock.ranges(acme.id)).filter(
    ({ first }) => first === '+493012450000',
  );
  const two = [person('lena@acme.example'), person('lars@acme.example')];
  for (const one of two) assert.ok((await stores.people.create(acme.id, one)).ok);
  const jobs = jobsWith({ people: two });
  const made = await jobs.board.create(
    acme.id,
    { kind: 'give-numbers', account: acme.id, range: berlin?.id as string },
    alex,
  );
  const job = made.kind === 'done' ? made.job : assert.fail(made.kind);
  const { counts } = await finish(jobs, job);
  assert.deepEqual([counts.done, counts.refused], [1, 1]);
  const [lars] = await named('lars');
  assert.deepEqual(lars?.numbers, ['+493012450000']);
  await jobs.stop();
});
