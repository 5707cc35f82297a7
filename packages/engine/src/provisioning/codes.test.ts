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
  type ReadinessCode,
  readinessCodes,
} from '@tandem/domain';
import { AccountProvisioner } from './account-provisioner.ts';
import type { TenantFacts } from './facts.ts';
import type { ProvisionerDeps } from './provisioner-deps.ts';
import { defaultSettings, type ProvisioningSettings } from './settings.ts';
import { at, type microsoftFacts, user } from './test-person.ts';
import { FakeTenant, MemoryKeeper, VirtualClock } from './test-tenant.ts';

const account: Account = {
  id: asAccountId('acme'),
  name: 'Acme',
  status: 'active',
  sbcHosts: ['sbc1.example.net'],
  mailDomains: ['acme.example'],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
};
const number = '+12025550142' as E164;
const dana: Person = {
  id: asPersonId('dana'),
  accountId: account.id,
  displayName: 'Dana',
  upn: 'dana@acme.example',
  mail: 'dana@acme.example',
  numbers: [number],
  active: true,
  teamsToggle: true,
  platformLicence: true,
};
const objectId = 'id-dana@acme.example';
const ready: Link = {
  ...newLink(account.id, dana.id, at - 100_000),
  state: 'READY',
  objectId,
  assignedNumber: number,
  acceptedWallMs: at - 50_000,
};

interface Story {
  readonly person?: Partial<Person> | null;
  readonly others?: readonly Person[];
  readonly link?: Partial<Link>;
  readonly settings?: Partial<ProvisioningSettings>;
  readonly deps?: Partial<ProvisionerDeps>;
  readonly tenant?: (tenant: FakeTenant) => void;
  /** Facts of Microsoft that are changed before they are judged. */
  readonly facts?: Parameters<typeof microsoftFacts>[0];
  readonly account?: Partial<Account>;
  readonly unseen?: boolean;
  readonly afterwards?: (
    provisioner: AccountProvisioner,
    tenant: FakeTenant,
    clock: VirtualClock,
  ) => Promise<void>;
}

/** One provisioner, one story, and what is said of Dana at its end. */
async function told({ link, ...story }: Story) {
  const clock = new VirtualClock();
  const tenant = new FakeTenant(clock);
  tenant.members.add(objectId);
  tenant.held.set(objectId, number);
  const read = tenant.read.bind(tenant);
  tenant.read = async (ask, people) => {
    const reading = await read(ask, people);
    if (!story.facts) return reading;
    const facts = new Map([...reading.facts].map(([id, one]) => [id, { ...one, ...story.facts }]));
    return { ...reading, facts };
  };
  story.tenant?.(tenant);
  const settings = defaultSettings(account.id, {
    enableGroups: [{ id: 'group', name: 'Voice Users' }],
    graceSeconds: 86_400,
    settleSeconds: 0,
    routingByHand: true,
    ...story.settings,
  });
  const provisioner = new AccountProvisioner(account, settings, {
    tenant,
    keeper: new MemoryKeeper(),
    clock,
    random: () => 0,
    onPerson: () => undefined,
    onObjectIds: () => undefined,
    onProblem: () => undefined,
    ...story.deps,
  });
  const evidence = {
    onlyWebClient: false,
    ...(!story.unseen && { clientSeen: { by: 'call' as const, wallMs: at - 10_000 } }),
  };
  provisioner.load([{ accountId: account.id, personId: dana.id, link: { ...ready, ...link }, evidence }]);
  const person = { ...dana, ...story.person };
  const owner = { ...account, ...story.account };
  provisioner.own(owner, [person, ...(story.others ?? [])], settings);
  provisioner.start();
  await clock.pass(2_000);
  await story.afterwards?.(provisioner, tenant, clock);
  const judged = provisioner.judge(owner, person);
  assert.ok(judged);
  provisioner.stop();
  return { ...judged, provisioner };
}

const unlinked: Partial<Link> = {
  ...newLink(account.id, dana.id, at),
  state: 'OUT',
};
const fresh = (): Partial<Link> => {
  const { objectId: _o, assignedNumber: _n, acceptedWallMs: _a, ...rest } = { ...ready, ...unlinked };
  return { ...rest, objectId: undefined, assignedNumber: undefined, acceptedWallMs: undefined } as never;
};
const tenantSays =
  (connection: TenantFacts['connection']) =>
  (tenant: FakeTenant): void => {
    tenant.connection = connection;
  };
const routing = (facts: Partial<Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent'>>): Story => ({
  settings: { routingByHand: false },
  deps: { routing: () => ({ domain: { is: 'active' }, routing: { is: 'present' }, ...facts }) },
});
const licence = { phone: 'usable', callingPlan: false, seenByTeams: true } as const;
const inventory = { type: 'directRouting', onPremises: false, pending: false, voiceEnabled: true } as const;
const free = { holder: { is: 'nobody' } as const, ...inventory, voiceEnabled: false };
const seen = at + 1_000_000;
const vrp = {
  policies: {
    ...defaultSettings(account.id).policies,
    voiceRouting: { kind: 'assign', name: 'VRP-Acme' },
  },
} as const;

/** Every code of product-behaviour 1.3, reached from outside: what is changed, and where it stands in the list. */
const stories: Readonly<Record<Exclude<ReadinessCode, 'PRV-801'>, Story>> = {
  'PRV-001': { tenant: tenantSays({ is: 'lost', sinceWallMs: at }) },
  'PRV-002': { tenant: tenantSays({ is: 'missing-scope', scope: 'User.Read.All' }) },
  'PRV-003': { tenant: tenantSays({ is: 'credential-expired', date: '2026-05-04' }) },
  'PRV-005': {
    afterwards: async (_provisioner, tenant, clock) => {
      tenant.trouble = { is: 'clock-differs', sinceWallMs: clock.wall() };
      await clock.pass(40_000);
    },
  },
  'PRV-004': { account: { status: 'suspended' } },
  'PRV-010': routing({ domain: { is: 'unverified', txt: 'MS=ms1' } }),
  'PRV-011': routing({ domain: { is: 'verified', name: 'sbc1.example.net', sinceWallMs: at } }),
  'PRV-012': routing({ domain: { is: 'verified', name: 'sbc1.example.net', sinceWallMs: at - 90_000_000 } }),
  'PRV-013': routing({ routing: { is: 'missing', object: 'voice route R-Provider' } }),
  'PRV-014': routing({ edgeSilent: { fqdn: 'sbc1.example.net', minutes: 12 } }),
  'PRV-101': { person: { accountId: asAccountId('elsewhere') } },
  'PRV-102': { person: { active: false } },
  'PRV-111': { others: [{ ...dana, id: asPersonId('dan'), displayName: 'Dan', numbers: [] }] },
  'PRV-112': { facts: { alsoMatches: ['dana2@acme.example'] } },
  'PRV-201': { facts: { user: null } },
  'PRV-202': { facts: { user: user({ objectId, enabled: false }) } },
  'PRV-203': { facts: { user: user({ objectId, guest: true }) } },
  'PRV-204': { facts: { user: user({ objectId, kind: 'resource' }) } },
  'PRV-205': { tenant: (tenant) => tenant.members.clear() },
  'PRV-206': { deps: { claimedElsewhere: () => 'Globex' } },
  'PRV-207': { facts: { user: user({ objectId, deletedOn: '2026-05-04' }) } },
  'PRV-208': { facts: { user: user({ objectId, kind: 'on-premises' }) } },
  'PRV-209': { settings: { mode: 'mixed' } },
  'PRV-301': { person: { numbers: [] } },
  'PRV-302': { person: { numbers: ['555-0142' as E164] } },
  'PRV-303': { person: { teamsToggle: false } },
  'PRV-304': {
    facts: {
      number: {
        ...free,
        holder: { is: 'other', upn: 'bo@acme.example', state: 'assigned' },
        readAtWallMs: seen,
      },
    },
  },
  'PRV-305': { facts: { number: { ...free, type: 'operatorConnect', readAtWallMs: seen } } },
  'PRV-306': { facts: { number: { ...free, onPremises: true, readAtWallMs: seen } } },
  'PRV-307': { link: fresh(), deps: { heldNumber: () => ({ until: '2026-06-01', reason: 'quarantine' }) } },
  'PRV-308': { facts: { user: user({ objectId, country: 'DE' }) } },
  'PRV-401': { facts: { licence: { ...licence, phone: 'missing' } } },
  'PRV-402': { person: { platformLicence: false } },
  'PRV-403': { facts: { licence: { ...licence, seenByTeams: false } } },
  'PRV-404': { facts: { licence: { ...licence, callingPlan: true } } },
  'PRV-405': {
    settings: { graceSeconds: 0 },
    facts: { licence: { ...licence, phone: 'missing' } },
    tenant: (tenant) => {
      tenant.refuse = { kind: 'refused', code: 'PRV-501', reason: 'no licence' };
    },
  },
  'PRV-501': {
    link: fresh(),
    tenant(tenant) {
      tenant.held.clear();
      tenant.refuse = { kind: 'refused', code: 'PRV-501', reason: 'no site' };
    },
  },
  'PRV-502': {
    link: fresh(),
    settings: vrp,
    tenant(tenant) {
      tenant.refusePolicies = { kind: 'refused', code: 'PRV-502', reason: 'by PowerShell only' };
    },
  },
  'PRV-503': {
    afterwards: async (_provisioner, tenant, clock) => {
      tenant.trouble = { is: 'throttled', untilWallMs: clock.wall() + 300_000 };
      await clock.pass(40_000);
    },
  },
  'PRV-504': {
    link: { state: 'PROPAGATING', sinceWallMs: at - 25 * 3_600_000, lastWriteWallMs: at - 25 * 3_600_000 },
    facts: { number: { ...free, readAtWallMs: seen } },
  },
  'PRV-505': {
    settings: { drift: { ...defaultSettings(account.id).drift, voice: 'ask' } },
    facts: {
      number: { holder: { is: 'this-person' }, ...inventory, voiceEnabled: false, readAtWallMs: seen },
    },
  },
  'PRV-506': { facts: { number: { ...free, otherNumber: '+12025550177', readAtWallMs: seen } } },
  'PRV-507': {
    facts: {
      policies: {
        voiceRouting: { name: null },
        calling: { name: 'DisallowCalling' },
        dialPlan: { name: null },
      },
    },
  },
  'PRV-601': {
    unseen: true,
    afterwards: async (provisioner) => {
      assert.ok(provisioner.confirm(dana.id, 'person', 'dana', 'web'));
    },
  },
  'PRV-602': { unseen: true, link: { state: 'AWAITING_RELAUNCH' } },
  'PRV-603': { unseen: true, link: { state: 'AWAITING_RELAUNCH', acceptedWallMs: at - 25 * 3_600_000 } },
  'PRV-701': { afterwards: async (provisioner) => provisioner.noteTrouble(dana.id, { is: 'answered-404' }) },
  'PRV-702': {
    afterwards: async (provisioner) =>
      provisioner.noteTrouble(dana.id, { is: 'edge-refused', reason: 'no route' }),
  },
};

for (const [code, story] of Object.entries(stories)) {
  test(`${code} is reached, with a sentence, whose turn it is, the next step and since when`, async () => {
    const { report } = await told(story);
    const check = report.checks.find((one) => one.code === code);
    assert.ok(check, `${report.headline?.code}: ${report.headline?.sentence}`);
    assert.notEqual(check.status, 'green');
    assert.doesNotMatch(`${check.sentence} ${check.fix}`, /\{\w+\}/);
    assert.notEqual(check.owner, 'nobody');
    assert.ok(check.fix);
    assert.ok(check.sinceWallMs !== undefined, 'since when');
    assert.notEqual(report.verdict, 'ready');
    const { owners, usualSeconds } = readinessCodes[code as ReadinessCode] as {
      owners: readonly string[];
      usualSeconds?: number;
    };
    if (usualSeconds !== undefined) assert.equal(check.usualSeconds, usualSeconds);
    const theirs =
      owners[0] === 'entra-admin' || owners[0] === 'teams-admin' || owners[0] === 'platform-admin';
    if (theirs || check.status === 'red') assert.ok(check.link, 'a link to where it is put right');
  });
}

test('a calling policy without calling that the script found is named, also where domain and route are kept by hand', async () => {
  const policies = {
    voiceRouting: { name: null },
    calling: { name: 'CP-Quiet' },
    dialPlan: { name: null },
  };
  for (const routingByHand of [true, false]) {
    const { report } = await told({
      settings: { routingByHand },
      deps: {
        routing: () => ({
          domain: { is: 'active' },
          routing: { is: 'present' },
          withoutCalling: ['CP-Quiet'],
        }),
      },
      facts: { policies },
    });
    assert.equal(report.checks[11]?.code, 'PRV-507', `by hand: ${routingByHand}`);
  }
});

test('without any of these Dana is ready', async () => {
  assert.equal((await told({})).report.verdict, 'ready');
});

test('PRV-601 is what the person says of themselves: a call does not end it, the desktop or an admin does', async () => {
  const { provisioner } = await told({ unseen: true, link: { state: 'AWAITING_RELAUNCH' } });
  const said = () => provisioner.judge(account, dana)?.report.checks[12]?.code;
  assert.equal(said(), 'PRV-602');
  provisioner.confirm(dana.id, 'person', 'dana', 'web');
  provisioner.noteCall(dana.id, at + 60_000);
  assert.equal(said(), 'PRV-601');
  provisioner.confirm(dana.id, 'person', 'dana');
  assert.equal(said(), undefined);
  provisioner.confirm(dana.id, 'person', 'dana', 'web');
  assert.equal(said(), 'PRV-601');
  provisioner.confirm(dana.id, 'override', 'alex');
  assert.equal(said(), undefined);
});

test('who comes to call by a reading has come when it tells whom it saw: the guard against mass changes counts on it', async () => {
  const clock = new VirtualClock();
  const tenant = new FakeTenant(clock);
  tenant.members.add(objectId);
  tenant.held.set(objectId, number);
  const told: string[] = [];
  const settings = defaultSettings(account.id, {
    enableGroups: [{ id: 'group', name: 'Voice Users' }],
    routingByHand: true,
  });
  const provisioner: AccountProvisioner = new AccountProvisioner(account, settings, {
    tenant,
    keeper: new MemoryKeeper(),
    clock,
    random: () => 0,
    onPerson: () => undefined,
    onObjectIds: (ids) => {
      if (ids.get(dana.id) !== undefined)
        told.push(provisioner.entries().get(dana.id)?.link.state ?? 'nobody');
    },
    onProblem: () => undefined,
  });
  provisioner.own(account, [dana], settings);
  provisioner.start();
  await clock.pass(2_000);
  provisioner.stop();
  assert.equal(told[0], 'AWAITING_RELAUNCH');
});
