import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import {
  account,
  acmeHost,
  acmeId,
  answers,
  carrier,
  danaNumber,
  globexHost,
  globexNumber,
  outside,
  people,
  person,
  refuses,
  rehearsal,
  samNumber,
  second,
  statuses,
  World,
} from './test-world.ts';

const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;

test('Dana dials extension 1002 in Teams: the call goes back to Teams for Sam, and no carrier hears of it', async () => {
  const world = new World();
  // The hub is caller and called here: the second call that it sees is the one from us.
  const teams = answers(hub(world));
  const dana = world.fromTeams('1002');
  await world.run(300);
  assert.equal(dana.accepted?.status, 200);
  assert.match(teams.invite?.request.uri ?? '', new RegExp(`^sip:\\${samNumber}@`));
  assert.match(
    teams.invite?.request.headers.get('from') ?? '',
    new RegExp(`sip:\\${danaNumber}@${acmeHost}`),
  );
  assert.equal(world.first.invites.length, 0);
  assert.equal(world.engine.activeCalls()[0]?.record().direction, 'internal');
});

test('1001 exists at Acme and at Globex: each customer reaches its own, by the host alone', async () => {
  const world = new World();
  const teams = answers(hub(world));
  for (const [host, caller, expected] of [
    [acmeHost, samNumber, danaNumber],
    [globexHost, globexNumber, globexNumber],
  ] as const) {
    world.fromTeams('1001', { host, caller });
    await world.run(300);
    assert.match(teams.invite?.request.uri ?? '', new RegExp(`^sip:\\${expected}@`));
    assert.match(teams.invite?.request.headers.get('contact') ?? '', new RegExp(`@${host}:`));
  }
});

test('a host that belongs to nobody: 404, and a record without a customer', async () => {
  const world = new World();
  const call = world.fromTeams(outside, { host: 'sbc9.customers.example.net' });
  await world.run(1500);
  assert.deepEqual(statuses(call), [404]);
  const [record] = world.log.closedRecords;
  assert.deepEqual([record?.accountId, record?.code], [undefined, 'unknown-host']);
});

test('a disabled person without licence at a suspended customer dials 911: it is routed, with a callback number', async () => {
  const world = new World({
    accounts: [account('acme', { status: 'suspended' }), account('globex')],
    people: [
      person('Dana', 'acme', danaNumber, { active: false, platformLicence: false, teamsToggle: false }),
    ],
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { emergency: false }),
      carrier('second', [other]),
    ],
  });
  const psap = answers(world.second);
  const call = world.fromTeams('911');
  await world.run(300);
  assert.equal(call.accepted?.status, 200);
  assert.match(psap.invite?.request.uri ?? '', /^sip:911@/);
  assert.match(psap.invite?.request.headers.get('p-asserted-identity') ?? '', new RegExp(`\\${danaNumber}`));
  assert.equal(world.engine.activeCalls()[0]?.record().emergency, true);
});

test('an emergency call passes while the node drains and the customer is over every limit', async () => {
  const world = new World({ budgets: { unansweredPerSource: 0 } });
  answers(world.first);
  void world.engine.drain();
  const ordinary = world.fromTeams(outside);
  const emergency = world.fromTeams('911');
  await world.run(300);
  assert.deepEqual([statuses(ordinary), emergency.accepted?.status], [[503], 200]);
});

test('one carrier refuses an emergency call and another has three dead addresses: it still finds the one that answers (I15)', async () => {
  const dead = ['192.0.2.81', '192.0.2.82', '192.0.2.83'];
  for (const status of [403, 404, 486, 603]) {
    const world = new World({
      carriers: ({ first, second: other }) => [
        carrier('rehearsal', [first, ...dead]),
        carrier('second', [other], { emergency: false }),
      ],
    });
    refuses(world.first, status);
    answers(world.second);
    const ordinary = world.fromTeams(outside);
    await world.run(300);
    const emergency = world.fromTeams('911');
    await world.run(12_000);
    assert.deepEqual(statuses(ordinary), [status]);
    assert.equal(emergency.accepted?.status, 200);
  }
});

test('Dana’s client forwards Pat’s call to a mobile: Pat stays shown, Dana is asserted, Diversion names her', async () => {
  const world = new World();
  const mobile = answers(world.first);
  world.fromTeams('+12025550188', {
    caller: '+12025550177',
    headers: Headers.of([
      ['P-Asserted-Identity', `<tel:${danaNumber}>,<sip:dana@acme.example>`],
      ['Privacy', 'id'],
      [
        'HISTORY-INFO',
        `<sip:${danaNumber}@sip.pstnhub.microsoft.com;user=phone?Reason=SIP;cause=486;text="Busy Here">;index=1`,
      ],
    ]),
  });
  await world.run(300);
  const headers = mobile.invite?.request.headers;
  assert.match(headers?.get('from') ?? '', /sip:\+12025550177@/);
  assert.match(headers?.get('p-asserted-identity') ?? '', new RegExp(`\\${danaNumber}`));
  assert.match(headers?.get('diversion') ?? '', new RegExp(`^<sip:\\${danaNumber}@.*>;reason=user-busy$`));
  assert.equal(headers?.has('privacy'), false);
});

test('Dana hides her number: the carrier gets anonymous with Privacy: id and knows her number all the same', async () => {
  const world = new World();
  const far = answers(world.first);
  world.fromTeams(outside, {
    from: '<sip:anonymous@anonymous.invalid>',
    headers: Headers.of([['P-Asserted-Identity', `<tel:${danaNumber}>`]]),
  });
  await world.run(300);
  const headers = far.invite?.request.headers;
  assert.match(headers?.get('from') ?? '', /^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/);
  assert.equal(headers?.get('privacy'), 'id');
  assert.match(headers?.get('p-asserted-identity') ?? '', new RegExp(`\\${danaNumber}`));
});

test('a carrier that wants digits only gets digits only', async () => {
  const world = new World({
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { numberFormat: 'digits' }),
      carrier('second', [other]),
    ],
  });
  const far = answers(world.first);
  world.fromTeams(outside);
  await world.run(300);
  assert.match(far.invite?.request.uri ?? '', /^sip:12025550199@/);
  assert.match(far.invite?.request.headers.get('from') ?? '', /<sip:12025550142@/);
});

test('the carrier challenges our INVITE: answered with its credentials, and the call goes through', async () => {
  const credentials = { username: 'tandem', password: 'secret', realm: 'carrier.example' };
  const world = new World({
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { credentials }),
      carrier('second', [other]),
    ],
  });
  const ring = answers(world.first);
  const accepting = world.first.handlers.onInvite;
  world.first.handlers = {
    onInvite: (invite) => {
      if (invite.request.headers.has('authorization')) accepting?.(invite);
      else
        invite.reject(401, {
          headers: Headers.of([
            ['WWW-Authenticate', 'Digest realm="carrier.example",nonce="abc",algorithm=MD5'],
          ]),
        });
    },
  };
  const dana = world.fromTeams(outside);
  await world.run(300);
  assert.equal(dana.accepted?.status, 200);
  assert.match(ring.invite?.request.headers.get('authorization') ?? '', /^Digest username="tandem"/);
  dana.dialog?.bye();
  await world.run(500);
  const text = JSON.stringify(world.log.ladders);
  assert.ok(!text.includes('username=\\"tandem'));
});

test('a stranger’s INVITE and OPTIONS reach nobody', async () => {
  const world = new World();
  const stranger = world.net.peer('stranger');
  const call = world.fromCarrier(danaNumber, {}, stranger);
  await world.run(300);
  assert.deepEqual(statuses(call), [403]);
  assert.equal(world.log.openedRecords.length, 0);
});

test('a carrier at its limit of calls: 480 with cause 34', async () => {
  const world = new World({
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { maxCalls: 1 }),
      carrier('second', [other]),
    ],
  });
  answers(hub(world));
  world.fromCarrier(danaNumber);
  await world.run(200);
  const next = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.deepEqual(statuses(next), [480]);
});

test('Teams sends BYE on another connection, in capitals: the dialog is found by Call-ID and tags (S11)', async () => {
  const world = new World();
  const teams = answers(hub(world));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  const dialog = teams.dialog?.snapshot;
  const bye = [
    `BYE ${dialog?.remoteTarget} SIP/2.0`,
    `VIA: SIP/2.0/TLS 203.0.113.10:5061;branch=z9hG4bKother`,
    `FROM: ${dialog?.localUri};tag=${dialog?.localTag}`,
    `TO: ${dialog?.remoteUri};tag=${dialog?.remoteTag}`,
    `CALL-ID: ${dialog?.callId}`,
    'CSEQ: 77 BYE',
    'MAX-FORWARDS: 70',
    'REASON: Q.850;cause=16;text="3b9209a2-e569-46b1-acda-642ad20787d5;CallEndReason"',
    'CONTENT-LENGTH: 0',
    '',
    '',
  ].join('\r\n');
  world.tandem.hear(bye, world.hubs[2] as TestPeer, 'TLS');
  await world.run(300);
  assert.deepEqual(pat.ends, ['bye-received']);
  assert.equal(world.log.closedRecords[0]?.endedBy, 'callee');
});

test('a customer’s own carrier never takes another customer’s call', async () => {
  const world = new World({
    accounts: [account('acme', { carriers: [rehearsal] }), account('globex', { carriers: [second] })],
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { owner: acmeId }),
      carrier('second', [other]),
    ],
    people,
  });
  answers(world.first);
  const far = answers(world.second);
  const gina = world.fromTeams(outside, { host: globexHost, caller: globexNumber });
  await world.run(300);
  assert.equal(gina.accepted?.status, 200);
  assert.ok(far.invite);
  assert.equal(world.first.invites.length, 0);
});

test('the first carrier is full: the next call leaves over the second, an emergency call over the first all the same', async () => {
  const world = new World({
    carriers: ({ first, second: other }) => [
      carrier('rehearsal', [first], { maxCalls: 1 }),
      carrier('second', [other], { emergency: false }),
    ],
  });
  answers(world.first);
  answers(world.second);
  const calls = [outside, outside, '911'].map((called) => world.fromTeams(called));
  await world.run(300);
  for (const call of calls) assert.equal(call.accepted?.status, 200);
  assert.deepEqual([world.first.invites.length, world.second.invites.length], [2, 1]);
  for (const call of calls) call.dialog?.bye();
  await world.run(1500);
  world.fromTeams(outside);
  await world.run(300);
  assert.equal(world.first.invites.length, 3);
});
