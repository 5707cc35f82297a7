import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Account,
  asAccountId,
  asPersonId,
  type E164,
  type Link,
  newLink,
  type Person,
  type PersonId,
} from '@tandem/domain';
import { AccountProvisioner } from './account-provisioner.ts';
import { defaultSettings, type ProvisioningSettings } from './settings.ts';
import { at } from './test-person.ts';
import { FakeTenant, MemoryKeeper, VirtualClock } from './test-tenant.ts';

const account: Account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: ['sbc1.example.net'],
  mailDomains: ['acme.example'],
  entraTenantId: 'tenant',
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
};
const settings = (graceSeconds = 0): ProvisioningSettings =>
  defaultSettings(account.id, {
    enableGroups: [{ id: 'group', name: 'Voice Users' }],
    graceSeconds,
    settleSeconds: 0,
    routingByHand: true,
  });
const first = '+12025550142' as E164;
const second = '+12025550170' as E164;
const person = (name: string, change: Partial<Person> = {}): Person => ({
  id: asPersonId(name),
  accountId: account.id,
  displayName: name,
  upn: `${name}@acme.example`,
  mail: `${name}@acme.example`,
  numbers: [first],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...change,
});

interface WorldOptions {
  people?: Person[];
  links?: Link[];
  graceSeconds?: number;
  /** Who has which number at Microsoft from the start. */
  held?: readonly (readonly [objectId: string, number: E164])[];
  /** See `FakeTenant`. */
  aliases?: readonly (readonly [upn: string, objectId: string])[];
}

function world(options: WorldOptions = {}) {
  const clock = new VirtualClock();
  const tenant = new FakeTenant(clock);
  for (const [upn, objectId] of options.aliases ?? []) tenant.aliases.set(upn, objectId);
  for (const [objectId, number] of options.held ?? []) tenant.held.set(objectId, number);
  const keeper = new MemoryKeeper();
  const problems: string[] = [];
  const objectIds = new Map<PersonId, string | undefined>();
  let people = options.people ?? [person('dana')];
  const own = settings(options.graceSeconds);
  for (const one of people) tenant.members.add(`id-${one.upn}`);
  for (const link of options.links ?? []) {
    keeper.links.set(link.personId, link);
    if (link.objectId !== undefined && link.assignedNumber !== undefined && link.state === 'READY')
      tenant.held.set(link.objectId, link.assignedNumber);
  }
  const make = (): AccountProvisioner => {
    const made = new AccountProvisioner(account, own, {
      tenant,
      keeper,
      clock,
      random: () => 0,
      onPerson: () => undefined,
      onObjectIds: (known) => {
        for (const [id, objectId] of known) objectIds.set(id, objectId);
      },
      onProblem: (what) => problems.push(what),
    });
    made.load(
      [...keeper.links.values()].map((link) => ({
        accountId: account.id,
        personId: link.personId,
        link,
        evidence: keeper.evidence.get(link.personId) ?? {
          onlyWebClient: false,
          clientSeen: { by: 'override', wallMs: 0 },
        },
      })),
    );
    made.own(account, people, own);
    made.start();
    return made;
  };
  let provisioner = make();
  const of = (name = 'dana') => {
    const subject = people.find(({ id }) => id === name);
    assert.ok(subject);
    const judged = provisioner.judge(account, subject);
    const outcome = provisioner.outcomeOf(subject.id);
    assert.ok(judged && outcome);
    return {
      state: judged.state,
      verdict: judged.report.verdict,
      code: judged.report.headline?.code,
      offered: outcome.toPerson.offered,
      allowed: outcome.fromPerson.allowed,
    };
  };
  return {
    clock,
    tenant,
    keeper,
    problems,
    objectIds,
    of,
    get provisioner() {
      return provisioner;
    },
    change(name: string, change: Partial<Person>) {
      people = people.map((one) => (one.id === name ? { ...one, ...change } : one));
      provisioner.own(account, people, own);
    },
    deletePerson(name: string) {
      people = people.filter((one) => one.id !== name);
      provisioner.own(account, people, own);
    },
    /** The process dies and starts again with what was stored. */
    restart() {
      provisioner.stop();
      provisioner = make();
    },
  };
}

const readyLink = (name = 'dana', number = first): Link => ({
  ...newLink(account.id, asPersonId(name), at - 100_000),
  state: 'READY',
  objectId: `id-${name}@acme.example`,
  assignedNumber: number,
  acceptedWallMs: at - 50_000,
});

test('Dana joins with everything in order: one assignment, and she calls as soon as Microsoft has taken it', async () => {
  const { clock, tenant, of, keeper } = world();
  assert.equal(of().offered, false, 'nothing is known yet');
  await clock.pass(2_000);
  assert.deepEqual([of().state, of().allowed], ['ASSIGNING', false]);
  await clock.pass(10_000);
  assert.deepEqual(of(), {
    state: 'AWAITING_RELAUNCH',
    verdict: 'attention',
    code: 'PRV-602',
    offered: true,
    allowed: true,
  });
  assert.deepEqual(
    tenant.writes.map(({ kind, number }) => [kind, number]),
    [['assign', first]],
  );
  assert.equal(keeper.links.get(asPersonId('dana'))?.objectId, 'id-dana@acme.example');
});

test('a call that her client answers after that makes her ready, and it is remembered', async () => {
  const it = world();
  await it.clock.pass(12_000);
  it.provisioner.noteCall(asPersonId('dana'), it.clock.wall());
  assert.deepEqual([it.of().state, it.of().verdict], ['READY', 'ready']);
  await it.clock.pass(1_000);
  it.restart();
  assert.equal(it.of().state, 'READY');
  assert.deepEqual(it.keeper.evidence.get(asPersonId('dana'))?.clientSeen?.by, 'call');
});

test('who was ready before the start may call before Microsoft was read, and is said to be unverified', () => {
  const { of } = world({ links: [readyLink()] });
  assert.deepEqual(of(), {
    state: 'READY',
    verdict: 'unverified',
    code: undefined,
    offered: true,
    allowed: true,
  });
});

test('the toggle goes off: refused before anybody else does anything, then the number is taken back', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(1_000);
  it.change('dana', { teamsToggle: false });
  assert.deepEqual([it.of().offered, it.of().allowed, it.of().code], [false, false, 'PRV-303']);
  await it.clock.pass(15_000);
  assert.equal(it.of().state, 'BLOCKED');
  assert.deepEqual(
    it.tenant.writes.map(({ kind }) => kind),
    ['unassign'],
  );
  it.change('dana', { teamsToggle: true });
  await it.clock.pass(15_000);
  assert.deepEqual([it.of().state, it.of().allowed], ['READY', true]);
  assert.deepEqual(
    it.tenant.writes.map(({ kind }) => kind),
    ['unassign', 'assign'],
  );
});

test('she leaves the group: without grace she is out with the next reading, with grace she calls until it ends', async () => {
  const now = world({ links: [readyLink()] });
  await now.clock.pass(1_000);
  now.tenant.members.clear();
  await now.clock.pass(45_000);
  assert.deepEqual([now.of().state, now.of().code, now.of().offered], ['OUT', 'PRV-205', false]);

  const later = world({ links: [readyLink()], graceSeconds: 300 });
  await later.clock.pass(1_000);
  later.tenant.members.clear();
  await later.clock.pass(45_000);
  assert.deepEqual([later.of().state, later.of().code, later.of().offered], ['DEGRADED', 'PRV-205', true]);
  assert.equal(later.tenant.writes.length, 0);
  await later.clock.pass(300_000);
  assert.deepEqual([later.of().state, later.of().offered], ['OUT', false]);
  assert.equal(later.tenant.held.size, 0);
});

test('a new number: the old one is taken back, the new one given, each once', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(1_000);
  it.change('dana', { numbers: [second] });
  await it.clock.pass(30_000);
  assert.deepEqual(
    it.tenant.writes.map(({ kind, number }) => [kind, number]),
    [
      ['unassign', first],
      ['assign', second],
    ],
  );
  assert.deepEqual([...it.tenant.held.values()], [second]);
  assert.deepEqual([it.of().state, it.of().offered], ['READY', true]);
  assert.equal(it.keeper.links.get(asPersonId('dana'))?.generation, 2);
});

test('the number is taken away on the platform: it is taken back at Microsoft', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(1_000);
  it.change('dana', { numbers: [] });
  assert.equal(it.of().code, 'PRV-301');
  await it.clock.pass(15_000);
  assert.equal(it.tenant.held.size, 0);
  assert.equal(it.of().state, 'BLOCKED');
});

test('a deleted person gives the number back before the link is forgotten', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(1_000);
  it.deletePerson('dana');
  await it.clock.pass(20_000);
  assert.equal(it.tenant.held.size, 0);
  assert.equal(it.keeper.links.size, 0);
});

for (const [title, break_] of [
  ['slows down', (tenant: FakeTenant) => (tenant.trouble = { is: 'throttled', untilWallMs: at + 40_000 })],
  ['does not answer', (tenant: FakeTenant) => (tenant.trouble = { is: 'unavailable', sinceWallMs: at })],
  [
    'forgot the consent',
    (tenant: FakeTenant) => (tenant.connection = { is: 'missing-scope', scope: 'User.Read.All' }),
  ],
  [
    'has another certificate',
    (tenant: FakeTenant) => (tenant.connection = { is: 'credential-expired', date: 'x' }),
  ],
] as const) {
  test(`Microsoft ${title}: who is ready stays so and calls on, nobody is removed, and it is said`, async () => {
    const it = world({ links: [readyLink()] });
    await it.clock.pass(2_000);
    it.tenant.members.clear();
    break_(it.tenant);
    await it.clock.pass(90_000);
    assert.deepEqual([it.of().state, it.of().offered, it.of().allowed], ['READY', true, true]);
    assert.notEqual(it.of().verdict, 'ready');
    assert.equal(it.tenant.writes.length, 0);
  });
}

test('a limit is waited out: no reading before Microsoft wants one', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(1_000);
  it.tenant.trouble = { is: 'throttled', untilWallMs: at + 200_000 };
  await it.clock.pass(40_000);
  const before = it.tenant.reads.length;
  it.provisioner.look();
  await it.clock.pass(100_000);
  assert.equal(it.tenant.reads.length, before);
  it.tenant.trouble = undefined;
  await it.clock.pass(90_000);
  assert.ok(it.tenant.reads.length > before);
  assert.equal(it.of().verdict, 'ready');
});

test('the process is killed while Microsoft assigns: the next one looks before it would write, and need not', async () => {
  const it = world();
  await it.clock.pass(1_000);
  assert.equal(it.of().state, 'ASSIGNING');
  assert.equal(it.tenant.writes.length, 1);
  // Killed before the name of the operation was stored.
  const stored = it.keeper.links.get(asPersonId('dana'));
  assert.ok(stored);
  const { operation: _, ...without } = stored;
  it.keeper.links.set(stored.personId, without);
  await it.clock.pass(4_000);
  it.restart();
  await it.clock.pass(15_000);
  assert.equal(it.tenant.writes.length, 1, 'no second write');
  assert.deepEqual([it.of().state, it.of().allowed], ['READY', true]);
});

test('the answer to a write is lost: it is read back, not repeated', async () => {
  const it = world();
  it.tenant.loseAnswers = true;
  it.tenant.operationMs = 500;
  await it.clock.pass(30_000);
  assert.equal(it.tenant.writes.length, 1);
  assert.equal(it.of().state, 'AWAITING_RELAUNCH');
});

test('the database is away: no write to Microsoft begins before its link is stored', async () => {
  const it = world();
  it.keeper.away = true;
  await it.clock.pass(20_000);
  assert.equal(it.tenant.writes.length, 0);
  it.keeper.away = false;
  await it.clock.pass(30_000);
  assert.equal(it.tenant.writes.length, 1);
  assert.equal(it.of().state, 'AWAITING_RELAUNCH');
});

test("one person's refusal stops nobody else, and is not tried again by itself", async () => {
  const it = world({ people: [person('dana'), person('alex', { numbers: [second] })] });
  it.tenant.refuse = { kind: 'refused', code: 'PRV-501', reason: 'no site' };
  await it.clock.pass(1_000);
  assert.deepEqual([it.of('dana').state, it.of('alex').state], ['FAILED', 'FAILED']);
  it.tenant.refuse = undefined;
  it.change('alex', { numbers: ['+12025550171' as E164] });
  await it.clock.pass(60_000);
  assert.deepEqual([it.of('dana').state, it.of('dana').code], ['FAILED', 'PRV-501']);
  assert.deepEqual([it.of('alex').state, it.of('alex').offered], ['AWAITING_RELAUNCH', true]);
});

test('two people with one address: both are told, nothing is written, and whoever was ready calls on', async () => {
  const mail = 'sam@acme.example';
  const it = world({
    people: [person('sam', { mail }), person('sam.stone', { mail, numbers: [second] })],
    links: [readyLink('sam')],
  });
  await it.clock.pass(60_000);
  assert.deepEqual([it.of('sam').code, it.of('sam.stone').code], ['PRV-111', 'PRV-111']);
  assert.deepEqual([it.of('sam').offered, it.of('sam.stone').offered], [true, false]);
  assert.equal(it.tenant.writes.length, 0);
  assert.equal(it.objectIds.get(asPersonId('sam.stone')), undefined, 'nobody’s presence is guessed');
});

test("a second person names Dana's Microsoft user by another of its addresses: both are told, nothing of hers is touched", async () => {
  const other = person('dana.alias', { numbers: [second] });
  const it = world({
    people: [person('dana'), other],
    links: [readyLink()],
    aliases: [[other.upn, 'id-dana@acme.example']],
  });
  await it.clock.pass(60_000);
  assert.deepEqual([it.of().code, it.of('dana.alias').code], ['PRV-111', 'PRV-111']);
  assert.ok(it.of().offered, 'Dana calls on');
  assert.equal(it.of('dana.alias').offered, false);
  assert.deepEqual(it.tenant.writes, []);
  assert.equal(it.objectIds.get(other.id), undefined, 'nor is her presence shown as theirs');
  it.deletePerson('dana.alias');
  await it.clock.pass(5_000);
  assert.equal(it.of().code, undefined, 'and it is over when one of them goes');
});

test('everybody seems to leave at once: they stay until somebody confirms', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
  const number = (index: number): E164 => `+120255501${String(index + 10)}` as E164;
  const it = world({
    people: names.map((name, index) => person(name, { numbers: [number(index)] })),
    links: names.map((name, index) => readyLink(name, number(index))),
  });
  await it.clock.pass(1_000);
  it.tenant.members.clear();
  await it.clock.pass(90_000);
  assert.ok(names.every((name) => it.of(name).offered));
  assert.equal(it.tenant.writes.length, 0);
  assert.match(it.problems.join('\n'), /12 of 12 people would leave/);
});

test('Microsoft answers with an empty list of users: whoever was ready calls on, nobody is removed, and it is said', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
  const number = (index: number): E164 => `+120255501${String(index + 10)}` as E164;
  const it = world({
    people: names.map((name, index) => person(name, { numbers: [number(index)] })),
    links: names.map((name, index) => readyLink(name, number(index))),
  });
  await it.clock.pass(1_000);
  it.tenant.noUsers = true;
  await it.clock.pass(90_000);
  it.restart();
  await it.clock.pass(90_000);
  assert.ok(names.every((name) => it.of(name).offered));
  assert.equal(it.tenant.writes.length, 0);
  assert.match(it.problems.join('\n'), /12 of 12 people would leave/);
});

test('asking how a write stands fails in a way that nobody foresaw: asked again later, not at once for ever', async () => {
  const it = world();
  let polls = 0;
  it.tenant.poll = () => {
    // Without this the test would not end: the promises alone keep the process busy.
    if (++polls > 1_000) it.provisioner.stop();
    return Promise.reject(new Error('a bug'));
  };
  await it.clock.pass(60_000);
  assert.ok(polls > 2 && polls < 60, `${polls} polls in a minute`);
  assert.match(it.problems.join('\n'), /a bug/);
});

test('the store is slow while Microsoft accepts the number: what is said of her and what calls get agree', async () => {
  const it = world();
  const save = it.keeper.save.bind(it.keeper);
  it.keeper.save = (link) => (link.state === 'PROPAGATING' ? new Promise(() => undefined) : save(link));
  for (let waited = 0; it.of().state !== 'PROPAGATING' && waited < 20_000; waited += 10)
    await it.clock.pass(10);
  assert.deepEqual([it.of().state, it.of().offered], ['PROPAGATING', true]);
});

test('the clock of the machine is put back by an hour: Microsoft is read on', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(10_000);
  const { wall } = it.clock;
  it.clock.wall = () => wall() - 3_600_000;
  const before = it.tenant.reads.length;
  await it.clock.pass(70_000);
  assert.ok(it.tenant.reads.length >= before + 2, `${it.tenant.reads.length - before} readings in 70 s`);
  assert.equal(it.of().state, 'READY');
});

test('whoever looks gets a fresh reading, once in five seconds at most', async () => {
  const it = world({ links: [readyLink()] });
  await it.clock.pass(10_000);
  const before = it.tenant.reads.length;
  for (let i = 0; i < 20; i++) {
    it.provisioner.look();
    await it.clock.pass(100);
  }
  assert.equal(it.tenant.reads.length, before + 1);
});

test('PRV-304: a number is taken over only after Microsoft was read again, once, and from the one who was shown', async () => {
  const it = world({ held: [['kim', first]] });
  await it.clock.pass(3_000);
  assert.deepEqual([it.of().state, it.of().code], ['FAILED', 'PRV-304']);
  assert.deepEqual(it.tenant.writes, []);
  const act = () => it.provisioner.act(asPersonId('dana'), { kind: 'take-over', objectId: 'kim' }, 'alex');
  // Somebody else has it by the time of the reading: nothing is taken from anybody.
  it.tenant.held.delete('kim');
  it.tenant.held.set('bo', first);
  assert.equal(act(), 'done');
  await it.clock.pass(5_000);
  assert.deepEqual([it.of().code, it.tenant.writes, [...it.tenant.held]], ['PRV-304', [], [['bo', first]]]);
  it.tenant.held.delete('bo');
  it.tenant.held.set('kim', first);
  await it.clock.pass(120_000);
  const reads = it.tenant.reads.length;
  assert.equal(act(), 'done');
  assert.equal(act(), 'nothing-to-decide', 'under way');
  assert.equal(it.tenant.writes.length, 0, 'not before a reading');
  await it.clock.pass(60_000);
  assert.ok(it.tenant.reads.length > reads);
  assert.deepEqual(
    it.tenant.writes.map(({ kind, number }) => `${kind} ${number}`),
    [`unassign ${first}`, `assign ${first}`],
  );
  assert.equal(it.tenant.held.get('id-dana@acme.example'), first);
  assert.equal(it.tenant.held.has('kim'), false);
});

test('PRV-304: Microsoft refuses to take the number from who has it: that is said, and the decision is over', async () => {
  const it = world({ held: [['kim', first]] });
  await it.clock.pass(3_000);
  it.tenant.refuse = { kind: 'refused', code: 'PRV-501', reason: 'the user has no licence' };
  it.provisioner.act(asPersonId('dana'), { kind: 'take-over', objectId: 'kim' }, 'alex');
  await it.clock.pass(60_000);
  assert.deepEqual(it.tenant.writes.length, 1);
  const { link } = it.provisioner.entries().get(asPersonId('dana')) ?? assert.fail();
  assert.deepEqual(
    [link.state, link.reason, link.takeOver],
    ['FAILED', 'the user has no licence', undefined],
  );
});

test('a change to a number that somebody else has: it is refused once, the old one stays, and it can be taken over', async () => {
  const it = world({ links: [readyLink()], held: [['kim', second]] });
  await it.clock.pass(2_000);
  it.change('dana', { numbers: [second] });
  await it.clock.pass(120_000);
  const dana = () => it.provisioner.entries().get(asPersonId('dana'))?.link ?? assert.fail();
  assert.deepEqual([dana().state, dana().code, it.tenant.writes], ['FAILED', 'PRV-304', []]);
  const { generation } = dana();
  await it.clock.pass(300_000);
  assert.equal(dana().generation, generation, 'nothing turns round and round');
  assert.equal(it.provisioner.act(dana().personId, { kind: 'take-over', objectId: 'kim' }, 'alex'), 'done');
  await it.clock.pass(120_000);
  assert.equal(it.tenant.held.get('id-dana@acme.example'), second);
  assert.equal(it.tenant.held.has('kim'), false);
});
