import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import type { FinalOutcome } from '@tandem/sip/ua/types.ts';
import {
  type Answered,
  answers,
  danaNumber,
  device,
  offerSdp,
  outside,
  type PlacedCall,
  rings,
  statuses,
  World,
} from './test-world.ts';

const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;

async function talking(more = {}): Promise<{ world: World; pat: PlacedCall; teams: Answered }> {
  const world = new World(more);
  const teams = answers(hub(world));
  const pat = world.fromCarrier(danaNumber);
  await world.run(200);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  world.media.log.length = 0;
  return { world, pat, teams };
}

function reinvite(
  call: { dialog: PlacedCall['dialog'] },
  body: Buffer,
): { outcome: FinalOutcome | undefined } {
  const seen: { outcome: FinalOutcome | undefined } = { outcome: undefined };
  call.dialog?.request({
    method: 'INVITE',
    body,
    ...(body.length > 0 && { contentType: 'application/sdp' }),
    ackBody: () => (body.length === 0 ? offerSdp() : undefined),
    onFinal: (outcome) => {
      seen.outcome = outcome;
    },
  });
  return seen;
}

async function after<T>(world: World, work: T): Promise<T> {
  await world.run(200);
  return work;
}

const status = (seen: { outcome: FinalOutcome | undefined }): number | undefined =>
  seen.outcome?.kind === 'response' ? seen.outcome.response.status : undefined;

test('the carrier puts the call on hold: the change reaches Teams, its answer comes back, resume works the same way', async () => {
  const { world, pat, teams } = await talking();
  const hold = reinvite(pat, offerSdp('a=sendonly\r\n'));
  await world.run(200);
  assert.equal(status(hold), 200);
  assert.equal(teams.requests.length, 1);
  assert.match(teams.requests[0]?.request.body.toString() ?? '', /a=sendonly/); // the media border turns it into inactive
  assert.deepEqual(world.media.log, ['offer a', 'answer b fork']);
  const resume = reinvite(pat, offerSdp('a=sendrecv\r\n'));
  await world.run(200);
  assert.equal(status(resume), 200);
  assert.equal(teams.requests.length, 2);
});

test('Dana holds in Teams: the carrier is told, then both ends hang up at the same moment', async () => {
  const { world, pat, teams } = await talking();
  const hold = reinvite(teams, offerSdp('a=inactive\r\n'));
  await world.run(200);
  assert.equal(status(hold), 200);
  assert.equal(pat.requests.length, 1);
  pat.dialog?.bye();
  teams.dialog?.bye();
  await world.run(300);
  assert.equal(world.log.closedRecords.length, 1);
  await world.settle();
  assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
  assert.deepEqual(world.bugs, []);
});

for (const [who, holds, asked] of [
  ['the carrier', 'pat', 'sendonly'],
  ['Dana in Teams', 'teams', 'inactive'],
] as const)
  test(`${who} holds: Dana’s party is held, told once, and once more when it is over; a refresh in between is no news`, async () => {
    const { world, ...sides } = await talking();
    const other = holds === 'pat' ? sides.teams : sides.pat;
    const [live] = world.engine.activeCalls();
    const held = (): (boolean | undefined)[] | undefined => live?.parties().map((party) => party.held);
    assert.deepEqual(held(), [undefined]);
    const changes = (): number => world.events.filter(({ kind }) => kind === 'call-changed').length;
    const before = changes();
    assert.equal(status(await after(world, reinvite(sides[holds], offerSdp(`a=${asked}\r\n`)))), 200);
    assert.deepEqual([held(), changes() - before], [[true], 1]);
    // Who is held says so when it refreshes its session; that is not a hold of its own.
    assert.equal(status(await after(world, reinvite(other, offerSdp('a=inactive\r\n')))), 200);
    assert.deepEqual([held(), changes() - before], [[true], 1]);
    assert.equal(status(await after(world, reinvite(sides[holds], offerSdp('a=sendrecv\r\n')))), 200);
    assert.deepEqual([held(), changes() - before], [[undefined], 2]);
  });

test('the carrier refreshes its session with the same SDP: answered on its own leg, Teams never hears of it', async () => {
  const { world, pat, teams } = await talking();
  const refresh = reinvite(pat, offerSdp());
  await world.run(200);
  assert.equal(status(refresh), 200);
  assert.equal(teams.requests.length, 0);
  assert.deepEqual(world.media.log, ['offer a', 'answerLocally a']);
});

test('the carrier moves its media to another address: absorbed by the relay, Teams never hears of it', async () => {
  const { world, pat, teams } = await talking();
  const moved = Buffer.from(
    offerSdp()
      .toString()
      .replace(/192\.0\.2\.9/g, '192.0.2.10'),
  );
  const seen = reinvite(pat, moved);
  await world.run(200);
  assert.equal(status(seen), 200);
  assert.equal(teams.requests.length, 0);
});

test('the carrier sends a re-INVITE without SDP: our offer goes out in the 200, Teams never hears of it', async () => {
  const { world, pat, teams } = await talking();
  const seen = reinvite(pat, Buffer.alloc(0));
  await world.run(200);
  assert.equal(status(seen), 200);
  assert.equal(teams.requests.length, 0);
  assert.deepEqual(world.media.log, ['offerTo a', 'answer a']);
});

test('both sides hold at once: one waits with 491 and the call lives on', async () => {
  const { world, pat, teams } = await talking();
  const one = reinvite(pat, offerSdp('a=sendonly\r\n'));
  const other = reinvite(teams, offerSdp('a=inactive\r\n'));
  await world.run(10_000);
  assert.ok(status(one) === 200 || status(other) === 200, `${status(one)} ${status(other)}`);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
});

for (const [when, delay] of [
  ['while Teams is still thinking about it', 500],
  ['before Teams has heard of it', 0],
] as const) {
  test(`the carrier takes its hold back ${when} (CANCEL): in the end neither side is on hold`, async () => {
    const { world, pat, teams } = await talking();
    const told: string[] = [];
    if (teams.dialog)
      teams.dialog.onRequest = (request) => {
        const direction =
          /a=(sendonly|inactive|sendrecv)/.exec(request.request.body.toString())?.[1] ?? 'sendrecv';
        told.push(direction);
        const body = offerSdp(direction === 'sendonly' ? 'a=recvonly\r\n' : '');
        world.clock.after(told.length === 1 ? delay : 0, () =>
          request.respond(200, { body, contentType: 'application/sdp' }),
        );
      };
    const hold = reinvite(pat, offerSdp('a=sendonly\r\n'));
    await world.run(delay === 0 ? 5 : 200);
    const sent = world.net.seen.findLast(({ line, from }) => line === 'INVITE' && from === 'first')?.message;
    assert.ok(sent?.kind === 'request');
    const { headers } = sent;
    const cancel = [
      `CANCEL ${sent.uri} SIP/2.0`,
      `Via: ${headers.get('via')}`,
      `From: ${headers.get('from')}`,
      `To: ${headers.get('to')}`,
      `Call-ID: ${headers.get('call-id')}`,
      `CSeq: ${Number.parseInt(headers.get('cseq') ?? '', 10)} CANCEL`,
      'Max-Forwards: 70',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
    if (delay === 0) await world.run(20);
    world.tandem.hear(cancel, world.first, 'UDP');
    await world.run(5000);
    if (delay > 0) assert.equal(status(hold), 487);
    const held = world.engine
      .activeCalls()[0]
      ?.parties()
      .map((party) => party.held);
    assert.deepEqual(held, [status(hold) === 487 ? undefined : true]);
    if (status(hold) === 487) {
      assert.deepEqual(told, ['sendonly', 'sendrecv']);
      const again = reinvite(pat, offerSdp());
      await world.run(500);
      assert.equal(status(again), 200);
      assert.equal(told.length, 2, 'what was before is a refresh again');
    } else assert.equal(status(hold), 200, 'the CANCEL came too late and means nothing');
    assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
    pat.dialog?.bye();
    await world.settle();
    assert.deepEqual(world.bugs, []);
    assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
  });
}

test('Teams answers 491 to a hold that we pass on: tried again after the back-off of RFC 3261 14.1', async () => {
  const { world, pat, teams } = await talking();
  let asked = 0;
  if (teams.dialog)
    teams.dialog.onRequest = (request) => {
      asked++;
      if (asked === 1) request.respond(491);
      else request.respond(200, { body: offerSdp('a=inactive\r\n'), contentType: 'application/sdp' });
    };
  const hold = reinvite(pat, offerSdp('a=sendonly\r\n'));
  await world.run(5000);
  assert.equal(asked, 2);
  assert.equal(status(hold), 200);
});

test('the other side refuses the hold: it stays on the leg that wanted it and the call lives on', async () => {
  const { world, pat, teams } = await talking();
  if (teams.dialog) teams.dialog.onRequest = (request) => request.respond(488);
  const hold = reinvite(pat, offerSdp('a=sendonly\r\n'));
  await world.run(500);
  assert.equal(status(hold), 200);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
});

for (const method of ['UPDATE', 'INFO', 'REFER', 'NOTIFY']) {
  test(`a peer sends ${method}, which is not in our Allow: 405 or 501, and the call lives on`, async () => {
    const { world, pat } = await talking();
    const seen: { outcome: FinalOutcome | undefined } = { outcome: undefined };
    pat.dialog?.request({
      method,
      onFinal: (final) => {
        seen.outcome = final;
      },
    });
    await world.run(200);
    const got = status(seen);
    assert.ok(got === 405 || got === 501, String(got));
    assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  });
}

test('an INVITE without SDP from the carrier: Teams gets our offer, the carrier gets one in the 200 and answers in the ACK', async () => {
  const world = new World();
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber, { body: Buffer.alloc(0) });
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  assert.deepEqual(world.media.log, ['offerTo b', 'answer b fork', 'offerTo a', 'answer a fork']);
  pat.dialog?.bye();
  await world.settle();
  assert.equal(world.log.closedRecords[0]?.result, 'answered');
});

test('the caller wants us to refresh the session: we do, half-way each time, and only on its leg', async () => {
  const world = new World();
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber, {
    headers: Headers.of([
      ['Session-Expires', '200;refresher=uas'],
      ['Supported', 'timer'],
    ]),
  });
  await world.run(300);
  assert.equal(pat.accepted?.headers.get('session-expires'), '200;refresher=uas');
  await world.run(101_000, 250);
  assert.equal(pat.requests.filter((request) => request.request.method === 'INVITE').length, 1);
  await world.run(100_000, 250);
  assert.equal(pat.requests.filter((request) => request.request.method === 'INVITE').length, 2);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
});

test('a peer that finds our refresh too frequent (422) is asked at once for the session it wants, and not for ever', async () => {
  const world = new World();
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber, {
    headers: Headers.of([
      ['Session-Expires', '200;refresher=uas'],
      ['Supported', 'timer'],
    ]),
  });
  await world.run(300);
  const asked: (string | undefined)[][] = [];
  let wanted = 400;
  assert.ok(pat.dialog);
  pat.dialog.onRequest = (request) => {
    const { headers } = request.request;
    asked.push([headers.get('session-expires'), headers.get('min-se')]);
    request.respond(422, { headers: Headers.of([['Min-SE', String(wanted++)]]) });
  };
  await world.run(101_000, 250);
  assert.deepEqual(asked, [
    ['200;refresher=uac', undefined],
    ['400;refresher=uac', '400'],
  ]);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
});

test('a refresh of ours that finds the connection lost is sent again: the session does not run out behind a call', async () => {
  const world = new World();
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber, {
    headers: Headers.of([
      ['Session-Expires', '200;refresher=uas'],
      ['Supported', 'timer'],
    ]),
  });
  await world.run(300);
  const carry = world.net.carry.bind(world.net);
  let lost = 0;
  world.net.carry = (from, to, bytes, message, failed) => {
    if (from !== world.tandem || message.kind !== 'request' || message.method !== 'INVITE' || lost > 0)
      return carry(from, to, bytes, message, failed);
    lost++;
    queueMicrotask(() => failed({ kind: 'reset', detail: 'the connection was lost' }));
  };
  await world.run(120_000, 250);
  assert.equal(lost, 1);
  assert.equal(pat.requests.filter((request) => request.request.method === 'INVITE').length, 1);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
});

test('a side that promised to refresh falls silent: both legs are ended before the session runs out', async () => {
  const world = new World();
  const teams = answers(hub(world));
  const pat = world.fromCarrier(danaNumber, {
    headers: Headers.of([
      ['Session-Expires', '120'],
      ['Supported', 'timer'],
    ]),
  });
  await world.run(300);
  assert.equal(pat.accepted?.headers.get('session-expires'), '120;refresher=uac');
  await world.run(90_000, 250);
  assert.deepEqual([pat.ends, teams.ends], [['bye-received'], ['bye-received']]);
  assert.equal(world.log.closedRecords[0]?.code, 'session-expired');
});

test('the caller never ACKs our 200: it is sent again until 64*T1, then both legs get BYE (RFC 3261 13.3.1.4)', async () => {
  const world = new World();
  const teams = answers(hub(world));
  world.net.drop = ({ line, from }) => from === 'first' && line === 'ACK';
  world.fromCarrier(danaNumber);
  await world.run(33_000, 50);
  assert.deepEqual(teams.ends, ['bye-received']);
  await world.settle();
  const [record] = world.log.closedRecords;
  assert.equal(world.log.closedRecords.length, 1);
  assert.equal(record?.code, 'no-ack');
  assert.equal(world.media.released, 1);
});

test('no sound from one side for a minute ends the call; on hold it may be silent for half an hour', async () => {
  const { world, pat } = await talking();
  const [callId] = world.media.open.keys();
  const relay = callId && world.media.open.get(callId);
  reinvite(pat, offerSdp('a=sendonly\r\n'));
  await world.run(300);
  if (relay) relay.emit({ kind: 'silent', side: 'a', forMs: 60_000 });
  await world.run(100);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  reinvite(pat, offerSdp());
  await world.run(300);
  if (relay) relay.emit({ kind: 'silent', side: 'a', forMs: 60_000 });
  await world.run(1500);
  assert.equal(world.log.closedRecords[0]?.code, 'media-silent');
  assert.deepEqual(pat.ends, ['bye-received']);
});

test('the media process dies during the call: both legs get BYE and the record says why', async () => {
  const { world, pat, teams } = await talking();
  for (const relay of world.media.open.values()) relay.emit({ kind: 'engine-lost' });
  await world.run(1500);
  assert.deepEqual([pat.ends, teams.ends], [['bye-received'], ['bye-received']]);
  assert.equal(world.log.closedRecords[0]?.code, 'engine-lost');
});

test('an operator hangs the call up: both sides hear BYE with a reason', async () => {
  const { world, pat, teams } = await talking();
  const callId = world.engine.activeCalls()[0]?.callId;
  assert.ok(callId && world.engine.hangUp(callId));
  await world.run(500);
  assert.deepEqual([pat.ends, teams.ends], [['bye-received'], ['bye-received']]);
  assert.equal(world.log.closedRecords[0]?.endedBy, 'platform');
});

test('the reason of a BYE goes on to the other side', async () => {
  const { world, pat } = await talking();
  pat.dialog?.bye('Q.850;cause=31;text="Normal, unspecified"');
  await world.run(300);
  const bye = world.net.seen.find((seen) => seen.line === 'BYE' && seen.from === 'tandem');
  assert.match(bye?.message.headers.get('reason') ?? '', /^Q\.850;cause=31;/);
  assert.equal(world.log.closedRecords[0]?.q850, 31);
});

test('the checkpoint with both dialogs is there before the 200; a log that hangs costs 5 ms and not the call', async () => {
  const world = new World();
  answers(hub(world));
  world.log.neverConfirms = true;
  const pat = world.fromCarrier(danaNumber);
  await world.run(300);
  assert.equal(pat.accepted?.status, 200);
  const [checkpoint] = world.log.checkpoints;
  const dialog = pat.dialog?.snapshot;
  assert.equal(checkpoint?.a.callId, dialog?.callId);
  assert.equal(checkpoint?.a.localTag, dialog?.remoteTag);
  assert.equal(checkpoint?.a.remoteTag, dialog?.localTag);
  assert.equal(checkpoint?.a.remoteTarget, `sip:first@${world.first.host}:5060`);
});

test('after a crash the next process ends both legs and closes the record as what it is', async () => {
  const { world, pat, teams } = await talking();
  const [checkpoint] = world.log.checkpoints;
  assert.ok(checkpoint);
  world.log.closedRecords.length = 0;
  world.engine.restore([checkpoint], () => 1_700_000_000_150);
  await world.run(500);
  assert.deepEqual([pat.ends, teams.ends], [['bye-received'], ['bye-received']]);
  const crashed = world.log.closedRecords.find((record) => record.closedBy === 'crash');
  assert.deepEqual([crashed?.endedBy, crashed?.code], ['node-crash', 'node-crash']);
  assert.equal(crashed?.endedAt, 1_700_000_000_150);
});

test('a bug in one call ends that call and no other', async () => {
  const { world, pat } = await talking();
  world.media.throwOnOffer = true;
  const broken = world.fromCarrier(danaNumber);
  await world.run(1500);
  assert.equal(broken.failed?.kind === 'response' && broken.failed.response.status, 500);
  assert.equal(world.bugs.length, 1);
  assert.equal(world.log.closedRecords[0]?.code, 'bug');
  assert.equal(world.media.released, 1);
  world.media.throwOnOffer = false;
  pat.dialog?.bye();
  await world.run(500);
  assert.equal(world.log.closedRecords.length, 2);
});

for (const [name, refusal, sip, q850] of [
  ['no ports are left', { kind: 'no-ports' }, 500, 47],
  ['the relay does not answer', { kind: 'engine-down', detail: 'x' }, 500, 47],
  ['there is no common codec', { kind: 'no-common-codec', offered: ['G729'] }, 488, 88],
  ['the SDP is broken', { kind: 'sdp-malformed', detail: 'x' }, 400, 95],
] as const) {
  test(`${name}: the caller hears ${sip} with cause ${q850}, and nobody was called`, async () => {
    const world = new World();
    world.media.refuseOffer = refusal;
    answers(hub(world));
    const pat = world.fromCarrier(danaNumber);
    await world.run(300);
    const response = pat.failed?.kind === 'response' ? pat.failed.response : undefined;
    assert.equal(response?.status, sip);
    assert.match(response?.headers.get('reason') ?? '', new RegExp(`cause=${q850};`));
    assert.equal(hub(world).invites.length, 0);
    await world.settle();
    assert.equal(world.media.allocated, world.media.released);
  });
}

test('the answer of Teams has no usable codec: Teams gets BYE, the caller 488', async () => {
  const world = new World();
  world.media.refuseAnswer = { kind: 'no-common-codec', offered: ['SILK'] };
  const teams = answers(hub(world));
  const pat = world.fromCarrier(danaNumber);
  await world.run(500);
  assert.equal(pat.failed?.kind === 'response' && pat.failed.response.status, 488);
  assert.deepEqual(teams.ends, ['bye-received']);
});

test('Teams without an offer is refused; draining refuses new calls with 503 and lets running ones go on', async () => {
  const { world, pat } = await talking();
  const bare = world.fromTeams(outside, { body: Buffer.alloc(0) });
  await world.run(300);
  assert.equal(bare.failed?.kind === 'response' && bare.failed.response.status, 488);
  const drained = world.engine.drain();
  const late = world.fromCarrier(danaNumber);
  await world.run(300);
  const refused = late.failed?.kind === 'response' ? late.failed.response : undefined;
  assert.equal(refused?.status, 503);
  assert.ok(Number(refused?.headers.get('retry-after')) >= 5);
  assert.equal(world.engine.activeCalls().length, 1);
  pat.dialog?.bye();
  await world.run(300);
  await drained;
});

test('more unanswered calls at once than a source may have: 480 with cause 34, never 503', async () => {
  const world = new World({ budgets: { unansweredPerSource: 3 } });
  hub(world).handlers = { onInvite: (invite) => invite.progress(180, { contact: hub(world).contact }) };
  const calls = Array.from({ length: 5 }, () => world.fromCarrier(danaNumber));
  await world.run(300);
  const refused = calls.filter(
    (call) => call.failed?.kind === 'response' && call.failed.response.status === 480,
  );
  assert.equal(refused.length, 2);
  for (const call of calls) call.invite.cancel();
  await world.run(2000);
  const again = world.fromCarrier(danaNumber);
  await world.run(300);
  assert.equal(again.failed, undefined);
});

test('calls that ring do not count against a carrier’s limit of unanswered INVITEs; a phone’s do', async () => {
  const world = new World({
    budgets: { unansweredPerSource: 3 },
    devices: [device('lobby', 'acme', { extension: '1005' })],
  });
  rings(hub(world));
  const calls: PlacedCall[] = [];
  for (let count = 0; count < 5; count++) {
    calls.push(world.fromCarrier(danaNumber), world.fromPhone('lobby', '1001'));
    await world.run(200);
  }
  assert.deepEqual(
    calls.map((call) => statuses(call)),
    [...Array.from({ length: 6 }, () => [180]), [180], [480], [180], [480]],
  );
  for (const call of calls) call.invite.cancel();
  await world.settle();
  assert.deepEqual(world.engine.ua.counts, { transactions: 0, dialogs: 0 });
});
