import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import type { FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import { asAccountId, asPersonId, type RoutingSnapshot } from '@tandem/domain';
import { samePolicyForAll, syncedBothWays } from '@tandem/engine';
import { createPresence, type PresenceParts } from './presence.ts';
import { oneConnection } from './testing/one-connection.ts';
import { noMemory } from './testing/presence-store.ts';

const acme = asAccountId('019b76da-a800-7402-bbed-ad1833958e3c');
const dana = asPersonId('019b76da-a800-7e35-b256-88c7a1054c90');
const visitor = asPersonId('019b76da-a800-7e35-b256-88c7a1054c91');
const entraTenantId = '7818921F-927D-4ED4-B779-63F502F7A102';
const danaObject = '7818921f-0000-4000-8000-000000000001';

/** The node's presence with a Graph that answers everything, and time that moves when told to. */
function house(
  onProblem: (what: string) => void = (what) => assert.fail(what),
  more: Pick<PresenceParts, 'otherIntervalMs'> = {},
) {
  const clock = createManualClock();
  const requests: string[] = [];
  const events: FeedEvent[] = [];
  const counted: string[] = [];
  const rows = new Map<string, number>();
  const links = new Map([[dana, danaObject]]);
  const heard = new Set<() => void>();
  const graph = {
    call(operation: string) {
      requests.push(operation);
      const body = { value: [{ id: danaObject, availability: 'Available', activity: 'Available' }] };
      return Promise.resolve({ status: 200, headers: {}, body });
    },
  } as unknown as GraphClient;
  const account = { id: acme, entraTenantId };
  const people = new Map([dana, visitor].map((id) => [id, { id, accountId: acme }]));
  const snapshot = { accounts: new Map([[acme, account]]), people } as unknown as RoutingSnapshot;
  const presence = createPresence({
    clock,
    snapshot: () => snapshot,
    connections: {
      ...oneConnection(() => ({ graph, tenantId: entraTenantId.toLowerCase() })),
      objectIdOf: (personId) => links.get(personId),
      onLinks(listener) {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    },
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
    ...more,
    policies: samePolicyForAll(syncedBothWays),
    ...noMemory(),
    feed: { watched: true, publish: (event) => events.push(event) },
    metrics: {
      written: (kind, outcome) => counted.push(`${kind} ${outcome}`),
      read: (outcome, tier) => counted.push(`read ${outcome} ${tier}`),
      changed: () => undefined,
      readAges: () => undefined,
      unseen: () => counted.push('unseen'),
      journalLost: () => undefined,
    },
    onProblem,
  });
  presence.start();
  return { clock, requests, events, counted, rows, presence };
}

const talk = (callId: string, held = {}) => ({
  callId,
  parties: () => [{ leg: 'b', accountId: acme, personId: dana, endpoint: 'platform', ...held } as const],
});

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

test('Dana’s call is told to whoever watches her account, once for each change, with what was written', async () => {
  const { presence, events, requests, counted, rows } = house();
  await turns();
  assert.equal(presence.board.of(dana)?.label, 'available');
  presence.callChanged(talk('one'));
  presence.callChanged(talk('one'));
  await turns();
  const shown = presence.board.of(dana);
  assert.deepEqual([shown?.label, shown?.source], ['on_call', 'platform-call']);
  assert.equal(shown?.written?.activity, 'InACall');
  assert.equal(rows.get(dana), 1);
  presence.callEnded('one');
  await turns();
  const labels = events.map((event) => {
    assert.ok(event.kind === 'person' && event.accountId === acme && event.personId === dana);
    return `${event.presence?.label}${event.presence?.written ? ' written' : ''}`;
  });
  assert.deepEqual(labels, ['available', 'on_call written', 'available written', 'available']);
  assert.deepEqual(
    requests.filter((operation) => operation !== 'presences'),
    ['setPresence', 'clearPresence'],
  );
  assert.deepEqual(counted.slice(-2), ['setPresence done', 'clearPresence done']);
  assert.equal(rows.size, 0);
});

test('Dana’s call is held and goes on: on hold here and back, and Microsoft is told nothing of it', async () => {
  const { presence, events, requests } = house();
  await turns();
  presence.callChanged(talk('one'));
  await turns();
  const before = requests.filter((operation) => operation !== 'presences');
  const since = presence.board.of(dana)?.since;
  const labels = [];
  for (const held of [{ held: true }, { held: true }, {}]) {
    presence.callChanged(talk('one', held));
    await turns();
    labels.push(presence.board.of(dana)?.label);
  }
  assert.deepEqual(labels, ['on_hold', 'on_hold', 'on_call']);
  assert.equal(presence.board.of(dana)?.since, since, 'it is the same call');
  assert.deepEqual(
    requests.filter((operation) => operation !== 'presences'),
    before,
  );
  assert.deepEqual(
    events.map((event) => (event.kind === 'person' ? event.presence?.label : event.kind)).slice(-3),
    ['on_call', 'on_hold', 'on_call'],
  );
  // A second call in which she talks counts before the one on hold.
  presence.callChanged(talk('one', { held: true }));
  presence.callChanged(talk('two'));
  assert.equal(presence.board.of(dana)?.label, 'on_call');
  presence.callEnded('two');
  assert.equal(presence.board.of(dana)?.label, 'on_hold');
});

test('people with whom nothing goes on are read as often as the operator wants, else within 15 s', async () => {
  for (const [otherIntervalMs, expected] of [
    [15_000, 8],
    [30_000, 4],
    [undefined, 9],
  ] as const) {
    const { requests, clock } = house(undefined, otherIntervalMs === undefined ? {} : { otherIntervalMs });
    await turns();
    // Who was never read and who changed lately is read more often.
    for (let s = 0; s < 180; s++, await turns()) clock.advance(1000);
    const before = requests.length;
    for (let s = 0; s < 120; s++, await turns()) clock.advance(1000);
    assert.equal(requests.length - before, expected);
  }
});

test('of somebody whose Entra user is not known nothing is said, and nothing is asked', async () => {
  const { presence, requests } = house();
  await turns();
  assert.equal(presence.board.of(visitor), undefined);
  assert.ok(requests.every((operation) => operation === 'presences'));
});

test('the node stops and hangs up: what it wrote is cleared on the way out', async () => {
  const { presence, requests, clock } = house();
  await turns();
  presence.callChanged(talk('one'));
  await turns();
  presence.callEnded('one');
  const stopped = presence.stop();
  await turns();
  clock.advance(20);
  await stopped;
  assert.equal(requests.at(-1), 'clearPresence');
});

test('a bug in what presence is told is said, and does not reach the call', async () => {
  const problems: string[] = [];
  const { presence } = house((what) => problems.push(what));
  await turns();
  const broken = {
    callId: 'broken',
    parties: () => {
      throw new Error('a bug of ours');
    },
  };
  presence.callChanged(broken);
  presence.callEnded('broken');
  assert.match(problems.join('\n'), /a bug of ours/);
  presence.callChanged(talk('one'));
  assert.equal(presence.board.of(dana)?.label, 'on_call');
});
