import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SubscriptionBook } from '../graph-notifications/subscription-book.ts';
import { createManualClock } from '../http/testing/manual-clock.ts';
import { GraphSubscriptions, type KeptSubscription } from './subscriptions.ts';
import { type FakeAnswer, FakeGraph, type SeenRequest } from './testing/fake-graph.ts';

const notificationUrl = 'https://tandem.example.net/hooks/graph/c1';
const dayMs = 86_400_000;

let fake: FakeGraph;
before(async () => {
  fake = await FakeGraph.start();
});
after(() => fake.close());
beforeEach(() => {
  fake.seen.length = 0;
  fake.faults.length = 0;
});

interface Held {
  readonly id: string;
  readonly resource: string;
  readonly notificationUrl: string;
  readonly clientState: string;
  expirationDateTime: string;
}

/** Microsoft's side: keeps what was made; `refuse` answers instead. */
function microsoft() {
  const held: Held[] = [];
  const office = { held, refuse: undefined as ((seen: SeenRequest) => FakeAnswer | undefined) | undefined };
  let count = 0;
  fake.answer = (seen) => {
    const refusal = office.refuse?.(seen);
    if (refusal) return refusal;
    const id = seen.url.split('/').at(-1) ?? '';
    const at = held.findIndex((one) => one.id === id);
    if (seen.method === 'POST') {
      const asked = seen.body as Held;
      const same = held.find(({ resource }) => resource === asked.resource);
      if (same)
        return { status: 409, body: { error: { code: 'ExtensionError', message: `${same.id} exists` } } };
      const made = { ...asked, id: `55555555-0000-4000-8000-${String(++count).padStart(12, '0')}` };
      held.push(made);
      return { status: 201, body: made };
    }
    if (seen.method === 'GET') return { status: 200, body: { value: held } };
    if (at < 0) return { status: 404, body: { error: { code: 'ResourceNotFound', message: 'gone' } } };
    if (seen.method === 'DELETE') {
      held.splice(at, 1);
      return { status: 204 };
    }
    Object.assign(held[at] as Held, seen.body);
    return { status: 200, body: held[at] };
  };
  return office;
}

function world(kept: readonly KeptSubscription[] = []) {
  const clock = createManualClock();
  const book = new SubscriptionBook();
  const state = { kept, created: 0 };
  const office = microsoft();
  const make = (from = state.kept) =>
    new GraphSubscriptions({
      graph: fake.client({ clock: { wall: clock.wall, sleep: () => Promise.resolve() } }),
      connectionId: 'c1',
      notificationUrl,
      book,
      clock,
      newSecret: () => randomBytes(32).toString('base64url'),
      kept: from,
      keep: (now) => {
        state.kept = now;
      },
      onCreated: () => {
        state.created += 1;
      },
    });
  return { clock, book, state, office, make };
}

/** Waits for a state; requests are real ones. */
async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000 && !what(); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(what(), 'it never came');
}
const asks = (method: string) => fake.seen.filter((seen) => seen.method === method).length;

describe('F10: subscriptions on our own clock', () => {
  test('two are made, with a secret of 256 bits each that is nowhere kept; notifications with it are believed', async () => {
    const { make, clock, state, office, book } = world();
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    assert.equal(one.state().state, 'active');
    assert.equal(state.created, 2);
    const [users, groups] = office.held;
    assert.deepEqual([users?.resource, groups?.resource], ['users', 'groups']);
    assert.notEqual(users?.clientState, groups?.clientState);
    assert.ok(Buffer.from(users?.clientState ?? '', 'base64url').length >= 16);
    assert.doesNotMatch(JSON.stringify(state.kept), new RegExp(users?.clientState ?? 'none'));
    const item = {
      subscriptionId: users?.id ?? '',
      clientState: users?.clientState ?? '',
      tenantId: 'acacacac-0000-4000-8000-000000000001',
    };
    assert.equal(book.judge('c1', item), 'accepted');
    assert.deepEqual(fake.faults, []);
    await one.stop();
  });

  test('renewed after 14 days, and not before; a restart makes no new ones', async () => {
    const { make, clock, state } = world();
    const first = make();
    first.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    await first.stop();
    fake.seen.length = 0;
    const again = make();
    again.start();
    for (let day = 0; day < 13; day++) {
      clock.advance(dayMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(fake.seen.length, 0);
    const before = state.kept[0]?.expiresAtWallMs ?? 0;
    clock.advance(dayMs + 1);
    await again.idle();
    clock.advance(61_000);
    await until(() => asks('PATCH') === 2);
    await again.idle();
    assert.ok(state.kept.every(({ expiresAtWallMs }) => expiresAtWallMs > before));
    assert.equal(asks('POST'), 0);
    await again.stop();
  });

  test('Microsoft deletes them silently: changes that nobody announced make us look, and they are made anew', async () => {
    const { make, clock, state, office } = world();
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    await one.idle();
    office.held.length = 0;
    clock.advance(3_600_000);
    await one.idle();
    one.unannounced();
    clock.advance(1);
    await until(() => state.created === 4);
    assert.equal(office.held.length, 2);
    await one.stop();
  });

  test('silence of three times the usual gap makes us look, too', async () => {
    const { make, clock, state, office } = world();
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    for (let n = 0; n < 50; n++) one.heard(clock.wall() + n);
    await one.idle();
    office.held.length = 0;
    clock.advance(7 * 3_600_000);
    await one.idle();
    clock.advance(61_000);
    await until(() => state.created === 4);
    await one.stop();
  });

  test('409 with one that leads to us, whose secret is lost: it is taken away and made anew', async () => {
    const { make, clock, state, office } = world();
    office.held.push({
      id: 'stray',
      resource: 'users',
      notificationUrl,
      clientState: 'lost',
      expirationDateTime: '2030-01-01T00:00:00Z',
    });
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    assert.ok(!office.held.some(({ id }) => id === 'stray'));
    await one.stop();
  });

  test('409 with one that leads to another installation: it stays, we wait at least 60 s and say why', async () => {
    const { make, clock, office } = world();
    const theirs = {
      id: 'theirs',
      resource: 'users',
      notificationUrl: 'https://other.example/h',
      clientState: 'x',
      expirationDateTime: '2030-01-01T00:00:00Z',
    };
    office.held.push(theirs);
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => one.state().state === 'refused');
    assert.ok(office.held.includes(theirs));
    const before = fake.seen.length;
    clock.advance(59_000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(fake.seen.length, before);
    clock.advance(2_000);
    await until(() => fake.seen.length > before);
    await one.stop();
  });

  test('403 over a quota: never more often than once a minute, and ever less so', async () => {
    const { make, clock, office } = world();
    office.refuse = ({ method }) =>
      method === 'POST'
        ? { status: 403, body: { error: { code: 'Forbidden', message: 'quota' } } }
        : undefined;
    const one = make();
    one.start();
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      await until(() => one.state().state === 'refused' || asks('POST') > 0);
      await one.idle();
    }
    assert.equal(one.state().state, 'refused');
    // A refused request is sent once more with a fresh token.
    assert.ok(asks('POST') <= 2 * 7 && asks('POST') >= 2, `${asks('POST')}`);
    await one.stop();
  });

  test('reauthorizationRequired renews at once; one that is gone is made anew', async () => {
    const { make, clock, state, office } = world();
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    await one.idle();
    one.reauthorize(state.kept[0]?.id.toUpperCase() ?? '');
    clock.advance(1);
    await until(() => asks('PATCH') === 1);
    await one.idle();
    const gone = office.held.splice(1, 1)[0];
    one.reauthorize(gone?.id ?? '');
    clock.advance(1_000);
    await until(() => state.created === 3);
    await one.stop();
  });

  test('a connection that is given up takes its subscriptions with it', async () => {
    const { make, clock, state, office, book } = world();
    const one = make();
    one.start();
    clock.advance(1);
    await until(() => state.kept.length === 2);
    const [users] = [...office.held];
    await one.end();
    assert.equal(office.held.length, 0);
    assert.equal(state.kept.length, 0);
    const item = {
      subscriptionId: users?.id ?? '',
      clientState: users?.clientState ?? '',
      tenantId: 'acacacac-0000-4000-8000-000000000001',
    };
    assert.equal(book.judge('c1', item), 'unknown');
  });
});
