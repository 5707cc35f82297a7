import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { acmeHost, answers, danaNumber, outside, statuses, World } from './test-world.ts';

const hub = (world: World, at: number): TestPeer => world.hubs[at] as TestPeer;

test('Pat calls Dana from the carrier: Teams rings, answers, Pat hangs up; one record, nothing left over', async () => {
  const world = new World();
  const teams = answers(hub(world, 0));
  const pat = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.deepEqual(statuses(pat), [180, 200]);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  pat.dialog?.bye('Q.850;cause=16');
  await world.run(500);
  assert.deepEqual(teams.ends, ['bye-received']);
  const [record] = world.log.closedRecords;
  assert.equal(world.log.closedRecords.length, 1);
  assert.equal(record?.result, 'answered');
  assert.equal(record?.endedBy, 'caller');
  assert.equal(record?.direction, 'to-teams');
  assert.equal(world.media.released, 1);
  await world.settle();
  assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
  assert.equal(world.clock.timers.length, 0);
  assert.deepEqual(world.bugs, []);
});

test('the INVITE to the hub is what Microsoft wants: customer host in From and Contact, plus, user=phone', async () => {
  const world = new World();
  const teams = answers(hub(world, 0));
  world.fromCarrier(danaNumber.slice(1));
  await world.run(200);
  const request = teams.invite?.request;
  assert.equal(request?.uri, `sip:${danaNumber}@${hub(world, 0).host}:5060;user=phone;transport=tls`);
  assert.match(
    request?.headers.get('from') ?? '',
    new RegExp(`^"Pat Example" <sip:\\${outside}@${acmeHost};user=phone>;tag=`),
  );
  assert.equal(request?.headers.get('contact'), `<sip:${outside}@${acmeHost}:5060;transport=tls>`);
  assert.equal(request?.headers.get('session-expires'), '1800;refresher=uac');
  assert.equal(request?.headers.list('allow').join(), 'INVITE,ACK,CANCEL,BYE,OPTIONS');
  assert.equal(request?.headers.get('max-forwards'), '69');
  assert.equal(request?.headers.has('record-route'), false);
});

test('Dana calls outside from Teams: the carrier rings, answers and hangs up', async () => {
  const world = new World();
  const carrier = answers(world.first);
  const dana = world.fromTeams(outside);
  await world.run(200);
  assert.deepEqual(statuses(dana), [180, 200]);
  assert.equal(dana.accepted?.headers.get('contact'), `<sip:${acmeHost}:5060;transport=tls>`);
  assert.equal(dana.heard[0]?.headers.get('contact'), `<sip:${acmeHost}:5060;transport=tls>`);
  const request = carrier.invite?.request;
  assert.match(request?.headers.get('from') ?? '', /^"Dana Doe" <sip:\+12025550142@/);
  assert.match(request?.headers.get('p-asserted-identity') ?? '', /^<sip:\+12025550142@/);
  carrier.dialog?.bye();
  await world.run(500);
  assert.deepEqual(dana.ends, ['bye-received']);
  assert.equal(world.log.closedRecords[0]?.endedBy, 'callee');
  assert.equal(world.log.closedRecords[0]?.direction, 'from-teams');
  await world.settle();
  assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
  assert.deepEqual(world.bugs, []);
});

test('a bug before or just after the call exists is answered 500 and leaves nothing that rings or counts', async () => {
  const world = new World();
  const { snapshot } = world;
  world.snapshot = undefined as never;
  const early = world.fromCarrier(danaNumber);
  await world.run(200);
  world.snapshot = snapshot;
  world.log.opened = () => {
    throw new Error('a bug on purpose');
  };
  const late = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.deepEqual([statuses(early), statuses(late)], [[500], [500]]);
  assert.equal(world.bugs.length, 2);
  await world.settle();
  assert.equal(world.engine.activeCalls().length, 0);
  assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
});
