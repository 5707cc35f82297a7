import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { httpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { msalTokenProvider } from '@tandem/adapters/graph/msal-token-provider.ts';
import type { DirectoryMetrics } from '@tandem/adapters/http/directory-metrics.ts';
import type { Account, E164, Person, PersonId, RoutingSnapshot } from '@tandem/domain';
import { asAccountId, asConnectionId, asPersonId } from '@tandem/domain';
import type { AuditEntry, ConnectionFeature, Mail } from '@tandem/engine';
import { acmeId, TestGraph } from '@tandem/simulator/testing/test-graph.ts';
import { startTestTwin } from '@tandem/simulator/testing/test-twin.ts';
import type { Twin } from '@tandem/simulator/twin.ts';
import { graphAppClientId } from '@tandem/simulator/world/rehearsal-world.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Directory, openDirectory } from './directory.ts';
import type { MicrosoftConnection } from './microsoft-connections.ts';

/** The directory of a node against the twin: real tokens, real delta queries, real notifications over HTTP. */

const accountId = asAccountId('01930000-0000-7000-8000-00000000ac3e');
const connectionId = asConnectionId('01930000-0000-7000-8000-00000000c011');
const personId = (n: number): PersonId => asPersonId(`01930000-0000-7000-8000-00000000000${n}`);

let twin: Twin;
let closeTwin: () => Promise<void>;
let graph: TestGraph;
let folder: string;
before(async () => {
  ({ twin, close: closeTwin } = await startTestTwin(26_800, { plainNotificationUrls: true }));
  graph = await TestGraph.open(twin);
  folder = await mkdtemp(join(tmpdir(), 'directory-'));
});
after(async () => {
  graph.close();
  await closeTwin();
  await rm(folder, { recursive: true });
});

const person = (n: number, upn: string, change: Partial<Person> = {}): Person => ({
  id: personId(n),
  accountId,
  displayName: upn.split('@')[0] ?? '',
  upn,
  mail: upn,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...change,
});

interface Node {
  readonly directory: Directory;
  readonly app: FastifyInstance;
  readonly operations: string[];
  readonly audited: AuditEntry[];
  readonly mails: Mail[];
  readonly results: Map<string, number>;
  readonly graph: GraphClient;
  /** The account's admin chooses what the connection may be used for. */
  choose(...features: ConnectionFeature[]): void;
  /** The account's admin ends the connection. */
  endConnection(): void;
  stop(): Promise<void>;
}

async function startNode(dir: string, people: readonly Person[], withUrl = true): Promise<Node> {
  const [certificate, privateKey, ca] = await Promise.all([
    readFile(join(twin.config.certificateDir, 'graph-app.cert.pem'), 'utf8'),
    readFile(join(twin.config.certificateDir, 'graph-app.key.pem'), 'utf8'),
    readFile(twin.ready.ca, 'utf8'),
  ]);
  const https = httpsExchange({ ca });
  const operations: string[] = [];
  const endpoints = { login: twin.ready.login, graph: twin.ready.graph };
  const tokens = msalTokenProvider({
    endpoints,
    twinMode: true,
    clientId: graphAppClientId,
    credential: { kind: 'certificate', certificate, privateKey },
    https,
  });
  const client = new GraphClient({
    graph: endpoints.graph,
    entraTenantId: acmeId,
    tokens,
    https,
    clock: { wall: Date.now, sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()) },
    random: () => 0.5,
    onTry: ({ operation, status }) => operations.push(`${operation} ${status}`),
  });
  let connection: MicrosoftConnection = {
    connectionId,
    accountId,
    tenantId: acmeId,
    clientId: graphAppClientId,
    graph: client,
    domains: ['acme.example'],
  };
  const account = { id: accountId, name: 'Acme', country: 'US' } as unknown as Account;
  const snapshot = {
    accounts: new Map([[accountId, account]]),
    people: new Map(people.map((one) => [one.id, one])),
  } as unknown as RoutingSnapshot;
  const audited: AuditEntry[] = [];
  const mails: Mail[] = [];
  const results = new Map<string, number>();
  const metrics: DirectoryMetrics = {
    run: () => undefined,
    changes: () => undefined,
    comparison: (result) => results.set(`comparison ${result}`, 1),
    received: (result, items) => results.set(result, (results.get(result) ?? 0) + items),
    subscription: (resource, state) => results.set(`${resource} ${state}`, 1),
    readDirectories: () => undefined,
  };
  let url: string | undefined;
  let ended = false;
  let connectionsChanged: () => void = () => undefined;
  const directory = await openDirectory({
    connections: {
      all: () => (ended ? [] : [connection]),
      ofPerson: () => connection,
      objectIdOf: () => undefined,
      onChange(heard) {
        connectionsChanged = heard;
        return () => undefined;
      },
    },
    snapshots: { current: () => snapshot, onChange: () => () => undefined },
    clock: {
      now: () => performance.now(),
      wall: Date.now,
      after(ms, fire) {
        const timer = setTimeout(fire, ms).unref();
        return () => clearTimeout(timer);
      },
    },
    random: () => 0.5,
    dir,
    publicUrl: () => url,
    audit: {
      async note(entry) {
        audited.push(entry);
      },
    },
    mailer: {
      async send(mail) {
        mails.push(mail);
      },
    },
    metrics: () => metrics,
    onProblem: (what) => problems.push(what),
  });
  const problems: string[] = [];
  const app = Fastify({ logger: false, forceCloseConnections: true });
  await directory.receiver(app);
  const at = await app.listen({ host: '127.0.0.1', port: 0 });
  if (withUrl) url = at;
  return {
    directory,
    app,
    operations,
    audited,
    mails,
    results,
    graph: client,
    choose(...features) {
      connection = { ...connection, features };
      connectionsChanged();
    },
    endConnection() {
      ended = true;
      connectionsChanged();
    },
    async stop() {
      await directory.stop();
      await app.close();
      https.close();
      assert.deepEqual(problems, []);
    },
  };
}

/** Waits for a state; what it waits for is real. */
async function until(what: () => boolean, why: string): Promise<void> {
  const giveUp = Date.now() + 20_000;
  while (!what()) {
    if (Date.now() > giveUp) assert.fail(`never: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const group = (): string => twin.directory.tenant(acmeId)?.enableGroupId ?? '';
const user = (upn: string) => {
  const found = twin.directory.user(upn);
  assert.ok(found, upn);
  return found.user;
};
const viewOf = ({ directory }: Node) => {
  const view = directory.viewOf(connectionId);
  assert.ok(view);
  return view;
};

describe('the directory of a node against the twin', () => {
  test('it reads everybody once, is told of a change within seconds, and goes on by delta after a restart', async () => {
    const dir = join(folder, 'whole');
    const first = await startNode(dir, [person(1, 'dana@acme.example')]);
    const view = viewOf(first);
    view.followGroups([group()]);
    first.directory.start();
    await until(() => view.readAtWallMs.groups !== undefined, 'read completely');
    const dana = user('dana@acme.example');
    const seen = view.user(dana.objectId);
    assert.ok(seen !== 'unread' && seen);
    assert.equal(seen.upn, 'dana@acme.example');
    assert.equal(seen.enabled, true);
    assert.ok(seen.plans !== 'unread' && seen.plans.length > 0);
    const member = view.membership([group()], dana.objectId);
    assert.ok(member !== 'unread' && member.member);
    const everybody = [...(twin.directory.tenant(acmeId)?.users.values() ?? [])];
    assert.equal([...view.users()].length, everybody.length);

    await until(
      () => first.results.has('users created') && first.results.has('groups created'),
      'subscribed',
    );
    const [state] = first.directory.board.states(accountId);
    assert.equal(state?.notifications.state, 'active');
    assert.equal(state?.people, everybody.length);
    // Readings right after the creation of the subscriptions are over.
    await until(() => !first.directory.board.states(accountId)[0]?.reading, 'quiet');
    const changed = new Promise<ReadonlySet<string> | 'all'>((resolve) => view.onChange(resolve));
    twin.directory.change(dana, { displayName: 'Dana Renamed' });
    assert.ok(first.operations.filter((one) => one.startsWith('usersDelta')).length < 10);
    const told = await changed;
    assert.ok(told === 'all' || told.has(dana.objectId.toLowerCase()));
    const now = view.user(dana.objectId);
    assert.equal(now !== 'unread' && now?.displayName, 'Dana Renamed');
    await until(() => (first.results.get('accepted') ?? 0) > 0, 'a notification');
    // G07: whose mobile calls, by what Microsoft tells of; of nobody else's people.
    const mobile = '+447700900142' as E164;
    assert.equal(first.directory.callerNames.nameOf(accountId, mobile), undefined);
    twin.directory.change(dana, { mobilePhone: '+44 7700 900142' });
    const named = () => first.directory.callerNames.nameOf(accountId, mobile) === 'Dana Renamed';
    await until(named, 'the name of a mobile');
    assert.equal(first.directory.callerNames.nameOf(asAccountId('globex'), mobile), undefined);
    twin.directory.change(dana, { mobilePhone: null });
    await until(() => !named(), 'the mobile taken away');
    await first.stop();

    twin.directory.change(dana, { displayName: 'Dana Fields' });
    const again = await startNode(dir, []);
    const restored = viewOf(again);
    const before = restored.user(dana.objectId);
    assert.equal(before !== 'unread' && before?.displayName, 'Dana Renamed', 'there before anything is read');
    again.directory.start();
    await until(() => {
      const one = restored.user(dana.objectId);
      return one !== 'unread' && one?.displayName === 'Dana Fields';
    }, 'the change that came while nobody ran');
    assert.ok(!again.results.has('users created'), 'the subscriptions are still ours');
    const ended = () => again.operations.filter((one) => one === 'deleteSubscription 204').length;
    const subscribed = () => again.directory.readings()[0]?.subscriptions !== 'polling';
    again.choose('provisioning', 'webhooks');
    await again.directory.forgetNotifications(connectionId);
    assert.ok(subscribed() && ended() === 0, 'on again meanwhile: Microsoft goes on telling');
    again.choose('provisioning');
    await again.directory.forgetNotifications(connectionId);
    assert.equal(ended(), 2, 'switched off: Microsoft tells nobody any more');
    again.choose('provisioning', 'presence');
    assert.equal(subscribed(), false, 'and nobody asks it to');
    again.choose('provisioning', 'webhooks');
    await until(() => again.results.has('users created') && again.results.has('groups created'), 'on again');
    again.endConnection();
    await until(() => ended() === 4, 'an ended connection: Microsoft tells nobody any more');
    await again.stop();
  });

  test('a group in a group in a group, somebody who comes and goes, a user who is deleted and restored', async () => {
    const tenant = twin.directory.tenant(acmeId);
    assert.ok(tenant);
    const node = await startNode(join(folder, 'groups'), [], false);
    const view = viewOf(node);
    const inner = twin.directory.addGroup(tenant, { id: randomUUID(), displayName: 'Inner' });
    const outer = twin.directory.addGroup(tenant, {
      id: randomUUID(),
      displayName: 'Outer',
      nested: [inner.id],
    });
    const devin = user('devin@acme.example');
    twin.directory.change(devin, { groups: [...devin.groups, inner.id] });
    view.followGroups([outer.id]);
    node.directory.start();
    await until(() => view.readAtWallMs.groups !== undefined, 'read');
    const seen = view.membership([outer.id], devin.objectId);
    assert.ok(seen !== 'unread' && seen.member);
    assert.deepEqual(
      seen.via.map(({ name }) => name),
      ['Inner'],
    );
    const [state] = node.directory.board.states(accountId);
    assert.equal(state?.notifications.state, 'polling');
    const shown = node.directory.board.membership(person(2, 'devin@acme.example'));
    assert.equal(shown.status, 'member');
    assert.equal(shown.sentence, 'Member of Outer via Inner.');

    twin.directory.change(devin, { groups: devin.groups.filter((id) => id !== inner.id) });
    twin.directory.softDelete(tenant, devin);
    await view.refresh(0);
    const gone = view.user(devin.objectId);
    assert.ok(gone !== 'unread' && gone?.deletedOn !== undefined);
    const out = view.membership([outer.id], devin.objectId);
    assert.ok(out !== 'unread' && !out.member);
    twin.directory.restore(tenant, devin);
    await view.refresh(0);
    const back = view.user(devin.objectId);
    assert.ok(back !== 'unread' && back && back.deletedOn === undefined);
    await node.stop();
  });

  test('the API: people by name, groups to choose from, what does not fit, each with its hint', async () => {
    const node = await startNode(
      join(folder, 'board'),
      [person(1, 'dana@acme.example'), person(2, 'nobody@acme.example')],
      false,
    );
    const view = viewOf(node);
    view.followGroups([group()]);
    node.directory.start();
    await until(() => view.readAtWallMs.groups !== undefined, 'read');
    const { board } = node.directory;
    const found = board.people(accountId, 'dana', 10);
    assert.ok(found.items.some(({ upn }) => upn === 'dana@acme.example'));
    const groups = await board.groups(accountId, 'Teams', 10);
    const chosen = groups.items.find(({ objectId }) => objectId === group().toLowerCase());
    assert.equal(chosen?.followed, true);
    assert.ok((chosen?.people ?? 0) > 0);
    const { items, matched } = board.mismatches(accountId, [
      person(1, 'dana@acme.example'),
      person(2, 'nobody@acme.example'),
    ]);
    assert.equal(matched, 1);
    assert.ok(
      items.some((one) => one.kind === 'missing-at-microsoft' && one.person?.upn === 'nobody@acme.example'),
    );
    assert.ok(items.some((one) => one.kind === 'missing-here'));
    assert.equal(await board.decide(accountId, 'nothing', 'confirm', { kind: 'user', name: 'alex' }), false);
    await node.stop();
  });

  test('a group emptied by mistake waits for an admin, whose decision is noted', async () => {
    const tenant = twin.directory.tenant(acmeId);
    assert.ok(tenant);
    const crowd = twin.directory.addGroup(tenant, { id: randomUUID(), displayName: 'Crowd' });
    const members = [...tenant.users.values()].slice(0, 12);
    for (const one of members) twin.directory.change(one, { groups: [...one.groups, crowd.id] });
    const node = await startNode(join(folder, 'guard'), [], false);
    const view = viewOf(node);
    view.followGroups([crowd.id]);
    view.protect(new Set(members.map(({ objectId }) => objectId)), { least: 5, most: 50, percent: 20 });
    node.directory.start();
    await until(() => view.readAtWallMs.groups !== undefined, 'read');
    for (const one of members)
      twin.directory.change(one, { groups: one.groups.filter((id) => id !== crowd.id) });
    await view.refresh(0);
    const [held] = node.directory.board.states(accountId)[0]?.held ?? [];
    assert.ok(held);
    const living = members.filter(({ accountEnabled }) => accountEnabled !== undefined).length;
    assert.equal(held.total, living);
    assert.ok(held.people.every(({ displayName }) => displayName !== ''));
    assert.match(node.mails[0]?.subject ?? '', /^\d+ of 12 people would lose/);
    const confirmed: ReadonlySet<string>[] = [];
    node.directory.onConfirmed((_connection, objectIds) => confirmed.push(objectIds));
    const alex = { kind: 'user', name: 'alex' } as const;
    assert.equal(await node.directory.board.decide(accountId, held.id, 'confirm', alex), true);
    assert.equal(node.audited[0]?.action, 'directory.confirm');
    assert.equal(confirmed[0]?.size, living);
    const one = view.membership([crowd.id], members[0]?.objectId ?? '');
    assert.ok(one !== 'unread' && !one.member);
    await node.stop();
  });

  test('the group is deleted: whoever calls by it stays, across a restart too, and the restored group heals all of it', async () => {
    const tenant = twin.directory.tenant(acmeId);
    assert.ok(tenant);
    const voice = twin.directory.addGroup(tenant, { id: randomUUID(), displayName: 'Voice' });
    const members = [...tenant.users.values()].slice(0, 12);
    for (const one of members) twin.directory.change(one, { groups: [...one.groups, voice.id] });
    const dir = join(folder, 'deleted-group');
    const ids = new Set(members.map(({ objectId }) => objectId));
    const limits = { least: 5, most: 50, percent: 20 };
    const open = async (): Promise<{ node: Node; view: ReturnType<typeof viewOf> }> => {
      const node = await startNode(dir, [], false);
      const view = viewOf(node);
      view.followGroups([voice.id]);
      view.protect(ids, limits);
      node.directory.start();
      await until(() => view.readAtWallMs.groups !== undefined, 'read');
      return { node, view };
    };
    const inside = (view: ReturnType<typeof viewOf>): number =>
      members.filter(({ objectId }) => {
        const seen = view.membership([voice.id], objectId);
        return seen !== 'unread' && seen.member;
      }).length;
    const first = await open();
    assert.equal(inside(first.view), 12);
    twin.directory.deleteGroup(tenant, voice);
    await first.view.refresh(0);
    assert.equal(inside(first.view), 12, 'nobody is out while nobody confirmed it');
    const [held] = first.node.directory.board.states(accountId)[0]?.held ?? [];
    assert.equal(held?.total, 12);
    await first.node.stop();
    const second = await open();
    await second.view.refresh(0);
    assert.equal(inside(second.view), 12, 'a restart forgets nothing');
    twin.directory.restoreGroup(tenant, voice);
    await second.view.refresh(0);
    await until(() => (second.node.directory.board.states(accountId)[0]?.held ?? []).length === 0, 'healed');
    assert.equal(inside(second.view), 12);
    const [leaver] = members;
    assert.ok(leaver);
    twin.directory.change(leaver, { groups: leaver.groups.filter((id) => id !== voice.id) });
    await second.view.refresh(0);
    assert.equal(inside(second.view), 11, 'changes are seen as ever');
    await second.node.stop();
  });

  test('a damaged file is no reason not to start: everything is read anew', async () => {
    const dir = join(folder, 'whole');
    await writeFile(join(dir, `${connectionId}.mirror`), 'not what was written');
    await writeFile(join(dir, 'subscriptions.json'), '{"version":1,"connections":[[1,2],["x",[{"id":7}]]]}');
    const node = await startNode(dir, []);
    const view = viewOf(node);
    assert.equal(view.user('x'), 'unread');
    view.followGroups([group()]);
    node.directory.start();
    await until(() => view.readAtWallMs.groups !== undefined, 'read');
    await node.stop();
  });

  test('an admin ends the connection: what was known of the tenant’s people is not kept on disk', async () => {
    const dir = join(folder, 'ended');
    const first = await startNode(dir, []);
    viewOf(first).followGroups([group()]);
    first.directory.start();
    await until(() => viewOf(first).readAtWallMs.groups !== undefined, 'read');
    await first.stop();
    const file = join(dir, `${connectionId}.mirror`);
    assert.ok(existsSync(file));
    const second = await startNode(dir, []);
    second.directory.start();
    second.endConnection();
    assert.equal(second.directory.viewOf(connectionId), undefined);
    await until(() => !existsSync(file), 'removed');
    await second.stop();
    assert.ok(!existsSync(file));
  });
});
