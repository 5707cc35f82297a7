import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OwnPresenceBoard } from '@tandem/adapters/http/own-presence-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import { type Database, openDatabase } from '@tandem/adapters/postgres/database.ts';
import { loadRoutingSnapshot } from '@tandem/adapters/postgres/load-routing-snapshot.ts';
import { createStores, type Stores } from '@tandem/adapters/postgres/stores.ts';
import { sampleAccount } from '@tandem/adapters/postgres/test-support/samples.ts';
import { startTestServer, type TestServer } from '@tandem/adapters/postgres/test-support/server.ts';
import { createSecretBox } from '@tandem/adapters/security/secret-box.ts';
import { createWebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { OwnConnectionMode } from '@tandem/contract';
import { type AccountId, asCarrierId, type E164, type Person, type PersonId, uuidV7 } from '@tandem/domain';
import { noExceptions, type PresenceExceptions } from '@tandem/engine';
import type { AuditEntry, AuditLog } from '@tandem/engine/ports/audit.ts';
import {
  type ChoiceAction,
  choiceAfter,
  defaultPresenceSettings,
  type PresenceChoice,
  type PresenceSyncSettings,
} from '@tandem/engine/presence-sync/settings.ts';
import { ha1Of } from '@tandem/sip';
import { createAccessBoard } from './access.ts';
import { createAccountDesk } from './account-desk.ts';
import { createNumberBoard, type NumberParts } from './numbers.ts';
import { readChange } from './presence-exceptions.ts';
import { createTenantFiles } from './tenant-file.ts';

const box = createSecretBox(Buffer.alloc(32, 1));
let server: TestServer;
let db: Database;
let stores: Stores;
const acme = sampleAccount();
const globex = sampleAccount();
const admin = { kind: 'user', name: 'operator', may: () => true } as const;
let count = 0;
const newId = (): string => uuidV7(1_700_000_000_000 + ++count, Buffer.alloc(10, count));
const told: string[] = [];

before(async () => {
  server = await startTestServer(22096);
  db = openDatabase({ url: (await server.freshDatabase('files')).appUrl });
  stores = createStores(db, box);
  await stores.accounts.createForPlatform(acme);
  await stores.accounts.createForPlatform(globex);
});
after(async () => {
  await db?.close();
  await server?.remove();
});

/** Settings of presence as the desk keeps them. */
const presence = {
  version: 0,
  settings: defaultPresenceSettings,
  changes: 0,
  /** Somebody else saves in between, so many times. */
  disturbed: 0,
};
const desk = {
  settingsOf: (accountId: AccountId) => ({
    accountId,
    version: presence.version,
    settings: presence.settings,
  }),
  async change(accountId: AccountId, version: number, settings: PresenceSyncSettings) {
    if (presence.disturbed-- > 0) {
      presence.version += 1;
      presence.settings = { ...presence.settings, personalOverrides: true };
    }
    if (version !== presence.version)
      return { is: 'changed-meanwhile', say: 'Somebody else was first.' } as const;
    presence.version += 1;
    presence.changes += 1;
    presence.settings = settings;
    return { is: 'done', stored: { accountId, version: presence.version, settings } } as const;
  },
  choices: new Map<PersonId, PresenceChoice>(),
  choiceOf: (personId: PersonId): PresenceChoice => desk.choices.get(personId) ?? 'inherit',
  async choose(_accountId: AccountId, people: readonly Person[], action: ChoiceAction) {
    for (const { id } of people) desk.choices.set(id, choiceAfter[action][desk.choiceOf(id)]);
    return { changed: people.length };
  },
  preview: async () => ({
    people: 50,
    inScope: 0,
    begins: 0,
    ends: 40,
    unsynced: 0,
    fails: 0,
    directoryRead: true,
    mismatches: [],
  }),
};

/** What people decided about calls, as the keeper of presence has it. */
const exceptions = new Map<PersonId, PresenceExceptions>();
const speed = { ownConnections: 'off' as OwnConnectionMode, accelerate: false };

const noProvisioning = {
  list: () => [],
  change: async () => undefined,
  preview: () => undefined,
} as unknown as ProvisioningBoard;

function files() {
  const audit: AuditLog = { note: async () => undefined };
  const webhooksOn = (on: Stores, log: AuditLog) =>
    createWebhookBoard({
      store: on.webhooks,
      dispatcher: { changed: () => undefined, test: async () => undefined },
      audit: log,
      newId,
      insideAllowed: false,
      accounts: async () => [],
    });
  return createTenantFiles({
    stores,
    boardsOn: (inside, log) => ({
      numbers: createNumberBoard({ stores: inside, audit: log, newId } as unknown as NumberParts),
      webhooks: webhooksOn(inside, log),
      accountDesk: createAccountDesk({
        accounts: inside.accounts,
        carriers: inside.carriers,
        audit: log,
        refresh: async () => undefined,
        wall: () => 1_700_000_000_000,
        randomBytes: (length) => Buffer.alloc(length, ++count),
      }),
    }),
    provisioning: noProvisioning,
    presence: desk,
    own: {
      exceptionsOf: (personId) => exceptions.get(personId) ?? noExceptions,
      async changeExceptions(person, change) {
        const account = { ...acme, id: person.accountId };
        const snapshot = await loadRoutingSnapshot(db, { version: 1, builtAtWallMs: 0, hubs: [], box });
        const before = exceptions.get(person.id) ?? noExceptions;
        const read = readChange(change, before, { account, personId: person.id, snapshot, nowWallMs: 0 });
        if (read.ok) exceptions.set(person.id, read.value);
        return read as Awaited<ReturnType<OwnPresenceBoard['changeExceptions']>>;
      },
    },
    speed: {
      settingsOf: () => speed,
      change: async (_accountId, change) => void Object.assign(speed, change),
    },
    phones: { realm: 'sbc.example', newPassword: () => 'made-for-you' },
    webhooks: webhooksOn(stores, audit),
    audit,
    stored: (_account, entries) => void told.push(...entries.map(({ action }) => action)),
    refresh: async () => undefined,
    newId,
    wall: () => 1_700_000_000_000,
  });
}

async function apply(file: string, prune = false, account = acme.id) {
  const board = files();
  const plan = await board.plan(account, { file, prune }, admin);
  const { preview } = plan.kind === 'done' ? plan.value : assert.fail(JSON.stringify(plan));
  const made = await board.apply(account, { file, prune, preview }, admin);
  return made.kind === 'done' ? made.value : assert.fail(made.kind);
}
const exported = async (account = acme.id) => (await files().read(account)) ?? assert.fail('no file');

const whole = (number: string): string => `version: 1
account: {noAnswerSeconds: 31}
ranges: [{name: Main, first: "+493012700000", last: "+493012700009"}]
webhooks: [{name: CRM, url: "https://crm.example/hooks", events: ["*"]}]
people:
  - {upn: ann@acme.example, displayName: Ann, number: next, extension: "11"}
  - {upn: ben@acme.example, displayName: Ben, number: "${number}", extension: "12"}
  - {upn: cem@acme.example, displayName: Cem, number: "+493012700005"}
`;

test('the last number of a file belongs to another customer, which only the database knows: nothing of the file stands, not in the audit either', async () => {
  const theirs = '+493012799999' as E164;
  await stores.numberStock.add(globex.id, [theirs]);
  const before = await exported();
  const { applied, left, sentence } = await apply(whole(theirs));
  assert.deepEqual(
    applied.map(({ what, words }) => [what, words]),
    [['ben@acme.example', 'The number belongs to somebody else.']],
  );
  assert.deepEqual([left, sentence], [5, 'Nothing was changed: 1 refused, and so 5 more were not made.']);
  assert.equal(await exported(), before);
  assert.equal((await stores.audit.list(acme.id)).length, 0);
  assert.deepEqual(told, []);
});

test('the same file with a number of its own is made whole, once: the second apply changes nothing', async () => {
  const file = whole('+493012700004');
  const { applied } = await apply(file);
  assert.deepEqual(
    applied.map(({ action }) => action),
    ['change', 'create', 'create', 'create', 'create', 'create'],
  );
  const people = await stores.people.list(acme.id);
  assert.deepEqual(
    people.map(({ displayName, numbers, extension }) => [displayName, numbers, extension]),
    [
      ['Ann', ['+493012700000'], '11'],
      ['Ben', ['+493012700004'], '12'],
      ['Cem', ['+493012700005'], undefined],
    ],
  );
  assert.deepEqual(told.toSorted(), [
    'account.change',
    'number-range.create',
    'person.create',
    'person.create',
    'person.create',
    'webhook.create',
  ]);
  const entries = (await stores.audit.list(acme.id)).length;
  assert.equal(entries, 6);
  assert.deepEqual((await apply(file)).applied, []);
  assert.deepEqual((await apply(await exported(), true)).applied, []);
  assert.equal((await stores.audit.list(acme.id)).length, entries);
});

test('two people swap numbers and extensions, one leaves and one is new, in one transaction', async () => {
  const { applied } = await apply(
    `version: 1
people:
  - {upn: ann@acme.example, number: "+493012700004", extension: "12"}
  - {upn: ben@acme.example, number: "+493012700000", extension: "11", otherNumbers: ["+493012700007"]}
  - {upn: dee@acme.example, displayName: Dee, number: null, active: false}
`,
    true,
  );
  assert.ok(
    applied.every(({ action }) => action !== 'refused'),
    JSON.stringify(applied),
  );
  const people = await stores.people.list(acme.id);
  assert.deepEqual(
    people.map(({ displayName, numbers, extension, active }) => [displayName, numbers, extension, active]),
    [
      ['Ann', ['+493012700004'], '12', true],
      ['Ben', ['+493012700000', '+493012700007'], '11', true],
      ['Dee', [], undefined, false],
    ],
  );
});

const lines = `version: 1
people:
  - {upn: eva@acme.example, displayName: Eva, number: next}
queues:
  - {name: Sales, number: "+493012700006", extension: "700", members: [eva@acme.example, ann@acme.example], wrapUpSeconds: 9, overflowTo: "12"}
phones:
  - {name: Lobby, kind: common-area-phone, sipUser: lobby-acme, number: "+493012700007", extension: "900"}
presence: {mode: all, customizeCalls: true, rules: {busy: no-calls}}
`;

test('queues, phones and presence come with the people of the same file; a second time nothing changes, and the password was shown once', async () => {
  const file = lines.replace('overflowTo: "12"', 'overflowTo: "100"');
  await apply('version: 1\npeople: [{upn: ben@acme.example, number: "+493012700000", otherNumbers: []}]');
  presence.disturbed = 1;
  const { applied } = await apply(file);
  assert.deepEqual(
    applied.map(({ kind, action, words }) => [kind, action, words]),
    [
      ['person', 'create', 'Has +493012700001.'],
      ['queue', 'create', undefined],
      ['phone', 'create', 'Registers as lobby-acme with the password made-for-you; it is shown this once.'],
      ['presence', 'change', 'Sync of presence begins for 0 people and ends for 40 at once.'],
    ],
  );
  const [queue] = await stores.queues.list(acme.id);
  const people = new Map((await stores.people.list(acme.id)).map(({ id, displayName }) => [id, displayName]));
  assert.deepEqual(
    [queue?.number, queue?.extension, queue?.wrapUpSeconds, queue?.overflow, queue?.maxWaiting],
    ['+493012700006', '700', 9, { kind: 'forward', to: '100' }, 50],
  );
  assert.deepEqual(
    queue?.members.map(({ personId }) => people.get(personId)),
    ['Eva', 'Ann'],
  );
  const [phone] = await stores.devices.list(acme.id);
  assert.deepEqual([phone?.name, phone?.number, phone?.extension], ['lobby', '+493012700007', '900']);
  const [secret] = await stores.devices.listAllSecretsForPlatform();
  assert.equal(secret?.md5, ha1Of('MD5', 'lobby-acme', 'sbc.example', 'made-for-you'));
  // What somebody else changed in between stays.
  const { mode, customizeCalls, rules, personalOverrides } = presence.settings;
  assert.deepEqual([mode, customizeCalls, rules.busy, personalOverrides], ['all', true, 'no-calls', true]);
  assert.equal(rules.offline, 'accept-all');
  const text = await exported();
  assert.ok(!text.includes('made-for-you'));
  assert.deepEqual((await apply(file)).applied, []);
  assert.deepEqual((await apply(text, true)).applied, []);
  assert.equal(presence.changes, 1);
  const actions = (await stores.audit.list(acme.id)).map(({ action }) => action);
  assert.ok(actions.includes('queue.create') && actions.includes('device.create'), actions.join());
});

test('numbers and extensions change hands between a queue, a phone and a person in one file', async () => {
  const { applied } = await apply(`version: 1
people: [{upn: eva@acme.example, number: "+493012700006"}]
queues: [{name: Sales, number: "+493012700007", extension: "900", members: [ann@acme.example]}]
phones: [{name: lobby, number: "+493012700001", extension: "700", person: eva@acme.example}]
`);
  assert.deepEqual(
    applied.map(({ action, words }) => [action, words]),
    [
      ['change', undefined],
      ['change', undefined],
      ['change', undefined],
    ],
  );
  const owners = async () =>
    (await stores.numbers.list(acme.id))
      .filter(({ queueId, deviceId }) => queueId ?? deviceId)
      .map(({ number, queueId }) => [number, queueId ? 'queue' : 'phone']);
  assert.deepEqual(await owners(), [
    ['+493012700001', 'phone'],
    ['+493012700007', 'queue'],
  ]);
  const eva = (await stores.people.list(acme.id)).find(({ displayName }) => displayName === 'Eva');
  assert.deepEqual(eva?.numbers, ['+493012700006']);
  const [phone] = await stores.devices.list(acme.id);
  assert.deepEqual([phone?.extension, phone?.personId], ['700', eva?.id]);
});

test('a queue whose number only the database knows to be another customer’s takes the whole file back, phones and presence too', async () => {
  const theirs = '+493012799998' as E164;
  await stores.numberStock.add(globex.id, [theirs]);
  const [before, saved] = [await exported(), presence.changes];
  const { applied } = await apply(`version: 1
queues:
  - {name: Help, number: "${theirs}"}
phones:
  - {name: lobby, person: null}
  - {name: hall, sipUser: hall-acme}
presence: {keepDuringInactivity: true}
`);
  assert.deepEqual(
    applied.map(({ what, words }) => [what, words]),
    [['Help', 'The number belongs to somebody else.']],
  );
  assert.equal(await exported(), before);
  assert.equal(presence.changes, saved);
});

test('a mode that ends sync for many says so in the plan; queues and phones go only with prune, their numbers to stock', async () => {
  const board = files();
  const plan = await board.plan(
    acme.id,
    { file: 'version: 1\npresence: {mode: disabled}', prune: false },
    admin,
  );
  assert.ok(plan.kind === 'done');
  assert.equal(plan.value.changes[0]?.words, 'Sync of presence begins for 0 people and ends for 40 at once.');
  assert.deepEqual((await apply('version: 1\nqueues: []\nphones: []')).applied, []);
  const { applied } = await apply('version: 1\nqueues: []\nphones: []', true);
  assert.deepEqual(
    applied.map(({ kind, action }) => [kind, action]),
    [
      ['queue', 'remove'],
      ['phone', 'remove'],
    ],
  );
  assert.equal((await stores.numbers.get(acme.id, '+493012700007' as E164))?.queueId, undefined);
});

test('tags of people stand in the file: set with a new person, changed, taken away, and not a second time', async () => {
  const file = (tags: string) =>
    `version: 1\npeople: [{upn: tia@acme.example, displayName: Tia, tags: [${tags}]}]`;
  await apply(file('Sales, "12", Sales'));
  const tia = async () => (await stores.tags.people(acme.id)).map(({ upn, tags }) => [upn, tags]);
  assert.deepEqual(await tia(), [['tia@acme.example', ['12', 'Sales']]]);
  assert.deepEqual((await apply(file('Sales, "12"'))).applied, []);
  assert.deepEqual((await apply(await exported(), true)).applied, []);
  assert.equal((await apply(file(''))).applied[0]?.action, 'change');
  assert.deepEqual(await tia(), []);
});

const access = `version: 1
account: {carriers: [Own trunk]}
carriers:
  - name: Own trunk
    targets: [{host: sip.carrier.example}, {host: sip2.carrier.example, priority: 2}]
    sources: [{address: 192.0.2.77}]
    maxCalls: 30
people: [{upn: uma@acme.example, displayName: Uma}]
signIns:
  - {name: Admin@acme.example, role: admin}
  - {name: uma@acme.example, role: user, person: uma@acme.example}
  - {name: old@acme.example, role: desk, active: false}
`;

test('carriers and sign-ins of a file: made with the people of the same file, each password shown once, the second time nothing', async () => {
  const { applied } = await apply(access);
  assert.deepEqual(
    applied.map(({ kind, action }) => `${action} ${kind}`),
    [
      'create carrier',
      'change account',
      'create person',
      'create sign-in',
      'create sign-in',
      'create sign-in',
    ],
  );
  const [own] = (await stores.carriers.list(acme.id)).filter(({ owner }) => owner === acme.id);
  assert.deepEqual(
    [own?.name, own?.maxCalls, own?.targets.map(({ host, port, priority }) => [host, port, priority])],
    [
      'Own trunk',
      30,
      [
        ['sip.carrier.example', 5060, 1],
        ['sip2.carrier.example', 5060, 2],
      ],
    ],
  );
  assert.deepEqual((await stores.accounts.get(acme.id))?.carriers, [own?.id]);
  for (const [name, role] of [
    ['admin@acme.example', 'admin'],
    ['uma@acme.example', 'user'],
  ]) {
    const words = applied.find(({ kind, what }) => kind === 'sign-in' && what === name)?.words ?? '';
    const password = /password (\S+);/.exec(words)?.[1] ?? '';
    const user = await stores.users.signInForPlatform(name ?? '', password);
    assert.deepEqual([user?.role, user?.accountId], [role, acme.id]);
    assert.equal(user?.personId !== undefined, role === 'user');
  }
  assert.equal(await stores.users.signInForPlatform('old@acme.example', 'made-for-you'), undefined);
  assert.deepEqual((await apply(access)).applied, []);
  const file = await exported();
  assert.deepEqual((await apply(file, true)).applied, []);
  assert.doesNotMatch(file, /made-for-you|password|\$scrypt/i);
});

test('a role that changes ends the sessions of that sign-in, and what is taken away is gone: both stand in the audit', async () => {
  const user = await stores.users.signInForPlatform('admin@acme.example', 'made-for-you');
  const { text } = await stores.sessions.openForPlatform(user ?? assert.fail('nobody'));
  told.length = 0;
  await apply(
    'version: 1\nsignIns: [{name: admin@acme.example, role: desk}, {name: next@acme.example, role: admin}]',
  );
  assert.equal(await stores.sessions.readForPlatform(text), undefined);
  await apply(
    'version: 1\naccount: {carriers: []}\ncarriers: []\nsignIns: [{name: next@acme.example}, {name: uma@acme.example}]',
    true,
  );
  assert.deepEqual(
    (await stores.users.list(acme.id)).map(({ name }) => name),
    ['next@acme.example', 'uma@acme.example'],
  );
  assert.deepEqual(told, [
    'sign-in.change',
    'sign-in.create',
    'account.change',
    'carrier.remove',
    'sign-in.remove',
    'sign-in.remove',
  ]);
});

test('a name with which somebody of another customer signs in takes the whole file back', async () => {
  const password = 'a-password-of-globex';
  await stores.users.create(globex.id, {
    id: newId(),
    name: 'greta@globex.example',
    role: 'admin',
    accountId: globex.id,
    password,
  });
  const before = await exported();
  const { applied } = await apply(`version: 1
people: [{upn: vic@acme.example, displayName: Vic}]
signIns: [{name: Greta@globex.example, role: admin}]`);
  assert.match(applied[0]?.words ?? '', /signs in as greta@globex\.example already/);
  assert.equal(await exported(), before);
  assert.equal(
    (await stores.users.signInForPlatform('greta@globex.example', password))?.accountId,
    globex.id,
  );
});

test('a carrier that sends from where another customer’s sends is refused: a call is whose by where it comes from', async () => {
  await stores.carriers.save(globex.id, {
    id: asCarrierId(newId()),
    name: 'Theirs',
    targets: [],
    sources: [{ address: '192.0.2.88' }],
    probeWithOptions: false,
    numberFormat: 'e164',
    emergency: false,
  });
  const { applied } = await apply(`version: 1
carriers: [{name: Mine, targets: [{host: sip.example}], sources: [{address: 192.0.2.88}]}]`);
  assert.deepEqual([applied[0]?.action, applied[0]?.field], ['refused', 'sources']);
  assert.doesNotMatch(applied[0]?.words ?? '', /Theirs|Globex/);
});

test('a forgotten password is made anew and a carrier gets what it wants to be shown, by whose they are; the audit holds neither', async () => {
  await apply(
    'version: 1\ncarriers: [{name: Own trunk, targets: [{host: sip.example}]}]\nsignIns: [{name: hal@acme.example, role: desk}]',
  );
  const notes: AuditEntry[] = [];
  const access = createAccessBoard({
    stores,
    newPassword: () => 'made-anew',
    audit: { note: async (entry) => void notes.push(entry) },
    refresh: async () => undefined,
  });
  const own = { kind: 'account', accountId: acme.id } as const;
  const other = { kind: 'account', accountId: globex.id } as const;
  const by = { kind: 'user', name: 'operator' } as const;
  const hal = (await access.signIns(own, acme.id)).find(({ name }) => name === 'hal@acme.example');
  const carrier = (await stores.carriers.list(acme.id)).find(({ owner }) => owner === acme.id);
  assert.ok(hal && carrier);
  assert.equal(await access.newPassword(other, hal.id, by), undefined);
  assert.equal(await access.setCredentials(other, carrier.id, null, by), false);
  assert.equal(await access.newPassword(own, hal.id, by), 'made-anew');
  assert.equal(await stores.users.signInForPlatform('hal@acme.example', 'made-for-you'), undefined);
  assert.equal((await stores.users.signInForPlatform('hal@acme.example', 'made-anew'))?.id, hal.id);
  const secret = { username: 'acme-1', password: 'of-the-carrier' };
  assert.equal(await access.setCredentials({ kind: 'platform' }, carrier.id, secret, by), true);
  // A file that changes the carrier leaves them as they are.
  await apply('version: 1\ncarriers: [{name: Own trunk, maxCalls: 7}]');
  assert.equal((await stores.carriers.get(acme.id, carrier.id))?.username, 'acme-1');
  assert.deepEqual(
    notes.map(({ action }) => action),
    ['sign-in.password', 'carrier.credentials'],
  );
  assert.doesNotMatch(JSON.stringify(notes), /made-anew|of-the-carrier/);
  await apply('version: 1\ncarriers: []\nsignIns: []', true);
});

test('the export of one account, applied to an empty one of the same name, is the export of that one too', async () => {
  const first = sampleAccount({ name: 'Moving' });
  await stores.accounts.createForPlatform(first);
  const { applied } = await apply(
    `version: 1
account: {country: DE, carriers: [Trunk], mailDomains: [moving.example], mainNumber: "+493012811100"}
carriers: [{name: Trunk, targets: [{host: sip.moving.example, protocol: TLS, port: 5061}], emergency: true}]
ranges: [{name: Main, first: "+493012811100", last: "+493012811109"}]
people:
  - {upn: a@moving.example, displayName: "A: \\"B\\"", number: next, extension: "001", tags: [no, Sales]}
  - {upn: b@moving.example, displayName: B, number: "+493012811108", otherNumbers: ["+493012811107"], active: false}
queues: [{name: Front, number: "+493012811105", members: [b@moving.example, a@moving.example], overflowTo: "001"}]
phones: [{name: hall, kind: common-area-phone, sipUser: hall-moving, extension: "77", person: a@moving.example}]
webhooks: [{name: CRM, url: "https://crm.example/h", events: [person.], active: false}]
signIns: [{name: a@moving.example, role: user, person: a@moving.example}, {name: it@moving.example, role: admin}]
`,
    false,
    first.id,
  );
  assert.deepEqual(
    applied.filter(({ action }) => action !== 'create' && action !== 'change'),
    [],
  );
  const file = await exported(first.id);
  await stores.accounts.removeForPlatform(first.id);
  const second = sampleAccount({ name: 'Moving' });
  await stores.accounts.createForPlatform(second);
  const again = await apply(file, false, second.id);
  assert.deepEqual(
    again.applied.filter(({ action }) => action === 'refused'),
    [],
  );
  assert.equal(await exported(second.id), file);
  await stores.accounts.removeForPlatform(second.id);
});

test('1,000 people of a file come in one go', async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => `  - {upn: m${i}@acme.example, displayName: M${i}}`);
  const { applied } = await apply(`version: 1\npeople:\n${rows.join('\n')}\n`);
  assert.equal(applied.length, 1000);
  assert.deepEqual((await apply(`version: 1\npeople:\n${rows.join('\n')}\n`)).applied, []);
});

test('what holds for single people stands in the file: made with the person, changed, taken back, and never twice', async () => {
  const file = `version: 1
voicemail: {owner: platform, retentionDays: 14}
presence: {ownConnections: fallback, accelerate: true}
queues: [{name: Heirs, members: []}]
people:
  - upn: gus@acme.example
    displayName: Gus
    extension: "71"
    own: {leaver: {queue: Heirs}, voicemail: teams, presence: selected}
  - upn: hal@acme.example
    displayName: Hal
    own:
      leaver: {person: gus@acme.example}
      important: [{number: "+493012345678", name: Home}, {person: gus@acme.example}]
      quietHours: {spans: [{days: [5, 1], from: "22:00", to: "06:30"}]}
      unavailable: {kind: forward, to: "71"}
      rules: {busy: no-calls}
      presence: unsynced
`;
  const { applied } = await apply(file);
  assert.deepEqual(
    applied.map(({ kind, what, action, words }) => [kind, what, action, words]),
    [
      ['person', 'gus@acme.example', 'create', undefined],
      ['person', 'hal@acme.example', 'create', undefined],
      ['queue', 'Heirs', 'create', undefined],
      ['voicemail', acme.name, 'change', undefined],
      ['own-connections', acme.name, 'change', undefined],
      ['own', 'gus@acme.example', 'change', undefined],
      ['own', 'hal@acme.example', 'change', undefined],
    ],
  );
  const [queue] = (await stores.queues.list(acme.id)).filter(({ name }) => name === 'Heirs');
  const people = await stores.people.list(acme.id);
  const [gus, hal] = ['gus', 'hal'].map((name) => people.find(({ upn }) => upn === `${name}@acme.example`));
  assert.ok(gus && hal && queue);
  assert.deepEqual(gus.leaver, { kind: 'queue', queueId: queue.id });
  assert.deepEqual(hal.leaver, { kind: 'person', personId: gus.id });
  assert.equal((await stores.voicemail.settings(acme.id, gus.id)).owner, 'teams');
  assert.deepEqual([desk.choiceOf(gus.id), desk.choiceOf(hal.id)], ['on', 'unsynced']);
  assert.deepEqual(exceptions.get(hal.id), {
    important: [
      { kind: 'number', number: '+493012345678', name: 'Home' },
      { kind: 'person', personId: gus.id },
    ],
    timeBoxed: [],
    quietHours: { spans: [{ days: [1, 5], from: 22 * 60, to: 6 * 60 + 30 }] },
    unavailable: { kind: 'forward', to: '71' },
    rules: { busy: 'no-calls' },
  });
  assert.deepEqual((await apply(file)).applied, [], 'a second time changes nothing');
  assert.deepEqual((await apply(await exported())).applied, [], 'nor does the export');

  const back = await apply('version: 1\npeople: [{upn: hal@acme.example, own: none}]\n');
  assert.deepEqual(back.applied[0]?.after, {
    leaver: null,
    presence: 'account',
    important: [],
    quietHours: null,
    unavailable: { kind: 'voicemail' },
    rules: {},
  });
  assert.equal((await stores.people.get(acme.id, hal.id))?.leaver, undefined);
  assert.equal(desk.choiceOf(hal.id), 'inherit');
  const told = await apply(
    'version: 1\npeople: [{upn: hal@acme.example, own: {unavailable: {kind: forward, to: "99"}}}]\n',
  );
  assert.deepEqual(
    told.applied.map(({ words, line, field }) => [words, line, field]),
    [["unavailable.to: 99 is nobody's in this account.", 2, 'own']],
  );
});
