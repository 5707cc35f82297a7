import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { MicrosoftDataStore } from '@tandem/adapters/postgres/microsoft-data-store.ts';
import { asAccountId, asConnectionId } from '@tandem/domain';
import type { AuditEntry, ConnectionFeature, DirectoryView, StoredConnection } from '@tandem/engine';
import { offBecause, purgeDelayMs, type StoredPurge } from '@tandem/engine/microsoft-data/purge-plan.ts';
import { openMicrosoftData } from './microsoft-data.ts';
import { VirtualTime } from './testing/virtual-time.ts';

const acme = asAccountId('acme');
const all: readonly ConnectionFeature[] = [
  ...(['provisioning', 'presence', 'presence-write', 'calendar'] as const),
  ...(['webhooks', 'call-records', 'mail', 'setup'] as const),
];
const without = (...off: ConnectionFeature[]) => all.filter((one) => !off.includes(one));
const hour = 3_600_000;

/** A store that keeps what the tables keep; how rows are found and deleted is tested with the database. */
function rig(file = join(tmpdir(), 'no-such-folder', 'one.mirror')) {
  const time = new VirtualTime();
  const connections = new Map<string, StoredConnection>();
  const purges: StoredPurge[] = [];
  /** Rows of a feature, by table. */
  const rows = new Map<ConnectionFeature, Record<string, number>>();
  const state = {
    away: false,
    auditFails: false,
    mirrorThere: false,
    looks: 0,
    /** The database answers when this is over. */
    slow: Promise.resolve(),
  };
  const did: string[] = [];
  const audited: AuditEntry[] = [];
  const problems: string[] = [];
  const listeners = new Set<() => void>();

  const put = (id: number, change: Partial<StoredPurge>): void => {
    const at = purges.findIndex((one) => one.id === id);
    purges[at] = { ...(purges[at] as StoredPurge), ...change };
  };
  const store: Partial<MicrosoftDataStore> = {
    async ask({ id, accountId, entraTenantId }, feature, reason) {
      const purge = { accountId, connectionId: id, entraTenantId, feature, reason };
      purges.push({
        ...purge,
        id: purges.length + 1,
        askedWallMs: time.wall(),
        removed: {},
        audited: false,
      });
      if (feature !== 'setup') did.push(`asked ${feature} ${reason}`);
    },
    async over({ id, feature }) {
      put(id, { overWallMs: time.wall() });
      did.push(`over ${feature}`);
    },
    async standingForPlatform() {
      if (state.away) throw new Error('the database is away');
      state.looks += 1;
      await state.slow;
      return purges.filter(({ overWallMs }) => overWallMs === undefined);
    },
    async carryOut({ id, feature, connectionId }, last) {
      const connection = connections.get(connectionId);
      if (connection && offBecause(connection, feature) === undefined) return undefined;
      const gone = rows.get(feature) ?? {};
      rows.delete(feature);
      const before = purges.find((one) => one.id === id)?.removed;
      put(id, { doneWallMs: time.wall(), removed: { ...before, ...gone } });
      did.push(`purged ${feature}${last ? '' : ', beside another connection'}`);
      return gone;
    },
    async audited({ id }) {
      put(id, { audited: true });
    },
  };
  const start = () => {
    const data = openMicrosoftData({
      store: store as MicrosoftDataStore,
      connections: () => [...connections.values()],
      onChange(heard) {
        listeners.add(heard);
        return () => listeners.delete(heard);
      },
      viewOf: () => (state.mirrorThere ? ({} as DirectoryView) : undefined),
      mirrorFile: () => file,
      forgetNotifications: async () => void did.push('subscriptions ended'),
      audit: {
        async note(entry) {
          if (state.auditFails) throw new Error('no audit');
          audited.push(entry);
        },
      },
      clock: time,
      onProblem: (what) => problems.push(what),
    });
    data.start();
    return data;
  };
  const connect = (
    features: readonly ConnectionFeature[],
    { id = 'one', ended = false }: { readonly id?: string; readonly ended?: boolean } = {},
  ): void => {
    connections.set(id, {
      id: asConnectionId(id),
      accountId: acme,
      entraTenantId: `tenant-${id}`,
      features,
      life: { state: ended ? 'DISCONNECTED' : 'CONNECTED', sinceWallMs: 0, answeredWallMs: 0 },
    } as unknown as StoredConnection);
    for (const heard of listeners) heard();
  };
  const doing = (feature: ConnectionFeature) => did.filter((one) => one.split(/[ ,]/)[1] === feature);
  return { time, purges, rows, state, did, doing, audited, problems, start, connect };
}

describe('what Microsoft said for a feature that is switched off', () => {
  test('is asked for at once, goes after ten seconds and not before, and the audit says what went, once', async () => {
    const { time, rows, doing, audited, start, connect } = rig();
    connect(all);
    const data = start();
    rows.set('presence', { presence_states: 7 });
    // Between two of the looks that come by themselves.
    await time.advance(75_000);
    assert.deepEqual(doing('presence'), []);
    connect(without('presence'));
    await time.advance(500);
    assert.deepEqual(doing('presence'), ['asked presence switched-off']);
    await time.advance(purgeDelayMs - 1);
    assert.equal(doing('presence').length, 1);
    await time.advance(3_000);
    assert.deepEqual(doing('presence'), ['asked presence switched-off', 'purged presence']);
    await time.advance(10 * 60_000);
    assert.deepEqual(
      audited.map(({ action, object, after, reason }) => [action, object.id, after, reason]),
      [
        [
          'microsoft-data.purge',
          'one',
          { feature: 'presence', removed: { presence_states: 7 } },
          'switched-off',
        ],
      ],
    );
    assert.equal(doing('presence').length, 2);
    await data.stop();
  });

  test('stays when it is switched on again before that', async () => {
    const { time, rows, doing, start, connect } = rig();
    connect(without('calendar'));
    const data = start();
    rows.set('calendar', { calendar_views: 1 });
    await time.advance(purgeDelayMs / 2);
    connect(all);
    await time.advance(10 * purgeDelayMs);
    assert.deepEqual(doing('calendar'), ['asked calendar switched-off', 'over calendar']);
    assert.equal(rows.get('calendar')?.calendar_views, 1);
    await data.stop();
  });

  test('goes all the same when the node dies in between: what was asked for stands in the store', async () => {
    const { time, rows, doing, purges, start, connect } = rig();
    connect(without('presence'));
    rows.set('presence', { presence_states: 2 });
    const dying = start();
    await time.advance(1_000);
    await dying.stop();
    await time.advance(hour);
    assert.deepEqual(doing('presence'), ['asked presence switched-off']);
    const next = start();
    await time.advance(1_000);
    assert.deepEqual(doing('presence'), ['asked presence switched-off', 'purged presence']);
    assert.equal(purges.filter(({ feature }) => feature === 'presence').length, 1);
    await next.stop();
  });

  test('is looked for again each hour, as what was under way comes late; what nothing came of is no news', async () => {
    const { time, rows, doing, audited, start, connect } = rig();
    connect(without('presence'));
    const data = start();
    await time.advance(purgeDelayMs + 3_000);
    assert.equal(doing('presence').length, 2);
    assert.deepEqual(audited, [], 'it kept nothing');
    rows.set('presence', { presence_states: 1 });
    await time.advance(hour - 60_000);
    assert.equal(doing('presence').length, 2, 'not before');
    await time.advance(120_000);
    assert.equal(rows.has('presence'), false);
    assert.deepEqual(
      audited.map(({ after }) => after),
      [{ feature: 'presence', removed: { presence_states: 1 } }],
    );
    await time.advance(3 * hour);
    assert.equal(audited.length, 1);
    await data.stop();
  });

  test('is told by the audit although that failed first', async () => {
    const { time, rows, audited, state, problems, start, connect } = rig();
    connect(without('presence'));
    rows.set('presence', { presence_states: 4 });
    state.auditFails = true;
    const data = start();
    await time.advance(purgeDelayMs + 10_000);
    assert.equal(rows.has('presence'), false);
    assert.deepEqual(audited, []);
    state.auditFails = false;
    await time.advance(10_000);
    assert.deepEqual(
      audited.map(({ after }) => after),
      [{ feature: 'presence', removed: { presence_states: 4 } }],
    );
    assert.equal(problems.length, 1, 'told once');
    await data.stop();
  });

  test('waits for a database that is away, which is told once, not with every look', async () => {
    const { time, rows, doing, state, problems, start, connect } = rig();
    connect(without('presence'));
    rows.set('presence', { presence_states: 4 });
    state.away = true;
    const data = start();
    await time.advance(10 * 60_000);
    assert.deepEqual(problems, ['what is switched off is purged later: the database is away']);
    state.away = false;
    await time.advance(purgeDelayMs + 6_000);
    assert.deepEqual(doing('presence'), ['asked presence switched-off', 'purged presence']);
    await data.stop();
  });

  test('what cannot be told apart by tenant stays as long as another connection has the feature', async () => {
    const { time, doing, start, connect } = rig();
    connect(without('presence'));
    connect(all, { id: 'two' });
    const data = start();
    await time.advance(purgeDelayMs + 3_000);
    assert.deepEqual(doing('presence').at(-1), 'purged presence, beside another connection');
    await data.stop();
  });

  test('is seen soon although it was switched off while a slow database was asked', async () => {
    const { time, doing, state, start, connect } = rig();
    connect(all);
    const data = start();
    let answer: () => void = () => undefined;
    state.slow = new Promise((resolve) => {
      answer = resolve;
    });
    await time.advance(500);
    connect(without('presence'));
    state.slow = Promise.resolve();
    answer();
    await time.advance(500);
    assert.deepEqual(doing('presence'), ['asked presence switched-off']);
    await data.stop();
  });

  test('a node that stops while the database is asked looks no more', async () => {
    const { time, state, start, connect } = rig();
    connect(all);
    const data = start();
    let answer: () => void = () => undefined;
    state.slow = new Promise((resolve) => {
      answer = resolve;
    });
    await time.advance(500);
    const stopped = data.stop();
    answer();
    await stopped;
    const { looks } = state;
    await time.advance(hour);
    assert.equal(state.looks, looks);
  });

  test('nothing is done after the node has stopped', async () => {
    const { time, did, start, connect } = rig();
    connect(all);
    const data = start();
    await time.advance(1_000);
    await data.stop();
    connect(without('presence'));
    await time.advance(hour);
    assert.deepEqual(did, []);
  });
});

describe('what is kept beside the database', () => {
  test('notifications: Microsoft is asked to tell no more before the rows go', async () => {
    const { time, did, start, connect } = rig();
    connect(without('webhooks'));
    const data = start();
    await time.advance(purgeDelayMs + 3_000);
    assert.deepEqual(did, ['asked webhooks switched-off', 'subscriptions ended', 'purged webhooks']);
    await data.stop();
  });

  test('another feature that is switched off ends no subscription', async () => {
    const { time, did, start, connect } = rig();
    connect(without('presence', 'calendar'));
    const data = start();
    await time.advance(purgeDelayMs + 3_000);
    assert.ok(!did.includes('subscriptions ended'));
    await data.stop();
  });

  test('the file of the directory goes with a connection that ended, once nobody holds it open', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'data-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'one.mirror');
    writeFileSync(file, 'people');
    const { time, state, start, connect } = rig(file);
    connect(without('presence'));
    const data = start();
    await time.advance(purgeDelayMs + 3_000);
    assert.ok(existsSync(file), 'the connection is there');
    state.mirrorThere = true;
    connect(all, { ended: true });
    await time.advance(purgeDelayMs + 3_000);
    assert.ok(existsSync(file), 'somebody reads it');
    state.mirrorThere = false;
    await time.advance(2 * hour);
    await data.stop();
    assert.ok(!existsSync(file));
  });
});
