import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId } from '@tandem/domain';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import {
  answers,
  danaNumber,
  device,
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
const desk = device('dana-desk', 'acme', { personId: asPersonId('Dana') });
const second = device('dana-home', 'acme', { personId: asPersonId('Dana') });
const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"';

const withDesk = (more: WorldOptions = {}): World => new World({ devices: [desk], ...more });

/** What every story must leave behind. */
async function over(world: World): Promise<void> {
  await world.settle();
  assert.deepEqual(world.bugs, []);
  assert.equal(world.media.open.size, 0);
  assert.equal(world.media.allocated, world.media.released);
  assert.equal(world.log.closedRecords.length, world.log.openedRecords.length);
  for (const peer of world.net.peers)
    assert.deepEqual(peer.ua.counts, { transactions: 0, dialogs: 0 }, peer.name);
}

for (const [winner, loser] of [
  ['phone', 'Teams'],
  ['Teams', 'phone'],
] as const) {
  test(`Pat calls Dana: Teams and her desk phone ring, the ${winner} answers, ${loser} is told "completed elsewhere"`, async () => {
    const world = withDesk();
    const sides = {
      phone: { peer: world.phone('dana-desk'), state: rings(world.phone('dana-desk')) },
      Teams: { peer: hub(world), state: rings(hub(world)) },
    };
    const pat = world.fromCarrier(danaNumber);
    await world.run(300);
    assert.deepEqual(statuses(pat), [180]);
    assert.ok(sides.phone.state.invite && sides.Teams.state.invite);
    const [live] = world.engine.activeCalls();
    assert.equal(live?.record().direction, 'to-person');
    assert.deepEqual(live?.parties(), []);

    pickUp(sides[winner].peer, sides[winner].state);
    await world.run(300);
    assert.equal(pat.accepted?.status, 200);
    assert.deepEqual(sides[loser].state.ends, [elsewhere]);
    assert.equal(world.media.open.size, 1, 'the losing branch holds no port');
    const endpoint = winner === 'phone' ? 'platform' : 'teams';
    assert.deepEqual(live?.parties(), [
      { leg: 'b', accountId: desk.accountId, personId: desk.personId, endpoint },
    ]);

    sides[winner].state.dialog?.bye();
    await over(world);
    const [record] = world.log.closedRecords;
    const b = record?.legs.find((leg) => leg.side === 'b');
    assert.equal(b?.role, winner === 'phone' ? 'phone' : 'teams');
    assert.equal(b?.sipCallId, sides[winner].state.invite?.request.headers.get('call-id'));
    assert.equal(record?.hub === undefined, winner === 'phone');
    assert.deepEqual(record?.attempts.map((attempt) => attempt.result).sort(), ['200', 'answered elsewhere']);
    assert.match(
      record?.why.join(' ') ?? '',
      winner === 'phone' ? /phone dana-desk answered first/ : /Teams answered first/,
    );
    const callIds = new Set(
      world.log.ladders[0]
        ?.filter((line) => line.leg === 'b')
        .map((line) => /^call-id:\s*(\S+)/im.exec(line.text)?.[1]),
    );
    assert.equal(callIds.size, 2, 'both branches are in the ladder');
  });
}

test('both answer in the same moment: one talks, the other gets ACK and BYE with "completed elsewhere"', async () => {
  const world = withDesk();
  const phone = answers(world.phone('dana-desk'));
  const teams = answers(hub(world));
  const pat = world.fromCarrier(danaNumber);
  await world.run(1000);
  assert.equal(pat.accepted?.status, 200);
  const talking = [phone, teams].filter(({ dialog }) => dialog?.state === 'confirmed');
  assert.equal(talking.length, 1);
  const byes = world.net.seen
    .filter(({ line, from }) => line === 'BYE' && from === 'tandem')
    .map(({ message }) => message.headers.get('reason'));
  assert.deepEqual(byes, [elsewhere]);
  pat.dialog?.bye();
  await over(world);
});

for (const [first, other, told, result, story] of [
  [486, 486, 486, 'busy', 'both are busy'],
  [480, 486, 486, 'busy', 'Teams finds nobody, the phone is busy'],
  [404, 480, 480, 'no-answer', 'Teams does not know her yet, nobody is at the phone'],
  [500, 404, 404, 'refused', 'Teams has an error on each hub, the phone says 404'],
] as const) {
  test(`${story}: the caller gets ${told}`, async () => {
    const world = withDesk();
    for (const each of world.hubs) refuses(each, first);
    refuses(world.phone('dana-desk'), other);
    const pat = world.fromCarrier(danaNumber);
    await world.run(1000);
    assert.deepEqual(statuses(pat), [told]);
    await over(world);
    assert.equal(world.log.closedRecords[0]?.result, result);
  });
}

test('Dana declines at the phone: Teams stops ringing, and the caller hears that she declined', async () => {
  const world = withDesk();
  const teams = rings(hub(world));
  const phone = rings(world.phone('dana-desk'));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  phone.invite?.reject(603);
  await world.run(300);
  assert.deepEqual(statuses(pat), [180, 603]);
  assert.equal(teams.ends.length, 1);
  assert.notEqual(teams.ends[0], elsewhere);
  await over(world);
  assert.equal(world.log.closedRecords[0]?.code, 'declined');
});

test('the phone is busy and Teams answers: the call is Teams’', async () => {
  const world = withDesk();
  const teams = rings(hub(world));
  refuses(world.phone('dana-desk'), 486);
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  pickUp(hub(world), teams);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  pat.dialog?.bye();
  await over(world);
  assert.match(
    world.log.closedRecords[0]?.why.join(' ') ?? '',
    /The phone dana-desk: The phone says that the line is busy\./,
  );
});

test('the caller hangs up: every branch is cancelled, and no one of them is told "elsewhere"', async () => {
  const world = new World({ devices: [desk, second] });
  const ringing = [rings(hub(world)), rings(world.phone('dana-desk')), rings(world.phone('dana-home'))];
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  pat.invite.cancel();
  await world.run(300);
  for (const { ends } of ringing) {
    assert.equal(ends.length, 1);
    assert.match(ends[0] ?? '', /^Q\.850;cause=16/);
  }
  await over(world);
  assert.equal(world.log.closedRecords[0]?.result, 'cancelled');
});

test('nobody answers for three minutes: all stop ringing, one record says so', async () => {
  const world = withDesk();
  const ringing = [rings(hub(world)), rings(world.phone('dana-desk'))];
  const pat = world.fromCarrier(danaNumber);
  await world.run(181_000, 500);
  // The user agent repeats the 180 once a minute (RFC 3261 §13.3.1.1).
  assert.deepEqual([...new Set(statuses(pat))], [180, 480]);
  for (const { ends } of ringing) assert.equal(ends.length, 1);
  await over(world);
  assert.equal(world.log.closedRecords[0]?.code, 'no-answer');
});

test('the first hub is dead while the phone rings: the second hub is asked, and Teams answers there', async () => {
  const world = withDesk();
  refuses(hub(world), 503);
  const teams = answers(world.hubs[1] as TestPeer);
  const phone = rings(world.phone('dana-desk'));
  const pat = world.fromCarrier(danaNumber);
  await world.run(1000);
  assert.equal(pat.accepted?.status, 200);
  assert.ok(teams.dialog);
  assert.deepEqual(phone.ends, [elsewhere]);
  pat.dialog?.bye();
  await over(world);
  assert.deepEqual(
    world.log.closedRecords[0]?.attempts.map((attempt) => attempt.result),
    ['503', '200', 'answered elsewhere'],
  );
});

test('one endpoint sends early media: nobody knows who will answer, so the caller gets one 180 without SDP', async () => {
  const world = withDesk();
  rings(world.phone('dana-desk'), 183);
  hub(world).handlers = {
    onInvite: (invite) => {
      for (let count = 0; count < 3; count++)
        invite.progress(183, {
          contact: hub(world).contact,
          body: offerSdp(),
          contentType: 'application/sdp',
        });
    },
  };
  const pat = world.fromCarrier(danaNumber);
  await world.run(500);
  assert.deepEqual(statuses(pat), [180]);
  assert.equal(pat.heard[0]?.body.length, 0);
  pat.invite.cancel();
  await over(world);
});

test('both endpoints only say that they try: the caller gets a sign of life after four seconds, without SDP', async () => {
  const world = withDesk({ budgets: { only100Ms: 20_000 } });
  const pat = world.fromCarrier(danaNumber);
  await world.run(4500);
  assert.deepEqual(statuses(pat), [183]);
  assert.equal(pat.heard[0]?.body.length, 0);
  world.phone('dana-desk').invites[0]?.progress(180, { contact: world.phone('dana-desk').contact });
  await world.run(300);
  assert.deepEqual(statuses(pat), [183, 180]);
  pat.invite.cancel();
  await world.run(300);
  for (const peer of [hub(world), world.phone('dana-desk')])
    assert.equal(peer.invites[0]?.state, 'cancelled');
  await over(world);
});

test('the caller brings no offer: the winner’s answer decides, and the caller’s answer comes in the ACK', async () => {
  const world = withDesk();
  rings(hub(world));
  const phone = rings(world.phone('dana-desk'));
  const pat = world.fromCarrier(danaNumber, { body: Buffer.alloc(0) });
  await world.run(300);
  pickUp(world.phone('dana-desk'), phone);
  await world.run(300);
  assert.match(pat.accepted?.body.toString() ?? '', /offer-to-a/);
  pat.dialog?.bye();
  await over(world);
});

test('there are ports for one branch only: that one rings', async () => {
  const world = withDesk();
  const allocate = world.media.allocate.bind(world.media);
  world.media.allocate = (callId, profiles, emit) =>
    String(callId).endsWith('.2')
      ? Promise.resolve({ ok: false, refusal: { kind: 'no-ports' } })
      : allocate(callId, profiles, emit);
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  assert.equal(world.phone('dana-desk').invites.length, 0);
  pat.dialog?.bye();
  await over(world);
});

test('the media relay dies while all ring: everybody is released', async () => {
  const world = withDesk();
  const ringing = [rings(hub(world)), rings(world.phone('dana-desk'))];
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  for (const { emit } of world.media.open.values()) emit({ kind: 'engine-lost' });
  await world.run(300);
  assert.deepEqual(statuses(pat), [180, 500]);
  for (const { ends } of ringing) assert.equal(ends.length, 1);
  await over(world);
});

test('hold, resume and hanging up work on a phone’s leg as on a carrier’s', async () => {
  const world = withDesk();
  rings(hub(world));
  const phone = rings(world.phone('dana-desk'));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  const dialog = pickUp(world.phone('dana-desk'), phone);
  await world.run(300);
  for (const direction of ['sendonly', 'sendrecv']) {
    const body = offerSdp(`a=${direction}\r\n`);
    let final = 0;
    dialog.request({
      method: 'INVITE',
      body,
      contentType: 'application/sdp',
      onFinal: (outcome) => {
        final = outcome.kind === 'response' ? outcome.response.status : 0;
      },
    });
    await world.run(300);
    assert.equal(final, 200);
  }
  assert.equal(pat.requests.length, 2);
  pat.dialog?.bye();
  await world.run(300);
  assert.deepEqual(phone.ends, ['bye-received']);
  await over(world);
});

test('Sam calls Dana’s extension from Teams: her Teams and her phone ring, and Sam’s own never', async () => {
  const world = new World({
    devices: [desk, device('sam-desk', 'acme', { personId: asPersonId('Sam') })],
  });
  rings(hub(world));
  const phone = rings(world.phone('dana-desk'));
  const sam = world.fromTeams('1001', { caller: samNumber });
  await world.run(300);
  pickUp(world.phone('dana-desk'), phone);
  await world.run(300);
  assert.equal(sam.accepted?.status, 200);
  assert.equal(world.phone('sam-desk').invites.length, 0);
  const [live] = world.engine.activeCalls();
  assert.equal(live?.record().direction, 'internal');
  assert.deepEqual(
    live?.parties().map((party) => [party.leg, String(party.personId), party.endpoint]),
    [
      ['a', 'Sam', 'teams'],
      ['b', 'Dana', 'platform'],
    ],
  );
  sam.dialog?.bye();
  await over(world);
});

test('Dana has no Teams: her desk phone rings alone, with its early media', async () => {
  const world = withDesk({ people: [person('Dana', 'acme', danaNumber, { teamsToggle: false })] });
  const phone = world.phone('dana-desk');
  phone.handlers = {
    onInvite: (invite) => {
      invite.progress(183, { contact: phone.contact, body: offerSdp(), contentType: 'application/sdp' });
    },
  };
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  phone.invites[0]?.accept({ contact: phone.contact, body: offerSdp(), contentType: 'application/sdp' });
  await world.run(300);
  assert.deepEqual(statuses(pat), [183, 200]);
  const record = world.engine.activeCalls()[0]?.record();
  assert.equal(record?.direction, 'to-phone');
  assert.match(record?.why.join(' ') ?? '', /PRV-303/);
  assert.equal(hub(world).invites.length, 0);
  const invite = phone.invites[0]?.request;
  assert.equal(invite?.uri, `sip:line1@${phone.host}:5060`);
  assert.match(invite?.headers.get('from') ?? '', new RegExp(`sip:\\${outside}@`));
  pat.dialog?.bye();
  await over(world);
});

test('Dana has no Teams and her phone is not registered: refused with her PRV code, and both are said', async () => {
  const world = withDesk({ people: [person('Dana', 'acme', danaNumber, { teamsToggle: false })] });
  world.registered.clear();
  const pat = world.fromCarrier(danaNumber);
  await over(world);
  assert.deepEqual(statuses(pat), [480]);
  const [record] = world.log.closedRecords;
  assert.equal(record?.code, 'PRV-303');
  assert.match(record?.sentence ?? '', /switched off for Dana.*No phone of Dana is registered\./);
});

test('provisioning says that Teams is not for Dana: her phone rings; without it the caller gets status and cause of 1.8', async () => {
  const refusal = { code: 'PRV-205', sentence: 'Add Dana to the group.', sip: 480, q850: 20 } as const;
  const world = withDesk({
    access: {
      outcomeOf: () => ({
        toPerson: { offered: false, refusal, otherEndpoints: true, route: 'unavailable' },
        fromPerson: { allowed: false, refusal: { ...refusal, sip: 403, q850: 63 } },
      }),
    },
  });
  answers(world.phone('dana-desk'));
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  assert.equal(hub(world).invites.length, 0);
  pat.dialog?.bye();
  await world.run(300);

  world.registered.clear();
  const again = world.fromCarrier(danaNumber);
  await world.run(1500);
  assert.deepEqual(statuses(again), [480]);
  const fromTeams = world.fromTeams(outside);
  answers(world.first);
  const emergency = world.fromTeams('911');
  await world.run(1500);
  assert.deepEqual(statuses(fromTeams), [403]);
  assert.equal(emergency.accepted?.status, 200);
  emergency.dialog?.bye();
  await over(world);
  const refused = world.log.closedRecords.filter((record) => record.result === 'refused');
  assert.deepEqual(
    refused.map((record) => [record.code, record.status, record.q850]),
    [
      ['PRV-205', 480, 20],
      ['PRV-205', 403, 63],
    ],
  );
  for (const { why } of refused)
    assert.equal(
      why.join(' ').split('PRV-205: Add Dana to the group.').length,
      2,
      'said once, with its code',
    );
  assert.equal(refused[1]?.why.at(-1), 'PRV-205: Add Dana to the group.');
});
