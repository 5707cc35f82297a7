import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SubscriptionBook } from '../graph-notifications/subscription-book.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { mostWatched, PresenceSubscription } from './presence-subscription.ts';

const minute = 60_000;

/** Microsoft's subscriptions as one person has them, and time that moves when told to. */
class Room {
  #now = 0;
  #timers: { at: number; fire: () => void }[] = [];
  readonly calls: { at: number; what: string }[] = [];
  readonly counted: string[] = [];
  readonly live = new Map<string, { resource: string; endsAt: number }>();
  refuse: { status: number; code: 'graph-missing-scope' | 'graph-refused' } | undefined;
  #made = 0;
  readonly clock = {
    now: () => this.#now,
    wall: () => 1_790_000_000_000 + this.#now,
    after: (ms: number, fire: () => void) => {
      const timer = { at: this.#now + ms, fire };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      };
    },
  };
  readonly graph = {
    entraTenantId: 'acacacac-0000-4000-8000-000000000001',
    call: async (what: string, { params, body }: { params?: Record<string, string>; body?: unknown }) => {
      this.calls.push({ at: this.#now, what });
      const { refuse } = this;
      if (refuse)
        throw new GraphError(refuse.code, what, { operation: 'createSubscription', status: refuse.status });
      const id = params?.['subscription-id'] ?? '';
      if (what === 'createSubscription') {
        const made = `55555555-0000-4000-8000-00000000000${++this.#made}`;
        this.live.set(made, {
          resource: (body as { resource: string }).resource,
          endsAt: this.#now + 3_600_000,
        });
        return { status: 201, headers: {}, body: { id: made } };
      }
      if (!this.live.has(id))
        throw new GraphError('graph-not-found', what, { operation: 'renewSubscription', status: 404 });
      if (what === 'deleteSubscription') this.live.delete(id);
      else
        this.live.set(id, { ...(this.live.get(id) as { resource: string }), endsAt: this.#now + 3_600_000 });
      return { status: 200, headers: {}, body: {} };
    },
    pages: async function* (this: void) {
      yield [] as unknown[];
    },
  };
  readonly subscription: PresenceSubscription;

  constructor() {
    const { live, calls } = this;
    const now = (): number => this.#now;
    this.graph.pages = async function* () {
      calls.push({ at: now(), what: 'list' });
      yield [...live].map(([id, { resource }]) => ({ id, resource }));
    };
    this.subscription = new PresenceSubscription({
      graph: this.graph as unknown as GraphClient,
      connectionId: 'c',
      notificationUrl: 'https://hooks.example.net/hooks/graph/c',
      book: new SubscriptionBook(),
      clock: this.clock,
      newSecret: () => 'a'.repeat(43),
      certificate: { base64: 'AAAA', id: 'key-1' },
      count: (what) => this.counted.push(what),
    });
    this.subscription.watch(['dana', 'bo']);
    this.subscription.start();
  }
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [due] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!due) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = Math.max(this.#now, due.at);
      due.fire();
    }
    this.#now = end;
  }
}

test('one subscription for two people, renewed at half of its hour for as long as it is told of changes', async () => {
  const room = new Room();
  for (let i = 0; i < 100; i++) {
    await room.advance(minute);
    room.subscription.heard();
  }
  assert.equal(room.subscription.state, 'active');
  assert.deepEqual(room.counted, ['created', 'renewed', 'renewed', 'renewed']);
  assert.match([...room.live.values()][0]?.resource ?? '', /in \('bo','dana'\)$/);
});

test('one of an earlier process stands in the way: taken away first, another resource’s is left alone', async () => {
  const room = new Room();
  room.live.set('old', { resource: "communications/presences?$filter=id in ('x')", endsAt: 0 });
  room.live.set('users', { resource: 'users', endsAt: 0 });
  await room.advance(minute);
  assert.equal(room.subscription.state, 'active');
  assert.deepEqual([room.live.has('old'), room.live.has('users'), room.live.size], [false, true, 2]);
});

test('Microsoft wants to see that the person still may: renewed at once', async () => {
  const room = new Room();
  await room.advance(minute);
  room.subscription.heard();
  room.subscription.reauthorize();
  await room.advance(1_000);
  assert.deepEqual(room.counted, ['created', 'renewed']);
});

test('it lapses without a word: found by the silence within six minutes, and made again', async () => {
  const room = new Room();
  for (let i = 0; i < 10; i++) {
    await room.advance(minute);
    room.subscription.heard();
  }
  room.live.clear();
  await room.advance(7 * minute);
  assert.deepEqual(room.counted, ['created', 'lost', 'created']);
});

for (const status of [403, 409] as const)
  test(`Microsoft refuses with ${status}: asked again after a minute, then seldom; polling is not touched`, async () => {
    const room = new Room();
    room.refuse = { status, code: status === 403 ? 'graph-missing-scope' : 'graph-refused' };
    await room.advance(60 * minute);
    const at = room.calls.filter(({ what }) => what === 'createSubscription').map((call) => call.at);
    assert.ok(at.length >= 4 && at.length <= 7, at.join());
    for (const [i, when] of at.entries()) if (i > 0) assert.ok(when - (at[i - 1] ?? 0) >= minute);
    assert.equal(room.subscription.state, 'waiting');
    room.refuse = undefined;
    await room.advance(60 * minute);
    assert.equal(room.subscription.state, 'active');
  });

test('others become important: a new subscription, not more often than each five minutes; never more than 650; in the end none', async () => {
  const room = new Room();
  await room.advance(minute);
  for (let i = 0; i < 8; i++) {
    room.subscription.watch(Array.from({ length: 700 }, (_, n) => `p${i}-${n}`));
    await room.advance(minute);
  }
  assert.equal(room.counted.filter((what) => what === 'created').length, 2);
  assert.equal(room.live.size, 1);
  assert.equal([...room.live.values()][0]?.resource.split(',').length, mostWatched);
  await room.subscription.end();
  assert.equal(room.live.size, 0);
});
