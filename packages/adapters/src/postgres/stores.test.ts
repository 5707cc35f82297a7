import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type Account,
  asConnectionId,
  asDeviceId,
  asPersonId,
  type Device,
  newLink,
  type PersonId,
} from '@tandem/domain';
import { defaultSettings, type HistoryStep } from '@tandem/engine';
import { ha1Of } from '@tandem/sip';
import { createSecretBox } from '../security/secret-box.ts';
import { type Database, openDatabase } from './database.ts';
import { loadRoutingSnapshot } from './load-routing-snapshot.ts';
import type { StoreOutcome } from './outcome.ts';
import { createSessionStore } from './session-store.ts';
import { createStores, type Stores } from './stores.ts';
import { e164, freshId, sampleAccount, sampleCarrier, samplePerson } from './test-support/samples.ts';
import { startTestServer, type TestServer } from './test-support/server.ts';
import { createUserStore } from './user-store.ts';

let server: TestServer;
let db: Database;
let stores: Stores;
let acme: Account;
let globex: Account;

before(async () => {
  server = await startTestServer(22030);
  db = openDatabase({ url: (await server.freshDatabase('stores')).appUrl });
  stores = {
    ...createStores(db, createSecretBox(Buffer.alloc(32, 1))),
    users: createUserStore(db, { n: 1024, r: 8, p: 1 }),
  };
  acme = sampleAccount();
  globex = sampleAccount();
  ok(await stores.accounts.createForPlatform(acme));
  ok(await stores.accounts.createForPlatform(globex));
});
after(async () => {
  await db?.close();
  await server?.remove();
});

function ok<T>(outcome: StoreOutcome<T>): T {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}
const refusal = (outcome: StoreOutcome<unknown>): unknown => (outcome.ok ? outcome : outcome.refusal);

test('an account comes back as it was written, and a change needs the version that was read', async () => {
  const read = await stores.accounts.get(acme.id);
  assert.deepEqual(read, { ...acme, version: 1 });
  const changed = ok(
    await stores.accounts.update(acme.id, 1, {
      noAnswerSeconds: 30,
      sbcHosts: ['SBC1.example.net', ...acme.sbcHosts],
    }),
  );
  assert.equal(changed.version, 2);
  assert.deepEqual(changed.sbcHosts, ['sbc1.example.net', ...acme.sbcHosts]);
  assert.deepEqual(refusal(await stores.accounts.update(acme.id, 1, { name: 'late' })), {
    kind: 'conflict',
    version: 2,
  });
  assert.equal((await stores.accounts.listAllAccountsForPlatform()).length, 2);
});

test('an SBC host, a number and a sign-in name have one owner on the platform; an extension one in its account', async () => {
  const host = acme.sbcHosts[0]!;
  const current = (await stores.accounts.get(globex.id))!;
  assert.deepEqual(refusal(await stores.accounts.update(globex.id, current.version, { sbcHosts: [host] })), {
    kind: 'taken',
    what: 'sbc-host',
  });
  const dana = ok(
    await stores.people.create(
      acme.id,
      samplePerson(acme, { extension: '1001', numbers: [e164('+12025550142')] }),
    ),
  );
  ok(await stores.people.create(globex.id, samplePerson(globex, { extension: '1001' })));
  assert.deepEqual(refusal(await stores.people.create(acme.id, samplePerson(acme, { extension: '1001' }))), {
    kind: 'taken',
    what: 'extension',
  });
  for (const account of [acme, globex]) {
    assert.deepEqual(
      refusal(
        await stores.people.create(account.id, samplePerson(account, { numbers: [e164('+12025550142')] })),
      ),
      { kind: 'taken', what: 'number' },
    );
    assert.deepEqual(refusal(await stores.numbers.add(account.id, e164('+12025550142'))), {
      kind: 'taken',
      what: 'number',
    });
  }
  assert.deepEqual(
    refusal(await stores.people.create(acme.id, samplePerson(acme, { upn: dana.upn.toUpperCase() }))),
    { kind: 'taken', what: 'upn' },
  );
  assert.equal((await stores.numbers.findOwnerForPlatform(e164('+12025550142')))?.personId, dana.id);
});

test('a person changes: two desks at once, one gets a conflict; numbers move through the stock', async () => {
  const eve = ok(
    await stores.people.create(
      acme.id,
      samplePerson(acme, { numbers: [e164('+12025550150'), e164('+12025550151')] }),
    ),
  );
  const both = await Promise.all([
    stores.people.update(acme.id, eve.id, eve.version, { teamsToggle: false }),
    stores.people.update(acme.id, eve.id, eve.version, { displayName: 'Eve Evans' }),
  ]);
  assert.deepEqual(both.filter((outcome) => outcome.ok).length, 1);
  assert.deepEqual(both.filter((outcome) => !outcome.ok).map(refusal), [{ kind: 'conflict', version: 2 }]);
  const moved = ok(
    await stores.people.update(acme.id, eve.id, 2, {
      numbers: [e164('+12025550151'), e164('+12025550152')],
      extension: '1002',
      mail: 'eve@acme.example',
    }),
  );
  assert.deepEqual(moved.numbers, ['+12025550151', '+12025550152']);
  const free = (await stores.numbers.get(acme.id, e164('+12025550150')))!;
  assert.equal(free.personId, undefined);
  const given = ok(await stores.numbers.assign(acme.id, free.number, free.version, eve.id));
  assert.deepEqual((await stores.people.get(acme.id, eve.id))?.numbers, [
    '+12025550151',
    '+12025550152',
    '+12025550150',
  ]);
  assert.deepEqual(refusal(await stores.numbers.assign(acme.id, free.number, free.version, undefined)), {
    kind: 'conflict',
    version: given.version,
  });
  assert.deepEqual(
    (await stores.people.list(acme.id, { search: '5550152' })).map(({ id }) => id),
    [eve.id],
  );
  assert.deepEqual(await stores.people.list(acme.id, { search: '%' }), []);
  // As in the directory: accents are written by some and left out by others.
  const jose = ok(
    await stores.people.create(acme.id, samplePerson(acme, { displayName: 'José Ångström-Müller' })),
  );
  for (const search of ['jose ang', 'JOSÉ', 'angstrom', 'Müller', 'Muller', 'Mu\u0308ller'])
    assert.deepEqual(
      (await stores.people.list(acme.id, { search })).map(({ id }) => id),
      [jose.id],
      search,
    );
  ok(await stores.people.remove(acme.id, eve.id));
  assert.equal((await stores.numbers.get(acme.id, e164('+12025550151')))?.personId, undefined);
  assert.deepEqual(refusal(await stores.people.remove(acme.id, eve.id)), { kind: 'not-found' });
});

test("a number cannot be given to another customer's person, nor to nobody known", async () => {
  const stranger = ok(await stores.people.create(globex.id, samplePerson(globex)));
  const number = ok(await stores.numbers.add(acme.id, e164('+12025550160')));
  for (const personId of [stranger.id, asPersonId(freshId())]) {
    assert.deepEqual(refusal(await stores.numbers.assign(acme.id, number.number, number.version, personId)), {
      kind: 'unknown-reference',
    });
  }
});

test('values that the schema refuses are an answer, not an exception', async () => {
  assert.deepEqual(refusal(await stores.numbers.add(acme.id, e164('12025550161'))), {
    kind: 'invalid',
    detail: 'numbers_number_check',
  });
  assert.equal(
    (
      refusal(await stores.people.create(acme.id, samplePerson(acme, { extension: 'x; drop' }))) as {
        kind: string;
      }
    ).kind,
    'invalid',
  );
});

test("a customer uses its own carriers and the operator's, sees no password, and cannot route over another's", async () => {
  const shared = ok(
    await stores.carriers.saveForPlatform(
      'operator',
      sampleCarrier({ credentials: { username: 'op', password: 'secret' } }),
    ),
  );
  const own = ok(
    await stores.carriers.save(
      acme.id,
      sampleCarrier({ credentials: { username: 'own', password: 'secret' } }),
    ),
  );
  const foreign = ok(await stores.carriers.save(globex.id, sampleCarrier()));
  const account = (await stores.accounts.get(acme.id))!;
  const using = ok(await stores.accounts.update(acme.id, account.version, { carriers: [own.id, shared.id] }));
  assert.deepEqual(using.carriers, [own.id, shared.id]);
  assert.deepEqual(
    refusal(await stores.accounts.update(acme.id, using.version, { carriers: [foreign.id] })),
    { kind: 'unknown-reference' },
  );
  const shown = await stores.carriers.list(acme.id);
  assert.deepEqual(
    shown.map(({ id, username }) => [id, username]).sort(),
    [
      [own.id, 'own'],
      [shared.id, undefined],
    ].sort(),
  );
  assert.ok(!JSON.stringify(await stores.carriers.listAllCarriersForPlatform()).includes('secret'));
  const { username: _, ...plain } = shared;
  assert.deepEqual(refusal(await stores.carriers.save(acme.id, { ...plain, name: 'mine now' })), {
    kind: 'not-found',
  });
  assert.deepEqual(refusal(await stores.carriers.remove(acme.id, shared.id)), { kind: 'not-found' });
  assert.deepEqual(refusal(await stores.carriers.removeForPlatform(shared.id)), { kind: 'in-use' });
});

test('the sign-ins of a person are found in their own account only, and coming in by another proof is noted', async () => {
  const person = ok(await stores.people.create(acme.id, samplePerson(acme)));
  const user = ok(
    await stores.users.create(acme.id, {
      id: freshId(),
      name: `${person.id}@acme.example`,
      role: 'desk',
      accountId: acme.id,
      personId: person.id,
      password: 'nobody knows',
    }),
  );
  assert.deepEqual(
    (await stores.users.ofPerson(acme.id, person.id)).map(({ id, role }) => [id, role]),
    [[user.id, 'desk']],
  );
  assert.deepEqual(await stores.users.ofPerson(globex.id, person.id), []);
  await stores.users.noteSignIn(globex.id, user.id);
  assert.equal((await stores.users.get(acme.id, user.id))?.lastSignInAt, undefined);
  await stores.users.noteSignIn(acme.id, user.id);
  assert.ok((await stores.users.get(acme.id, user.id))?.lastSignInAt);
});

test('a sign-in needs name and password of an enabled user; everything else looks the same', async () => {
  const user = ok(
    await stores.users.create(acme.id, {
      id: freshId(),
      name: 'Desk@Acme.example',
      role: 'desk',
      accountId: acme.id,
      password: 'correct horse',
    }),
  );
  assert.equal((await stores.users.signInForPlatform('desk@acme.EXAMPLE', 'correct horse'))?.id, user.id);
  assert.equal(await stores.users.signInForPlatform('desk@acme.example', 'wrong'), undefined);
  assert.equal(await stores.users.signInForPlatform('nobody@acme.example', 'correct horse'), undefined);
  const sync = { id: freshId(), name: 'sync@acme.example', role: 'sync', accountId: acme.id } as const;
  assert.equal(ok(await stores.users.create(acme.id, { ...sync, password: 'x' })).role, 'sync');
  ok(await stores.users.setDisabledForPlatform(user.id, true));
  assert.equal(await stores.users.signInForPlatform('desk@acme.example', 'correct horse'), undefined);
  assert.deepEqual(
    refusal(
      await stores.users.createForPlatform({
        id: freshId(),
        name: 'desk@acme.example',
        role: 'operator',
        password: 'x',
      }),
    ),
    { kind: 'taken', what: 'name' },
  );
  assert.equal(
    (
      refusal(
        await stores.users.createForPlatform({
          id: freshId(),
          name: 'op',
          role: 'operator',
          accountId: acme.id,
          password: 'x',
        }),
      ) as { kind: string }
    ).kind,
    'invalid',
  );
});

test('a session ends by idleness, by age, by a new password and by disabling, all by the clock of the store', async () => {
  const sessions = createSessionStore(db, { idleMinutes: 30, totalMinutes: 60 });
  const user = ok(
    await stores.users.createForPlatform({ id: freshId(), name: 'olga', role: 'operator', password: 'x' }),
  );
  const minutes = (count: number) => stores.facts.setClockOffsetForPlatform(count * 60_000);
  const { text } = await sessions.openForPlatform(user);
  assert.equal((await sessions.readForPlatform(text))?.id, user.id);
  await minutes(25);
  assert.equal((await sessions.readForPlatform(text))?.id, user.id, 'use extends the idle time');
  await minutes(50);
  assert.equal((await sessions.readForPlatform(text))?.id, user.id);
  await minutes(61);
  assert.equal(await sessions.readForPlatform(text), undefined, 'too old');
  assert.equal(await sessions.sweepForPlatform(), 1);
  await minutes(0);
  const idle = await sessions.openForPlatform(user);
  await minutes(31);
  assert.equal(await sessions.readForPlatform(idle.text), undefined, 'too idle');
  await minutes(0);
  const again = await sessions.openForPlatform(user);
  ok(await stores.users.setPasswordForPlatform(user.id, 'y'));
  assert.equal(await sessions.readForPlatform(again.text), undefined);
  assert.equal(await sessions.readForPlatform('tds_guess'), undefined);
});

test('a token is known by its text only, until it expires or is revoked', async () => {
  const now = await stores.facts.nowForPlatform();
  const { text, token } = ok(
    await stores.tokens.issue(acme.id, {
      id: freshId(),
      name: 'script',
      role: 'admin',
      accountId: acme.id,
      scopes: ['calls:read'],
      expiresAt: now + 60_000,
    }),
  );
  assert.equal((await stores.tokens.verifyForPlatform(text))?.id, token.id);
  assert.ok(text.startsWith(token.prefix) && text.length > token.prefix.length + 32);
  assert.equal(
    await stores.tokens.verifyForPlatform(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`),
    undefined,
  );
  await stores.facts.setClockOffsetForPlatform(61_000);
  assert.equal(await stores.tokens.verifyForPlatform(text), undefined);
  await stores.facts.setClockOffsetForPlatform(0);
  assert.deepEqual(refusal(await stores.tokens.revoke(globex.id, token.id)), { kind: 'not-found' });
  ok(await stores.tokens.revoke(acme.id, token.id));
  assert.equal(await stores.tokens.verifyForPlatform(text), undefined);
});

test('settings and probes keep what they were told', async () => {
  assert.deepEqual(ok(await stores.facts.changeSettingForPlatform('k', 0, { a: 1 })), { version: 1 });
  assert.deepEqual(refusal(await stores.facts.changeSettingForPlatform('k', 0, {})), {
    kind: 'conflict',
    version: 1,
  });
  assert.deepEqual(ok(await stores.facts.changeSettingForPlatform('k', 1, [2])), { version: 2 });
  assert.deepEqual(await stores.facts.settingForPlatform('k'), { value: [2], version: 2 });
  await stores.facts.noteProbeForPlatform('sip.pstnhub.microsoft.com:5061', 1_790_000_000_123);
  await stores.facts.noteProbeForPlatform('sip.pstnhub.microsoft.com:5061', 1_790_000_060_123);
  assert.deepEqual(
    [...(await stores.facts.lastProbesForPlatform())],
    [['sip.pstnhub.microsoft.com:5061', 1_790_000_060_123]],
  );
});

const samplePhone = (account: Account, name: string, change: Partial<Device> = {}): Device => ({
  id: asDeviceId(freshId()),
  accountId: account.id,
  name,
  kind: 'desk-phone',
  sipUser: `${name}-${freshId().slice(-6)}`,
  ...change,
});
const login = { realm: 'customers.example.net', password: 'correct horse' };

test('a phone has a name of its account, an extension, a number and a desk; its password is kept as sealed hashes', async () => {
  const dana = ok(await stores.people.create(acme.id, samplePerson(acme)));
  const phone = samplePhone(acme, 'desk', {
    extension: '1101',
    number: e164('+12025550156'),
    personId: dana.id,
  });
  assert.deepEqual(ok(await stores.devices.create(acme.id, phone, login)), { ...phone, version: 1 });
  assert.deepEqual(await stores.devices.get(acme.id, phone.id), { ...phone, version: 1 });
  const [secret] = await stores.devices.listAllSecretsForPlatform();
  assert.deepEqual(secret, {
    deviceId: phone.id,
    sipUser: phone.sipUser,
    realm: login.realm,
    md5: ha1Of('MD5', phone.sipUser, login.realm, login.password),
    sha256: ha1Of('SHA-256', phone.sipUser, login.realm, login.password),
  });
  const unreadable: string[] = [];
  const elsewhere = createStores(db, createSecretBox(Buffer.alloc(32, 2)));
  assert.deepEqual(await elsewhere.devices.listAllSecretsForPlatform((id) => unreadable.push(id)), []);
  assert.deepEqual(unreadable, [phone.id]);

  const taken = (what: string) => ({ kind: 'taken', what });
  for (const [change, what] of [
    [{ name: 'desk' }, 'name'],
    [{ sipUser: phone.sipUser }, 'sip-user'],
    [{ extension: '1101' }, 'extension'],
    [{ number: e164('+12025550156') }, 'number'],
  ] as const)
    assert.deepEqual(
      refusal(await stores.devices.create(acme.id, samplePhone(acme, `other-${what}`, change), login)),
      taken(what),
    );
  assert.deepEqual(
    refusal(await stores.people.create(acme.id, samplePerson(acme, { extension: '1101' }))),
    taken('extension'),
  );
  const number = await stores.numbers.get(acme.id, e164('+12025550156'));
  assert.deepEqual(number, { number: '+12025550156', accountId: acme.id, deviceId: phone.id, version: 1 });
  assert.deepEqual(refusal(await stores.numbers.assign(acme.id, e164('+12025550156'), 1, dana.id)), {
    kind: 'in-use',
  });
  assert.equal((await stores.devices.list(globex.id)).length, 0, 'another customer does not see it');

  const facts = await loadRoutingSnapshot(db, {
    version: 1,
    builtAtWallMs: 0,
    hubs: [],
    box: createSecretBox(Buffer.alloc(32, 1)),
  });
  const owner = { kind: 'device', deviceId: phone.id, accountId: acme.id };
  assert.deepEqual(facts.devices.get(phone.id), phone);
  assert.deepEqual(facts.numbers.get(e164('+12025550156')), owner);
  assert.deepEqual(facts.extensions.get(acme.id)?.get('1101'), owner);

  ok(await stores.people.remove(acme.id, dana.id));
  assert.equal((await stores.devices.get(acme.id, phone.id))?.personId, undefined, 'the phone stays');
  ok(await stores.devices.remove(acme.id, phone.id));
  const { deviceId: _, ...inStock } = number ?? { deviceId: '' };
  assert.deepEqual(await stores.numbers.get(acme.id, e164('+12025550156')), inStock);
});

test("a phone cannot stand on another customer's desk nor be changed from an old reading", async () => {
  const theirs = ok(await stores.people.create(globex.id, samplePerson(globex)));
  const phone = ok(await stores.devices.create(acme.id, samplePhone(acme, 'lobby'), login));
  assert.deepEqual(refusal(await stores.devices.giveTo(acme.id, phone.id, 1, theirs.id)), {
    kind: 'unknown-reference',
  });
  ok(await stores.devices.setPassword(acme.id, phone.id, { ...login, password: 'another' }));
  assert.deepEqual(refusal(await stores.devices.giveTo(acme.id, phone.id, 1, undefined)), {
    kind: 'conflict',
    version: 2,
  });
  assert.deepEqual(refusal(await stores.devices.remove(globex.id, phone.id)), { kind: 'not-found' });
});

test('a link and what was seen of a client live beside each other, and only their account sees them', async () => {
  const person = samplePerson(acme);
  const link = { ...newLink(acme.id, person.id, 1_000), state: 'READY' as const, objectId: 'o-1' };
  const seen = { by: 'call' as const, wallMs: 5_000 };
  await stores.links.noteClient(acme.id, person.id, { onlyWebClient: false, clientSeen: seen });
  assert.equal((await stores.links.list(acme.id))[0]?.link, undefined, 'evidence comes before any link');
  await stores.links.save(link);
  await stores.links.noteClient(acme.id, person.id, { onlyWebClient: true });
  assert.deepEqual(await stores.links.list(acme.id), [
    { accountId: acme.id, personId: person.id, link, evidence: { onlyWebClient: true, clientSeen: seen } },
  ]);
  assert.deepEqual(await stores.links.list(globex.id), []);
  await stores.links.remove(globex.id, person.id);
  assert.equal((await stores.links.listAllLinksForPlatform()).length, 1, "not another account's to remove");
  await stores.links.remove(acme.id, person.id);
  assert.deepEqual(await stores.links.listAllLinksForPlatform(), []);
});

test('2,000 links that are saved in one moment go in some statements; the newest of a person counts, one that is refused harms no other', async () => {
  const people = Array.from({ length: 2_000 }, () => samplePerson(acme).id);
  const [first, last] = [people[0], people.at(-1)] as [PersonId, PersonId];
  const link = (personId: PersonId, sinceWallMs: number) => ({
    ...newLink(acme.id, personId, sinceWallMs),
    state: 'READY' as const,
  });
  const since = async (id: PersonId) =>
    (await stores.links.list(acme.id)).find(({ personId }) => personId === id)?.link?.sinceWallMs;
  const saves = [...people, last].map((id, i) => stores.links.save(link(id, i)));
  // Whoever asks meanwhile is not kept waiting behind two thousand.
  assert.ok(await stores.accounts.get(acme.id));
  await Promise.all(saves);
  assert.equal((await stores.links.list(acme.id)).length, 2_000);
  assert.equal(await since(last), 2_000);
  const theirs = samplePerson(globex).id;
  await stores.links.save(newLink(globex.id, theirs, 1));
  const earlier = stores.links.save(link(first, 4_000));
  const some = [first, theirs, last].map((id) => stores.links.save(link(id, 5_000)));
  const outcomes = await Promise.allSettled([earlier, ...some]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    'a link of another account is not to be had',
  );
  assert.deepEqual([await since(first), await since(last)], [5_000, 5_000]);
  await Promise.all([stores.links.save(link(first, 6_000)), stores.links.remove(acme.id, first)]);
  assert.equal(await since(first), undefined, 'what was removed last stays removed');
  await db.withAccount(acme.id, (tx) => tx.deleteFrom('teams_links').execute());
  await stores.links.remove(globex.id, theirs);
});

test('an account is provisioned once it has settings; a row without a connection is taken over by the first one', async () => {
  assert.deepEqual(await stores.provisioning.listAllProvisioningSettingsForPlatform(), []);
  const settings = defaultSettings(globex.id, {
    enableGroups: [{ id: '0a0a0a0a-0000-4000-8000-000000000001', name: 'Teams calling' }],
    graceSeconds: 0,
    routingByHand: true,
  });
  const before = await stores.accounts.get(globex.id);
  await stores.provisioning.save(settings);
  await stores.provisioning.save({ ...settings, graceSeconds: 60 });
  assert.deepEqual(await stores.provisioning.listAllProvisioningSettingsForPlatform(), [
    { ...settings, graceSeconds: 60 },
  ]);
  const connectionId = asConnectionId('01930000-0000-7000-8000-0000000c0001');
  await stores.provisioning.save({ ...settings, connectionId }, { adopt: true });
  assert.deepEqual(await stores.provisioning.list(globex.id), [{ ...settings, connectionId }]);
  assert.deepEqual(await stores.provisioning.list(acme.id), [], "not another account's to see");
  assert.deepEqual(await stores.accounts.get(globex.id), before);
});

test('the history of a link holds its last 200 steps, newest first, and only its account sees it', async () => {
  const { id: personId } = samplePerson(acme);
  const step = (n: number): HistoryStep => ({
    atWallMs: 1_000 + n,
    trigger: 'automatic',
    event: 'taken',
    detail: `step ${n}`,
  });
  const all = Array.from({ length: 203 }, (_, n) => ({ accountId: acme.id, personId, step: step(n) }));
  await stores.provisioningHistory.append(acme.id, all.slice(0, 150));
  await stores.provisioningHistory.append(acme.id, all.slice(150));
  const kept = await stores.provisioningHistory.list(acme.id, personId, 500);
  assert.deepEqual([kept.length, kept[0]?.detail, kept.at(-1)?.detail], [200, 'step 202', 'step 3']);
  assert.deepEqual(await stores.provisioningHistory.list(globex.id, personId, 10), []);
});
