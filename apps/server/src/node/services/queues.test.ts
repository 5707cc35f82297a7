import assert from 'node:assert/strict';
import { test } from 'node:test';
import { done, type Versioned } from '@tandem/adapters/postgres/outcome.ts';
import type { QueueStore } from '@tandem/adapters/postgres/queue-store.ts';
import { asPersonId, buildSnapshot, type Queue } from '@tandem/domain';
import { account, acmeId, people } from '@tandem/engine/call/test-world.ts';
import { createQueueBoard, liveOf } from './queues.ts';

const by = { kind: 'system', name: 'test' } as const;
const scope = { kind: 'account', accountId: acmeId } as const;

function rig() {
  const kept = new Map<string, Versioned<Queue>>();
  const noted: string[] = [];
  let refreshed = 0;
  const parts = { version: 1, builtAtWallMs: 0, accounts: [account('acme')], carriers: [], hubs: [] };
  const store: QueueStore = {
    list: async () => [...kept.values()],
    async create(queue) {
      const made = { ...queue, version: 1 };
      kept.set(queue.id, made);
      return done(made);
    },
    async change(_account, id, _version, { members: _members, extension: _e, number: _n, ...change }) {
      const given = Object.entries(change).filter(([, value]) => value !== undefined);
      const before = kept.get(id) as Versioned<Queue>;
      const next: Versioned<Queue> = { ...before, ...Object.fromEntries(given), version: before.version + 1 };
      kept.set(id, next);
      return done(next);
    },
    async logIn(_account, id, personId, loggedIn) {
      const before = kept.get(id) as Versioned<Queue>;
      const members = before.members.map((one) => (one.personId === personId ? { ...one, loggedIn } : one));
      const next = { ...before, members };
      kept.set(id, next);
      return done(next);
    },
    async remove(_account, id) {
      kept.delete(id);
      return done(undefined);
    },
  };
  const board = createQueueBoard({
    store,
    snapshot: () =>
      buildSnapshot({
        ...parts,
        people: people.filter(({ accountId }) => accountId === acmeId),
        queues: kept.values(),
      }).snapshot,
    viewOf: (queueId) => ({ queueId, waiting: [], members: [] }),
    audit: { note: async (entry) => void noted.push(`${entry.action} ${entry.object.label}`) },
    refresh: async () => {
      refreshed += 1;
    },
    newId: () => 'queue-1',
  });
  return { board, noted, refreshed: () => refreshed };
}

const wanted = {
  name: 'Sales',
  extension: '1500',
  members: ['Dana'],
  offerSeconds: 15,
  wrapUpSeconds: 0,
  maxWaitSeconds: 900,
  maxWaiting: 50,
  overflow: { kind: 'refuse' as const },
};

test('each change is in the audit, holds for the next call before it is answered, and names people', async () => {
  const { board, noted, refreshed } = rig();
  const made = await board.create(acmeId, wanted, by);
  assert.deepEqual(made.ok && made.queue.members, [
    { personId: 'Dana', displayName: 'Dana', loggedIn: true },
  ]);
  await board.change(scope, 'queue-1', { offerSeconds: 20 }, by);
  await board.logIn(scope, 'queue-1', asPersonId('Dana'), false, by);
  assert.equal((await board.get(scope, 'queue-1'))?.members[0]?.loggedIn, false);
  assert.equal((await board.logIn(scope, 'queue-1', asPersonId('Sam'), false, by)).ok, false);
  await board.remove(scope, 'queue-1', by);
  assert.deepEqual(noted, [
    'queue.create Sales',
    'queue.change Sales',
    'queue.log-out Sales',
    'queue.remove Sales',
  ]);
  assert.equal(refreshed(), 4);
});

for (const [to, message] of [
  ['1500', 'is this queue itself'],
  ['1999', 'is no number or extension that somebody of the account has'],
  ['+12025550199', 'is no number or extension that somebody of the account has'],
] as const)
  test(`an overflow to ${to} is refused when it is set: it ${message}`, async () => {
    const { board } = rig();
    const overflow = { kind: 'forward' as const, to };
    for (const outcome of [
      await board.create(acmeId, { ...wanted, overflow }, by),
      (await board.create(acmeId, wanted, by)) && (await board.change(scope, 'queue-1', { overflow }, by)),
    ])
      assert.deepEqual(outcome, {
        ok: false,
        code: 'invalid-request',
        errors: [{ path: 'overflow.to', message }],
      });
  });

test('somebody of another account has no queue here', async () => {
  const { board } = rig();
  await board.create(acmeId, wanted, by);
  const stranger = { kind: 'person', accountId: acmeId, personId: asPersonId('Sam') } as const;
  assert.equal(await board.get(stranger, 'queue-1'), undefined);
  assert.equal(await board.live(stranger, 'queue-1'), undefined);
  assert.ok(await board.live({ ...stranger, personId: asPersonId('Dana') }, 'queue-1'));
});

test('the live view counts places in the line and says who is rung', () => {
  const dana = asPersonId('Dana');
  const live = liveOf(
    {
      queueId: 'q' as never,
      waiting: [
        { callId: 'c1' as never, from: '+12025550199', sinceWallMs: 0, offeredTo: dana },
        { callId: 'c2' as never, from: 'anonymous', sinceWallMs: 1000 },
      ],
      members: [
        { personId: dana, state: 'offered', sentence: 'A call is offered to Dana.', callId: 'c1' as never },
      ],
    },
    () => 'Dana',
  );
  assert.deepEqual(
    live.waiting.map(({ position, offeredTo }) => [position, offeredTo]),
    [
      [1, 'Dana'],
      [2, undefined],
    ],
  );
});
