import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Destination, Flow } from '@tandem/sip/ua/types.ts';
import { PhoneFlows } from './phone-flows.ts';

const flow = (change: Partial<Flow> = {}): Flow => ({
  id: 1,
  protocol: 'TLS',
  listener: 'phones-tls',
  local: { host: '192.0.2.1', port: 5061 },
  remote: { host: '203.0.113.7', port: 40_000 },
  open: true,
  ...change,
});
const to = (change: Partial<Destination> = {}): Destination => ({
  protocol: 'TLS',
  host: '203.0.113.7',
  port: 40_000,
  via: 'phones-tls',
  ...change,
});

function world(admits = true) {
  const [dropped, closed]: [Flow[], Flow[]] = [[], []];
  const flows = new PhoneFlows(
    {
      door: { admitsAddress: () => true, admitsMessage: () => admits, knows: () => true, keyOf: () => '' },
      flowClosed: (one) => closed.push(one),
    },
    (one) => dropped.push(one),
  );
  return { flows, dropped, closed };
}

test('what goes to a phone behind NAT takes the connection that the phone opened, and is refused once that is gone', () => {
  const { flows, closed } = world();
  const opened = flow();
  assert.equal(flows.isGone(to()), true);
  flows.opened(opened);
  assert.equal(flows.flowTo(to()), opened);
  assert.equal(flows.flowTo(to({ port: 40_001 })), undefined);
  flows.closed(opened);
  assert.deepEqual([flows.flowTo(to()), flows.isGone(to()), closed], [undefined, true, [opened]]);
});

test('a phone that took the same port again is reached over its new connection, though the old one closes later', () => {
  const { flows } = world();
  const [old, young] = [flow(), flow({ id: 2 })];
  flows.opened(old);
  flows.opened(young);
  flows.closed(old);
  assert.equal(flows.flowTo(to()), young);
  flows.closed(young);
});

test('hubs, carriers and phones at UDP are reached as their destination says', () => {
  const { flows, closed } = world();
  const teams = flow({ listener: 'teams' });
  flows.opened(teams);
  flows.closed(teams);
  assert.deepEqual(closed, []);
  for (const destination of [to({ via: 'teams' }), to({ protocol: 'UDP', via: 'phones-udp' })])
    assert.deepEqual([flows.flowTo(destination), flows.isGone(destination)], [undefined, false]);
  assert.deepEqual([flows.flowTo(flow()), flows.isGone(flow())], [undefined, false], 'a flow is a flow');
});

test('a connection that says what it must not is closed; a datagram is only not heard, nor is a keep-alive', () => {
  const { flows, dropped } = world(false);
  const [stream, datagram] = [flow(), flow({ protocol: 'UDP', listener: 'phones-udp' })];
  assert.deepEqual(
    [flows.admits(Buffer.from('OPTIONS'), stream), flows.admits(Buffer.from('OPTIONS'), datagram)],
    [false, false],
  );
  assert.deepEqual(dropped, [stream]);
  assert.equal(world().flows.admits(Buffer.from('\r\n\r\n'), datagram), false);
  assert.equal(world().flows.admits(Buffer.from('REGISTER'), datagram), true);
});
