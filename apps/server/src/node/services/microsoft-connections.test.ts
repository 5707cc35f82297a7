import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Account, type AccountId, asAccountId, type RoutingSnapshot } from '@tandem/domain';
import type { AuditEntry, DeskAsker, Mail, MicrosoftBack, StoredConnection } from '@tandem/engine';
import { TestConnectionStore, TestSignInAttempts } from '@tandem/engine/connection/test-connection-store.ts';
import { TestBrowser } from '@tandem/simulator/testing/test-browser.ts';
import { TestGraph } from '@tandem/simulator/testing/test-graph.ts';
import { startTestTwin } from '@tandem/simulator/testing/test-twin.ts';
import type { Twin } from '@tandem/simulator/twin.ts';
import { graphAppClientId, rehearsalWorld } from '@tandem/simulator/world/rehearsal-world.ts';
import { createConnectionBoard } from './connection-board.ts';
import { type OpenConnections, openMicrosoftConnections } from './microsoft-connections.ts';

/** Everything against the twin's Entra and Graph, over https, with the product's own client. */
const initech = rehearsalWorld.knownToMicrosoftOnly[0]?.entraTenantId ?? '';
const acmeTenant = rehearsalWorld.customers[0]?.entraTenantId ?? '';
const returnTo = 'http://127.0.0.1:26610/connect/callback';
const asker = (name: string, session = name): DeskAsker => ({
  kind: 'user',
  name,
  role: 'admin',
  address: '127.0.0.1',
  session,
});
const idOf = (last: number) => asAccountId(`01930000-0000-7000-8000-00000000000${last}`);
const account = (id: AccountId, name: string, change: Partial<Account> = {}): Account => ({
  id,
  name,
  status: 'active',
  sbcHosts: [],
  mailDomains: [],
  country: 'US',
  timeZone: 'UTC',
  unknownCaller: 'reject',
  carriers: [],
  noAnswerSeconds: 20,
  ...change,
});

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
let twin: Twin;
let graph: TestGraph;
let closeTwin: () => Promise<void>;
before(async () => {
  ({ twin, close: closeTwin } = await startTestTwin(13_000));
  graph = await TestGraph.open(twin);
});
after(async () => {
  for (const one of open) {
    await one.connections.stop();
    one.connections.close();
  }
  rmSync(folder, { recursive: true, force: true });
  graph?.close();
  await closeTwin?.();
});

interface World {
  readonly connections: OpenConnections;
  readonly store: TestConnectionStore;
  readonly attempts: TestSignInAttempts;
  readonly mails: Mail[];
  readonly audit: AuditEntry[];
  readonly problems: string[];
  readonly accounts: Map<AccountId, Account>;
}
const open: World[] = [];
async function world(store = new TestConnectionStore(), file = join(folder, randomUUID())): Promise<World> {
  const attempts = new TestSignInAttempts();
  const mails: Mail[] = [];
  const audit: AuditEntry[] = [];
  const problems: string[] = [];
  const accounts = new Map(
    [account(idOf(1), 'Initech'), account(idOf(2), 'Another')].map((one) => [one.id, one]),
  );
  const connections = await openMicrosoftConnections({
    config: {
      certificateDir: twin.config.certificateDir,
      graphClientId: graphAppClientId,
      ports: { http: 26_610 },
      twin: {
        loginUrl: twin.ready.login,
        graphUrl: twin.ready.graph,
        caFile: twin.ready.ca,
      } as never,
    },
    stores: { connections: store, signInAttempts: attempts },
    snapshot: () => ({ accounts, people: new Map() }) as unknown as RoutingSnapshot,
    clock: {
      now: () => performance.now(),
      wall: () => Date.now(),
      after: () => () => undefined,
    },
    random: { fraction: () => 0.5, bytes: (count) => randomBytes(count) },
    mailer: { send: async (mail) => void mails.push(mail) },
    audit: { note: async (entry) => void audit.push(entry) },
    onTry: () => undefined,
    readyPeople: () => 3,
    file,
    waitsFile: `${file}.waits`,
    digest: (text) => createHash('sha256').update(text).digest('base64url'),
    onProblem: (what) => problems.push(what),
  });
  const made: World = { connections, store, attempts, mails, audit, problems, accounts };
  open.push(made);
  return made;
}
beforeEach(() => {
  const { consents, apps } = twin.microsoft365;
  const app = apps.find(graphAppClientId);
  if (app) consents.forget(app, initech);
  consents.settings.principalDelayMs = 0;
  consents.settings.grantDelayMs = 0;
});

const backOf = (location: string | undefined): MicrosoftBack => {
  assert.ok(location, 'the browser was sent back');
  const url = new URL(location);
  assert.equal(url.origin + url.pathname, returnTo);
  return { state: '', ...Object.fromEntries(url.searchParams) };
};
const all = () => true;

/** Grant 1 in a browser, as this person of the tenant. */
async function signIn(one: World, upn: string, by = asker('admin'), change: object = {}) {
  const way = await one.connections.desk.signIn(
    { accountId: idOf(1), returnTo, shareTenant: false, features: ['presence'], ...change },
    by,
  );
  assert.ok(way.ok, JSON.stringify(way));
  const browser = new TestBrowser(graph);
  await browser.open(way.value.url);
  await browser.press(upn);
  if (browser.page.location === undefined) await browser.press('Accept');
  return { browser, back: backOf(browser.page.location) };
}
/** Grant 2 in the same browser. */
async function consentIn(
  one: World,
  browser: TestBrowser,
  id: StoredConnection['id'],
  press = 'Accept',
  by = asker('admin'),
) {
  const way = await one.connections.desk.consent(id, returnTo, by);
  assert.ok(way.ok, JSON.stringify(way));
  await browser.open(way.value.url);
  if (browser.page.location === undefined) await browser.press(press);
  return backOf(browser.page.location);
}

/** The whole way for Initech, by its Global Administrator. */
async function connect(one: World) {
  const { browser, back } = await signIn(one, 'ada@initech.example');
  const signedIn = await one.connections.desk.complete(back, asker('admin'), all);
  assert.ok(signedIn.ok, JSON.stringify(signedIn));
  assert.equal(signedIn.value.step, 'consent');
  const { id } = signedIn.value.connection;
  const consented = await one.connections.desk.complete(
    await consentIn(one, browser, id),
    asker('admin'),
    all,
  );
  assert.ok(consented.ok, JSON.stringify(consented));
  return { id, browser, outcome: consented.value };
}

describe('a tenant from zero', () => {
  test('B07-B09: sign-in, approval, roles proved in a fresh token: connected, and the tenant has its name', async () => {
    const one = await world();
    const { id, outcome } = await connect(one);
    assert.equal(outcome.step, 'done');
    assert.equal(outcome.connection.life.state, 'CONNECTED');
    assert.deepEqual(outcome.connection.signedIn?.roles, ['Global Administrator']);
    assert.ok(outcome.connection.roles.includes('TeamsTelephoneNumber.ReadWrite.All'));
    await one.connections.keeper.tick();
    const [usable] = one.connections.all(idOf(1));
    assert.equal(usable?.connectionId, id);
    assert.equal(usable?.tenantId, initech);
    assert.ok(usable?.domains.includes('initech.example'), usable?.domains.join());
    assert.deepEqual(
      one.audit.map(({ action }) => action),
      ['connection.sign-in', 'connection.consent', 'connection.connect'],
    );
    assert.equal(one.connections.all(idOf(2)).length, 0);
  });

  test('the approval is copied slowly: waiting until a fresh token has the roles, then connected by itself', async () => {
    const one = await world();
    const { browser, back: signedInBack } = await signIn(one, 'ada@initech.example');
    const signedIn = await one.connections.desk.complete(signedInBack, asker('admin'), all);
    assert.ok(signedIn.ok);
    const { id } = signedIn.value.connection;
    twin.microsoft365.consents.settings.grantDelayMs = 60_000;
    const outcome = await one.connections.desk.complete(
      await consentIn(one, browser, id),
      asker('admin'),
      all,
    );
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'waiting');
    assert.equal(outcome.value.connection.life.state, 'CONSENT_PENDING');
    assert.equal(one.connections.all(idOf(1)).length, 0, 'nothing is read before the proof');
    twin.microsoft365.advance(61_000);
    await one.connections.keeper.check(id);
    assert.equal(one.connections.keeper.find(id)?.life.state, 'CONNECTED');
  });

  test('B08: declined at the approval is a half state, and it can be resumed', async () => {
    const one = await world();
    const { browser, back } = await signIn(one, 'ada@initech.example');
    const signedIn = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(signedIn.ok);
    const { id } = signedIn.value.connection;
    const declined = await consentIn(one, browser, id, 'Cancel');
    assert.equal(declined.admin_consent, 'True', 'Microsoft says so on failure too');
    const outcome = await one.connections.desk.complete(declined, asker('admin'), all);
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'again');
    assert.equal(outcome.value.connection.life.reason, 'declined');
    const again = await one.connections.desk.complete(await consentIn(one, browser, id), asker('admin'), all);
    assert.ok(again.ok && again.value.step === 'done', JSON.stringify(again));
  });

  test('B09: a Teams administrator is told which role was seen and who may approve; the link lets that one do it', async () => {
    const one = await world();
    const { back } = await signIn(one, 'isla@initech.example');
    const outcome = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'ask-admin');
    assert.match(outcome.value.sentence, /Isla Irwin signed in as Teams Administrator/);
    assert.match(outcome.value.sentence, /Global Administrator or Privileged Role Administrator/);
    const { id } = outcome.value.connection;
    const refused = await one.connections.desk.consent(id, returnTo, asker('admin'));
    assert.equal(!refused.ok && refused.code, 'wrong-state');

    const link = await one.connections.desk.approvalLink(id, returnTo, asker('admin'));
    assert.ok(link.ok);
    const secret = new URL(link.value.url).searchParams.get('link') ?? '';
    const begun = await one.connections.desk.approve({ link: secret }, '127.0.0.9');
    assert.ok(begun.ok && begun.value.url);
    assert.match(begun.value.sentence, /admin asks you to connect .* with the account Initech/);
    const browser = new TestBrowser(graph);
    await browser.open(begun.value.url);
    await browser.press('ada@initech.example');
    if (browser.page.location === undefined) await browser.press('Accept');
    const next = await one.connections.desk.approve({ back: backOf(browser.page.location) }, '127.0.0.9');
    assert.ok(next.ok && next.value.url, JSON.stringify(next));
    await browser.open(next.value.url);
    if (browser.page.location === undefined) await browser.press('Accept');
    const end = await one.connections.desk.approve({ back: backOf(browser.page.location) }, '127.0.0.9');
    assert.ok(end.ok && end.value.step === 'done', JSON.stringify(end));
    assert.equal(one.connections.keeper.find(id)?.life.state, 'CONNECTED');
  });
});

describe('T18, T19: forged returns', () => {
  test("T19: an attacker's session cannot complete what another session began, and the state is spent by the try", async () => {
    const one = await world();
    const { back } = await signIn(one, 'ada@initech.example', asker('victim', 'session of the victim'));
    const stolen = await one.connections.desk.complete(back, asker('victim', 'session of the attacker'), all);
    assert.equal(!stolen.ok && stolen.code, 'other-session');
    const late = await one.connections.desk.complete(back, asker('victim', 'session of the victim'), all);
    assert.equal(!late.ok && late.code, 'sign-in-over');
    assert.equal(one.connections.keeper.list().length, 0);
  });

  test('T19: a state that was never given out, is used twice or older than ten minutes opens nothing', async () => {
    const one = await world();
    const never = await one.connections.desk.complete({ state: 'made-up', code: 'x' }, asker('admin'), all);
    assert.equal(!never.ok && never.code, 'sign-in-over');
    const { back } = await signIn(one, 'ada@initech.example');
    assert.ok((await one.connections.desk.complete(back, asker('admin'), all)).ok);
    const twice = await one.connections.desk.complete(back, asker('admin'), all);
    assert.equal(!twice.ok && twice.code, 'sign-in-over');
    const { back: old } = await signIn(one, 'ada@initech.example');
    const attempt = one.attempts.kept.get(old.state);
    assert.ok(attempt);
    one.attempts.kept.set(old.state, { ...attempt, endsWallMs: Date.now() - 1 });
    const over = await one.connections.desk.complete(old, asker('admin'), all);
    assert.equal(!over.ok && over.code, 'sign-in-over');
  });

  test('T19: a return of the approval that names another tenant is refused, and nothing is proved or connected', async () => {
    const one = await world();
    const { back } = await signIn(one, 'ada@initech.example');
    const signedIn = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(signedIn.ok);
    const { id } = signedIn.value.connection;
    const way = await one.connections.desk.consent(id, returnTo, asker('admin'));
    assert.ok(way.ok);
    const state = new URL(way.value.url).searchParams.get('state') ?? '';
    const forged = await one.connections.desk.complete(
      { state, admin_consent: 'True', tenant: acmeTenant },
      asker('admin'),
      all,
    );
    assert.equal(!forged.ok && forged.code, 'other-tenant');
    assert.equal(one.connections.keeper.find(id)?.life.state, 'SIGNED_IN');
  });

  test('T19: a forged "approved" proves nothing: the token has no roles', async () => {
    const one = await world();
    const { back } = await signIn(one, 'ada@initech.example');
    const signedIn = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(signedIn.ok);
    const { id } = signedIn.value.connection;
    const way = await one.connections.desk.consent(id, returnTo, asker('admin'));
    assert.ok(way.ok);
    const state = new URL(way.value.url).searchParams.get('state') ?? '';
    const outcome = await one.connections.desk.complete(
      { state, admin_consent: 'True', tenant: initech },
      asker('admin'),
      all,
    );
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'waiting');
    assert.equal(one.connections.keeper.find(id)?.life.state, 'CONSENT_PENDING');
    assert.equal(one.connections.all(idOf(1)).length, 0);
  });

  test('T19: a plain employee of a tenant that approved for another account gets nothing of it', async () => {
    const one = await world();
    await connect(one);
    const { back } = await signIn(one, 'ines@initech.example', asker('evil'), {
      accountId: idOf(2),
      shareTenant: true,
    });
    const outcome = await one.connections.desk.complete(back, asker('evil'), all);
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'ask-admin');
    const { id } = outcome.value.connection;
    await one.connections.desk.recheck(id, asker('evil'));
    await one.connections.keeper.tick();
    assert.equal(one.connections.keeper.find(id)?.life.state, 'CONSENT_INCOMPLETE');
    assert.equal(
      one.connections.all(idOf(2)).length,
      0,
      'the roles that are there were not approved for this account',
    );
  });

  test('T18: a code with the verifier of another sign-in is refused by Microsoft, and said', async () => {
    const one = await world();
    const first = await signIn(one, 'ada@initech.example');
    const second = await signIn(one, 'ada@initech.example');
    const crossed = await one.connections.desk.complete(
      { ...second.back, code: first.back.code },
      asker('admin'),
      all,
    );
    assert.equal(!crossed.ok && crossed.code, 'microsoft-refused');
    assert.equal(one.connections.keeper.list().length, 0);
  });

  test('B46: a return that carries a code instead of an approval is a grant for one person: said, and nothing starts', async () => {
    const one = await world();
    const { back } = await signIn(one, 'ada@initech.example');
    const signedIn = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(signedIn.ok);
    const way = await one.connections.desk.consent(signedIn.value.connection.id, returnTo, asker('admin'));
    assert.ok(way.ok);
    const state = new URL(way.value.url).searchParams.get('state') ?? '';
    const outcome = await one.connections.desk.complete({ state, code: 'a-code' }, asker('admin'), all);
    assert.ok(outcome.ok);
    assert.equal(outcome.value.step, 'again');
    assert.match(outcome.value.sentence, /on behalf of your organization/);
  });

  test('a return address that nobody registered is not sent to Microsoft; an account without the service begins nothing', async () => {
    const one = await world();
    const ask = { accountId: idOf(1), shareTenant: false };
    const elsewhere = await one.connections.desk.signIn(
      { ...ask, returnTo: 'https://evil.example/connect/callback' },
      asker('admin'),
    );
    assert.equal(!elsewhere.ok && elsewhere.code, 'return-address-unknown');
    one.accounts.set(idOf(1), account(idOf(1), 'Initech', { teams: { enabled: false } }));
    const off = await one.connections.desk.signIn({ ...ask, returnTo }, asker('admin'));
    assert.equal(!off.ok && off.code, 'teams-not-enabled');
  });
});

describe('one tenant, several accounts (N03, N04)', () => {
  test('by accident it is refused with the way out; wanted and signed by an administrator it is allowed', async () => {
    const one = await world();
    await connect(one);
    const by = asker('other');
    const first = await signIn(one, 'ada@initech.example', by, { accountId: idOf(2) });
    const refused = await one.connections.desk.complete(first.back, by, all);
    assert.equal(!refused.ok && refused.code, 'tenant-taken');
    const second = await signIn(one, 'ada@initech.example', by, { accountId: idOf(2), shareTenant: true });
    const allowed = await one.connections.desk.complete(second.back, by, all);
    assert.ok(allowed.ok && allowed.value.step === 'consent', JSON.stringify(allowed));
  });

  test('the id of a tenant with a nonsense secret, or any member who signs in, keeps nobody from their own tenant (T19)', async () => {
    const one = await world();
    const other = asker('other');
    const squatted = await one.connections.desk.register(
      {
        accountId: idOf(2),
        tenantId: initech,
        clientId: 'b1b1b1b1-0000-4000-8000-00000000b001',
        credential: { kind: 'secret', secret: 'nonsense', endsAt: '2999-01-01T00:00:00.000Z' },
        shareTenant: false,
      },
      other,
    );
    assert.ok(squatted.ok);
    const member = await signIn(one, 'isla@initech.example', other, { accountId: idOf(2) });
    const asked = await one.connections.desk.complete(member.back, other, all);
    assert.ok(asked.ok && asked.value.step === 'ask-admin', JSON.stringify(asked));
    await connect(one);
    // And now that it is somebody's, whoever tried before does not get it by accident.
    const late = await signIn(one, 'ada@initech.example', other, { accountId: idOf(2) });
    const refused = await one.connections.desk.complete(late.back, other, all);
    assert.equal(!refused.ok && refused.code, 'tenant-taken');
  });

  test('the same tenant twice on one account is refused', async () => {
    const one = await world();
    await connect(one);
    const { back } = await signIn(one, 'ada@initech.example');
    const outcome = await one.connections.desk.complete(back, asker('admin'), all);
    assert.equal(!outcome.ok && outcome.code, 'tenant-taken');
  });
});

describe('interruption and resumption', () => {
  test('the enterprise application is deleted: interrupted and mailed; approved again it resumes with the same connection', async () => {
    const one = await world();
    const { id, browser } = await connect(one);
    const { consents, apps } = twin.microsoft365;
    const app = apps.find(graphAppClientId);
    assert.ok(app);
    consents.forget(app, initech);
    await one.connections.desk.recheck(id, asker('desk'));
    const lost = one.connections.keeper.find(id);
    assert.equal(lost?.life.state, 'INTERRUPTED');
    assert.equal(lost?.life.reason, 'app-removed');
    assert.match(one.mails[0]?.subject ?? '', /needs attention/);
    assert.equal(one.connections.all(idOf(1)).length, 1, 'whoever reads goes on and hears it too');
    const back = await consentIn(one, browser, id);
    const again = await one.connections.desk.complete(back, asker('admin'), all);
    assert.ok(again.ok && again.value.step === 'done', JSON.stringify(again));
    assert.deepEqual(again.value.connection.features, lost?.features, 'nothing is chosen anew');
    assert.match(one.mails[1]?.subject ?? '', /works again/);
    assert.doesNotMatch(JSON.stringify(one.mails), /eyJ|secret|PRIVATE/);
  });

  test('PRV-002: one permission is taken back: the missing one is named', async () => {
    const one = await world();
    const { id } = await connect(one);
    const { consents, apps } = twin.microsoft365;
    const app = apps.find(graphAppClientId);
    assert.ok(app);
    consents.withdraw(app, initech, { application: ['TeamsTelephoneNumber.ReadWrite.All'], delegated: [] });
    await one.connections.desk.recheck(id, asker('desk'));
    const lost = one.connections.keeper.find(id);
    assert.equal(lost?.life.reason, 'permission-missing');
    assert.deepEqual(lost?.life.missing, ['TeamsTelephoneNumber.ReadWrite.All']);
    assert.match(one.mails[0]?.text ?? '', /TeamsTelephoneNumber\.ReadWrite\.All is missing/);
  });

  test('a permission of a feature that can be missed does not interrupt: the feature rests, and it is named', async () => {
    const one = await world();
    const { id } = await connect(one);
    const { consents, apps } = twin.microsoft365;
    const app = apps.find(graphAppClientId);
    assert.ok(app);
    const presence = ['Presence.Read.All', 'Presence.ReadWrite.All'];
    consents.withdraw(app, initech, { application: presence, delegated: [] });
    await one.connections.desk.recheck(id, asker('desk'));
    assert.equal(one.connections.keeper.find(id)?.life.state, 'CONNECTED');
    assert.equal(one.connections.mayUse(id, 'presence'), false);
  });
});

describe('an own app registration (N01, N02)', () => {
  async function registration() {
    const { apps, consents } = twin.microsoft365;
    const app = apps.register({
      displayName: 'Initech voice',
      homeTenantId: initech,
      multiTenant: false,
      redirectUris: [],
      permissions: { application: [], delegated: [] },
    });
    const base = apps.find(graphAppClientId)?.servicePrincipals.get(acmeTenant)?.roles ?? [];
    consents.setRoles(app, initech, base);
    return app;
  }
  const inDays = (days: number) => Date.now() + days * 86_400_000;

  test('by secret: proved at once, its end is watched, and the value is nowhere to be read', async () => {
    const one = await world();
    const app = await registration();
    const secret = twin.microsoft365.apps.addSecret(app, 'tandem', inDays(20));
    const outcome = await one.connections.desk.register(
      {
        accountId: idOf(1),
        tenantId: initech,
        clientId: app.clientId,
        credential: { kind: 'secret', secret: secret.value, endsAt: new Date(inDays(20)).toISOString() },
        shareTenant: false,
      },
      asker('admin'),
    );
    assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.equal(outcome.value.life.state, 'CONNECTED');
    await one.connections.keeper.tick();
    assert.equal(one.connections.keeper.find(outcome.value.id)?.life.state, 'EXPIRING');
    assert.match(one.mails[0]?.subject ?? '', /secret for Microsoft 365 ends on/);
    assert.ok(!JSON.stringify([one.audit, one.mails, [...one.store.rows]]).includes(secret.value));
  });

  test('by a certificate of our making: waits until it is registered, then it connects; the key never leaves', async () => {
    const one = await world();
    const app = await registration();
    const made = await one.connections.desk.register(
      {
        accountId: idOf(1),
        tenantId: initech,
        clientId: app.clientId,
        credential: { kind: 'make-certificate', days: 365 },
        shareTenant: false,
      },
      asker('admin'),
    );
    assert.ok(made.ok);
    const { id, nextCredential } = made.value;
    assert.equal(one.connections.all(idOf(1)).length, 0);
    await one.connections.keeper.tick();
    assert.equal(one.connections.keeper.find(id)?.life.state, 'NOT_CONNECTED', 'it waits');
    assert.match(nextCredential?.certificate ?? '', /BEGIN CERTIFICATE/);
    assert.doesNotMatch(JSON.stringify([...one.store.rows]), /PRIVATE KEY/);
    twin.microsoft365.apps.addCertificate(app, nextCredential?.certificate ?? '');
    const checked = await one.connections.desk.recheck(id, asker('admin'));
    assert.ok(checked.ok);
    assert.equal(checked.value.life.state, 'CONNECTED', JSON.stringify(checked.value.life));
    assert.equal(checked.value.credential?.kind, 'certificate');
  });

  test('a wrong secret is said; the id of a secret is recognised; the present credential goes on meanwhile', async () => {
    const one = await world();
    const app = await registration();
    const good = twin.microsoft365.apps.addSecret(app, 'good', inDays(300));
    const endsAt = new Date(inDays(300)).toISOString();
    const ask = { accountId: idOf(1), tenantId: initech, clientId: app.clientId, shareTenant: false };
    const id = await one.connections.desk.register(
      { ...ask, credential: { kind: 'secret', secret: good.id, endsAt } },
      asker('admin'),
    );
    assert.match((!id.ok && id.detail) || '', /id of a secret/);
    const first = await one.connections.desk.register(
      { ...ask, credential: { kind: 'secret', secret: 'not-the-secret', endsAt } },
      asker('admin'),
    );
    assert.ok(first.ok);
    assert.equal(first.value.life.reason, 'credential-refused');
    const second = await one.connections.desk.replaceRegistration(
      first.value.id,
      { credential: { kind: 'secret', secret: good.value, endsAt } },
      asker('admin'),
    );
    assert.ok(second.ok && second.value.life.state === 'CONNECTED', JSON.stringify(second));
    const third = await one.connections.desk.replaceRegistration(
      first.value.id,
      { credential: { kind: 'secret', secret: 'wrong-again', endsAt } },
      asker('admin'),
    );
    assert.ok(third.ok);
    assert.equal(third.value.life.state, 'CONNECTED');
    assert.ok(third.value.nextCredential, 'it waits');
  });

  test("N01: from the platform's app to an own one without losing what was chosen", async () => {
    const one = await world();
    const { id } = await connect(one);
    const before = one.connections.keeper.find(id);
    const app = await registration();
    const secret = twin.microsoft365.apps.addSecret(app, 'tandem', inDays(300));
    const outcome = await one.connections.desk.replaceRegistration(
      id,
      {
        clientId: app.clientId,
        credential: { kind: 'secret', secret: secret.value, endsAt: new Date(inDays(300)).toISOString() },
      },
      asker('admin'),
    );
    assert.ok(outcome.ok);
    assert.equal(outcome.value.kind, 'own-app');
    assert.equal(outcome.value.clientId, app.clientId);
    assert.equal(outcome.value.life.state, 'CONNECTED');
    assert.deepEqual(outcome.value.features, before?.features);
    assert.equal(one.connections.all(idOf(1))[0]?.clientId, app.clientId);
    assert.notEqual(one.connections.all(idOf(1))[0]?.graph, undefined);
  });
});

test('G25: what belongs to a feature that is off is not sent, although the token would let it through', async () => {
  const one = await world();
  const { id } = await connect(one);
  const [usable] = one.connections.all(idOf(1));
  assert.ok(usable);
  const ask = () => usable.graph.call('presences', { body: { ids: [] } });
  const refusalOf = (error: unknown) => (error as { message: string }).message;
  await one.connections.desk.changeFeatures(id, ['webhooks'], asker('admin'));
  assert.ok(one.connections.keeper.find(id)?.roles.includes('Presence.Read.All'), 'granted');
  assert.match(await ask().then(() => 'sent', refusalOf), /switched off/);
  const batch = usable.graph.batch([{ operation: 'presences', body: { ids: [] } }]);
  assert.match(String((await batch)[0]), /switched off/);
  await one.connections.desk.changeFeatures(id, ['presence'], asker('admin'));
  assert.doesNotMatch(await ask().then(() => 'sent', refusalOf), /switched off/);
});

test('what was previewed is what ends; the secret is forgotten, and the tenant can be connected again', async () => {
  const one = await world();
  const { id } = await connect(one);
  const preview = one.connections.desk.stops(id);
  assert.ok(preview.ok);
  assert.equal(preview.value.people, 3);
  await one.connections.desk.changeFeatures(id, [], asker('admin'));
  const outdated = await one.connections.desk.disconnect(
    id,
    { preview: preview.value.preview },
    asker('admin'),
  );
  assert.equal(!outdated.ok && outdated.code, 'preview-outdated');
  const now = one.connections.desk.stops(id);
  assert.ok(now.ok);
  const ended = await one.connections.desk.disconnect(id, { preview: now.value.preview }, asker('admin'));
  assert.ok(ended.ok && ended.value.life.state === 'DISCONNECTED');
  assert.equal(one.connections.all(idOf(1)).length, 0);
  const again = await connect(one);
  assert.equal(again.id, id);
  assert.equal(again.outcome.connection.life.state, 'CONNECTED');
});

test('N22: the tenant check counts what is there: licences by SKU and who is left at each step', async () => {
  const one = await world();
  const { id } = await connect(one);
  const board = createConnectionBoard({
    connections: one.connections,
    redirectUris: [],
    mails: { list: async () => [] },
    wall: () => Date.now(),
  });
  const check = await board.tenant(id);
  assert.ok(check.ok);
  const count = (step: string) => check.value.funnel.find((row) => row.step === step)?.count;
  assert.deepEqual(check.value.unread, []);
  assert.equal(count('users'), 6);
  assert.equal(count('licensed'), 6);
  // Ada and Ike have Teams without Teams Phone.
  assert.equal(count('phone-system'), 4);
  assert.ok(
    check.value.skus.some(({ teamsPhone, used }) => teamsPhone && used > 0),
    JSON.stringify(check.value.skus),
  );
  assert.equal(check.value.tenant.name, 'Initech');
});

test('a start without the database takes the connections from the copy on disk, which holds no secret', async () => {
  const file = join(folder, 'copy.json');
  const first = await world(new TestConnectionStore(), file);
  const { id } = await connect(first);
  await first.connections.stop();
  assert.doesNotMatch(readFileSync(file, 'utf8'), /PRIVATE KEY|"secret"/);
  first.store.away = true;
  const second = await world(first.store, file);
  assert.equal(second.connections.all(idOf(1))[0]?.connectionId, id);
  assert.match(second.problems[0] ?? '', /copy on disk/);
  first.store.away = false;
});

describe("a server's clock and Microsoft's that differ", () => {
  const minute = 60_000;
  const skew = (minutes: number): void => {
    twin.microsoft365.clock.skewMs = minutes * minute;
  };
  beforeEach(() => skew(0));
  after(() => skew(0));

  for (const [minutes, whose] of [
    // Our proofs are valid for ten minutes, and Microsoft allows five besides.
    [20, 'behind'],
    [-12, 'ahead of'],
  ] as const)
    test(`by ${minutes} minutes: the clock is named, not the certificate; it goes on by itself when the clock is right`, async () => {
      const one = await world();
      const { id } = await connect(one);
      skew(minutes);
      const refused = await one.connections.keeper.check(id);
      await one.connections.keeper.check(id);
      assert.deepEqual([refused?.life.state, refused?.life.reason], ['INTERRUPTED', 'clock-differs']);
      assert.match(one.mails.at(-1)?.text ?? '', /clock differs[\s\S]*NTP/);
      const named = one.problems.filter((what) => what.includes('clock'));
      assert.equal(named.length, 1, one.problems.join('\n'));
      assert.match(
        named[0] ?? '',
        new RegExp(`this server's clock is (?:11|12|19|20) min \\d+ s ${whose} Microsoft's`),
      );
      assert.ok(Math.abs((one.connections.apps.clock.aheadMs() ?? 0) - minutes * minute) < 2_000);
      skew(0);
      const back = await one.connections.keeper.check(id);
      assert.equal(back?.life.state, 'CONNECTED');
    });

  test('by four minutes: Microsoft allows it, the connection stays, and the operator is told', async () => {
    const one = await world();
    const { id } = await connect(one);
    skew(4);
    await one.connections.keeper.check(id);
    const kept = await one.connections.keeper.check(id);
    assert.equal(kept?.life.state, 'CONNECTED');
    assert.match(
      one.problems.at(-1) ?? '',
      /behind Microsoft's, which refuses sign-ins from five minutes on/,
    );
  });

  for (const minutes of [12, -4])
    test(`by ${minutes} minutes: a Retry-After as a date is waited for as long as Microsoft meant`, async () => {
      const one = await world();
      await connect(one);
      const [usable] = one.connections.all(idOf(1));
      assert.ok(usable);
      await usable.graph.call('organization');
      skew(minutes);
      await twin.faults.set({ at: 'graph', operation: 'organization', times: 1 }, '429-date');
      const began = performance.now();
      await usable.graph.call('organization');
      const waited = performance.now() - began;
      assert.ok(waited >= 1_000 && waited < 6_000, `${waited} ms`);
    });
});
