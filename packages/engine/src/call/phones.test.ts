import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, type Device, type E164 } from '@tandem/domain';
import { Headers } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import {
  accept,
  account,
  answers,
  danaNumber,
  device,
  globexNumber,
  offerSdp,
  outside,
  person,
  pickUp,
  refuses,
  rings,
  samNumber,
  statuses,
  World,
  type WorldOptions,
} from './test-world.ts';

const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;
const dana = asPersonId('Dana');
const devices: readonly Device[] = [
  device('dana-desk', 'acme', { personId: dana }),
  device('dana-home', 'acme', { personId: dana }),
  device('lobby', 'acme', { extension: '1005', number: '+12025550149' as E164 }),
  device('hall', 'acme', {}),
  device('reception', 'globex', { extension: '1005' }),
];

const withPhones = (more: WorldOptions = {}): World => new World({ devices, ...more });

async function over(world: World): Promise<void> {
  await world.settle();
  assert.deepEqual(world.bugs, []);
  assert.equal(world.media.open.size, 0);
  assert.equal(world.log.closedRecords.length, world.log.openedRecords.length);
  for (const peer of world.net.peers)
    assert.deepEqual(peer.ua.counts, { transactions: 0, dialogs: 0 }, peer.name);
}

for (const [phone, shown, why] of [
  ['dana-desk', danaNumber, "Dana's phone dana-desk"],
  ['lobby', '+12025550149', 'the phone lobby'],
  ['hall', '+12025550140', 'the phone hall'],
] as const) {
  test(`the phone ${phone} calls an outside number: the carrier sees ${shown}, whatever the phone says of itself`, async () => {
    const world = withPhones();
    const far = answers(world.first);
    const call = world.fromPhone(phone, outside, {
      headers: Headers.of([['P-Asserted-Identity', `<tel:${globexNumber}>`]]),
    });
    await world.run(300);
    assert.equal(call.accepted?.status, 200);
    const headers = far.invite?.request.headers;
    assert.match(headers?.get('from') ?? '', new RegExp(`sip:\\${shown}@`));
    assert.match(headers?.get('p-asserted-identity') ?? '', new RegExp(`sip:\\${shown}@`));
    const [live] = world.engine.activeCalls();
    const record = live?.record();
    assert.deepEqual(
      [record?.direction, record?.from, record?.legs[0]?.role],
      ['from-phone', shown, 'phone'],
    );
    assert.match(record?.why[0] ?? '', new RegExp(why));
    const parties = phone === 'dana-desk' ? [['a', 'Dana', 'platform']] : [];
    assert.deepEqual(
      live?.parties().map((party) => [party.leg, String(party.personId), party.endpoint]),
      parties,
    );
    call.dialog?.bye();
    await over(world);
    assert.deepEqual(live?.parties(), []);
  });
}

test('Dana calls Sam’s extension at her desk: Sam’s Teams rings, and both are seen on the call', async () => {
  const world = withPhones();
  const teams = answers(hub(world));
  const call = world.fromPhone('dana-desk', '1002');
  await world.run(300);
  assert.equal(call.accepted?.status, 200);
  assert.match(teams.invite?.request.uri ?? '', new RegExp(`^sip:\\${samNumber}@`));
  const [live] = world.engine.activeCalls();
  assert.equal(live?.record().direction, 'internal');
  assert.deepEqual(
    live?.parties().map((party) => [String(party.personId), party.endpoint]),
    [
      ['Dana', 'platform'],
      ['Sam', 'teams'],
    ],
  );
  call.dialog?.bye();
  await over(world);
});

test('1005 is the lobby at Acme and the reception at Globex: each phone reaches its own', async () => {
  const world = withPhones();
  const lobby = answers(world.phone('lobby'));
  const call = world.fromPhone('dana-desk', '1005');
  await world.run(300);
  assert.equal(call.accepted?.status, 200);
  assert.ok(lobby.invite);
  assert.equal(world.phone('reception').invites.length, 0);
  call.dialog?.bye();
  await world.run(300);
  const stranger = world.fromPhone('reception', '1001');
  answers(hub(world));
  await world.run(300);
  assert.match(hub(world).invites[0]?.request.uri ?? '', new RegExp(`^sip:\\${globexNumber}@`));
  stranger.dialog?.bye();
  await over(world);
});

test('Dana calls her own number at her desk: her other phone and Teams ring, the desk does not', async () => {
  const world = withPhones();
  rings(hub(world));
  const home = rings(world.phone('dana-home'));
  const call = world.fromPhone('dana-desk', danaNumber);
  await world.run(300);
  pickUp(world.phone('dana-home'), home);
  await world.run(300);
  assert.equal(call.accepted?.status, 200);
  assert.equal(world.phone('dana-desk').invites.length, 0);
  assert.equal(hub(world).invites.length, 1);
  call.dialog?.bye();
  await over(world);
});

test('the lobby phone calls itself: busy, and it does not ring', async () => {
  const world = withPhones();
  const call = world.fromPhone('lobby', '1005');
  await world.run(1500);
  assert.deepEqual(statuses(call), [486]);
  assert.equal(world.phone('lobby').invites.length, 0);
  await over(world);
  assert.equal(world.log.closedRecords[0]?.code, 'calls-itself');
});

test('Pat calls the lobby’s number: it rings; unregistered, Pat gets 480 and the record names the phone', async () => {
  const world = withPhones();
  answers(world.phone('lobby'));
  const pat = world.fromCarrier('+12025550149');
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  assert.deepEqual(world.engine.activeCalls()[0]?.parties(), []);
  pat.dialog?.bye();
  await world.run(1500);
  world.registered.clear();
  const again = world.fromCarrier('+12025550149');
  await over(world);
  assert.deepEqual(statuses(again), [480]);
  const record = world.log.closedRecords[1];
  assert.deepEqual([record?.code, record?.q850], ['phone-not-registered', 20]);
  assert.deepEqual(
    world.log.closedRecords.map((each) => each.direction),
    ['to-phone', 'to-phone'],
  );
  assert.match(record?.sentence ?? '', /lobby/);
});

test('a registered phone that is gone: 480 after three seconds, and nobody waits longer', async () => {
  const world = withPhones();
  world.registered.set(devices[2]?.id as Device['id'], {
    uri: 'sip:line1@192.0.2.77:5060',
    destination: { protocol: 'UDP', host: '192.0.2.77', port: 5060, via: 'phones-udp' },
    expiresAtWallMs: 9e15,
  });
  const pat = world.fromCarrier('+12025550149');
  await world.run(3500);
  assert.deepEqual(statuses(pat), [480]);
  await over(world);
  assert.equal(world.log.closedRecords[0]?.code, 'phone-unreachable');
});

test('the customer is suspended and the person disabled: 911 from the desk phone leaves all the same, anything else is 403', async () => {
  const world = withPhones({
    accounts: [account('acme', { status: 'suspended' }), account('globex')],
    people: [person('Dana', 'acme', danaNumber, { active: false })],
  });
  const psap = answers(world.first);
  const ordinary = world.fromPhone('dana-desk', outside);
  const emergency = world.fromPhone('dana-desk', '911', {
    from: '<sip:anonymous@anonymous.invalid>',
  });
  await world.run(300);
  assert.deepEqual(statuses(ordinary), [403]);
  assert.equal(emergency.accepted?.status, 200);
  assert.match(psap.invite?.request.headers.get('p-asserted-identity') ?? '', new RegExp(`\\${danaNumber}`));
  emergency.dialog?.bye();
  await over(world);
});

test('a disabled person’s phone neither calls nor rings', async () => {
  const world = withPhones({ people: [person('Dana', 'acme', danaNumber, { active: false })] });
  const call = world.fromPhone('dana-desk', outside);
  const pat = world.fromCarrier(danaNumber);
  await world.run(1500);
  assert.deepEqual([statuses(call), statuses(pat)], [[403], [404]]);
  assert.equal(world.phone('dana-desk').invites.length, 0);
  await over(world);
});

test('a phone without credentials is challenged and leaves no record; with them it calls', async () => {
  const world = withPhones({
    authenticatePhone: (request) =>
      request.headers.has('proxy-authorization')
        ? { kind: 'device', device: devices[0] as Device }
        : {
            kind: 'challenge',
            status: 407,
            headers: [['Proxy-Authenticate', 'Digest realm="tandem",nonce="n1",algorithm=MD5']],
          },
  });
  answers(world.first);
  const without = world.fromPhone('dana-desk', outside);
  await world.run(1500);
  assert.deepEqual(statuses(without), [407]);
  assert.equal(world.log.openedRecords.length, 0);
  const call = world.fromPhone('dana-desk', outside, {
    credentials: () => ({ username: 'acme-dana-desk', password: 'secret' }),
  });
  await world.run(300);
  assert.equal(call.accepted?.status, 200);
  call.dialog?.bye();
  await over(world);
  const text = JSON.stringify(world.log.ladders);
  assert.ok(text.includes('Proxy-Authenticate'), 'the ladder begins with the challenge');
  assert.ok(!text.includes('username='), 'and keeps no credentials');
});

test('a phone whose credentials are wrong is refused, with no record and no leg', async () => {
  const world = withPhones({ authenticatePhone: () => ({ kind: 'refused', status: 403 }) });
  const call = world.fromPhone('dana-desk', '911');
  await world.run(1500);
  assert.deepEqual(statuses(call), [403]);
  assert.equal(world.log.openedRecords.length, 0);
});

test('without a registrar REGISTER is 405 on a phones’ listener, and 405 on a carrier’s always', async () => {
  const world = withPhones();
  const heard: number[] = [];
  for (const peer of [world.phone('lobby'), world.first])
    peer.ua.request(
      {
        method: 'REGISTER',
        requestUri: `sip:${world.tandem.host}`,
        from: '<sip:lobby@acme>',
        to: '<sip:lobby@acme>',
        destination: world.tandem.at('UDP'),
        onFinal: (outcome) => void heard.push(outcome.kind === 'response' ? outcome.response.status : 0),
      },
      world.net.now,
    );
  await world.run(300);
  assert.deepEqual(heard, [405, 405]);
});

test('the far end puts a phone’s call on hold and takes it back; the phone hangs up', async () => {
  const world = withPhones();
  const far = answers(world.first);
  const call = world.fromPhone('dana-desk', outside);
  await world.run(300);
  for (const direction of ['sendonly', 'sendrecv']) {
    far.dialog?.request({
      method: 'INVITE',
      body: offerSdp(`a=${direction}\r\n`),
      contentType: 'application/sdp',
      onFinal() {},
    });
    await world.run(300);
  }
  assert.equal(call.requests.length, 2);
  call.dialog?.bye();
  await world.run(300);
  assert.deepEqual(far.ends, ['bye-received']);
  await over(world);
  assert.equal(world.log.closedRecords[0]?.endedBy, 'caller');
});

test('all hubs are dead: the phone that calls Sam gets one final answer', async () => {
  const world = withPhones();
  for (const each of world.hubs) refuses(each, 503);
  const call = world.fromPhone('lobby', '1002');
  await world.run(1500);
  assert.equal(statuses(call).length, 1);
  await over(world);
});

test('after a crash a phone on UDP gets BYE, one on a connection cannot be reached and is left out', async () => {
  const world = withPhones();
  const far = answers(world.first);
  const call = world.fromPhone('dana-desk', outside);
  await world.run(300);
  const [checkpoint] = world.log.checkpoints;
  assert.ok(checkpoint && far.dialog && call.dialog);
  const next = withPhones();
  const overTls = {
    ...checkpoint,
    a: { ...checkpoint.a, remoteTarget: `${checkpoint.a.remoteTarget};transport=tls` },
  };
  assert.equal(next.engine.restore([checkpoint, overTls]), 2);
  await next.run(300);
  const to = next.net.seen
    .filter(({ line, from }) => line === 'BYE' && from === 'tandem')
    .map((seen) => seen.to);
  assert.equal(to.filter((name) => name === 'dana-desk').length, 1);
  assert.equal(to.filter((name) => name === 'first').length, 2);
  call.dialog.bye();
  await over(world);
});

test('Sam calls the lobby’s number from Teams: the lobby rings, no carrier hears of it', async () => {
  const world = withPhones();
  const state = rings(world.phone('lobby'));
  const sam = world.fromTeams('+12025550149', { caller: samNumber });
  await world.run(300);
  assert.ok(state.invite);
  accept(world.phone('lobby'), state.invite, state);
  await world.run(300);
  assert.equal(sam.accepted?.status, 200);
  assert.equal(world.first.invites.length, 0);
  sam.dialog?.bye();
  await over(world);
});
