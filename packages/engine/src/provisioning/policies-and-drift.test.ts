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
} from '@tandem/domain';
import { AccountProvisioner } from './account-provisioner.ts';
import { previewSettings } from './preview.ts';
import type { ProvisioningNotice } from './provisioner-deps.ts';
import { defaultSettings, type ProvisioningSettings } from './settings.ts';
import { at } from './test-person.ts';
import { FakeTenant, MemoryKeeper, VirtualClock } from './test-tenant.ts';

const account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: [],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
} as Account;
const numberAt = (index: number): E164 => `+1202555${String(1000 + index)}` as E164;
const personAt = (index: number, change: Partial<Person> = {}): Person => ({
  id: asPersonId(`p${index}`),
  accountId: account.id,
  displayName: `P${index}`,
  upn: `p${index}@acme.example`,
  mail: `p${index}@acme.example`,
  numbers: [numberAt(index)],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...change,
});
const objectIdAt = (index: number): string => `id-p${index}@acme.example`;
const vrp = (
  name = 'VRP-Acme',
  change: Partial<ProvisioningSettings> = {},
): Partial<ProvisioningSettings> => ({
  policies: {
    ...defaultSettings(account.id).policies,
    voiceRouting: { kind: 'assign', name },
  },
  ...change,
});

function house(change: Partial<ProvisioningSettings> = {}, count = 1, ready = false) {
  const clock = new VirtualClock();
  const tenant = new FakeTenant(clock);
  const keeper = new MemoryKeeper();
  const notices: string[] = [];
  const licences: [string, boolean][] = [];
  let people = Array.from({ length: count }, (_, index) => personAt(index));
  const settings = (more: Partial<ProvisioningSettings> = {}): ProvisioningSettings =>
    defaultSettings(account.id, {
      enableGroups: [{ id: 'group', name: 'Voice Users' }],
      graceSeconds: 0,
      settleSeconds: 0,
      routingByHand: true,
      ...change,
      ...more,
    });
  let now = settings();
  for (let index = 0; index < count; index++) tenant.members.add(objectIdAt(index));
  const provisioner = new AccountProvisioner(account, now, {
    tenant,
    keeper,
    clock,
    random: () => 0,
    onPerson: () => undefined,
    onObjectIds: () => undefined,
    onProblem: () => undefined,
    notify: (notice: ProvisioningNotice, personId) =>
      notices.push(
        `${notice.kind === 'held' ? 'held' : 'about' in notice ? notice.about : notice.kind} ${personId ?? ''}`,
      ),
    setLicence: (personId, licensed) => licences.push([personId, licensed]),
  });
  if (ready)
    provisioner.load(
      people.map(({ id }, index) => {
        const link: Link = {
          ...newLink(account.id, id, at - 100_000),
          state: 'READY',
          objectId: objectIdAt(index),
          assignedNumber: numberAt(index),
          acceptedWallMs: at - 50_000,
        };
        tenant.held.set(objectIdAt(index), numberAt(index));
        return {
          accountId: account.id,
          personId: id,
          link,
          evidence: { onlyWebClient: false, clientSeen: { by: 'override' as const, wallMs: 0 } },
        };
      }),
    );
  provisioner.own(account, people, now);
  provisioner.start();
  const linkOf = (index = 0): Link => {
    const entry = provisioner.entries().get(asPersonId(`p${index}`));
    assert.ok(entry);
    return entry.link;
  };
  return {
    clock,
    tenant,
    keeper,
    notices,
    licences,
    provisioner,
    linkOf,
    setting(more: Partial<ProvisioningSettings>) {
      now = settings(more);
      provisioner.own(account, people, now);
    },
    person(index: number, more: Partial<Person>) {
      people = people.map((one, i) => (i === index ? { ...one, ...more } : one));
      provisioner.own(account, people, now);
    },
    onlyPeople(kept: readonly Person[]) {
      people = [...kept];
      provisioner.own(account, people, now);
    },
    settings,
  };
}

test('order of writes: the number first, then the policies, and nobody is told before both stand', async () => {
  const it = house(vrp());
  await it.clock.pass(3_000);
  assert.deepEqual([it.linkOf().state, it.tenant.policyWrites.length], ['ASSIGNING', 0]);
  await it.clock.pass(20_000);
  assert.equal(it.linkOf().state, 'AWAITING_RELAUNCH');
  assert.deepEqual(it.tenant.policyWrites, [
    { objectId: objectIdAt(0), writes: [{ field: 'voiceRouting', name: 'VRP-Acme' }] },
  ]);
  assert.deepEqual(it.notices, ['relaunch p0']);
  it.clock.jump(25 * 3_600_000);
  await it.clock.pass(40_000);
  assert.deepEqual(it.notices, ['relaunch p0', 'reminder p0'], 'one reminder after a day');
});

test('leaving takes back the number, then the policies, then the licence of the pool', async () => {
  const it = house(vrp('VRP-Acme', { licences: { assign: 'automatic' } }));
  await it.clock.pass(20_000);
  it.tenant.members.clear();
  await it.clock.pass(60_000);
  assert.deepEqual(it.tenant.policyWrites.at(-1)?.writes, [{ field: 'voiceRouting', name: null }]);
  assert.equal(it.tenant.held.size, 0);
  assert.equal(it.linkOf().state, 'OUT');
  assert.deepEqual(it.licences, [['p0', false]]);
  assert.ok(it.notices.includes('release-number p0'));
});

test('a refused policy is FAILED with Microsoft’s reason, the number stays, and Retry goes on from there', async () => {
  const it = house(vrp());
  it.tenant.refusePolicies = { kind: 'refused', code: 'PRV-502', reason: 'by PowerShell only' };
  await it.clock.pass(60_000);
  assert.deepEqual(
    [it.linkOf().state, it.linkOf().code, it.linkOf().reason],
    ['FAILED', 'PRV-502', 'by PowerShell only'],
  );
  assert.equal(it.tenant.policyWrites.length, 1, 'not tried again by itself');
  it.tenant.refusePolicies = undefined;
  assert.equal(it.provisioner.act(asPersonId('p0'), { kind: 'retry' }, 'desk'), 'done');
  await it.clock.pass(30_000);
  assert.equal(it.linkOf().state, 'AWAITING_RELAUNCH');
  assert.equal(it.tenant.writes.length, 1, 'the number is not written twice');
});

test('another policy for everybody: each gets it once, readiness says so meanwhile, and nobody stops calling', async () => {
  const it = house(vrp(), 3, true);
  await it.clock.pass(40_000);
  assert.equal(it.tenant.policyWrites.length, 3);
  const preview = previewSettings(it.provisioner, it.settings(vrp('VRP-New')));
  assert.deepEqual([preview.policies, preview.leave, preview.join], [3, 0, 0]);
  it.setting(vrp('VRP-New'));
  await it.clock.pass(60_000);
  assert.equal(it.tenant.policyWrites.length, 6);
  assert.deepEqual(
    [0, 1, 2].map((index) => it.linkOf(index).state),
    ['READY', 'READY', 'READY'],
  );
});

test('a policy that somebody else takes away is put back, three times a day at most, then an admin is asked', async () => {
  const it = house(vrp(), 1, true);
  await it.clock.pass(60_000);
  for (let round = 0; round < 5; round++) {
    it.tenant.policies.set(`${objectIdAt(0)} voiceRouting`, 'VRP-Other');
    await it.clock.pass(120_000);
  }
  assert.equal(it.tenant.policyWrites.length, 1 + 3);
  assert.equal(it.linkOf().state, 'DRIFTED');
  assert.deepEqual(
    it.linkOf().drift?.map(({ ours, theirs }) => [ours, theirs]),
    [['VRP-Acme', 'VRP-Other']],
  );
});

test('a difference is accepted, undone, repaired and undone again; each decision is remembered', async () => {
  const ask = { ...defaultSettings(account.id).drift, voiceRouting: 'ask' } as const;
  const it = house(vrp('VRP-Acme', { drift: ask }), 1, true);
  const policy = () => it.tenant.policies.get(`${objectIdAt(0)} voiceRouting`);
  const decide = (decision: 'accept' | 'repair' | 'undo') =>
    it.provisioner.act(asPersonId('p0'), { kind: 'drift', field: 'voiceRouting', decision }, 'admin');
  await it.clock.pass(60_000);
  it.tenant.policies.set(`${objectIdAt(0)} voiceRouting`, 'VRP-Other');
  await it.clock.pass(40_000);
  assert.equal(it.linkOf().state, 'DRIFTED');
  assert.equal(decide('accept'), 'done');
  await it.clock.pass(40_000);
  assert.deepEqual([it.linkOf().state, policy()], ['READY', 'VRP-Other']);
  assert.equal(decide('undo'), 'done');
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, policy()], ['READY', 'VRP-Acme']);
  it.tenant.policies.set(`${objectIdAt(0)} voiceRouting`, 'VRP-Other');
  await it.clock.pass(40_000);
  assert.equal(decide('repair'), 'done');
  await it.clock.pass(40_000);
  assert.deepEqual([it.linkOf().state, policy()], ['READY', 'VRP-Acme']);
  assert.equal(decide('undo'), 'done');
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, policy()], ['READY', 'VRP-Other']);
  assert.deepEqual(
    it.linkOf().decisions?.map(({ decision, undone, by }) => [decision, undone === true, by]),
    [
      ['repair', true, 'admin'],
      ['accept', true, 'admin'],
    ],
  );
  assert.equal(decide('undo'), 'nothing-to-decide');
});

test('the number was changed in Teams: nothing is written until an admin repairs it; then theirs goes first', async () => {
  const it = house({}, 1, true);
  await it.clock.pass(40_000);
  it.tenant.held.set(objectIdAt(0), '+12025559999' as E164);
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, it.tenant.writes.length], ['DRIFTED', 0]);
  it.provisioner.act(asPersonId('p0'), { kind: 'drift', field: 'number', decision: 'repair' }, 'admin');
  await it.clock.pass(60_000);
  assert.deepEqual(
    it.tenant.writes.map(({ kind, number }) => [kind, number]),
    [
      ['unassign', '+12025559999'],
      ['assign', numberAt(0)],
    ],
  );
  assert.equal(it.linkOf().state, 'READY');
});

test('N34: pushed again, what somebody else changed is repaired once, and a second push writes nothing', async () => {
  for (const theirs of [undefined, '+12025559999' as E164]) {
    const it = house({}, 1, true);
    await it.clock.pass(40_000);
    if (theirs) it.tenant.held.set(objectIdAt(0), theirs);
    else it.tenant.held.delete(objectIdAt(0));
    await it.clock.pass(60_000);
    assert.deepEqual([it.linkOf().state, it.tenant.writes.length], ['DRIFTED', 0]);
    const repairs = [...(theirs ? [['unassign', theirs]] : []), ['assign', numberAt(0)]];
    for (let times = 0; times < 2; times += 1) {
      it.provisioner.act(asPersonId('p0'), { kind: 'push' }, 'admin');
      await it.clock.pass(60_000);
      assert.deepEqual(
        it.tenant.writes.map(({ kind, number }) => [kind, number]),
        repairs,
      );
      assert.deepEqual([it.linkOf().state, it.tenant.held.get(objectIdAt(0))], ['READY', numberAt(0)]);
    }
    assert.deepEqual(
      it.linkOf().decisions?.map(({ decision, by }) => [decision, by]),
      [['repair', 'admin']],
    );
  }
});

test('mixed mode: the group proposes, nothing happens until an admin approves, and taking it back removes', async () => {
  const it = house({ mode: 'mixed' });
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, it.tenant.writes.length], ['OUT', 0]);
  assert.match(it.provisioner.reportOf(asPersonId('p0'))?.headline?.sentence ?? '', /waits for an approval/);
  it.provisioner.act(asPersonId('p0'), { kind: 'approve', approved: true }, 'admin');
  await it.clock.pass(30_000);
  assert.equal(it.linkOf().state, 'AWAITING_RELAUNCH');
  it.provisioner.act(asPersonId('p0'), { kind: 'approve', approved: false }, 'admin');
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, it.tenant.held.size], ['OUT', 0]);
});

test('the mode becomes mixed: whoever calls already is not taken away, newcomers wait', async () => {
  const it = house({}, 20, true);
  await it.clock.pass(5_000);
  const mixed = { mode: 'mixed' as const };
  assert.equal(previewSettings(it.provisioner, { ...it.provisioner.settings, ...mixed }).leave, 0);
  it.setting(mixed);
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf(0).state, it.linkOf(19).state, it.tenant.writes.length], ['READY', 'READY', 0]);
  it.provisioner.act(asPersonId('p0'), { kind: 'approve', approved: false }, 'admin');
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf(0).state, it.tenant.held.size], ['OUT', 19]);
});

test('manual mode: the switch decides, no group is needed', async () => {
  const it = house({ mode: 'manual', enableGroups: [] });
  it.tenant.members.clear();
  await it.clock.pass(30_000);
  assert.equal(it.linkOf().state, 'AWAITING_RELAUNCH');
});

test('taken out of the group and put back within the settling time: nothing is written (15 s debounce)', async () => {
  const it = house({ settleSeconds: 45 }, 1, true);
  await it.clock.pass(40_000);
  it.tenant.members.clear();
  await it.clock.pass(35_000);
  assert.equal(it.linkOf().state, 'READY');
  it.tenant.members.add(objectIdAt(0));
  await it.clock.pass(120_000);
  assert.deepEqual([it.linkOf().state, it.tenant.writes.length], ['READY', 0]);
  it.tenant.members.clear();
  await it.clock.pass(150_000);
  assert.equal(it.linkOf().state, 'OUT', 'who stays away is out all the same');
});

test('a removal that could not begin is cancelled when its cause goes away: the number was never gone', async () => {
  const it = house({}, 1, true);
  await it.clock.pass(2_000);
  it.tenant.trouble = { is: 'throttled', untilWallMs: it.clock.wall() + 120_000 };
  it.tenant.refuse = { kind: 'later', retryAfterMs: 60_000 };
  it.person(0, { teamsToggle: false });
  await it.clock.pass(10_000);
  assert.equal(it.linkOf().state, 'REMOVING');
  it.person(0, { teamsToggle: true });
  it.tenant.trouble = undefined;
  it.tenant.refuse = undefined;
  await it.clock.pass(200_000);
  assert.deepEqual([it.linkOf().state, it.tenant.held.get(objectIdAt(0))], ['READY', numberAt(0)]);
});

test('stranded: the licence went first, the removal is tried each hour and told once; with the licence back it is released', async () => {
  const it = house({}, 1, true);
  await it.clock.pass(2_000);
  it.tenant.unlicensed.add(objectIdAt(0));
  it.tenant.refuse = { kind: 'refused', code: 'PRV-501', reason: 'no licence' };
  await it.clock.pass(60_000);
  assert.deepEqual([it.linkOf().state, it.linkOf().code], ['REMOVE_FAILED', 'PRV-405']);
  const tries = it.tenant.writes.length;
  for (const hour of [1, 2]) {
    it.clock.jump(3_400_000);
    await it.clock.pass(60_000);
    assert.equal(it.tenant.writes.length, tries + hour - 1, 'not sooner than after an hour');
    it.clock.jump(100_000);
    await it.clock.pass(60_000);
    assert.equal(it.tenant.writes.length, tries + hour, 'once an hour');
  }
  assert.deepEqual(
    it.notices.filter((one) => one.startsWith('stranded')),
    ['stranded p0'],
  );
  it.tenant.refuse = undefined;
  it.tenant.unlicensed.clear();
  it.tenant.members.clear();
  await it.clock.pass(120_000);
  assert.deepEqual([it.linkOf().state, it.tenant.held.size], ['OUT', 0]);
});

test('our own records lose forty people at once: their numbers stay until an admin lets them go', async () => {
  const it = house({}, 40, true);
  await it.clock.pass(40_000);
  it.onlyPeople([personAt(0)]);
  await it.clock.pass(60_000);
  assert.equal(it.tenant.writes.length, 0);
  assert.deepEqual(
    it.provisioner.held().map(({ source, people, linked }) => [source, people.size, linked]),
    [['own-facts', 39, 40]],
  );
  assert.deepEqual(it.notices.filter((one) => one.startsWith('held')).length, 1);
  it.provisioner.decideHeld('let-through');
  await it.clock.pass(120_000);
  assert.equal(it.tenant.held.size, 1);
});

test('the group is emptied while forty numbers are changed: everybody stays and the change comes to its end', async () => {
  const it = house({}, 40, true);
  it.tenant.operationMs = 20_000;
  await it.clock.pass(40_000);
  it.onlyPeople(
    Array.from({ length: 40 }, (_, index) => personAt(index, { numbers: [numberAt(index + 500)] })),
  );
  await it.clock.pass(5_000);
  assert.deepEqual([it.linkOf().state, it.linkOf().operation?.kind], ['ASSIGNING', 'unassign']);
  it.tenant.members.clear();
  await it.clock.pass(300_000);
  assert.deepEqual(
    it.provisioner.held().map(({ source, people, linked }) => [source, people.size, linked]),
    [['microsoft', 40, 40]],
  );
  assert.deepEqual(
    new Set(it.tenant.held.values()),
    new Set(Array.from({ length: 40 }, (_, index) => numberAt(index + 500))),
  );
});

test('forty who are let go in the middle of a change give their numbers back once, and nobody hears of one that is stuck', async () => {
  const it = house({}, 40, true);
  it.tenant.operationMs = 20_000;
  await it.clock.pass(40_000);
  it.onlyPeople(
    Array.from({ length: 40 }, (_, index) => personAt(index, { numbers: [numberAt(index + 500)] })),
  );
  await it.clock.pass(5_000);
  it.onlyPeople([]);
  await it.clock.pass(1_000);
  it.provisioner.decideHeld('let-through');
  await it.clock.pass(300_000);
  assert.equal(it.tenant.held.size, 0);
  assert.deepEqual(
    it.tenant.writes.filter(({ kind }) => kind === 'unassign').length,
    40,
    'no second write for what was on its way already',
  );
  assert.deepEqual(
    it.notices.filter((one) => one.startsWith('stranded')),
    [],
  );
});

test('forty people were let go, came back and are lost again: an admin is asked again', async () => {
  const switched = (teamsToggle: boolean) =>
    Array.from({ length: 40 }, (_, index) => personAt(index, { teamsToggle }));
  const it = house({}, 40, true);
  await it.clock.pass(40_000);
  it.onlyPeople(switched(false));
  it.provisioner.decideHeld('let-through');
  await it.clock.pass(120_000);
  assert.equal(it.tenant.held.size, 0);
  it.onlyPeople(switched(true));
  await it.clock.pass(600_000);
  assert.equal(it.tenant.held.size, 40);
  it.onlyPeople(switched(false));
  await it.clock.pass(120_000);
  assert.equal(it.provisioner.held()[0]?.people.size, 40);
  assert.equal(it.tenant.held.size, 40);
});

test('everybody was let out of the group and came back before anything was taken: the next time it is asked again', async () => {
  const it = house({ settleSeconds: 600 }, 40, true);
  await it.clock.pass(40_000);
  const members = [...it.tenant.members];
  it.tenant.members.clear();
  await it.clock.pass(60_000);
  assert.equal(it.provisioner.held()[0]?.people.size, 40);
  it.provisioner.decideHeld('let-through');
  await it.clock.pass(60_000);
  for (const one of members) it.tenant.members.add(one);
  await it.clock.pass(120_000);
  it.tenant.members.clear();
  await it.clock.pass(60_000);
  assert.equal(it.provisioner.held()[0]?.people.size, 40);
  assert.equal(it.tenant.held.size, 40);
});

test('five hundred join: at most 200 are under way at once, the rest wait in QUEUED, everybody gets one number', async () => {
  const it = house({}, 500);
  await it.clock.pass(2_000);
  const under = it.provisioner.states().filter((state) => state === 'ASSIGNING').length;
  assert.equal(under, 200);
  assert.deepEqual([it.provisioner.underWay, it.provisioner.waiting], [200, 300]);
  await it.clock.pass(120_000);
  assert.equal(it.tenant.held.size, 500);
  assert.equal(it.tenant.writes.length, 500);
  assert.equal(it.provisioner.waiting, 0);
});

test('a persona gives its people other policies; a new attribute moves the person over', async () => {
  const it = house(
    vrp('VRP-Acme', {
      personas: [
        { name: 'London', when: { city: 'London' }, policies: { dialPlan: 'DP-London' }, tag: 'CC-44' },
      ],
    }),
  );
  const read = it.tenant.read.bind(it.tenant);
  let city = 'Berlin';
  it.tenant.read = async (ask, people) => {
    const reading = await read(ask, people);
    const facts = new Map(
      [...reading.facts].map(([id, one]) => [
        id,
        { ...one, user: one.user && one.user !== 'unread' ? { ...one.user, city } : one.user },
      ]),
    );
    return { ...reading, facts };
  };
  await it.clock.pass(60_000);
  assert.equal(it.tenant.policies.get(`${objectIdAt(0)} dialPlan`), undefined);
  city = 'LONDON';
  await it.clock.pass(60_000);
  assert.equal(it.tenant.policies.get(`${objectIdAt(0)} dialPlan`), 'DP-London');
  assert.equal(it.tenant.policies.get(`${objectIdAt(0)} voiceRouting`), 'VRP-Acme');
});

test('a pool of two licences and three joiners: two take one each, the third is told that none is free (C14)', async () => {
  const it = house({ licences: { assign: 'automatic', total: 2 } }, 3);
  for (const index of [0, 1, 2]) it.person(index, { platformLicence: false });
  await it.clock.pass(2_000);
  assert.deepEqual(it.licences, [
    ['p0', true],
    ['p1', true],
  ]);
  it.person(0, { platformLicence: true });
  it.person(1, { platformLicence: true });
  await it.clock.pass(90_000);
  assert.equal(it.licences.length, 2, 'nobody takes what is not there');
  assert.match(
    it.provisioner.reportOf(asPersonId('p2'))?.headline?.sentence ?? '',
    /No free Teams licence; 2 of 2 used/,
  );
  it.person(0, { platformLicence: false, teamsToggle: false });
  await it.clock.pass(40_000);
  assert.ok(
    it.licences.some(([id, licensed]) => id === 'p2' && licensed),
    'one that is free is taken at once',
  );
});

test('while the number changes, calls to both reach her under the one that Microsoft has (1.4)', async () => {
  const it = house({}, 1, true);
  await it.clock.pass(40_000);
  it.tenant.trouble = { is: 'throttled', untilWallMs: it.clock.wall() + 60_000 };
  it.person(0, { numbers: [numberAt(7)] });
  assert.deepEqual(it.provisioner.outcomeOf(asPersonId('p0'))?.toPerson, {
    offered: true,
    number: numberAt(0),
  });
  assert.equal(it.provisioner.formerOwner(numberAt(0)), 'p0');
  it.tenant.trouble = undefined;
  // Also while Microsoft has neither: a phone of hers rings then, and nobody hears that the number is not in service.
  const gap = new Set<string>();
  for (let i = 0; i < 150 && it.provisioner.states()[0] !== 'READY'; i++) {
    await it.clock.pass(1_000);
    const state = it.provisioner.states()[0] ?? '';
    if (it.tenant.held.size === 0) gap.add(state);
    if (state === 'ASSIGNING' || state === 'PROPAGATING')
      assert.equal(it.provisioner.formerOwner(numberAt(0)), 'p0', state);
  }
  assert.deepEqual([...gap], ['ASSIGNING'], 'there was such a time');
  assert.deepEqual(it.provisioner.outcomeOf(asPersonId('p0'))?.toPerson, { offered: true });
  assert.equal(it.provisioner.formerOwner(numberAt(0)), undefined, 'the old number is nobody’s again');
});
