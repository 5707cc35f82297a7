import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, asQueueId, queueDefaults } from '@tandem/domain';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import type { CallEnd } from './call-end.ts';
import {
  acmeId,
  danaNumber,
  device,
  outside,
  pickUp,
  rings,
  World,
  type WorldOptions,
} from './test-world.ts';

const dana = asPersonId('Dana');
const desk = device('dana-desk', 'acme', { personId: dana });
const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;

/** Ends as the events of the engine tell them, each once. */
function told(options: WorldOptions): { readonly world: World; readonly seen: string[] } {
  const seen: string[] = [];
  const world = new World(options);
  world.heard = (event) => {
    if (!('call' in event)) return;
    const ends = event.call.ends().map(inWords).join(' + ') || 'nobody';
    if (seen.at(-1) !== ends) seen.push(ends);
  };
  return { world, seen };
}

const inWords = ({ personId, deviceId, queueId, direction, state, remote }: CallEnd): string =>
  [personId, deviceId, queueId, direction === 'initiator' ? 'calls' : 'is called by', remote, state]
    .filter((word) => word !== undefined)
    .join(' ');

test('Pat calls Dana: her Teams and then her desk phone ring, the phone answers, and the call ends', async () => {
  const { world, seen } = told({ devices: [desk] });
  const [phone, teams] = [world.phone('dana-desk'), hub(world)];
  const atPhone = rings(phone);
  rings(teams);
  world.fromCarrier(danaNumber);
  await world.run(300);
  pickUp(phone, atPhone);
  await world.run(300);
  atPhone.dialog?.bye();
  await world.settle();
  const [first = '', ...others] = seen;
  assert.equal(first, 'nobody');
  assert.equal(others.at(-3)?.split(' + ').length, 2, 'both ring');
  assert.ok(others.at(-3)?.includes(`Dana ${desk.id} is called by ${outside} early`));
  assert.equal(others.at(-2), `Dana ${desk.id} is called by ${outside} confirmed`);
  assert.equal(others.at(-1), 'nobody');
});

test('a member of a queue rings: the queue waits for somebody until the member answers', async () => {
  const sales = {
    ...queueDefaults,
    id: asQueueId('sales'),
    accountId: acmeId,
    name: 'Sales',
    extension: '1500',
    number: '+12025550150' as typeof danaNumber,
    members: [{ personId: dana, loggedIn: true }],
  };
  const { world, seen } = told({ devices: [desk], queues: [sales] });
  const [phone, teams] = [world.phone('dana-desk'), hub(world)];
  const atPhone = rings(phone);
  rings(teams);
  world.fromCarrier(sales.number);
  await world.run(1_000);
  assert.ok(seen.includes(`sales is called by ${outside} early`), seen.join('\n'));
  assert.ok(seen.at(-1)?.includes(`sales is called by ${outside} early + Dana`), seen.join('\n'));
  pickUp(phone, atPhone);
  await world.run(1_000);
  assert.equal(seen.at(-1), `Dana ${desk.id} is called by ${outside} confirmed`);
  atPhone.dialog?.bye();
  await world.settle();
  assert.equal(seen.at(-1), 'nobody');
});
