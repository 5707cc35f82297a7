import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { accept, answers, danaNumber, outside, refuses, statuses, World } from './test-world.ts';

const hub = (world: World, at: number): TestPeer => world.hubs[at] as TestPeer;
const down = (world: World, ...peers: TestPeer[]) => {
  const names = new Set(peers.map((peer) => peer.name));
  world.net.drop = ({ to }) => names.has(to);
};

test('the first hub is silent: after 3 s the second takes the call, and the caller waits no longer than that', async () => {
  const world = new World();
  down(world, hub(world, 0));
  answers(hub(world, 1));
  const pat = world.fromCarrier(danaNumber);
  await world.run(3200);
  assert.equal(pat.accepted?.status, 200);
  assert.deepEqual(
    world.engine
      .activeCalls()[0]
      ?.record()
      .attempts.map((attempt) => attempt.result),
    ['no answer in time', '200'],
  );
});

test('the next call does not try the silent hub again: it is set up at once', async () => {
  const world = new World();
  down(world, hub(world, 0));
  answers(hub(world, 1));
  world.fromCarrier(danaNumber);
  await world.run(3500);
  const next = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.equal(next.accepted?.status, 200);
});

test('a hub refuses the connection: the next is tried at once', async () => {
  const world = new World();
  world.snapshot = { ...world.snapshot, hubs: [{ name: '192.0.2.99', port: 5061 }, ...world.snapshot.hubs] };
  answers(hub(world, 0));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
});

test('a hub says 503 with Retry-After: next hub at once, and that hub is left alone for a while (S19)', async () => {
  const world = new World();
  refuses(hub(world, 0), 503, Headers.of([['Retry-After', '1']]));
  answers(hub(world, 1));
  const pat = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.equal(pat.accepted?.status, 200);
  world.fromCarrier(danaNumber);
  await world.run(200);
  assert.equal(hub(world, 0).invites.length, 1);
  assert.equal(hub(world, 1).invites.length, 2);
});

test('a hub says 100 and then nothing: the caller hears our ringback after 4 s, the next hub is tried after 5 s', async () => {
  const world = new World();
  answers(hub(world, 1));
  const pat = world.fromCarrier(danaNumber);
  await world.run(4100);
  assert.deepEqual(statuses(pat), [183]);
  assert.ok(pat.heard[0] && pat.heard[0].body.length > 0);
  assert.ok(world.media.log.includes('ringback a'));
  await world.run(1500);
  assert.deepEqual(statuses(pat), [183, 200]);
});

test('no hub answers: the caller has a final answer after 6 s', async () => {
  const world = new World();
  down(world, ...world.hubs);
  const pat = world.fromCarrier(danaNumber);
  await world.run(6100);
  assert.deepEqual(statuses(pat), [183, 503]);
  await world.settle();
  assert.equal(world.log.closedRecords[0]?.code, 'teams-unreachable');
  assert.equal(world.media.released, 1);
});

for (const [status, sip, q850] of [
  [486, 486, 17],
  [404, 404, 1],
  [480, 480, 20],
  [603, 603, 21],
  [488, 488, 88],
  [403, 403, 21],
  [410, 488, 88],
  [412, 484, 28],
  [408, 480, 18],
] as const) {
  test(`Teams answers ${status}: final, no other hub is tried, the carrier hears ${sip} with cause ${q850}`, async () => {
    const world = new World();
    refuses(hub(world, 0), status);
    const pat = world.fromCarrier(danaNumber);
    await world.run(300);
    assert.deepEqual(statuses(pat), [sip]);
    const reason = pat.failed?.kind === 'response' ? pat.failed.response.headers.get('reason') : '';
    assert.match(reason ?? '', new RegExp(`^Q\\.850;cause=${q850};`));
    assert.equal(hub(world, 1).invites.length, 0);
  });
}

test('the carrier answers 503: its second address takes the call', async () => {
  const world = new World();
  refuses(world.first, 503);
  answers(world.spare);
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.equal(dana.accepted?.status, 200);
});

test('both addresses of the carrier fail: the second carrier takes the call, and no fourth is ever tried', async () => {
  const world = new World();
  refuses(world.first, 503);
  refuses(world.spare, 500);
  refuses(world.second, 503);
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.deepEqual(statuses(dana), [500]); // never 503 because of the carrier (S9)
  await world.settle();
  assert.equal(world.log.closedRecords[0]?.attempts.length, 3);
});

test('the carrier is busy: 486 goes back to Teams and nobody else is called', async () => {
  const world = new World();
  refuses(world.first, 486);
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.deepEqual(statuses(dana), [486]);
  assert.equal(world.spare.invites.length + world.second.invites.length, 0);
});

test('the carrier fails after it rang: no second attempt, or two phones would ring', async () => {
  const world = new World();
  world.first.handlers = {
    onInvite: (invite) => {
      invite.progress(180, { contact: world.first.contact });
      invite.reject(503);
    },
  };
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.deepEqual(statuses(dana), [180, 500]);
  assert.equal(world.spare.invites.length, 0);
});

test('the carrier is slow but alive: Teams hears 183 after 7 s, before its own failover at 10 s (S8)', async () => {
  const world = new World({ budgets: { only100Ms: 15_000 } });
  let late: (() => void) | undefined;
  world.first.handlers = {
    onInvite: (invite) => {
      late = () => accept(world.first, invite);
    },
  };
  const dana = world.fromTeams(outside);
  await world.run(7100);
  assert.deepEqual(statuses(dana), [183]);
  late?.();
  await world.run(200);
  assert.equal(dana.accepted?.status, 200);
});

test('a carrier address that fails again and again is left alone by its breaker', async () => {
  const world = new World();
  refuses(world.first, 503);
  answers(world.spare);
  for (let count = 0; count < 8; count++) {
    world.fromTeams(outside);
    await world.run(100);
  }
  assert.equal(world.first.invites.length, 5);
  assert.equal(world.spare.invites.length, 8);
});

test('the carrier redirects: nobody follows, the customer would pay for it', async () => {
  const world = new World();
  refuses(world.first, 302, Headers.of([['Contact', '<sip:+8821612345@192.0.2.7>']]));
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.deepEqual(statuses(dana), [480]);
});
