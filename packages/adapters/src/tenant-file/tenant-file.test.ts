import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Permission, type ProvisioningSettings, roleMay } from '@tandem/contract';
import {
  asCarrierId,
  asDeviceId,
  asPersonId,
  asQueueId,
  type Device,
  type E164,
  type Person,
  type PersonId,
  type Queue,
  queueDefaults,
} from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { createTenantFileBoard } from './board.ts';
import { readTenantFileAside } from './read-aside.ts';
import type { StoredCarrier, StoredOwn, StoredSignIn, TenantState } from './state.ts';
import { accountId, emptyState, memoryGround } from './test-support/memory-ground.ts';

const admin = { kind: 'user', name: 'operator', may: () => true } as const;

function rig(state: TenantState, consequence?: () => string) {
  const world = memoryGround(state, consequence);
  const notes: AuditEntry[] = [];
  const board = createTenantFileBoard({
    ground: world.ground,
    audit: { note: async (entry) => void notes.push(entry) },
  });
  const plan = async (file: string, prune = false, by: Parameters<typeof board.plan>[2] = admin) => {
    const outcome = await board.plan(accountId, { file, prune }, by);
    return outcome.kind === 'done' ? outcome.value : assert.fail(JSON.stringify(outcome));
  };
  const apply = async (file: string, prune = false) => {
    const { preview } = await plan(file, prune);
    const outcome = await board.apply(accountId, { file, prune, preview }, admin);
    return outcome.kind === 'done' ? outcome.value : assert.fail(JSON.stringify(outcome));
  };
  const exported = async () => (await board.read(accountId)) ?? assert.fail('no file');
  return { ...world, board, notes, plan, apply, exported };
}

const person = (name: string, more: Partial<Person> = {}): Person => ({
  id: asPersonId(`person-${name.toLowerCase()}`),
  accountId,
  displayName: name,
  upn: `${name.toLowerCase()}@acme.example`,
  mail: `${name.toLowerCase()}@acme.example`,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...more,
});
const number = (tail: number): E164 => `+1202555${String(tail).padStart(4, '0')}` as E164;
const withPeople = (...people: Person[]): TenantState => ({ ...emptyState(), people });
const two = () =>
  withPeople(
    person('Dana', { numbers: [number(142), number(150)], extension: '0100' }),
    person('Bo', { numbers: [number(143)], extension: '1002' }),
  );

// ---- what a file may hold, for the properties
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => {
  const trimmed = text.trim();
  return trimmed === text && trimmed !== '' && !text.includes('\0') && text.isWellFormed();
});
const anyPeople = fc
  .array(
    fc.record({
      displayName: words,
      mail: fc.option(fc.constant('somebody@acme.example')),
      extension: fc.boolean(),
      numbers: fc.integer({ min: 0, max: 3 }),
      active: fc.boolean(),
      teamsToggle: fc.boolean(),
      platformLicence: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(({ mail, extension, numbers, ...rest }, i): Person => {
      const { mail: _, ...base } = person(`P${i}`);
      return {
        ...base,
        ...rest,
        ...(mail !== null && { mail }),
        ...(extension && { extension: `0${i}0` }),
        numbers: Array.from({ length: numbers }, (__, n) => number(100 + i * 10 + n)),
      };
    }),
  );
/** Few names, numbers and extensions, so that they change hands between two accounts. */
const anyLines = fc.record({
  numbers: fc.shuffledSubarray([number(300), number(301), number(100), number(110)]),
  extensions: fc.shuffledSubarray(['500', '501', '502']),
  queues: fc.uniqueArray(fc.constantFrom('Sales', 'no'), { maxLength: 2 }),
  phones: fc.uniqueArray(fc.constantFrom('lobby', 'hall'), { maxLength: 2 }),
  overflowTo: fc.option(fc.constantFrom('500', '+12025550999')),
  members: fc.shuffledSubarray([0, 1, 2, 3]),
  seconds: fc.integer({ min: 5, max: 60 }),
  kind: fc.constantFrom('desk-phone' as const, 'common-area-phone' as const),
});
const anyPresence = fc.record({
  mode: fc.constantFrom('all' as const, 'selected' as const, 'disabled' as const),
  direction: fc.constantFrom('both' as const, 'to-platform' as const, 'to-teams' as const),
  busy: fc.constantFrom('accept-all' as const, 'no-calls' as const),
  notify: fc.constantFrom<readonly string[]>([], ['ops@acme.example']),
});
function linesOf(all: typeof anyLines extends fc.Arbitrary<infer T> ? T : never, people: readonly Person[]) {
  const theirs = new Set(people.flatMap((one) => one.numbers));
  const numbers = all.numbers.filter((one) => !theirs.has(one));
  const extensions = [...all.extensions];
  const owned = () => {
    const [some, extension] = [numbers.shift(), extensions.shift()];
    return { ...(some && { number: some }), ...(extension && { extension }) };
  };
  const queues = all.queues.map(
    (name): Queue => ({
      ...queueDefaults,
      ...owned(),
      id: asQueueId(`queue-${name}`),
      accountId,
      name,
      members: all.members.flatMap((i) => {
        const personId = people[i]?.id;
        return personId ? [{ personId, loggedIn: true }] : [];
      }),
      offerSeconds: all.seconds,
      overflow: all.overflowTo === null ? { kind: 'refuse' } : { kind: 'forward', to: all.overflowTo },
    }),
  );
  const phones = all.phones.map(
    (name): Device => ({
      ...owned(),
      id: asDeviceId(`phone-${name}`),
      accountId,
      name,
      kind: all.kind,
      sipUser: `${name}-1`,
      ...(people[0] && name === 'hall' && { personId: people[0].id }),
    }),
  );
  const uses = new Map<E164, TenantState['numbers'] extends ReadonlyMap<E164, infer Use> ? Use : never>();
  for (const one of queues) if (one.number) uses.set(one.number, { by: 'queue' });
  for (const one of phones) if (one.number) uses.set(one.number, { by: 'device' });
  return { queues, phones, numbers: uses };
}

const anyAccess = fc.record({
  carriers: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('Own', 'no', 'Other'),
      priorities: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }),
      port: fc.option(fc.integer({ min: 5060, max: 5061 })),
      maxCalls: fc.option(fc.integer({ min: 1, max: 99 })),
      numberFormat: fc.constantFrom('e164' as const, 'digits' as const),
      emergency: fc.boolean(),
    }),
    { maxLength: 2, selector: ({ name }) => name },
  ),
  shared: fc.boolean(),
  signIns: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('ann@acme.example', 'ben@acme.example', 'desk'),
      role: fc.constantFrom('admin' as const, 'desk' as const, 'sync' as const, 'user' as const),
      person: fc.option(fc.integer({ min: 0, max: 3 })),
      disabled: fc.boolean(),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  ),
  leaver: fc.constantFrom('nobody', 'person', 'number', 'queue'),
});
function accessOf(
  { carriers, shared, signIns, leaver }: typeof anyAccess extends fc.Arbitrary<infer T> ? T : never,
  people: readonly Person[],
  queues: readonly Queue[],
) {
  const own = carriers.map(
    ({ name, priorities, port, maxCalls, ...rest }, i): StoredCarrier => ({
      ...rest,
      id: asCarrierId(`carrier-${name}`),
      name,
      targets: priorities.map((priority) => ({
        host: `sip${i}.example`,
        port: 5060,
        protocol: 'UDP',
        priority,
        weight: 1,
      })),
      sources: [{ address: `192.0.2.${i + 1}`, ...(port !== null && { port }) }],
      probeWithOptions: true,
      ...(maxCalls !== null && { maxCalls }),
      version: 1,
    }),
  );
  const [person] = people;
  const owned = people.flatMap(({ numbers }) => numbers)[0];
  const [queue] = queues;
  const forward: ProvisioningSettings['leaverForward'] =
    leaver === 'person' && person
      ? { kind: 'person', personId: person.id }
      : leaver === 'number' && owned
        ? { kind: 'number', number: owned }
        : leaver === 'queue' && queue
          ? { kind: 'queue', queueId: queue.id }
          : undefined;
  return {
    carriers: own,
    used: [...own.slice(0, 1).map(({ id }) => id), ...(shared ? [asCarrierId('shared-1')] : [])],
    forward,
    signIns: signIns.flatMap(({ name, role, person: at, disabled }): StoredSignIn[] => {
      const personId = at === null ? undefined : people[at]?.id;
      if (role === 'user' && !personId) return [];
      return [{ id: `sign-in-${name}`, name, role, disabled, ...(personId && { personId }) }];
    }),
  };
}

/** What holds for single people; who of them has something is not the same from one account to the next. */
const anyOwn = fc.array(
  fc.option(
    fc.record({
      leaver: fc.constantFrom('nobody', 'voicemail' as const, 'next'),
      voicemail: fc.option(fc.constantFrom('teams' as const, 'platform' as const)),
      presence: fc.constantFrom('inherit' as const, 'on' as const, 'unsynced' as const),
      important: fc.boolean(),
      quiet: fc.option(fc.integer({ min: 0, max: 1439 })),
      zone: fc.option(fc.constant('Europe/Berlin')),
      sip: fc.constantFrom(480 as const, 603 as const),
    }),
  ),
  { maxLength: 4 },
);
function ownOf(all: typeof anyOwn extends fc.Arbitrary<infer T> ? T : never, people: readonly Person[]) {
  const own = new Map<PersonId, StoredOwn>();
  const withLeaver = people.map((person, i): Person => {
    const one = all[i];
    if (!one) return person;
    const next = people[i + 1];
    own.set(person.id, {
      ...(one.voicemail && { voicemail: one.voicemail }),
      presence: one.presence,
      exceptions: {
        important: [
          { kind: 'number', number: '+493012345678', ...(one.important && { name: 'no' }) },
          ...(next ? [{ kind: 'person' as const, personId: next.id }] : []),
        ],
        quietHours: {
          ...(one.zone && one.quiet !== null && { timeZone: one.zone }),
          spans: one.quiet === null ? [] : [{ days: [1, 7], from: one.quiet, to: 0 }],
        },
        unavailable: { kind: 'refuse', sip: one.sip },
        rules: {},
      },
    });
    if (one.leaver === 'voicemail') return { ...person, leaver: { kind: 'voicemail' } };
    return one.leaver === 'next' && next
      ? { ...person, leaver: { kind: 'person', personId: next.id } }
      : person;
  });
  return { own, people: withLeaver };
}

const anyState: fc.Arbitrary<TenantState> = fc
  .record({
    access: anyAccess,
    lines: anyLines,
    presence: anyPresence,
    people: anyPeople,
    own: anyOwn,
    messages: fc.constantFrom<Partial<TenantState['voicemail']>>({}, { owner: 'platform', maxSeconds: 60 }),
    speed: fc.constantFrom<Partial<TenantState['presence']>>(
      {},
      { ownConnections: 'always', accelerate: true },
    ),
    webhooks: fc.array(
      fc.record({
        name: fc.constantFrom('CRM', 'Ticket "system"', 'no'),
        url: fc.constantFrom('https://example.com/a', 'https://example.com/b?x=1#y'),
        events: fc.constantFrom(['*'], ['person.', 'account.change']),
        active: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    ranges: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
    city: fc.option(fc.constantFrom('London', 'no')),
    area: fc.constantFrom('202', '030'),
    testNumber: fc.option(fc.constant(number(199))),
    tags: fc.array(fc.constantFrom<readonly string[]>([], ['no'], ['Sales', 'cost: 12']), { maxLength: 4 }),
  })
  .map(
    ({
      people: them,
      own,
      messages,
      speed,
      webhooks,
      ranges,
      area,
      testNumber,
      lines,
      tags,
      presence: { busy, ...presence },
      access,
      city,
    }): TenantState => {
      const state = emptyState();
      const { people, own: theirs } = ownOf(own, them);
      const of = linesOf(lines, people);
      const { carriers, used, signIns, forward } = accessOf(access, people, of.queues);
      return {
        ...state,
        account: { ...state.account, areaCode: area, mainNumber: number(999), carriers: used },
        carriers,
        signIns,
        connections: state.connections.map((one) => ({
          ...one,
          settings: {
            ...one.settings,
            messages: { toPerson: true, ...(testNumber && { testNumber }) },
            ...(forward && { leaverRule: 'manager' as const, leaverForward: forward }),
          },
        })),
        people,
        own: theirs,
        voicemail: { ...state.voicemail, ...messages },
        tags: new Map(people.flatMap(({ id }, i) => (tags[i] ? [[id, tags[i]] as const] : []))),
        ...of,
        presence: {
          ...state.presence,
          ...presence,
          ...speed,
          notify: [...presence.notify],
          rules: { ...state.presence.rules, busy },
        },
        webhooks: webhooks.map((one, i) => ({ ...one, id: `hook-${i}` })),
        ranges: ranges.map((n) => ({
          id: `range-${n}`,
          name: city === null ? `Range ${n}` : `${city} ${n}`,
          ...(city !== null && n % 2 === 0 && { when: { city } }),
          first: number(n * 1000),
          last: number(n * 1000 + 9),
          size: 10,
          free: 10,
        })),
      };
    },
  );

/** Lists of names in the order of names: two accounts may keep them in another one. */
function sections(file: string): Record<string, unknown> {
  const { account: _, ...whole } = parse(file) as Record<string, unknown>;
  const named = Object.entries(whole).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value,
  ]);
  return Object.fromEntries(named) as Record<string, unknown>;
}

describe('a file and its account', () => {
  test('an export plans to no change, with and without prune, whatever stands in the account', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, fc.boolean(), async (state, prune) => {
        const { exported, plan } = rig(state);
        assert.deepEqual((await plan(await exported(), prune)).changes, []);
      }),
      { numRuns: 60 },
    );
  });

  test('the export of one account makes any other the same, and a second time changes nothing; or it changes nothing at all', async () => {
    const seen = { made: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(anyState, anyState, fc.constantFrom(100, 110), async (from, to, tail) => {
        const file = await rig(from).exported();
        // A phone of the other account has a number that somebody may get by the file.
        const free =
          !to.numbers.has(number(tail)) && !to.people.some(({ numbers }) => numbers.includes(number(tail)));
        const other = rig(
          free ? { ...to, numbers: new Map([...to.numbers, [number(tail), { by: 'device' }]]) } : to,
        );
        const before = await other.exported();
        const { applied, left } = await other.apply(file, true);
        const again = await other.plan(file, true);
        if (applied.some(({ action }) => action === 'refused')) {
          seen.refused += 1;
          assert.equal(await other.exported(), before, 'nothing was changed');
          assert.equal(again.changes.length, applied.length + left);
          for (const { words } of applied)
            assert.match(words ?? '', /^A (phone|queue) has|rests once |^Nobody would be left/);
          return;
        }
        seen.made += 1;
        assert.deepEqual(again.changes, []);
        const { made } = other;
        const steps = made.length;
        assert.deepEqual((await other.apply(file, true)).applied, []);
        assert.equal(made.length, steps, 'the second apply makes nothing');
      }),
      { numRuns: 60 },
    );
    assert.ok(seen.made > 2 && seen.refused > 2, JSON.stringify(seen));
  });

  test('the export of any account, applied to an empty one, is the export of that one too', async () => {
    let signIns = 0;
    await fc.assert(
      fc.asyncProperty(anyState, async (state) => {
        const file = await rig(state).exported();
        const empty = rig(emptyState());
        const { applied } = await empty.apply(file);
        assert.deepEqual(
          applied.filter(({ action }) => action === 'refused'),
          [],
        );
        assert.deepEqual(sections(await empty.exported()), sections(file));
        signIns += state.signIns.length;
      }),
      { numRuns: 40 },
    );
    assert.ok(signIns > 5);
  });

  test('half a file loses nothing: one section of another account changes that section alone', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, fc.nat(), async (from, to, pick) => {
        const whole = parse(await rig(from).exported()) as Record<string, unknown>;
        const names = Object.keys(whole).filter((name) => name !== 'version');
        const section = names[pick % names.length] ?? 'people';
        const { made, plan, exported, apply } = rig(to);
        const before = sections(await exported());
        const file = stringify({ version: 1, [section]: whole[section] });
        const { changes } = await plan(file, false);
        assert.ok(
          changes.every(({ action }) => action !== 'remove'),
          'nothing goes without prune',
        );
        if (changes.some(({ action }) => action === 'refused')) return;
        await apply(file);
        const after = sections(await exported());
        for (const name of names.filter((one) => one !== section))
          assert.deepEqual(after[name], before[name], `${name} is as it was after ${section}: ${made}`);
      }),
      { numRuns: 30 },
    );
  });

  test('the same account written by a YAML library and as JSON means the same', async () => {
    const { exported, plan } = rig(two());
    const reading = await readTenantFileAside(await exported());
    assert.ok(reading.kind === 'file');
    for (const text of [stringify(reading.file), JSON.stringify(reading.file)])
      assert.deepEqual((await plan(text)).changes, []);
  });
});

describe('what a file changes', () => {
  test('numbers and extensions that two people swap change hands', async () => {
    const { apply, plan, people } = rig(two());
    const file = `version: 1
people:
  - {upn: Dana@acme.example, number: +12025550143, extension: 1002, otherNumbers: []}
  - {upn: bo@acme.example, number: +12025550142, extension: 0100}`;
    const { applied, sentence } = await apply(file);
    assert.deepEqual(
      applied.map(({ action }) => action),
      ['change', 'change'],
    );
    assert.equal(sentence, '2 changed.');
    const [dana, bo] = [people.get('person-dana'), people.get('person-bo')];
    assert.deepEqual([dana?.numbers, dana?.extension], [[number(143)], '1002']);
    assert.deepEqual([bo?.numbers, bo?.extension], [[number(142)], '0100']);
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('a file of which one change is refused changes nothing at all, and says which', async () => {
    const { apply, exported, made } = rig(two());
    const before = await exported();
    const { applied, left, sentence } = await apply(`version: 1
people:
  - {upn: bo@acme.example, number: "+12025550142", active: false}
  - {upn: new@acme.example, displayName: New, extension: "77"}
  - {upn: nobody@acme.example}`);
    assert.deepEqual(
      applied.map(({ what, action, words }) => [what, action, words]),
      [
        ['bo@acme.example', 'refused', 'Dana (dana@acme.example) has +12025550142.'],
        ['nobody@acme.example', 'refused', 'Nobody has this address yet; a new person needs a displayName.'],
      ],
    );
    assert.deepEqual([left, made], [1, []]);
    assert.equal(sentence, 'Nothing was changed: 2 refused, and so 1 more were not made.');
    assert.equal(await exported(), before);
  });

  test('what only shows while the file is made (no number is free for `next`) takes everything back', async () => {
    const { apply, exported } = rig(two());
    const before = await exported();
    const { applied, sentence } = await apply(`version: 1
ranges: [{name: Main, first: "+12025550200", last: "+12025550200"}]
webhooks: [{name: CRM, url: "https://crm.example/hooks", events: ["*"]}]
people:
  - {upn: a@acme.example, displayName: A, number: next}
  - {upn: b@acme.example, displayName: B, number: next}
  - {upn: dana@acme.example, active: false}`);
    assert.deepEqual(
      applied.map(({ what, words }) => [what, words]),
      [['b@acme.example', 'no free number']],
    );
    assert.match(sentence, /^Nothing was changed: 1 refused/);
    assert.equal(await exported(), before);
  });

  test('settings that take many people’s numbers away say so in the plan, and the plan counts for that many only', async () => {
    let leave = 12;
    const { board, plan } = rig(two(), () => `This takes the numbers of ${leave} people away at once.`);
    const file = `version: 1
provisioning:
  - {tenant: acacacac-0000-4000-8000-000000000001, enableGroups: []}`;
    const { preview, changes } = await plan(file);
    assert.equal(changes[0]?.words, 'This takes the numbers of 12 people away at once.');
    leave = 400;
    const ask = { file, prune: false, preview };
    assert.equal((await board.apply(accountId, ask, admin)).kind, 'preview-outdated');
    leave = 12;
    assert.equal((await board.apply(accountId, ask, admin)).kind, 'done');
  });

  test('who waits for a number of somebody who is refused is refused too', async () => {
    const state = two();
    const { plan } = rig({ ...state, numbers: new Map([[number(160), { by: 'device' }]]) });
    const { changes } = await plan(`version: 1
people:
  - {upn: dana@acme.example, number: "+12025550160", otherNumbers: []}
  - {upn: bo@acme.example, number: "+12025550142"}`);
    assert.deepEqual(
      changes.map(({ action, words }) => [action, words]),
      [
        ['refused', 'A phone has +12025550160.'],
        ['refused', 'Dana (dana@acme.example) has +12025550142.'],
      ],
    );
  });

  test('`next` asks for a number, not for another one, and comes after all named ones', async () => {
    const { apply, plan, people } = rig(two());
    const file = `version: 1
ranges: [{name: Main, first: "+12025550200", last: "+12025550201"}]
people:
  - {upn: a@acme.example, displayName: A, number: next}
  - {upn: dana@acme.example, number: next}
  - {upn: b@acme.example, displayName: B, number: "+12025550200"}`;
    await apply(file);
    const byUpn = new Map([...people.values()].map((one) => [one.upn, one.numbers]));
    assert.deepEqual(byUpn.get('a@acme.example'), [number(201)]);
    assert.deepEqual(byUpn.get('b@acme.example'), [number(200)]);
    assert.deepEqual(byUpn.get('dana@acme.example'), [number(142), number(150)]);
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('nobody is removed without prune, nor with prune by a file without the section', async () => {
    const { plan } = rig(two());
    const dana = 'version: 1\npeople: [{upn: dana@acme.example}]';
    assert.deepEqual((await plan(dana)).changes, []);
    assert.deepEqual((await plan('version: 1', true)).changes, []);
    assert.deepEqual(
      (await plan(dana, true)).changes.map(({ what, action }) => [what, action]),
      [['bo@acme.example', 'remove']],
    );
    assert.equal((await plan('version: 1\npeople: []', true)).counts.remove, 2);
  });

  const rules: readonly (readonly [title: string, text: string, line: number, field: string, RegExp])[] = [
    ['nobody named', 'leaverRule: manager', 4, 'leaverRule', /leaverForward: who is rung/],
    [
      'a stranger',
      'leaverRule: manager\n    leaverForward: {person: eve@acme.example}',
      5,
      'leaverForward',
      /reach nobody: eve@acme\.example is nobody of this account/,
    ],
    [
      'a number of nobody',
      'leaverRule: manager\n    leaverForward: {number: "+12025550777"}',
      5,
      'leaverForward',
      /\+12025550777 is nobody's/,
    ],
    [
      'a queue that is not there',
      'leaverForward: {queue: Sales}\n    leaverRule: queue',
      4,
      'leaverForward',
      /no queue Sales/,
    ],
    [
      'a person for the rule of queues',
      'leaverRule: queue\n    leaverForward: {person: bo@acme.example}',
      5,
      'leaverForward',
      /wants a queue/,
    ],
  ];
  for (const [title, text, line, field, say] of rules)
    test(`a leaver rule that cannot work is refused with its line: ${title}`, async () => {
      const { plan, apply, made } = rig(two());
      const file = `version: 1
provisioning:
  - tenant: acacacac-0000-4000-8000-000000000001
    ${text}
people: [{upn: bo@acme.example, teams: false}]`;
      const found = (await plan(file)).changes.find(({ kind }) => kind === 'provisioning');
      assert.deepEqual([found?.action, found?.line, found?.field], ['refused', line, field], found?.words);
      assert.match(found?.words ?? '', say);
      const { left } = await apply(file);
      assert.deepEqual([left, made], [1, []], 'nothing of the file was made');
    });

  test('calls of those who left go to somebody, or a queue, that comes by the same file', async () => {
    const { apply, plan } = rig(two());
    const file = (forward: string) => `version: 1
provisioning:
  - {tenant: acacacac-0000-4000-8000-000000000001, leaverRule: ${forward}}
people: [{upn: new@acme.example, displayName: New}]
queues: [{name: Front, number: "+12025550300", members: [new@acme.example]}]`;
    for (const forward of [
      'manager, leaverForward: {person: new@acme.example}',
      'queue, leaverForward: {queue: Front}',
      'queue, leaverForward: {number: "+12025550300"}',
    ]) {
      const { applied } = await apply(file(forward));
      assert.ok(
        applied.every(({ action }) => action !== 'refused'),
        JSON.stringify(applied),
      );
      assert.deepEqual((await plan(file(forward))).changes, []);
    }
  });

  test('a refusal names line and field, whatever the section', async () => {
    const state = two();
    const sales = { ...queueDefaults, id: asQueueId('queue-1'), accountId, name: 'Sales', members: [] };
    const { plan } = rig({ ...state, queues: [sales], sourcesElsewhere: new Set(['198.51.100.1']) });
    const { changes } = await plan(`version: 1
account:
  carriers: [Nowhere]
carriers:
  - name: Own
    targets: [{host: sip.example}]
    sources: [{address: 198.51.100.1}]
people:
  - upn: bo@acme.example
    number: "+12025550142"
queues:
  - name: Sales
    members: [eve@acme.example]
signIns:
  - name: eve@acme.example
    role: user
  - {name: ann@acme.example, role: admin, person: eve@acme.example}`);
    assert.deepEqual(
      changes.map(({ kind, action, line, field }) => [kind, action, line, field]),
      [
        ['carrier', 'refused', 7, 'sources'],
        ['account', 'refused', 3, 'carriers'],
        ['person', 'refused', 10, 'number'],
        ['queue', 'refused', 13, 'members'],
        ['sign-in', 'refused', 16, 'role'],
        ['sign-in', 'refused', 17, 'person'],
      ],
    );
  });

  test('nobody locks themselves out by a file, and an account’s admin makes no carrier', async () => {
    const { plan } = rig({
      ...two(),
      signIns: [{ id: 'sign-in-1', name: 'ann@acme.example', role: 'admin', disabled: false }],
    });
    const by = {
      ...admin,
      name: 'ann@acme.example',
      may: (permission: Permission) => roleMay('admin', permission),
    };
    const gone = await plan('version: 1\nsignIns: []', true, by);
    assert.deepEqual([gone.changes[0]?.action, gone.counts.refused], ['refused', 1]);
    const less = await plan('version: 1\nsignIns: [{name: ann@acme.example, role: desk}]', false, by);
    assert.match(less.changes[0]?.words ?? '', /signed in with this one/);
    const other = await plan('version: 1\nsignIns: [{name: ben@acme.example, role: desk}]', false, by);
    assert.deepEqual(other.counts, { create: 1, change: 0, remove: 0, refused: 0 });
    const carrier = 'version: 1\ncarriers: [{name: Own, targets: [{host: sip.example}]}]';
    assert.match((await plan(carrier, false, by)).changes[0]?.words ?? '', /Only the operator/);
  });

  test('the last administrator of an account stays, unless another one comes by the same file', async () => {
    const signIn = (name: string, role: StoredSignIn['role']): StoredSignIn => ({
      id: `sign-in-${name}`,
      name,
      role,
      disabled: false,
    });
    const state = { ...two(), signIns: [signIn('ann', 'admin'), signIn('desk', 'desk')] };
    for (const [file, prune] of [
      ['signIns: [{name: desk}]', true],
      ['signIns: [{name: ann, active: false}]', false],
      ['signIns: [{name: ann, role: desk}]', false],
    ] as const) {
      const { changes } = await rig(state).plan(`version: 1\n${file}\n`, prune);
      assert.deepEqual(
        changes.map(({ what, action, words }) => [what, action, words?.slice(0, 20)]),
        [['ann', 'refused', 'Nobody would be left']],
        file,
      );
    }
    const { applied } = await rig(state).apply(
      'version: 1\nsignIns: [{name: desk, role: admin}, {name: ann, role: desk}]\n',
    );
    assert.deepEqual(
      applied.map(({ what, action }) => [what, action]),
      [
        ['desk', 'change'],
        ['ann', 'change'],
      ],
    );
  });

  test('a carrier that is used is not removed with prune, one that is not is', async () => {
    const carrier = (name: string, tail: number): StoredCarrier => ({
      id: asCarrierId(`carrier-${name}`),
      name,
      targets: [{ host: 'sip.example', port: 5060, protocol: 'UDP', priority: 1, weight: 1 }],
      sources: [{ address: `192.0.2.${tail}` }],
      probeWithOptions: true,
      numberFormat: 'e164',
      emergency: false,
      version: 1,
    });
    const state = two();
    const { plan, apply, exported } = rig({
      ...state,
      account: { ...state.account, carriers: [asCarrierId('carrier-A')] },
      carriers: [carrier('A', 1), carrier('B', 2)],
    });
    const none = 'version: 1\ncarriers: []';
    assert.deepEqual(
      (await plan(none, true)).changes.map(({ what, action }) => [what, action]),
      [
        ['A', 'refused'],
        ['B', 'remove'],
      ],
    );
    await apply(`${none}\naccount: {carriers: [Operator]}`, true);
    assert.match(await exported(), /carriers: \[Operator\][\s\S]*\ncarriers: \[\]/);
  });

  test('settings of a connection are filled up with what stands; a tenant that is not connected is refused', async () => {
    const { apply, plan } = rig(emptyState());
    const file = `version: 1
provisioning:
  - tenant: ACACACAC-0000-4000-8000-000000000001
    drift: {number: repair}
    enableGroups: [{id: group-1, name: Renamed}]`;
    const other = `${file}
  - {tenant: 99999999-0000-4000-8000-000000000001, mode: manual}`;
    assert.match((await plan(other)).changes[1]?.words ?? '', /not connected/);
    const { applied } = await apply(file);
    assert.deepEqual(
      applied.map(({ action, before, after }) => [action, before, after]),
      [
        [
          'change',
          {
            drift: {
              number: 'ask',
              voice: 'repair',
              voiceRouting: 'repair',
              calling: 'ask',
              dialPlan: 'ask',
            },
          },
          {
            drift: {
              number: 'repair',
              voice: 'repair',
              voiceRouting: 'repair',
              calling: 'ask',
              dialPlan: 'ask',
            },
          },
        ],
      ],
    );
    assert.deepEqual((await plan(file)).changes, []);
  });

  test('an admin of the account cannot change by a file what only the operator may', async () => {
    const { plan } = rig(two());
    const file = 'version: 1\naccount: {country: DE}\npeople: [{upn: bo@acme.example, teams: false}]';
    const by = { ...admin, may: (permission: string) => permission !== 'accounts:write' };
    assert.deepEqual(
      (await plan(file, false, by)).changes.map(({ kind, action }) => [kind, action]),
      [
        ['account', 'refused'],
        ['person', 'change'],
      ],
    );
  });

  test('a file of another account is refused by its name', async () => {
    const { board } = rig(two());
    const file = 'version: 1\naccount:\n  name: Globex\npeople: []\n';
    const outcome = await board.plan(accountId, { file, prune: true }, admin);
    assert.ok(outcome.kind === 'faults');
    assert.deepEqual([outcome.faults[0]?.line, outcome.faults[0]?.column], [3, 3]);
  });

  test('the preview counts for exactly these changes: not after another change, not for another file, not with prune', async () => {
    const { board, plan, apply, made } = rig(two());
    const file = 'version: 1\npeople: [{upn: bo@acme.example, teams: false}]';
    const { preview } = await plan(file);
    const attempt = (text: string, prune = false) =>
      board.apply(accountId, { file: text, prune, preview }, admin);
    assert.equal((await attempt(file, true)).kind, 'preview-outdated');
    assert.equal((await attempt(file.replace('false', 'true'))).kind, 'preview-outdated');
    assert.deepEqual(made, []);
    await apply('version: 1\npeople: [{upn: bo@acme.example, teams: false, active: false}]');
    assert.equal((await attempt(file)).kind, 'preview-outdated');
  });

  test('two who apply the same plan at once change the account once', async () => {
    const { board, plan, made, notes } = rig(two());
    const file = 'version: 1\npeople: [{upn: new@acme.example, displayName: New}]';
    const { preview } = await plan(file);
    const ask = { file, prune: false, preview };
    const outcomes = await Promise.all([1, 2].map(() => board.apply(accountId, ask, admin)));
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['done', 'preview-outdated'],
    );
    assert.deepEqual(made, ['create-person']);
    assert.deepEqual(
      notes.map(({ action }) => action),
      ['tenant-file.apply'],
    );
  });
});

describe('a file that cannot be taken', () => {
  const faults: readonly (readonly [string, string, number, number, RegExp])[] = [
    ['nothing', '', 1, 1, /empty/],
    ['no version', 'people: []', 1, 1, /version/],
    ['a version of later', 'version: 2', 1, 10, /wanted 1/],
    [
      'a key nobody knows',
      'version: 1\npeople:\n  - upn: a@b.example\n    numbre: next',
      4,
      5,
      /people\[0\]\.numbre .*did you mean "number"/,
    ],
    ['a section nobody knows', 'version: 1\npepole: []', 2, 1, /did you mean "people"/],
    [
      'a number that is none',
      'version: 1\npeople: [{upn: a@b.example, number: 0301234}]',
      2,
      37,
      /next or null/,
    ],
    [
      'a choice that there is not',
      'version: 1\npeople: [{upn: a@b.example, own: {presence: maybe}}]',
      2,
      45,
      /^people\[0\]\.own\.presence wanted account, selected, unsynced; found "maybe"$/,
    ],
    [
      'a policy of an unknown kind',
      'version: 1\nprovisioning:\n- tenant: acacacac-0000-4000-8000-000000000001\n  policies: {calling: {kind: sometimes}}',
      4,
      30,
      /calling/,
    ],
    [
      'somebody twice',
      'version: 1\npeople:\n- upn: a@b.example\n- upn: A@b.example',
      4,
      8,
      /stands at people\[0\]\.upn/,
    ],
    [
      'a number twice',
      'version: 1\npeople:\n- {upn: a@b.example, number: "+12025550100"}\n- {upn: c@b.example, number: "+12025550100"}',
      4,
      30,
      /stands at people\[0\]\.number/,
    ],
    [
      'other numbers without a main one',
      'version: 1\npeople: [{upn: a@b.example, otherNumbers: ["+12025550100"]}]',
      2,
      43,
      /after a main number/,
    ],
    [
      'a range that ends before it begins',
      'version: 1\nranges: [{name: A, first: "+12025550109", last: "+12025550100"}]',
      2,
      49,
      /not before/,
    ],
    [
      'a range without an end',
      'version: 1\nranges: [{name: A, first: "+10000000000", last: "+19999999999"}]',
      2,
      49,
      /at most 10000/,
    ],
    ['a key twice', 'version: 1\nversion: 1', 2, 1, /cannot be read/],
    ['a bracket that does not close', 'version: 1\npeople: [', 2, 10, /cannot be read/],
    ['two documents', 'version: 1\n---\nversion: 1', 2, 1, /cannot be read/],
    ['an alias', 'version: 1\naccount: &a {country: US}\npeople: [*a]', 3, 10, /alias/],
    ['brackets without an end', `version: ${'['.repeat(20_000)}`, 1, 1, /./],
  ];
  for (const [title, text, line, column, say] of faults)
    test(`${title}: line ${line}, column ${column}`, async () => {
      const reading = await readTenantFileAside(text);
      assert.ok(reading.kind === 'faults', JSON.stringify(reading));
      const [first] = reading.faults;
      assert.match(first?.say ?? '', say);
      if (title !== 'brackets without an end')
        assert.deepEqual([first?.line, first?.column], [line, column], first?.say);
    });

  test('every fault is told, in the order of the lines', async () => {
    const reading = await readTenantFileAside(
      'version: 1\nranges: 5\npeople: [{upn: x}, {}]\nwebhooks: true',
    );
    assert.ok(reading.kind === 'faults');
    assert.deepEqual(
      reading.faults.map(({ line }) => line),
      [2, 3, 3, 4],
    );
  });

  test('texts that look like numbers stay as they are written', async () => {
    const reading = await readTenantFileAside(
      'version: 1\naccount: {areaCode: 030}\npeople: [{upn: a@b.example, number: +12025550142, extension: 0100}]',
    );
    assert.ok(reading.kind === 'file', JSON.stringify(reading));
    assert.equal(reading.file.account?.areaCode, '030');
    assert.deepEqual(
      [reading.file.people?.[0]?.number, reading.file.people?.[0]?.extension],
      ['+12025550142', '0100'],
    );
  });

  test('whatever bytes a file holds, it is read or refused with a place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (tail) => {
        const reading = await readTenantFileAside(`version: 1\npeople:${tail}`);
        if (reading.kind === 'faults')
          for (const { line, column } of reading.faults) assert.ok(line >= 1 && column >= 1);
      }),
      { numRuns: 150 },
    );
  });

  test('a long file is read beside, to the same result', async () => {
    const people = Array.from(
      { length: 1500 },
      (_, i) => `  - {upn: p${i}@acme.example, displayName: P ${i}}`,
    );
    const reading = await readTenantFileAside(`version: 1\npeople:\n${people.join('\n')}\n`);
    assert.ok(reading.kind === 'file', JSON.stringify(reading).slice(0, 300));
    assert.equal(reading.file.people?.length, 1500);
  });
});
