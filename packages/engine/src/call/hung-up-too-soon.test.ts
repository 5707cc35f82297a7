import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reply } from '@tandem/sip/ua/test-call.ts';
import { danaNumber, offerSdp, statuses, World } from './test-world.ts';

test('Dana answers and hangs up before the carrier has the answer: nobody talked, and the record does not say so', async () => {
  const world = new World();
  const pat = world.fromCarrier(danaNumber);
  await world.run(100);
  const [hub] = world.hubs;
  const invite = hub?.invites[0]?.request;
  assert.ok(hub && invite);
  const sdp = offerSdp();
  const contact = `CONTACT: <sip:api@${hub.host}:5060>`;
  const ok = reply(invite, 200, 'dana', [contact, 'CONTENT-TYPE: application/sdp']);
  world.tandem.hear(
    ok.replace('CONTENT-LENGTH: 0', `CONTENT-LENGTH: ${sdp.length}`) + sdp.toString('latin1'),
    hub,
    'TLS',
  );
  const ours = invite.headers.get('from') ?? '';
  const bye = [
    `BYE ${/<([^>]+)>/.exec(invite.headers.get('contact') ?? '')?.[1]} SIP/2.0`,
    `VIA: SIP/2.0/TLS ${hub.host}:5060;branch=z9hG4bKtoosoon`,
    `FROM: ${invite.headers.get('to')};tag=dana`,
    `TO: ${ours}`,
    `CALL-ID: ${invite.headers.get('call-id')}`,
    'CSEQ: 1 BYE',
    'MAX-FORWARDS: 70',
    'CONTENT-LENGTH: 0',
    '',
    '',
  ].join('\r\n');
  world.tandem.hear(bye, hub, 'TLS');
  await world.settle();
  assert.deepEqual(statuses(pat), [480]);
  const [record] = world.log.closedRecords;
  assert.deepEqual(
    [record?.result, record?.status, record?.code, record?.endedBy],
    ['failed', 480, 'peer-cancelled', 'callee'],
  );
  assert.equal(record?.sentence, 'Microsoft Teams gave the call up by itself.');
  assert.equal(world.media.released, 1);
  assert.deepEqual(world.bugs, []);
});
