import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, asQueueId, type E164, type PersonId, type Queue, queueDefaults } from '@tandem/domain';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import type { IncomingInvite } from '@tandem/sip/ua/types.ts';
import {
  type Answered,
  accept,
  acmeId,
  answers,
  device,
  outside,
  people,
  person,
  refuses,
  statuses,
  World,
  type WorldOptions,
} from '../call/test-world.ts';
import type { GateVerdict, PresenceGate } from '../ports/presence-gate.ts';

const salesNumber = '+12025550150' as E164;
const [dana, sam, kim] = ['Dana', 'Sam', 'Kim'].map(asPersonId) as [PersonId, PersonId, PersonId];
const salesId = asQueueId('sales');
const sales = (more: Partial<Queue> = {}): Queue => ({
  ...queueDefaults,
  id: salesId,
  accountId: acmeId,
  name: 'Sales',
  extension: '1500',
  number: salesNumber,
  members: [sam, kim].map((personId) => ({ personId, loggedIn: true })),
  ...more,
});
const samDesk = device('sam-desk', 'acme', { personId: sam });
const kimDesk = device('kim-desk', 'acme', { personId: kim });
const danaDesk = device('dana-desk', 'acme', { personId: dana });

/** Sam and Kim at their phones only; Dana calls. */
function worldWith(queue: Partial<Queue> = {}, more: Partial<WorldOptions> = {}): World {
  return new World({
    people: [
      ...people.filter(({ id }) => id !== sam),
      person('Sam', 'acme', undefined, { extension: '1002' }),
      person('Kim', 'acme', undefined, { extension: '1003' }),
    ],
    devices: [samDesk, kimDesk, danaDesk],
    queues: [sales(queue)],
    ...more,
  });
}

interface Ringing {
  readonly invites: IncomingInvite[];
  readonly cancelled: string[];
}

/** Rings and waits for somebody to press a key. */
function rings(peer: TestPeer): Ringing {
  const state: Ringing = { invites: [], cancelled: [] };
  peer.handlers = {
    ...peer.handlers,
    onInvite: (invite) => {
      state.invites.push(invite);
      invite.onCancel = (cancel) => void state.cancelled.push(cancel.headers.get('reason') ?? '');
      invite.progress(180, { contact: peer.contact });
    },
  };
  return state;
}

const pick = (peer: TestPeer, ringing: Ringing, state?: Answered): void => {
  accept(peer, ringing.invites.at(-1) as IncomingInvite, state);
};
const view = (world: World) => {
  const seen = world.engine.queues.viewOf(salesId);
  assert.ok(seen);
  return { ...seen, states: seen.members.map(({ state }) => state) };
};
const record = (world: World) => {
  const call = world.log.closedRecords[0];
  assert.ok(call, 'a record is closed');
  return call;
};

test('Pat calls Sales: answered at once with music, Sam is rung, and from the answer on the two talk', async () => {
  const world = worldWith();
  const phone = rings(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  assert.ok(world.media.log.includes('music a'));
  assert.equal(phone.invites.length, 1);
  assert.match(phone.invites[0]?.request.headers.get('from') ?? '', /Sales: Pat Example/);
  assert.deepEqual(view(world).states, ['offered', 'free']);
  assert.deepEqual(
    view(world).waiting.map(({ from, offeredTo }) => [from, offeredTo]),
    [[outside, sam]],
  );

  const sams: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  pick(world.phone('sam-desk'), phone, sams);
  await world.run(300);
  assert.equal(world.media.log.at(-1), 'stop a');
  assert.deepEqual(view(world).states, ['in-call', 'free']);
  assert.deepEqual(view(world).waiting, []);
  assert.deepEqual(
    world.engine
      .activeCalls()[0]
      ?.parties()
      .map(({ personId }) => personId),
    [sam],
  );

  pat.dialog?.bye('');
  await world.settle();
  assert.deepEqual(sams.ends, ['bye-received']);
  const { result, direction, personId, queue, why } = record(world);
  assert.deepEqual(
    [result, direction, personId, queue?.memberId, queue?.name],
    ['answered', 'to-queue', sam, sam, 'Sales'],
  );
  assert.match(why.join(' '), /waits in the queue Sales\. Offered to Sam, who has been idle longest/);
  assert.equal(world.media.open.size, 0);
  assert.deepEqual(world.bugs, []);
});

test('Sam declines, Kim is busy, and Sam takes it after a rest: the order of a caller who keeps waiting', async () => {
  const world = worldWith();
  refuses(world.phone('sam-desk'), 603);
  refuses(world.phone('kim-desk'), 486);
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  assert.deepEqual(view(world).states, ['resting', 'resting']);
  assert.equal(pat.ends.length, 0);
  const phone = rings(world.phone('sam-desk'));
  await world.run(6_000, 50);
  assert.equal(phone.invites.length, 1);
  pick(world.phone('sam-desk'), phone);
  await world.run(300);
  assert.deepEqual(view(world).states[0], 'in-call');
  pat.dialog?.bye('');
  await world.settle();
  assert.match(record(world).why.join(' '), /Sam did not take it: .*declined.*Kim did not take it: .*busy/);
});

test('Sam does not answer in 15 s: her phone stops, Kim is rung, and Pat hears music all the time', async () => {
  const world = worldWith();
  const sams = rings(world.phone('sam-desk'));
  const kims = rings(world.phone('kim-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(14_900, 50);
  assert.deepEqual([sams.invites.length, kims.invites.length], [1, 0]);
  await world.run(400, 5);
  assert.equal(sams.cancelled.length, 1);
  assert.equal(kims.invites.length, 1);
  assert.equal(world.media.log.filter((line) => line === 'stop a').length, 0);
  assert.equal(pat.ends.length, 0);
});

test('Pat hangs up while Sam is rung: her phone stops at once, and she is free for the next', async () => {
  const world = worldWith({ members: [{ personId: sam, loggedIn: true }] });
  const sams = rings(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  const next = world.fromCarrier(salesNumber);
  await world.run(300);
  assert.equal(sams.invites.length, 1);
  assert.equal(view(world).waiting.length, 2);
  pat.dialog?.bye('');
  await world.run(1_000, 5);
  assert.equal(sams.cancelled.length, 1);
  assert.equal(sams.invites.length, 2);
  assert.equal(next.ends.length, 0);
  await world.run(3_000, 50);
  const { code, result } = record(world);
  assert.deepEqual([code, result], ['queue-abandoned', 'cancelled']);
});

test('Sam talks on a call of her own from Teams, which runs through Tandem: nothing is offered until she is free', async () => {
  const world = worldWith({ members: [{ personId: dana, loggedIn: true }] });
  answers(world.first);
  const desk = rings(world.phone('dana-desk'));
  const own = world.fromTeams(outside);
  await world.run(300);
  assert.equal(own.accepted?.status, 200);
  const pat = world.fromCarrier(salesNumber);
  await world.run(3_000, 50);
  assert.deepEqual([desk.invites.length, pat.accepted?.status, view(world).states], [0, 200, ['in-call']]);
  own.dialog?.bye('');
  await world.run(1_000, 5);
  assert.equal(desk.invites.length, 1, 'offered within a second of being free');
  pat.dialog?.bye('');
  await world.settle();
  assert.match(
    world.log.closedRecords.map(({ why }) => why.join(' ')).join(' '),
    /Not offered: Dana has another call\./,
  );
});

test('Dana talks, and the call rule for that says “Accept all calls”: the queue offers her its call all the same', async () => {
  for (const [alsoInCalls, rung] of [
    [true, 1],
    [undefined, 0],
  ] as const) {
    const gate: PresenceGate = {
      verdictFor: () => ({ rings: true, ...(alsoInCalls && { alsoInCalls }) }),
      onChange: () => () => undefined,
    };
    const world = worldWith({ members: [{ personId: dana, loggedIn: true }] }, { gate });
    answers(world.first);
    const desk = rings(world.phone('dana-desk'));
    const own = world.fromTeams(outside);
    await world.run(300);
    assert.equal(own.accepted?.status, 200);
    const [pat, next] = [world.fromCarrier(salesNumber), world.fromCarrier(salesNumber)];
    await world.run(1_000, 50);
    // One call of queues at a time, whatever a rule says.
    assert.equal(desk.invites.length, rung);
    for (const { dialog } of [pat, next, own]) dialog?.bye('');
    await world.settle();
    assert.deepEqual(world.bugs, []);
  }
});

test('Sam is in a meeting: skipped for Kim, and offered at once when the meeting is over', async () => {
  const meeting: GateVerdict = {
    rings: false,
    label: 'in_meeting',
    because: 'Sam is In a meeting: no queue calls.',
    otherwise: { kind: 'refuse', sip: 480 },
  };
  let shut = true;
  let heard: ((personId: PersonId) => void) | undefined;
  const gate: PresenceGate = {
    verdictFor: (personId, { kind }) =>
      shut && personId === sam && kind === 'queue' ? meeting : { rings: true },
    onChange: (listener) => {
      heard = listener;
      return () => undefined;
    },
  };
  const world = worldWith({ members: [{ personId: sam, loggedIn: true }] }, { gate });
  world.engine.start();
  const sams = rings(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(500);
  assert.equal(sams.invites.length, 0);
  assert.deepEqual(view(world).states, ['skipped']);
  assert.equal(view(world).members[0]?.sentence, 'Skipped because Sam is In a meeting: no queue calls.');
  shut = false;
  heard?.(sam);
  await world.run(50);
  assert.equal(sams.invites.length, 1);
  world.engine.stop();
  pat.dialog?.bye('');
  await world.settle();
  assert.match(record(world).why.join(' '), /Not offered: Sam is In a meeting: no queue calls\./);
});

test('the queue is full: the third caller is refused, or sent on to where the queue says', async () => {
  for (const overflow of [{ kind: 'refuse' }, { kind: 'forward', to: '1001' }] as const) {
    const world = worldWith({ maxWaiting: 2, overflow });
    rings(world.phone('sam-desk'));
    rings(world.phone('kim-desk'));
    const teams = answers(world.hubs[0] as TestPeer);
    world.fromCarrier(salesNumber);
    world.fromCarrier(salesNumber);
    await world.run(300);
    const third = world.fromCarrier(salesNumber);
    await world.run(300);
    if (overflow.kind === 'refuse') assert.deepEqual(statuses(third), [480]);
    else assert.ok(teams.invite, 'Dana is rung in Teams');
  }
});

test('nobody is logged in: refused before it rings, and the record says so', async () => {
  const world = worldWith({ members: [{ personId: sam, loggedIn: false }] });
  const pat = world.fromCarrier(salesNumber);
  await world.run(1_500, 50);
  assert.deepEqual(statuses(pat), [480]);
  assert.equal(record(world).sentence, 'Nobody is logged in to the queue Sales.');
});

test('Pat waits too long: ended with a reason, or sent on to Dana, who answers', async () => {
  const world = worldWith({ maxWaitSeconds: 10, members: [{ personId: sam, loggedIn: true }] });
  world.registered.delete(samDesk.id);
  const pat = world.fromCarrier(salesNumber);
  await world.run(9_900, 50);
  assert.equal(pat.ends.length, 0);
  await world.run(2_000, 50);
  assert.deepEqual(pat.ends, ['bye-received']);
  assert.deepEqual([record(world).code, record(world).result], ['queue-timeout', 'no-answer']);

  const kind = worldWith({
    maxWaitSeconds: 10,
    overflow: { kind: 'forward', to: '1001' },
    members: [{ personId: sam, loggedIn: true }],
  });
  kind.registered.delete(samDesk.id);
  const danas = rings(kind.phone('dana-desk'));
  refuses(kind.hubs[0] as TestPeer, 480);
  const ann = kind.fromCarrier(salesNumber);
  await kind.run(10_300, 50);
  assert.equal(danas.invites.length, 1);
  pick(kind.phone('dana-desk'), danas);
  await kind.run(300);
  assert.equal(ann.ends.length, 0);
  ann.dialog?.bye('');
  await kind.settle();
  assert.equal(record(kind).result, 'answered');
  assert.deepEqual(kind.bugs, []);
});

test("Sam answers with media that nobody understands: she is told so, and Kim gets Pat's call", async () => {
  const world = worldWith();
  const sams = rings(world.phone('sam-desk'));
  const kims = rings(world.phone('kim-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  world.media.refuseAnswer = { kind: 'no-common-codec', offered: ['opus/48000'] };
  const answered: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  pick(world.phone('sam-desk'), sams, answered);
  await world.run(300);
  assert.deepEqual(answered.ends, ['bye-received']);
  world.media.refuseAnswer = undefined;
  assert.equal(kims.invites.length, 1);
  pick(world.phone('kim-desk'), kims);
  await world.run(300);
  assert.deepEqual(view(world).states, ['resting', 'in-call']);
  pat.dialog?.bye('');
  await world.settle();
  assert.equal(world.media.open.size, 0);
});

test('Sam wraps up for 30 s after a call: the next caller waits for her that long', async () => {
  const world = worldWith({ wrapUpSeconds: 30, members: [{ personId: sam, loggedIn: true }] });
  const sams = rings(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  pick(world.phone('sam-desk'), sams);
  await world.run(300);
  const next = world.fromCarrier(salesNumber);
  await world.run(300);
  pat.dialog?.bye('');
  await world.run(29_500, 50);
  assert.deepEqual([sams.invites.length, view(world).states], [1, ['wrap-up']]);
  await world.run(1_500, 50);
  assert.equal(sams.invites.length, 2);
  assert.equal(next.ends.length, 0);
});

test('the queue is removed while Pat waits: the call ends and says why', async () => {
  const world = worldWith({ members: [{ personId: sam, loggedIn: true }] });
  const sams = rings(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  world.snapshot = { ...world.snapshot, queues: new Map() };
  world.engine.snapshotChanged();
  await world.run(3_000, 50);
  assert.deepEqual(pat.ends, ['bye-received']);
  assert.equal(sams.cancelled.length, 1);
  assert.equal(record(world).code, 'queue-gone');
});

test('Pat puts the call on hold and takes it back while talking to Sam: both sides are told', async () => {
  const world = worldWith();
  const sams = answers(world.phone('sam-desk'));
  const pat = world.fromCarrier(salesNumber);
  await world.run(300);
  const held = Buffer.concat([Buffer.from(pat.invite.request.body), Buffer.from('a=sendonly\r\n')]);
  let answered = 0;
  pat.dialog?.request({
    method: 'INVITE',
    body: held,
    contentType: 'application/sdp',
    onFinal: (final) => {
      if (final.kind === 'response') answered = final.response.status;
    },
  });
  await world.run(300);
  assert.equal(answered, 200);
  assert.equal(sams.requests.filter(({ request }) => request.method === 'INVITE').length, 1);
});

test('Sam answers and hangs up while the disk is slow, and Kim answers meanwhile: nothing of Sam is taken for Kim', async () => {
  const world = worldWith({}, { budgets: { checkpointMs: 2_000 } });
  const [samRings, kimRings] = [rings(world.phone('sam-desk')), rings(world.phone('kim-desk'))];
  const pat = world.fromCarrier(salesNumber);
  await world.run(3_000, 50);
  assert.equal(pat.accepted?.status, 200);
  world.log.neverConfirms = true;
  const sams: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  pick(world.phone('sam-desk'), samRings, sams);
  await world.run(200, 50);
  sams.dialog?.bye('');
  await world.run(1_000, 50);
  assert.equal(kimRings.invites.length, 1, 'Kim is rung next');
  pick(world.phone('kim-desk'), kimRings);
  // The wait for Sam's checkpoint is over now, the one for Kim's is not.
  await world.run(1_200, 50);
  assert.ok(!world.media.log.includes('stop a'), 'Pat goes on hearing music until Kim is there');
  assert.equal(world.engine.activeCalls()[0]?.state, 'answering');
  await world.run(1_500, 50);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  assert.equal(world.media.log.filter((line) => line === 'stop a').length, 1);
  pat.dialog?.bye('');
  await world.settle();
  assert.equal(record(world).queue?.memberId, kim);
  assert.deepEqual(world.bugs, []);
});
