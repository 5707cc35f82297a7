import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphReceiver } from '@tandem/adapters/graph-notifications/receiver.ts';
import { SubscriptionBook } from '@tandem/adapters/graph-notifications/subscription-book.ts';
import {
  type Account,
  asAccountId,
  asConnectionId,
  asPersonId,
  type Person,
  type PersonId,
  type RoutingSnapshot,
} from '@tandem/domain';
import {
  type AuditEntry,
  chosenFeatures,
  type Mail,
  type OwnAsker,
  type OwnReturn,
  type PresencePolicies,
  samePolicyForAll,
  syncedBothWays,
} from '@tandem/engine';
import { TestConnectionStore, TestSignInAttempts } from '@tandem/engine/connection/test-connection-store.ts';
import { TestSignInStore } from '@tandem/engine/own-connection/test-sign-in-store.ts';
import { TestBrowser } from '@tandem/simulator/testing/test-browser.ts';
import { acmeId as acmeTenant, TestGraph } from '@tandem/simulator/testing/test-graph.ts';
import { startTestTwin } from '@tandem/simulator/testing/test-twin.ts';
import type { Twin } from '@tandem/simulator/twin.ts';
import { graphAppClientId } from '@tandem/simulator/world/rehearsal-world.ts';
import Fastify from 'fastify';
import { type OpenConnections, openMicrosoftConnections } from '../microsoft-connections.ts';
import { type OwnConnections, openOwnConnections } from '../own-connections.ts';
import { createPresence, type Presence } from '../presence.ts';
import { type Accelerator, createAccelerator } from '../presence-accelerator.ts';
import { noMemory } from './presence-store.ts';

const returnTo = 'http://127.0.0.1:26610/connect/callback';
export const acme = asAccountId('01930000-0000-7000-8000-000000000001');

/** Time that goes on by itself, and faster when told to: Microsoft's and ours alike. */
class Time {
  #shiftMs = 0;
  #timers = new Set<{ readonly atMs: number; readonly fire: () => void; real: NodeJS.Timeout }>();
  readonly #twin: Twin;

  constructor(twin: Twin) {
    this.#twin = twin;
  }

  now = (): number => performance.now() + this.#shiftMs;
  wall = (): number => Date.now() + this.#shiftMs;
  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { atMs: this.now() + ms, fire, real: setTimeout(() => this.#fire(timer), ms) };
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer.real);
      this.#timers.delete(timer);
    };
  };

  /** What falls due happens, in its order, and what is asked because of it is answered. */
  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.#shiftMs += Math.min(stepMs, left);
      this.#twin.microsoft365.advance(Math.min(stepMs, left));
      const due = [...this.#timers].filter(({ atMs }) => atMs <= this.now()).sort((a, b) => a.atMs - b.atMs);
      for (const timer of due) this.#fire(timer);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }

  async until(isSo: () => boolean, what: string, mostMs = 120_000): Promise<number> {
    const begun = this.now();
    const stepMs = mostMs > 120_000 ? 5_000 : 250;
    while (!isSo()) {
      if (this.now() - begun > mostMs) assert.fail(`still not: ${what}`);
      await this.pass(stepMs, stepMs);
    }
    return this.now() - begun;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer.real);
    this.#timers.clear();
  }

  #fire(timer: { readonly fire: () => void; real: NodeJS.Timeout } & { readonly atMs: number }): void {
    clearTimeout(timer.real);
    if (this.#timers.delete(timer)) timer.fire();
  }
}

export interface OwnWorld {
  readonly twin: Twin;
  readonly graph: TestGraph;
  readonly time: Time;
  readonly connections: OpenConnections;
  readonly own: OwnConnections;
  readonly presence: Presence;
  readonly store: TestSignInStore;
  readonly mails: Mail[];
  readonly audit: AuditEntry[];
  readonly problems: string[];
  person(name: string): Person;
  asker(name: string, change?: Partial<OwnAsker>): OwnAsker;
  readonly admin: OwnAsker;
  /** In a browser at Microsoft, as this user. */
  visit(url: string, upn: string): Promise<OwnReturn>;
  /** The person's own way, whole, as the user of that name there. */
  connect(name: string, as?: string): ReturnType<OwnConnections['desk']['complete']>;
  /** Requests that reached Graph, as method and path. */
  asked(): readonly string[];
  talk(name: string, callId: string): void;
  readonly accelerator: Accelerator;
  readonly book: SubscriptionBook;
  /** What was made of what Microsoft told. */
  readonly told: string[];
  /** An accelerator given by the administrator, as this user at Microsoft. */
  speedUp(as: string): ReturnType<OwnConnections['desk']['complete']>;
  close(): Promise<void>;
}

/**
 * A node's own connections and presence against the twin, over https. Acme has its people, and an approved connection of the
 * organisation when `organisation` says so.
 */
export async function openOwnWorld(
  rtpFirst: number,
  options: {
    readonly organisation?: boolean;
    readonly policies?: PresencePolicies;
    readonly names?: readonly string[];
  } = {},
): Promise<OwnWorld> {
  const { twin, close } = await startTestTwin(rtpFirst, { plainNotificationUrls: true });
  const graph = await TestGraph.open(twin);
  const time = new Time(twin);
  const mails: Mail[] = [];
  const audit: AuditEntry[] = [];
  const problems: string[] = [];
  const account: Account = {
    id: acme,
    name: 'Acme',
    status: 'active',
    sbcHosts: [],
    mailDomains: ['acme.example'],
    country: 'US',
    timeZone: 'UTC',
    unknownCaller: 'reject',
    carriers: [],
    noAnswerSeconds: 20,
  };
  const names = options.names ?? ['dana', 'alex'];
  const userOf = (name: string) => {
    const found = twin.directory.user(`${name}@acme.example`);
    assert.ok(found, name);
    return found.user;
  };
  const people = new Map<PersonId, Person>(
    names.map((name) => {
      const id = asPersonId(randomUUID());
      const upn = `${name}@acme.example`;
      const { displayName } = userOf(name);
      const facts = { numbers: [], active: true, teamsToggle: false, platformLicence: true };
      return [id, { id, accountId: acme, displayName, upn, ...facts }];
    }),
  );
  const person = (name: string): Person => {
    const found = [...people.values()].find(({ upn }) => upn === `${name}@acme.example`);
    assert.ok(found, name);
    return found;
  };
  const snapshot = { accounts: new Map([[acme, account]]), people } as unknown as RoutingSnapshot;
  const connectionStore = new TestConnectionStore();
  const attempts = new TestSignInAttempts();
  if (options.organisation)
    await connectionStore.create({
      id: asConnectionId('01930000-0000-7000-8000-0000000000c1'),
      accountId: acme,
      entraTenantId: acmeTenant,
      domains: ['acme.example'],
      kind: 'platform-app',
      clientId: graphAppClientId,
      features: chosenFeatures(['presence', 'presence-write']),
      roles: [],
      roleUses: {},
      life: { state: 'CONNECTED', sinceWallMs: time.wall(), answeredWallMs: time.wall() },
      connectedWallMs: time.wall(),
      createdWallMs: time.wall(),
      version: 1,
    });
  const common = {
    snapshot: () => snapshot,
    clock: time,
    random: { fraction: () => 0.5, bytes: (count: number) => randomBytes(count) },
    mailer: { send: async (mail: Mail) => void mails.push(mail) },
    audit: { note: async (entry: AuditEntry) => void audit.push(entry) },
    onTry: () => undefined,
    onProblem: (what: string) => void problems.push(what),
  };
  const connections = await openMicrosoftConnections({
    ...common,
    clock: { now: time.now, after: time.after, wall: () => Date.now() },
    config: {
      certificateDir: twin.config.certificateDir,
      graphClientId: graphAppClientId,
      ports: { http: 26_610 },
      twin: { loginUrl: twin.ready.login, graphUrl: twin.ready.graph, caFile: twin.ready.ca } as never,
    },
    stores: { connections: connectionStore, signInAttempts: attempts },
    readyPeople: () => 0,
    file: join(tmpdir(), `own-${randomUUID()}`),
    waitsFile: join(tmpdir(), `own-waits-${randomUUID()}`),
    digest: (text) => text,
  });
  await connections.keeper.tick();
  // With an organisation's connection its directory says who is who.
  const objectIdOf = (personId: PersonId): string | undefined => {
    const one = options.organisation ? people.get(personId) : undefined;
    return one && twin.directory.user(one.upn)?.user.objectId;
  };
  const store = new TestSignInStore();
  const own = await openOwnConnections({
    ...common,
    stores: { ownSignIns: store, signInAttempts: attempts },
    connections,
    links: { objectIdOf, holderOf: () => undefined },
    shownAs: (one) => one.upn,
    snapshots: { current: () => snapshot, onChange: () => () => undefined },
    newId: randomUUID,
    twinMode: true,
    portal: 'http://127.0.0.1:26610',
    holds: (personId) => presence.holds(personId),
  });
  const presence: Presence = createPresence({
    clock: time,
    snapshot: () => snapshot,
    connections: { ...connections, objectIdOf, onLinks: () => () => undefined },
    own,
    leases: {
      hold: async () => ({ held: true }),
      drop: async () => undefined,
      listForPlatform: async () => [],
    },
    preferred: {
      hold: async () => ({ held: true }),
      drop: async () => undefined,
      listForPlatform: async () => [],
    },
    policies: own.policiesBut(options.policies ?? samePolicyForAll(syncedBothWays)),
    interruptedSince: (personId) => own.interruptedSince(personId) || undefined,
    ...noMemory(),
    feed: { watched: false, publish: () => undefined },
    metrics: {
      written: () => undefined,
      read: () => undefined,
      changed: () => undefined,
      readAges: () => undefined,
      unseen: () => undefined,
      journalLost: () => undefined,
    },
    onProblem: (what) => problems.push(what),
  });
  const book = new SubscriptionBook();
  const told: string[] = [];
  const app = Fastify({ logger: false, forceCloseConnections: true });
  await graphReceiver({
    book,
    journal: { append: async () => undefined },
    wall: time.wall,
    onHint: (connectionId, hint) => accelerator.hint(connectionId, hint),
    onContent: (connectionId, post) => accelerator.content(connectionId, post),
    onResult: (result) => told.push(result),
  })(app);
  const publicUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  const { endpoints, https } = connections.apps;
  const accelerator: Accelerator = createAccelerator({
    keeper: own.keeper,
    graphOf: own.graphOf,
    onChange: own.onChange,
    people: presence.people,
    policies: options.policies ?? samePolicyForAll(syncedBothWays),
    snapshot: () => snapshot,
    book,
    clock: time,
    endpoints,
    https,
    clientId: graphAppClientId,
    publicUrl: () => publicUrl,
    ...presence.told,
    onResult: (result) => told.push(result),
    onProblem: (what) => problems.push(what),
  });
  own.start();
  presence.start();
  accelerator.start();

  const admin: OwnAsker = {
    kind: 'user',
    name: 'admin@acme.example',
    role: 'admin',
    session: 'session of the admin',
    setsUp: (accountId) => accountId === acme,
  };
  const asker = (name: string, change: Partial<OwnAsker> = {}): OwnAsker => ({
    kind: 'user',
    name: `${name}@acme.example`,
    role: 'user',
    session: `session of ${name}`,
    personId: person(name).id,
    setsUp: () => false,
    ...change,
  });
  const visit = async (url: string, upn: string): Promise<OwnReturn> => {
    const browser = new TestBrowser(graph);
    await browser.open(url);
    // The account that is expected is offered alone; others are a click away.
    for (let step = 0; step < 4 && browser.page.location === undefined; step++) {
      const { html } = browser.page;
      const expected = /Sign in as ([^<]*)</.exec(html)?.[1];
      if (expected !== undefined) await browser.press(expected === upn ? 'Sign in' : 'Use another');
      else await browser.press(html.includes('Accept') ? 'Accept' : upn);
    }
    assert.ok(browser.page.location, browser.page.html);
    return { state: '', ...Object.fromEntries(new URL(browser.page.location).searchParams) };
  };
  return {
    twin,
    graph,
    time,
    connections,
    own,
    presence,
    store,
    mails,
    audit,
    problems,
    person,
    asker,
    admin,
    visit,
    async connect(name, as = name) {
      const way = await own.desk.begin(person(name), { returnTo }, asker(name));
      assert.ok(way.ok, JSON.stringify(way));
      return await own.desk.complete(await visit(way.value.url, `${as}@acme.example`), asker(name));
    },
    asked: () =>
      twin.audit
        .find({ kind: 'http' })
        .filter(({ where }) => where === 'graph')
        .map(({ summary }) => summary),
    talk(name, callId) {
      const party = { leg: 'b', accountId: acme, personId: person(name).id, endpoint: 'platform' } as const;
      presence.callChanged({ callId, parties: () => [party] });
    },
    accelerator,
    book,
    told,
    async speedUp(as) {
      const way = await own.desk.beginAccelerator(acme, returnTo, admin);
      assert.ok(way.ok, JSON.stringify(way));
      return await own.desk.complete(await visit(way.value.url, `${as}@acme.example`), admin);
    },
    async close() {
      await accelerator.stop();
      await app.close();
      await presence.stop();
      own.stop();
      time.stop();
      await connections.stop();
      connections.close();
      graph.close();
      await close();
    },
  };
}
