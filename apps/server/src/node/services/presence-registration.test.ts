import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { tenantCalendars } from '@tandem/adapters/graph/calendars.ts';
import type { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { tenantPresence } from '@tandem/adapters/graph/presences.ts';
import { type Account, asAccountId, asPersonId, type RoutingSnapshot } from '@tandem/domain';
import type { ConnectionFeature, DeskAsker, Mail, MicrosoftBack, StoredConnection } from '@tandem/engine';
import { TestConnectionStore, TestSignInAttempts } from '@tandem/engine/connection/test-connection-store.ts';
import type { AppRegistration } from '@tandem/simulator/entra/app-registration.ts';
import { TestBrowser } from '@tandem/simulator/testing/test-browser.ts';
import { TestGraph } from '@tandem/simulator/testing/test-graph.ts';
import { startTestTwin } from '@tandem/simulator/testing/test-twin.ts';
import type { Twin } from '@tandem/simulator/twin.ts';
import {
  graphAppClientId,
  graphPresenceAppClientId,
  rehearsalWorld,
} from '@tandem/simulator/world/rehearsal-world.ts';
import { type OpenConnections, openMicrosoftConnections } from './microsoft-connections.ts';
import { presencePeople } from './presence-people.ts';

/** G23, against the twin's Entra and Graph: what the tokens carry is what the twin saw, not what we believe. */
const company = rehearsalWorld.knownToMicrosoftOnly[0];
const initech = company?.entraTenantId ?? '';
const ada = company?.people[0]?.microsoft?.objectId ?? '';
const returnTo = 'http://127.0.0.1:26610/connect/callback';
const accountId = asAccountId('01930000-0000-7000-8000-000000000001');
const adaHere = asPersonId('01930000-0000-7000-8000-0000000000aa');
const admin: DeskAsker = {
  kind: 'user',
  name: 'admin',
  role: 'admin',
  address: '127.0.0.1',
  session: 'admin',
};
const presenceRoles = ['Presence.Read.All', 'Presence.ReadWrite.All'];
const dayMs = 86_400_000;

describe('presence by an app registration of its own (G23)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'presence-registration-'));
  const open: OpenConnections[] = [];
  let twin: Twin;
  let graph: TestGraph;
  let closeTwin: () => Promise<void>;
  let mainApp: AppRegistration;
  let presenceApp: AppRegistration;
  before(async () => {
    ({ twin, close: closeTwin } = await startTestTwin(26_840));
    graph = await TestGraph.open(twin);
    const found = [graphAppClientId, graphPresenceAppClientId].map((id) => twin.microsoft365.apps.find(id));
    assert.ok(found[0] && found[1]);
    [mainApp, presenceApp] = found as [AppRegistration, AppRegistration];
    // An operator who splits takes presence out of the first registration.
    const { application, delegated } = mainApp.permissions;
    mainApp.permissions = {
      application: [...application.filter((role) => !presenceRoles.includes(role)), 'Calendars.Read'],
      delegated,
    };
  });
  after(async () => {
    for (const one of open) {
      await one.stop();
      one.close();
    }
    rmSync(folder, { recursive: true, force: true });
    graph?.close();
    await closeTwin?.();
  });
  beforeEach(() => {
    for (const app of [mainApp, presenceApp]) twin.microsoft365.consents.forget(app, initech);
    twin.microsoft365.consents.settings.principalDelayMs = 0;
    twin.microsoft365.consents.settings.grantDelayMs = 0;
  });

  interface World {
    readonly connections: OpenConnections;
    readonly store: TestConnectionStore;
    readonly mails: Mail[];
  }
  async function world(graphPresenceClientId: string | undefined, store = new TestConnectionStore()) {
    const file = join(folder, randomUUID());
    const mails: Mail[] = [];
    const account = { id: accountId, name: 'Initech', status: 'active' } as Account;
    const connections = await openMicrosoftConnections({
      config: {
        certificateDir: twin.config.certificateDir,
        graphClientId: graphAppClientId,
        ...(graphPresenceClientId !== undefined && { graphPresenceClientId }),
        ports: { http: 26_610 },
        twin: { loginUrl: twin.ready.login, graphUrl: twin.ready.graph, caFile: twin.ready.ca } as never,
      },
      stores: { connections: store, signInAttempts: new TestSignInAttempts() },
      snapshot: () =>
        ({
          accounts: new Map([[accountId, account]]),
          people: new Map([[adaHere, { id: adaHere, accountId, upn: 'ada@initech.example' }]]),
        }) as unknown as RoutingSnapshot,
      clock: { now: () => performance.now(), wall: () => Date.now(), after: () => () => undefined },
      random: { fraction: () => 0.5, bytes: (count) => randomBytes(count) },
      mailer: { send: async (mail) => void mails.push(mail) },
      audit: { note: async () => undefined },
      onTry: () => undefined,
      readyPeople: () => 1,
      file,
      waitsFile: `${file}.waits`,
      digest: (text) => createHash('sha256').update(text).digest('base64url'),
      onProblem: () => undefined,
    });
    open.push(connections);
    return { connections, store, mails } satisfies World;
  }

  const backOf = (location: string | undefined): MicrosoftBack => ({
    state: '',
    ...Object.fromEntries(new URL(location ?? '').searchParams),
  });
  /** Grants 1 and 2 for the first registration, by Initech's Global Administrator. */
  async function connect({ connections: { desk } }: World, features: readonly ConnectionFeature[]) {
    const way = await desk.signIn({ accountId, returnTo, shareTenant: false, features }, admin);
    assert.ok(way.ok);
    const browser = new TestBrowser(graph);
    await browser.open(way.value.url);
    await browser.press('ada@initech.example');
    if (browser.page.location === undefined) await browser.press('Accept');
    const signedIn = await desk.complete(backOf(browser.page.location), admin, () => true);
    assert.ok(signedIn.ok, JSON.stringify(signedIn));
    const { id } = signedIn.value.connection;
    return { id, browser, outcome: await approve(desk, browser, id, 'main') };
  }
  async function approve(
    desk: OpenConnections['desk'],
    browser: TestBrowser,
    id: StoredConnection['id'],
    registration: 'main' | 'presence',
  ) {
    const way = await desk.consent(id, returnTo, admin, registration);
    assert.ok(way.ok, JSON.stringify(way));
    const app = registration === 'main' ? mainApp : presenceApp;
    assert.equal(new URL(way.value.url).searchParams.get('client_id'), app.clientId);
    await browser.open(way.value.url);
    if (browser.page.location === undefined) await browser.press('Accept');
    const outcome = await desk.complete(backOf(browser.page.location), admin, () => true);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value;
  }
  /** What the loops of presence have in hand: the way to Microsoft for a person's tenant. */
  function worker({ connections }: World) {
    const people = presencePeople({
      connections: { ...connections, objectIdOf: () => ada },
      snapshot: () =>
        ({
          accounts: new Map([[accountId, { id: accountId }]]),
          people: new Map([[adaHere, { id: adaHere, accountId, upn: 'ada@initech.example' }]]),
        }) as unknown as RoutingSnapshot,
    });
    people.refresh();
    const presence = people.graph.of(initech);
    assert.ok(presence);
    return presence;
  }
  /** Requests that Graph saw since: the operation, whose token it was and what that carried. */
  function seenSince(seq: number) {
    return twin.audit
      .find({ after: seq, kind: 'http' })
      .filter(({ where, app }) => where === 'graph' && app?.tenant === initech)
      .map(({ method, summary, app }) => ({
        presence: /presence/i.test(summary),
        request: `${method} ${/^\S+ (?:\/v1\.0)?([^?:]*)/.exec(summary)?.[1]}`,
        app: app?.clientId,
        carries: [...(app?.carries ?? [])].sort(),
      }));
  }
  const features: readonly ConnectionFeature[] = ['presence', 'presence-write', 'calendar'];
  const calendarSpan = [Date.now(), Date.now() + 3_600_000] as const;

  test('two approvals, and then no token of presence carries anything else, and no other token carries presence', async () => {
    const one = await world(graphPresenceAppClientId);
    const { id, browser, outcome } = await connect(one, features);
    assert.equal(outcome.connection.life.state, 'CONNECTED');
    assert.match(
      outcome.sentence,
      /Permission Presence\.Read\.All of the app registration for presence is missing/,
    );
    assert.equal(one.connections.mayUse(id, 'presence'), false);

    const approved = await approve(one.connections.desk, browser, id, 'presence');
    assert.equal(approved.step, 'done');
    assert.deepEqual([...(approved.connection.presence?.roles ?? [])].sort(), presenceRoles);
    assert.ok(one.connections.mayUse(id, 'presence-write') && one.connections.mayUse(id, 'calendar'));

    const begun = twin.audit.lastSeq;
    const presence = worker(one);
    assert.equal((await presence.read([ada])).is, 'read');
    const busy = { availability: 'Busy', activity: 'InACall', expirationDuration: 'PT5M' } as const;
    await presence.write(ada, { kind: 'setPresence', ...busy } as never);
    await presence.write(ada, { kind: 'clearPresence' } as never);
    const [usable] = one.connections.all(accountId);
    assert.ok(usable);
    assert.equal((await tenantCalendars(usable.graph).read([ada], ...calendarSpan)).is, 'read');
    await one.connections.desk.recheck(id, admin);
    await one.connections.keeper.tick();

    const seen = seenSince(begun);
    const ofPresence = seen.filter((request) => request.presence);
    assert.deepEqual(
      ofPresence.map(({ app, carries }) => [app, carries]),
      ofPresence.map(() => [graphPresenceAppClientId, presenceRoles]),
    );
    assert.deepEqual(
      ofPresence.map(({ request }) => request.replace(ada, '{id}')),
      [
        'POST /communications/getPresencesByUserId',
        'POST /users/{id}/presence/setPresence',
        'POST /users/{id}/presence/clearPresence',
      ],
    );
    const others = seen.filter((request) => !request.presence);
    assert.ok(others.some(({ request }) => request.includes('calendarView')));
    assert.ok(others.some(({ request }) => request.includes('organization')));
    for (const { app, carries, request } of others) {
      assert.equal(app, graphAppClientId, request);
      assert.ok(carries.includes('Calendars.Read') && !carries.join().includes('Presence'), request);
    }
  });

  test('what belongs to the other registration is not even sent, whatever a token would let through', async () => {
    const one = await world(graphPresenceAppClientId);
    const { id, browser } = await connect(one, features);
    await approve(one.connections.desk, browser, id, 'presence');
    // Somebody grants both to both.
    const roles = twin.microsoft365.consents.principal(mainApp, initech)?.roles ?? [];
    for (const app of [mainApp, presenceApp])
      twin.microsoft365.consents.setRoles(app, initech, [...new Set([...roles, ...presenceRoles])]);
    const after = await one.connections.desk.recheck(id, admin);
    assert.ok(after.ok);
    const [usable] = one.connections.all(accountId);
    assert.ok(usable?.presenceApp);
    const begun = twin.audit.lastSeq;
    const code = ({ code: found }: GraphError) => found === 'graph-missing-scope';
    await assert.rejects(usable.graph.call('presences', { body: { ids: [ada] } }), code);
    await assert.rejects(usable.presenceApp.graph.call('organization'), code);
    const calendars = await tenantCalendars(usable.presenceApp.graph).read([ada], ...calendarSpan);
    assert.notEqual(calendars.is, 'read');
    assert.deepEqual(seenSince(begun), []);
  });

  test('presence loses a permission or its app: named and mailed for that registration, everything else goes on', async () => {
    const one = await world(graphPresenceAppClientId);
    const { id, browser } = await connect(one, features);
    await approve(one.connections.desk, browser, id, 'presence');
    const { consents } = twin.microsoft365;
    consents.withdraw(presenceApp, initech, { application: ['Presence.ReadWrite.All'], delegated: [] });
    const lost = await one.connections.desk.recheck(id, admin);
    assert.ok(lost.ok && lost.value.life.state === 'CONNECTED');
    assert.ok(one.connections.mayUse(id, 'presence') && !one.connections.mayUse(id, 'presence-write'));
    assert.match(one.mails[0]?.subject ?? '', /Presence of Microsoft 365 needs attention/);
    assert.match(one.mails[0]?.text ?? '', /Presence\.ReadWrite\.All of the app registration for presence/);
    consents.forget(presenceApp, initech);
    const gone = await one.connections.desk.recheck(id, admin);
    assert.ok(gone.ok && gone.value.presence?.trouble === 'app-removed');
    assert.equal(gone.value.life.state, 'CONNECTED');
    assert.equal(one.connections.mayUse(id, 'presence'), false);
    assert.ok(one.connections.mayUse(id, 'calendar'));
    assert.equal(one.mails.length, 1, 'it was said once');
    const back = await approve(one.connections.desk, browser, id, 'presence');
    assert.equal(back.step, 'done');
    assert.match(one.mails[1]?.subject ?? '', /Presence of Microsoft 365 works again/);
  });

  test('a connection from before goes on by one registration until its administrator approves the second', async () => {
    const { consents } = twin.microsoft365;
    const before = await world(undefined);
    const { id, browser } = await connect(before, features);
    const roles = consents.principal(mainApp, initech)?.roles ?? [];
    consents.setRoles(mainApp, initech, [...roles, ...presenceRoles]);
    await before.connections.desk.recheck(id, admin);
    const one = await world(graphPresenceAppClientId, before.store);
    const begun = twin.audit.lastSeq;
    assert.equal((await worker(one).read([ada])).is, 'read');
    assert.deepEqual(
      seenSince(begun).map(({ app }) => app),
      [graphAppClientId],
    );
    await approve(one.connections.desk, browser, id, 'presence');
    const later = twin.audit.lastSeq;
    assert.equal((await worker(one).read([ada])).is, 'read');
    assert.deepEqual(
      seenSince(later).map(({ app, carries }) => [app, carries]),
      [[graphPresenceAppClientId, presenceRoles]],
    );
    // The operator gives the second registration up again: the first does everything.
    const alone = await world(undefined, before.store);
    assert.equal(alone.connections.keeper.find(id)?.presence, undefined);
    assert.ok(alone.connections.mayUse(id, 'presence'));
  });

  test('a customer brings one: taken once Microsoft takes it, sealed, reminded of its end, and given up again', async () => {
    const { apps, consents } = twin.microsoft365;
    const one = await world(undefined);
    const { id } = await connect(one, features);
    const own = apps.register({
      displayName: 'Initech presence',
      homeTenantId: initech,
      multiTenant: false,
      redirectUris: [],
      permissions: { application: [], delegated: [] },
    });
    consents.setRoles(own, initech, presenceRoles);
    const ends = Date.now() + 20 * dayMs;
    const { value } = apps.addSecret(own, 'tandem', ends);
    const ask = (clientId: string, secret: string) =>
      one.connections.desk.setPresenceRegistration(
        id,
        { clientId, credential: { kind: 'secret', secret, endsAt: new Date(ends).toISOString() } },
        admin,
      );
    for (const [clientId, secret, why] of [
      [own.clientId, 'no-such-secret-at-all', /secret|credential/i],
      [graphAppClientId, value, /app of the platform/],
    ] as const) {
      const refused = await ask(clientId, secret);
      assert.ok(!refused.ok && refused.code === 'credential-invalid', JSON.stringify(refused));
      assert.match(refused.detail ?? '', why);
      assert.equal(one.connections.keeper.find(id)?.presence, undefined, 'nothing changed');
    }
    const taken = await ask(own.clientId, value);
    assert.ok(taken.ok, JSON.stringify(taken));
    assert.ok(one.connections.mayUse(id, 'presence-write'));
    const begun = twin.audit.lastSeq;
    assert.equal((await worker(one).read([ada])).is, 'read');
    assert.deepEqual(
      seenSince(begun).map(({ app, carries }) => [app, carries]),
      [[own.clientId, presenceRoles]],
    );
    await one.connections.keeper.tick();
    await one.connections.keeper.tick();
    assert.deepEqual(
      one.mails.map(({ subject }) => /secret for presence of Microsoft 365 ends on/.test(subject)),
      [true],
    );
    assert.equal(
      one.connections.keeper.find(id)?.life.state,
      'CONNECTED',
      'the other credential is not about to end',
    );
    assert.ok(!JSON.stringify([one.mails, [...one.store.rows]]).includes(value));
    const dropped = await one.connections.desk.dropPresenceRegistration(id, admin);
    assert.ok(dropped.ok && dropped.value.presence === undefined);
    assert.equal(one.store.secrets.has(`${id} presence`), false);
    const [usable] = one.connections.all(accountId);
    assert.ok(usable && usable.presenceApp === undefined);
    assert.equal((await tenantPresence(usable.graph, usable.clientId).read([ada])).is, 'refused');
  });
});
