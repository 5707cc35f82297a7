import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Headers } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { acmeHost, answers, carrier, danaNumber, World } from '../call/test-world.ts';
import { Breaker } from './breaker.ts';
import { type PeerInput, type PeerState, peerHealth } from './peer-health.machine.ts';

const hub = (world: World, at: number): TestPeer => world.hubs[at] as TestPeer;
const stateOf = (world: World, at: number): PeerState | undefined => world.engine.peers()[at]?.state;
const options = (world: World, at: number) =>
  world.net.seen.filter(
    (seen) => seen.line === 'OPTIONS' && seen.from === 'tandem' && seen.to === `hub${at + 1}`,
  );

test('every hub gets OPTIONS from the carrier trunk, not oftener than once in 60 s and not rarer than in 65 s', async () => {
  const world = new World();
  world.engine.start();
  await world.run(600_000, 500);
  for (const at of [0, 1, 2]) {
    const sent = options(world, at);
    assert.ok(sent.length >= 9 && sent.length <= 10, String(sent.length));
    for (let next = 1; next < sent.length; next++) {
      const gap = (sent[next]?.at ?? 0) - (sent[next - 1]?.at ?? 0);
      assert.ok(gap >= 60_000 && gap <= 66_000, String(gap));
    }
    const headers = sent[0]?.message.headers;
    assert.equal(headers?.get('contact'), '<sip:customers.example.net:5060;transport=tls>');
    assert.equal(headers?.list('allow').join(), 'INVITE,ACK,CANCEL,BYE,OPTIONS');
    assert.equal(headers?.has('record-route'), false);
    assert.equal(stateOf(world, at), 'up');
  }
  world.engine.stop();
  await world.settle();
  assert.equal(world.clock.timers.length, 0);
});

test('a hub that answers 503 to OPTIONS is down after two probes, up again after two good ones', async () => {
  const world = new World();
  let status = 503;
  hub(world, 0).handlers = { onRequest: (request) => request.respond(status) };
  world.engine.start();
  const seen: (PeerState | undefined)[] = [];
  for (let minute = 0; minute < 5; minute++) {
    if (minute === 3) status = 200;
    await world.run(66_000, 500);
    seen.push(stateOf(world, 0));
  }
  assert.ok(seen.includes('down'));
  assert.equal(seen.at(-1), 'up');
  assert.ok(world.events.some((event) => event.kind === 'peer-changed' && event.peer.state === 'down'));
});

test('Microsoft’s own OPTIONS is answered with Contact and Allow, and remembered (S10, S20)', async () => {
  const world = new World();
  assert.equal(world.engine.microsoftLastHeardAt, undefined);
  for (const [host, contact] of [
    ['customers.example.net', 'customers.example.net'],
    [acmeHost, acmeHost],
    ['somebody.else.example', 'customers.example.net'],
  ] as const) {
    let answer: { status: number; headers: Headers } | undefined;
    hub(world, 0).ua.request(
      {
        method: 'OPTIONS',
        requestUri: `sip:${host}:5061;transport=tls`,
        from: '<sip:sip-du-a-eu.pstnhub.microsoft.com:5061>',
        to: `<sip:${host}>`,
        destination: world.tandem.at('TLS'),
        onFinal: (outcome) => {
          if (outcome.kind === 'response') answer = outcome.response;
        },
      },
      world.net.now,
    );
    await world.run(100);
    assert.equal(answer?.status, 200);
    assert.equal(answer?.headers.get('contact'), `<sip:${contact}:5060;transport=tls>`);
    assert.equal(answer?.headers.list('allow').join(), 'INVITE,ACK,CANCEL,BYE,OPTIONS');
  }
  assert.ok(world.engine.microsoftLastHeardAt);
});

test('a hub that is down is tried last, and taken up again when calls get through', async () => {
  const world = new World();
  world.net.drop = ({ to }) => to === 'hub1';
  answers(hub(world, 1));
  answers(hub(world, 0));
  world.fromCarrier(danaNumber);
  await world.run(3500);
  assert.equal(stateOf(world, 0), 'down');
  world.net.drop = ({ to }) => to === 'hub2' || to === 'hub3';
  world.fromCarrier(danaNumber);
  await world.run(6500);
  assert.equal(world.engine.activeCalls().length >= 1, true);
});

test('a carrier that refuses OPTIONS lives all the same; one that is silent is shown as down', async () => {
  const world = new World({
    carriers: ({ first, second }) => [
      carrier('rehearsal', [first], { probeWithOptions: true }),
      carrier('second', [second], { probeWithOptions: true }),
    ],
  });
  world.first.handlers = { onRequest: (request) => request.respond(405) };
  world.second.handlers = { onRequest() {} };
  world.net.drop = ({ to, line }) => to === 'second' && line === 'OPTIONS';
  world.engine.start();
  await world.run(200_000, 500);
  const byName = new Map(world.engine.peers().map((peer) => [peer.name.split(' ')[0], peer.state]));
  assert.equal(byName.get('Rehearsal'), 'up');
  assert.equal(byName.get('Second'), 'down');
});

test('the breaker: 5 bad of 10 open it, one trial per 5 s, 3 good close it', () => {
  const breaker = new Breaker();
  for (const good of [true, true, false, false, true, false, false]) breaker.record(good, 0);
  assert.equal(breaker.open, false);
  breaker.record(false, 1000);
  assert.equal(breaker.open, true);
  assert.equal(breaker.admits(2000), false);
  assert.equal(breaker.admits(6000), true);
  assert.equal(breaker.admits(6001), false);
  for (const at of [6000, 11_000, 16_000]) breaker.record(true, at);
  assert.equal(breaker.open, false);
  assert.equal(breaker.admits(16_001), true);
});

test('the health table: every state knows every input, and one good probe never makes a dead hub good', () => {
  const inputs: PeerInput[] = ['probeGood', 'probeBad', 'callGood', 'callFailed'];
  for (const state of Object.keys(peerHealth) as PeerState[])
    for (const input of inputs) assert.ok(peerHealth[peerHealth[state][input]]);
  assert.equal(peerHealth.down.probeGood, 'recovering');
  assert.equal(peerHealth.up.probeBad, 'shaky');
});
