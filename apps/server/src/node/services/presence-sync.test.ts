import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { asConnectionId, type Person, type PersonId, type RoutingSnapshot, uuidV7 } from '@tandem/domain';
import { chosenFeatures, type Mail, rolesToAsk, type StoredConnection } from '@tandem/engine';
import { DirectoryMirror } from '@tandem/engine/directory-sync/directory-mirror.ts';
import type { DirectoryView } from '@tandem/engine/ports/directory-view.ts';
import { teamsPlanId } from '@tandem/engine/presence-sync/judgement.ts';
import { MemoryPresenceStore } from '@tandem/engine/presence-sync/memory-presence-store.ts';
import type { PresenceSyncSettings } from '@tandem/engine/presence-sync/settings.ts';
import type { MicrosoftConnection } from './microsoft-connections.ts';
import { createPresence } from './presence.ts';
import { openPresenceSync, type PresenceSync } from './presence-sync.ts';
import { noMemory } from './testing/presence-store.ts';
import { openPresenceTwin } from './testing/presence-twin.ts';
import { VirtualTime } from './testing/virtual-time.ts';

/** Settings, runs and both loops of a node, with the twin's presence behind them and time that is told to move. */
const folder = mkdtempSync(join(tmpdir(), 'presence-sync-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const admin = { kind: 'user', name: 'ann@acme.example' } as const;
const clientId = 'a1a1a1a1-0000-4000-8000-00000000a001';
const features = chosenFeatures(['presence', 'presence-write']);

async function house(count: number) {
  const time = new VirtualTime();
  const twin = await openPresenceTwin(time, 7);
  const crowd = twin.addTenant(count);
  const [first] = crowd;
  assert.ok(first);
  const { accountId, entraTenantId } = first;
  /** Each request about presence, with the object ids that it names. */
  const requests: { readonly operation: string; readonly ids: readonly string[] }[] = [];
  const real = twin.graphs.get(entraTenantId) as GraphClient;
  const graph = {
    call(operation: string, ask: { readonly params?: Record<string, string>; readonly body?: unknown }) {
      const ids = (ask.body as { ids?: readonly string[] } | undefined)?.ids;
      requests.push({ operation, ids: ids ?? [ask.params?.['user-id'] ?? ''] });
      return real.call(operation as never, ask as never);
    },
  } as unknown as GraphClient;
  const people = new Map<PersonId, Person>(
    crowd.map(({ personId, user }) => [
      personId,
      {
        id: personId,
        accountId,
        displayName: user.displayName,
        upn: user.upn,
        numbers: [],
        active: true,
        teamsToggle: true,
        platformLicence: true,
      },
    ]),
  );
  const snapshot = {
    accounts: new Map([[accountId, { id: accountId, name: 'Acme', country: 'US', timeZone: 'UTC' }]]),
    people,
    queues: new Map(),
  } as unknown as RoutingSnapshot;
  const mirror = new DirectoryMirror(entraTenantId);
  mirror.commitUsers({
    full: true,
    beganAtWallMs: time.wall(),
    changes: crowd.map(({ user }) => ({
      objectId: user.objectId,
      upn: user.upn,
      displayName: user.displayName,
      enabled: true,
      plans: [{ servicePlanId: teamsPlanId, capabilityStatus: 'Enabled' }],
    })),
  });
  const connectionId = asConnectionId('01930000-0000-7000-8000-0000000000c1');
  const connection: MicrosoftConnection = {
    connectionId,
    accountId,
    tenantId: entraTenantId,
    clientId,
    graph,
    domains: [],
    features,
  };
  let stored: StoredConnection = {
    id: connectionId,
    accountId,
    entraTenantId,
    tenantName: 'Acme',
    domains: [],
    kind: 'platform-app',
    clientId,
    features,
    roles: rolesToAsk(features).map(({ role }) => role),
    roleUses: {},
    life: { state: 'CONNECTED', sinceWallMs: time.wall() },
    connectedWallMs: time.wall(),
    createdWallMs: time.wall(),
    version: 1,
  };
  const heard = new Set<() => void>();
  const connections = {
    all: () => [connection],
    ofPerson: () => connection,
    objectIdOf: () => undefined,
    onLinks: () => () => undefined,
    onChange(listener: () => void) {
      heard.add(listener);
      return () => heard.delete(listener);
    },
    keeper: { find: () => stored, list: () => [stored] },
  };
  const store = new MemoryPresenceStore();
  const mails: Mail[] = [];
  const problems: string[] = [];
  let ids = 0;
  const file = join(folder, `${entraTenantId}.json`);
  const openSync = (): Promise<PresenceSync> =>
    openPresenceSync({
      store,
      connections,
      directory: {
        viewOf: () => mirror as unknown as DirectoryView,
        onChange: () => undefined,
        board: { mismatches: () => ({ items: [], total: 0, matched: 0 }) },
      },
      snapshots: { current: () => snapshot, onChange: () => () => undefined },
      clock: time,
      mailer: { send: async (mail) => void mails.push(mail) },
      audit: { note: async () => undefined },
      newId: () =>
        uuidV7(
          time.wall(),
          Uint8Array.from({ length: 10 }, () => ids++ & 0xff),
        ),
      portal: 'https://portal.example.net',
      file,
      hasQueue: () => false,
      onProblem: (what) => void problems.push(what),
    });
  const sync = await openSync();
  const rows = new Map<string, number>();
  const presence = createPresence({
    clock: time,
    snapshot: () => snapshot,
    connections: { ...connections, ...sync.links },
    leases: {
      hold: async ({ personId, sequence }) => {
        rows.set(personId, sequence);
        return { held: true };
      },
      drop: async (_account, personId) => void rows.delete(personId),
      listForPlatform: async () => [],
    },
    preferred: {
      hold: async () => ({ held: true }),
      drop: async () => undefined,
      listForPlatform: async () => [],
    },
    policies: sync.policies,
    interruptedSince: sync.interruptedSince,
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
    onProblem: (what) => void problems.push(what),
  });
  presence.start();
  sync.start();
  const { desk } = sync.board;
  return {
    time,
    twin,
    crowd,
    accountId,
    people,
    requests,
    mails,
    problems,
    store,
    sync,
    presence,
    openSync,
    file,
    shown: (n: number) => twin.book.shown(crowd[n]?.user as never),
    asked: () => new Set(requests.flatMap(({ ids: named }) => named)),
    async set(change: Partial<PresenceSyncSettings>) {
      const { version, settings } = desk.settingsOf(accountId);
      const outcome = await desk.change(accountId, version, { ...settings, ...change }, admin);
      assert.equal(outcome.is, 'done');
    },
    choose: (n: number, action: 'select' | 'unsync' | 'resync') =>
      desk.choose(accountId, [people.get(crowd[n]?.personId as PersonId) as Person], action, admin),
    async connectionIs(state: 'CONNECTED' | 'INTERRUPTED') {
      stored = {
        ...stored,
        life: {
          state,
          sinceWallMs: time.wall(),
          ...(state === 'INTERRUPTED' && { reason: 'app-removed' as const }),
        },
        version: stored.version + 1,
      };
      for (const listener of heard) listener();
    },
    talk: (n: number, callId: string) => ({
      callId,
      state: 'confirmed' as const,
      emergency: false,
      parties: () => [
        {
          leg: 'b' as const,
          accountId,
          personId: crowd[n]?.personId as PersonId,
          endpoint: 'platform' as const,
        },
      ],
    }),
    async close() {
      await Promise.all([sync.stop(), Promise.race([presence.stop(), time.advance(2_000)])]);
    },
  };
}

test('nobody set it up: nothing is asked about anybody', async () => {
  const one = await house(10);
  await one.time.advance(10 * 60_000);
  assert.deepEqual(one.requests, []);
  await one.close();
});

test('two of ten are selected: only these two are read and written (B17)', async () => {
  const one = await house(10);
  await one.set({ mode: 'selected' });
  await one.choose(2, 'select');
  await one.choose(5, 'select');
  one.presence.callChanged(one.talk(2, 'call-2') as never);
  one.presence.callChanged(one.talk(3, 'call-3') as never);
  await one.time.advance(5 * 60_000);
  const wanted = [2, 5].map((n) => one.crowd[n]?.objectId);
  assert.deepEqual([...one.asked()].sort(), [...wanted].sort());
  assert.equal(one.shown(2).activity, 'InACall');
  assert.notEqual(one.shown(3).activity, 'InACall');
  assert.deepEqual(one.problems, []);
  await one.close();
});

test('Unsync of one: the session of that one is cleared, the other’s stays; disabled: all cleared, then zero requests for ten minutes (B43, B18)', async () => {
  const one = await house(10);
  await one.set({ mode: 'all' });
  await one.time.advance(10_000);
  assert.equal(one.sync.board.desk.counts(one.accountId).synced, 10);
  for (const n of [0, 1]) one.presence.callChanged(one.talk(n, `call-${n}`) as never);
  await one.time.advance(10_000);
  assert.deepEqual([one.shown(0).activity, one.shown(1).activity], ['InACall', 'InACall']);
  await one.choose(0, 'unsync');
  await one.time.advance(10_000);
  assert.notEqual(one.shown(0).activity, 'InACall');
  assert.equal(one.shown(1).activity, 'InACall');
  const before = one.requests.length;
  await one.time.advance(60_000);
  const asked = new Set(one.requests.slice(before).flatMap(({ ids }) => ids));
  assert.ok(!asked.has(one.crowd[0]?.objectId ?? '') && asked.size === 9);
  await one.set({ mode: 'disabled' });
  await one.time.advance(10_000);
  assert.notEqual(one.shown(1).activity, 'InACall');
  const quiet = one.requests.length;
  await one.time.advance(10 * 60_000);
  assert.equal(one.requests.length, quiet);
  assert.deepEqual(one.problems, []);
  await one.close();
});

test('interrupted and authorised again: the former selection goes on by one run and one mail (2.10)', async () => {
  const one = await house(5);
  await one.set({ mode: 'all', notify: ['boss@acme.example'] });
  await one.choose(4, 'unsync');
  await one.time.advance(10_000);
  const mails = one.mails.length;
  assert.equal(one.sync.interruptedSince(one.crowd[0]?.personId as PersonId), undefined);
  await one.connectionIs('INTERRUPTED');
  assert.equal(one.sync.interruptedSince(one.crowd[0]?.personId as PersonId), one.time.wall());
  await one.time.advance(10 * 60_000);
  await one.connectionIs('CONNECTED');
  await one.time.advance(30_000);
  assert.equal(one.mails.length, mails + 1);
  assert.match(one.mails.at(-1)?.subject ?? '', /finished: 4 synced, 0 failed/);
  assert.deepEqual(one.mails.at(-1)?.to, ['boss@acme.example']);
  assert.match(one.mails.at(-1)?.text ?? '', /Unsynced by an administrator: 1/);
  await one.close();
});

test('a start without the database goes on with what was decided last; with it, the store counts', async () => {
  const one = await house(3);
  await one.set({ mode: 'all' });
  await one.choose(1, 'unsync');
  await one.time.advance(10_000);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(one.file, 'utf8'))).sort(), [
    'people',
    'settings',
    'version',
  ]);
  await one.close();
  one.store.away = true;
  const next = await one.openSync();
  const [first, second] = one.crowd;
  assert.ok(first && second);
  assert.equal(next.policies.of(first.personId).synced, true);
  assert.equal(next.policies.of(second.personId).synced, false);
  assert.equal(next.links.objectIdOf(first.personId), first.objectId);
  next.start();
  one.store.away = false;
  const standing = one.store.settings.get(one.accountId);
  assert.ok(standing);
  one.store.settings.set(one.accountId, {
    ...standing,
    settings: { ...standing.settings, mode: 'disabled' },
    version: standing.version + 1,
  });
  await one.time.advance(10_000);
  assert.equal(next.policies.of(first.personId).synced, false);
  await next.stop();
});
