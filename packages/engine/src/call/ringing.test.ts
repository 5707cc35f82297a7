import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reply } from '@tandem/sip/ua/test-call.ts';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { answers, danaNumber, offerSdp, outside, statuses, World } from './test-world.ts';

const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;

/** A fork of Teams writes by hand: each endpoint has a To tag of its own. */
function fork(world: World, status: number, tag: string, sdp?: Buffer): void {
  const request = hub(world).invites[0]?.request;
  if (!request) throw new Error('no INVITE has come');
  const lines = [
    `CONTACT: <sip:api-${tag}@${hub(world).host}:5060;x-i=3b9209a2-e569-46b1-acda-642ad20787d5>`,
  ];
  let text = reply(request, status, tag, sdp ? [...lines, 'CONTENT-TYPE: application/sdp'] : lines);
  if (sdp) text = text.replace('CONTENT-LENGTH: 0', `CONTENT-LENGTH: ${sdp.length}`) + sdp.toString('latin1');
  world.tandem.hear(text, hub(world), 'TLS');
}

test('three endpoints of Dana ring, each with its own To tag: the carrier hears one 180, the fork that answers wins', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  for (const tag of ['phone', 'desktop', 'web']) fork(world, 180, tag);
  await world.run(100);
  assert.deepEqual(statuses(pat), [180]);
  fork(world, 200, 'desktop', offerSdp());
  await world.run(100);
  assert.deepEqual(statuses(pat), [180, 200]);
  pat.dialog?.bye();
  await world.run(100);
  const bye = world.net.seen.find((seen) => seen.line === 'BYE' && seen.from === 'tandem');
  assert.match(bye?.message.headers.get('to') ?? '', /tag=desktop/);
  assert.equal(world.log.closedRecords[0]?.microsoftCorrelationId, '3b9209a2-e569-46b1-acda-642ad20787d5');
});

test('a 200 comes from an endpoint that never rang', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 180, 'phone');
  fork(world, 200, 'voicemail', offerSdp());
  await world.run(100);
  assert.deepEqual(statuses(pat), [180, 200]);
});

test('a silent 183 from Teams: the caller gets 183 with our SDP and our ringback until RTP arrives', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 183, 'ringbot', offerSdp());
  fork(world, 180, 'desktop');
  await world.run(100);
  assert.deepEqual(statuses(pat), [183]);
  assert.match(pat.heard[0]?.body.toString() ?? '', /answer-from-b/);
  assert.deepEqual(world.media.log, ['offer a', 'answer b fork', 'ringback a']);
  fork(world, 200, 'desktop', offerSdp());
  await world.run(100);
  assert.equal(pat.accepted?.status, 200);
  assert.ok(world.media.log.includes('stop a'));
});

test('the carrier answers with early media: Teams hears 183 with SDP and no ringback of ours', async () => {
  const world = new World();
  world.first.handlers = {
    onInvite: (invite) => {
      invite.progress(180, { contact: world.first.contact });
      invite.progress(183, {
        contact: world.first.contact,
        body: offerSdp(),
        contentType: 'application/sdp',
      });
    },
  };
  const dana = world.fromTeams(outside);
  await world.run(200);
  assert.deepEqual(statuses(dana), [180, 183]);
  assert.ok(!world.media.log.includes('ringback a'));
  // One early dialog towards Microsoft, whatever happens behind us.
  const tags = new Set(
    dana.heard.map((response) => /tag=([^;]+)/.exec(response.headers.get('to') ?? '')?.[1]),
  );
  assert.equal(tags.size, 1);
});

test('Pat hangs up while it rings: Teams gets CANCEL with a reason, the record says cancelled', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 180, 'desktop');
  await world.run(50);
  pat.invite.cancel();
  await world.run(300);
  const cancel = world.net.seen.find((seen) => seen.line === 'CANCEL' && seen.from === 'tandem');
  assert.match(cancel?.message.headers.get('reason') ?? '', /^Q\.850;cause=16;/);
  assert.deepEqual(statuses(pat), [180, 487]);
  await world.settle();
  const [record] = world.log.closedRecords;
  assert.deepEqual([record?.result, record?.status, record?.endedBy], ['cancelled', 487, 'caller']);
  assert.equal(world.media.released, 1);
});

test('the carrier cancels because the call was answered elsewhere: Teams is told so, and shows no missed call', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 180, 'desktop');
  await world.run(50);
  pat.invite.cancel('SIP;cause=200;text="Call completed elsewhere"');
  await world.run(300);
  const cancel = world.net.seen.find((seen) => seen.line === 'CANCEL' && seen.from === 'tandem');
  assert.equal(cancel?.message.headers.get('reason'), 'SIP;cause=200;text="Call completed elsewhere"');
});

test('CANCEL crosses the 200 of Teams: the answered fork gets ACK and BYE, nobody is left talking to nobody', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 180, 'desktop');
  await world.run(50);
  pat.invite.cancel();
  await world.run(10);
  fork(world, 200, 'desktop', offerSdp());
  await world.run(300);
  assert.equal(world.net.count('BYE', 'tandem'), 1);
  assert.deepEqual(statuses(pat), [180, 487]);
  await world.settle();
  assert.equal(world.log.closedRecords.length, 1);
});

test('nobody answers for three minutes: the caller is released with 480', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  fork(world, 180, 'desktop');
  await world.run(181_000, 500);
  // The 180 is said again every minute (RFC 3261 13.3.1.1).
  assert.deepEqual([...new Set(statuses(pat))], [180, 480]);
  await world.settle();
  assert.equal(world.log.closedRecords[0]?.code, 'no-answer');
});

test('the ladder has both legs from the first INVITE to the last answer, without keys or credentials', async () => {
  const world = new World();
  answers(hub(world));
  const pat = world.fromCarrier(danaNumber, {
    body: offerSdp('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0LXNlY3JldC1zZWNyZXQ=\r\n'),
  });
  await world.run(200);
  pat.dialog?.bye();
  await world.run(300);
  const lines = world.log.ladders[0]?.map(
    ({ leg, direction, text }) => `${leg} ${direction} ${text.split('\r\n')[0]?.replace(/ sip:.*/, '')}`,
  );
  assert.deepEqual(lines, [
    'a in INVITE',
    'a out SIP/2.0 100 Trying',
    'b out INVITE',
    'b in SIP/2.0 100 Trying',
    'b in SIP/2.0 180 Ringing',
    'a out SIP/2.0 180 Ringing',
    'b in SIP/2.0 200 OK',
    'b out ACK',
    'a out SIP/2.0 200 OK',
    'a in ACK',
    'a in BYE',
    'a out SIP/2.0 200 OK',
    'b out BYE',
    'b in SIP/2.0 200 OK',
  ]);
  const text = JSON.stringify(world.log.ladders);
  assert.ok(!text.includes('c2VjcmV0'));
  assert.ok(text.includes('inline:[redacted]'));
});
