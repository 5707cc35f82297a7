import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import { asAccountId, asPersonId, type Person, type RoutingSnapshot } from '@tandem/domain';
import { samePolicyForAll, syncedBothWays } from '@tandem/engine';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { createPresence } from './presence.ts';
import { oneConnection } from './testing/one-connection.ts';
import { PresenceStore } from './testing/presence-store.ts';

const acme = asAccountId('019b76da-a800-7402-bbed-ad1833958e3c');
const entraTenantId = '7818921f-927d-4ed4-b779-63f502f7a102';
const object = '7818921f-0000-4000-8000-000000000001';
const person = (last: number, displayName: string): Person =>
  ({
    id: asPersonId(`019b76da-a800-7e35-b256-88c7a1054c9${last}`),
    accountId: acme,
    displayName,
    extension: `100${last}`,
  }) as Person;
const dana = person(0, 'Dana');
const bo = person(1, 'Bo');
const byDana: AuditActor = { kind: 'user', name: 'dana@acme.example', role: 'user' };
const byDesk: AuditActor = { kind: 'user', name: 'desk@acme.example', role: 'desk' };

/** What is there whatever the process does: the database, Microsoft, the clock. */
function world() {
  const clock = createManualClock(Date.UTC(2026, 10, 24, 12));
  const store = new PresenceStore();
  const teams = { availability: 'Available', activity: 'Available' };
  const account = { id: acme, entraTenantId, timeZone: 'Europe/Berlin', country: 'DE' };
  const owner = (of: Person) => ({ kind: 'person', personId: of.id, accountId: acme }) as const;
  const snapshot = {
    accounts: new Map([[acme, account]]),
    people: new Map([dana, bo].map((one) => [one.id, one])),
    numbers: new Map([['+493012345678', owner(bo)]]),
    extensions: new Map([[acme, new Map([dana, bo].map((one) => [one.extension, owner(one)]))]]),
    devices: new Map(),
    queues: new Map(),
  } as unknown as RoutingSnapshot;
  const graph = {
    call: (operation: string) =>
      Promise.resolve({
        status: 200,
        headers: {},
        body: operation === 'presences' ? { value: [{ id: object, ...teams }] } : {},
      }),
  } as unknown as GraphClient;
  const start = () => {
    const presence = createPresence({
      clock,
      snapshot: () => snapshot,
      connections: {
        ...oneConnection(() => ({ graph, tenantId: entraTenantId })),
        objectIdOf: (personId) => (personId === dana.id ? object : undefined),
      },
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
      policies: samePolicyForAll(syncedBothWays),
      ...store.parts,
      feed: { watched: false, publish: () => undefined },
      metrics: {
        written: () => undefined,
        read: () => undefined,
        changed: () => undefined,
        readAges: () => undefined,
        unseen: () => undefined,
        journalLost: () => undefined,
      },
      onProblem: (what) => assert.fail(what),
    });
    presence.start();
    return presence;
  };
  return { clock, store, teams, start };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve();
};

test('Dana sets Busy for half an hour, sees why, and releases it: stored, audited, journalled', async () => {
  const { clock, store, start } = world();
  const { own } = start();
  await turns();
  assert.equal(own.vector(dana).because, 'You show Available because Teams shows Available / Available.');
  const set = await own.set(dana, { state: 'busy', minutes: 30 }, byDana);
  assert.ok(set.ok);
  assert.deepEqual(
    [set.value.label, set.value.source, set.value.pinned?.until, set.value.manual?.setBy],
    ['busy', 'manual', '2026-11-24T12:30:00.000Z', 'dana@acme.example'],
  );
  assert.deepEqual(
    set.value.sources.map(({ source, wins }) => [source, wins]),
    [
      ['manual', true],
      ['teams', false],
    ],
  );
  assert.match(
    set.value.because,
    /^You show Busy because it was set here by hand by dana@acme\.example at 13:00/,
  );
  clock.advance(6000);
  await turns();
  assert.equal((await own.release(dana, byDana)).label, 'available');
  assert.equal((await own.release(dana, byDana)).label, 'available');
  assert.deepEqual(
    store.audited.map(({ action, actor }) => `${action} ${actor.name}`),
    ['presence.set dana@acme.example', 'presence.release dana@acme.example'],
  );
  const { items } = await own.journal(dana, { limit: 50 });
  assert.deepEqual(
    items.map(({ from, to, cause, by }) => `${from} ${to} ${cause} ${by}`),
    [
      'busy available manual-released dana@acme.example',
      'available busy manual-set dana@acme.example',
      'undefined available started undefined',
    ],
  );
  assert.deepEqual(items[0]?.teams, { availability: 'Available', activity: 'Available', unseen: false });
});

test('a time that is over, or too far away, is refused with what is possible', async () => {
  const { start } = world();
  const { own } = start();
  for (const until of ['2026-11-24T11:59:59.000Z', '2026-12-02T00:00:00.000Z']) {
    const refused = await own.set(dana, { state: 'dnd', until }, byDana);
    assert.deepEqual(refused, {
      ok: false,
      is: 'invalid',
      path: 'until',
      message: 'a time within seven days, at most 2026-12-01T12:00:00.000Z',
    });
  }
});

test('the node starts again: what Dana set stands, and a restart alone writes no line', async () => {
  const { clock, store, start } = world();
  const first = start();
  await turns();
  await first.own.set(dana, { state: 'away' }, byDana);
  const stopped = first.stop();
  for (let at = 0; at < 60; at++) {
    clock.advance(20);
    await turns();
  }
  await stopped;
  const before = store.lines.length;
  const second = start();
  await turns();
  clock.advance(6000);
  await turns();
  const view = second.own.vector(dana);
  assert.deepEqual([view.label, view.manual?.endsAt], ['away', '2026-11-24T16:00:00.000Z']);
  await second.own.journal(dana, { limit: 1 });
  assert.equal(store.lines.length, before);
});

test('the desk puts Dana right: what was set here is released, and what is her own choice in Teams is said with the way out', async () => {
  const { clock, teams, store, start } = world();
  const { own } = start();
  await turns();
  await own.set(dana, { state: 'away', minutes: 60 }, byDana);
  Object.assign(teams, { availability: 'DoNotDisturb', activity: 'DoNotDisturb' });
  clock.advance(6000);
  await turns();
  const fixing = own.fix(dana, byDesk);
  for (let at = 0; at < 20; at++) {
    await turns();
    clock.advance(1000);
  }
  const { before, after, steps, sentence, teamsLink } = await fixing;
  assert.deepEqual([before.label, before.source], ['away', 'manual']);
  assert.deepEqual([after.label, after.source, after.manual], ['dnd', 'teams-manual', undefined]);
  assert.equal(steps[0]?.what, 'The state that was set here by hand: released');
  assert.ok(steps.at(-1)?.done);
  assert.match(sentence, /your own choice in Teams, and only you can end it/);
  assert.match(teamsLink ?? '', /^https:\/\/support\.microsoft\.com\//);
  assert.equal(store.states.get(dana.id)?.manual, undefined);
  assert.equal(store.audited.at(-1)?.action, 'presence.fix');
});

test('exceptions: read by the account’s country, colleagues by extension, what nobody understands is named', async () => {
  const { start, store } = world();
  const { own, gate } = start();
  await turns();
  const changed = await own.changeExceptions(
    dana,
    {
      important: [
        { kind: 'number', number: '030 1234 5678', name: 'School' },
        { kind: 'number', number: '1001' },
      ],
      timeBoxed: [{ kind: 'no-calls', until: '2026-11-24T17:00:00.000Z' }],
      quietHours: { spans: [{ days: [1, 2, 2], from: '22:00', to: '07:00' }] },
      unavailable: { kind: 'forward', to: '030 12345678' },
    },
    byDana,
  );
  assert.ok(changed.ok);
  assert.deepEqual(changed.value, {
    personId: dana.id,
    important: [
      { kind: 'number', number: '+493012345678', name: 'School' },
      { kind: 'person', personId: bo.id },
    ],
    timeBoxed: [{ kind: 'no-calls', until: '2026-11-24T17:00:00.000Z' }],
    quietHours: { timeZone: 'Europe/Berlin', spans: [{ days: [1, 2], from: '22:00', to: '07:00' }] },
    unavailable: { kind: 'forward', to: '+493012345678' },
    rules: {},
    mayHaveRules: false,
  });
  const knock = (callerNumber: string) =>
    gate.verdictFor(dana.id, { kind: 'direct', callerNumber, callingPersonId: undefined });
  assert.equal(knock('+493012345678').rings, true);
  const other = knock('+493099999999');
  assert.deepEqual(
    [other.rings, !other.rings && other.otherwise],
    [false, { kind: 'forward', to: '+493012345678' }],
  );
  assert.deepEqual(own.vector(dana).source, 'quiet-hours');
  assert.equal(store.audited.at(-1)?.action, 'presence.exceptions');
  const wrong = [
    [{ important: [{ kind: 'number', number: '1009' }] }, 'important.0'],
    [{ important: [{ kind: 'person', personId: 'nobody' }] }, 'important.0'],
    [{ timeBoxed: [{ kind: 'no-calls', until: '2026-11-24T11:00:00.000Z' }] }, 'timeBoxed.0.until'],
    [{ quietHours: { timeZone: 'Mars/Olympus', spans: [] } }, 'quietHours.timeZone'],
    [{ unavailable: { kind: 'forward', to: '+493055555555' } }, 'unavailable.to'],
    [{ unavailable: { kind: 'forward', to: '1000' } }, 'unavailable.to'],
  ] as const;
  for (const [change, path] of wrong) {
    const refused = await own.changeExceptions(dana, structuredClone(change) as never, byDana);
    assert.deepEqual([refused.ok, !refused.ok && refused.is === 'invalid' && refused.path], [false, path]);
  }
  const rules = await own.changeExceptions(dana, { rules: { busy: 'no-calls' } }, byDana);
  assert.ok(!rules.ok && rules.is === 'not-allowed');
});

test('three pages change three things of Dana at once: none of them is lost', async () => {
  const { start, store } = world();
  const { own } = start();
  await turns();
  const changes = [
    { important: [{ kind: 'person' as const, personId: bo.id }] },
    { unavailable: { kind: 'refuse' as const, sip: 603 as const } },
    { quietHours: { spans: [{ days: [1], from: '22:00', to: '07:00' }] } },
  ];
  await Promise.all(changes.map((change) => own.changeExceptions(dana, change, byDana)));
  for (const { important, unavailable, quietHours } of [
    own.exceptions(dana),
    store.states.get(dana.id)?.exceptions ?? own.exceptions(bo),
  ])
    assert.deepEqual(
      [important.length, unavailable, quietHours.spans.length],
      [1, { kind: 'refuse', sip: 603 }, 1],
    );
});

test('the database is away for one change: it is refused, and the next one waits for nothing', async () => {
  const { start, store } = world();
  const { own } = start();
  await turns();
  store.away = true;
  await assert.rejects(own.set(dana, { state: 'busy', minutes: 30 }, byDana));
  store.away = false;
  assert.equal((await own.set(dana, { state: 'dnd', minutes: 30 }, byDana)).ok, true);
  assert.equal(own.vector(dana).label, 'dnd');
});
