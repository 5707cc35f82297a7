import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attribute,
  codecsOf,
  cryptosOf,
  directionOf,
  hasRtcpMux,
  parseSdp,
  type SessionDescription,
} from '@tandem/sip';
import fc from 'fast-check';
import type { MediaProfile } from '../ports/media-port.ts';
import { CallNegotiation, type NegotiationOutcome } from './call-negotiation.ts';

const crlf = (text: string): Buffer => Buffer.from(`${text.trim().replace(/\n/g, '\r\n')}\r\n`, 'latin1');

/** What Microsoft's media processor offers (teams-direct-routing 6.4): loopback in o=, SILK first, `_32` before `_80`. */
const teamsOffer = crlf(`
v=0
o=- 91249 0 IN IP4 127.0.0.1
s=session
c=IN IP4 203.0.113.50
b=CT:10000000
t=0 0
m=audio 52004 RTP/SAVP 104 103 9 8 0 18 101 13 118
c=IN IP4 203.0.113.50
a=rtcp:52004
a=rtcp-mux
a=sendrecv
a=rtpmap:104 SILK/16000
a=rtpmap:103 SILK/8000
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:13 CN/8000
a=ptime:20
a=crypto:0 AES_CM_128_HMAC_SHA1_32 inline:Lvqg9/nVL5jzaHaLJ0avGH4BCTpszhOxTiMsA8te|2^31
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW|2^31`);

const teamsAnswer = (direction = 'sendrecv', codec = '8 PCMA', port = 52004, version = 1): Buffer => {
  const [pt] = codec.split(' ');
  return crlf(`
v=0
o=- 91250 ${version} IN IP4 127.0.0.1
s=session
c=IN IP4 203.0.113.50
t=0 0
m=audio ${port} RTP/SAVP ${pt} 101
a=rtcp-mux
a=rtpmap:${codec}/8000
a=rtpmap:101 telephone-event/8000
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW|2^31
a=${direction}`);
};

const carrierOffer = (direction = 'sendrecv', formats = '0 8 101', version = 1): Buffer =>
  crlf(`
v=0
o=carrier 5 ${version} IN IP4 198.51.100.30
s=-
c=IN IP4 198.51.100.30
t=0 0
m=audio 40000 RTP/AVP ${formats}
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=${direction}`);

const carrierAnswer = crlf(`
v=0
o=carrier 6 1 IN IP4 198.51.100.30
s=-
c=IN IP4 198.51.100.30
t=0 0
m=audio 40002 RTP/AVP 0 97
a=rtpmap:0 PCMU/8000
a=rtpmap:97 telephone-event/8000`);

const teams: MediaProfile = { role: 'teams', transport: 'RTP/SAVP', advertisedAddress: '198.51.100.20' };
const carrier: MediaProfile = { role: 'carrier', transport: 'RTP/AVP', advertisedAddress: '198.51.100.20' };
const keySalt = Buffer.from('XNASx455O2HNJ5nqa2Xfc9rE5kXE2vSHza9HXb7Z', 'base64');

function call(a: MediaProfile, b: MediaProfile): CallNegotiation {
  const leg = (profile: MediaProfile, rtpPort: number) => ({
    profile,
    local: { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1 },
    ...(profile.transport === 'RTP/SAVP' && { keySalt }),
    sdpSessionId: String(rtpPort),
  });
  return new CallNegotiation(leg(a, 20010), leg(b, 20012));
}

function take(outcome: NegotiationOutcome): {
  sdp: SessionDescription;
  settings: { a?: object; b?: object };
} {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const parsed = parseSdp(outcome.value.sdp);
  assert.ok(parsed.ok);
  return { sdp: parsed.sdp, settings: outcome.value.settings };
}
const line = (sdp: SessionDescription) => sdp.media[0]!;
const codecNames = (sdp: SessionDescription) => codecsOf(line(sdp)).map(({ name }) => name);
const origin = (sdp: SessionDescription) => sdp.lines.find(({ type }) => type === 'o')?.value.split(' ')[2];

test('a carrier calls Teams: the offer is SDES with _80 only, in the order of the carrier, under one port with mux', () => {
  const { sdp } = take(call(carrier, teams).offer('a', carrierOffer()));
  assert.equal(line(sdp).protocol, 'RTP/SAVP');
  assert.deepEqual(codecNames(sdp), ['PCMU', 'PCMA', 'telephone-event']);
  assert.deepEqual(
    cryptosOf(line(sdp)).map(({ suite }) => suite),
    ['AES_CM_128_HMAC_SHA1_80'],
  );
  assert.ok(hasRtcpMux(line(sdp)));
  assert.equal(line(sdp).port, 20012);
});

test('Teams answers A-law to a caller with mu-law: each keeps its own codec, the relay is told both', () => {
  const one = call(carrier, teams);
  one.offer('a', carrierOffer('sendrecv', '0 101'));
  const { sdp, settings } = take(one.answer('b', teamsAnswer()));
  assert.deepEqual(codecNames(sdp), ['PCMU', 'telephone-event']);
  assert.match(JSON.stringify(settings.a), /"pcmu":0.*"send":"pcmu"/);
  assert.match(JSON.stringify(settings.b), /"pcma":8.*"send":"pcma"/);
});

test('Teams calls a carrier: SILK is left out, _80 is taken under its tag, events keep the numbers of each leg', () => {
  const one = call(teams, carrier);
  const asked = take(one.offer('a', teamsOffer));
  assert.equal(line(asked.sdp).protocol, 'RTP/AVP');
  assert.deepEqual(codecNames(asked.sdp), ['PCMA', 'PCMU', 'telephone-event']);
  const { sdp, settings } = take(one.answer('b', carrierAnswer));
  assert.deepEqual(codecNames(sdp), ['PCMU', 'telephone-event']);
  const [crypto] = cryptosOf(line(sdp));
  assert.equal(crypto?.tag, 1);
  assert.deepEqual(crypto?.keySalt, keySalt);
  assert.match(JSON.stringify(settings.b), /"telephoneEvent":97/);
  assert.match(JSON.stringify(settings.a), /"telephoneEvent":101/);
});

test('the carrier holds with sendonly: Teams is asked for inactive, the carrier gets recvonly, and back again', () => {
  const one = call(carrier, teams);
  one.offer('a', carrierOffer());
  one.answer('b', teamsAnswer());
  const held = take(one.offer('a', carrierOffer('sendonly', '0 8 101', 2)));
  assert.equal(directionOf(held.sdp, line(held.sdp)), 'inactive');
  const answer = take(one.answer('b', teamsAnswer('inactive', '8 PCMA', 52004, 2)));
  assert.equal(directionOf(answer.sdp, line(answer.sdp)), 'recvonly');
  const resumed = take(one.offer('a', carrierOffer('sendrecv', '0 8 101', 3)));
  assert.equal(directionOf(resumed.sdp, line(resumed.sdp)), 'sendrecv');
  const back = take(one.answer('b', teamsAnswer('sendrecv', '8 PCMA', 52004, 3)));
  assert.equal(directionOf(back.sdp, line(back.sdp)), 'sendrecv');
});

test('a Teams user holds with inactive: the carrier is offered inactive and Teams is answered inactive', () => {
  const one = call(carrier, teams);
  one.offer('a', carrierOffer());
  one.answer('b', teamsAnswer());
  const hold = Buffer.from(teamsOffer.toString('latin1').replace('a=sendrecv', 'a=inactive'), 'latin1');
  const asked = take(one.offer('b', hold));
  assert.equal(directionOf(asked.sdp, line(asked.sdp)), 'inactive');
  const answer = take(
    one.answer('a', Buffer.from(`${carrierAnswer.toString('latin1')}a=inactive\r\n`, 'latin1')),
  );
  assert.equal(directionOf(answer.sdp, line(answer.sdp)), 'inactive');
});

test('towards one side port, key, session id and mux never change; the version rises only with the text (RFC 3264 §8)', () => {
  const one = call(carrier, teams);
  const first = take(one.offer('a', carrierOffer()));
  one.answer('b', teamsAnswer());
  const refresh = take(one.offerTo('b'));
  assert.equal(origin(refresh.sdp), origin(first.sdp));
  const hold = take(one.offer('a', carrierOffer('sendonly', '0 8 101', 2)));
  assert.equal(Number(origin(hold.sdp)), Number(origin(first.sdp)) + 1);
  for (const { sdp } of [refresh, hold]) {
    assert.equal(line(sdp).port, line(first.sdp).port);
    assert.deepEqual(cryptosOf(line(sdp)), cryptosOf(line(first.sdp)));
    assert.equal(attribute(line(sdp).lines, 'rtcp-mux'), '');
  }
});

test('two forks preview their media: the caller gets one answer, the relay follows the fork that spoke last', () => {
  const one = call(carrier, teams);
  one.offer('a', carrierOffer());
  const early = take(one.answer('b', teamsAnswer('sendrecv', '8 PCMA', 52004)));
  const final = take(one.answer('b', teamsAnswer('sendrecv', '8 PCMA', 52010)));
  assert.deepEqual(early.sdp, final.sdp);
  assert.match(JSON.stringify(final.settings.b), /"port":52010/);
});

test('a carrier calls without an offer: Teams is offered ours, the carrier gets an offer in the 200 and answers in the ACK', () => {
  const one = call(carrier, teams);
  take(one.offerTo('b'));
  const offer = take(one.answer('b', teamsAnswer()));
  assert.equal(line(offer.sdp).protocol, 'RTP/AVP');
  assert.deepEqual(codecNames(offer.sdp), ['PCMA', 'PCMU', 'telephone-event']);
  const late = take(one.answer('a', carrierAnswer));
  assert.match(JSON.stringify(late.settings.a), /"port":40002/);
});

const bad: readonly { title: string; side: 'a'; a: MediaProfile; body: Buffer; kind: string }[] = [
  { title: 'Teams without SRTP', side: 'a', a: teams, body: carrierOffer(), kind: 'srtp-required' },
  {
    title: 'Teams with _32 only',
    side: 'a',
    a: teams,
    body: Buffer.from(teamsOffer.toString('latin1').replace(/a=crypto:1.*\r\n/, ''), 'latin1'),
    kind: 'crypto-unsupported',
  },
  {
    title: 'only G.729',
    side: 'a',
    a: carrier,
    body: carrierOffer('sendrecv', '18'),
    kind: 'no-common-codec',
  },
  {
    title: 'a payload number twice',
    side: 'a',
    a: carrier,
    body: carrierOffer('sendrecv', '8 8'),
    kind: 'sdp-malformed',
  },
  { title: 'no SDP at all', side: 'a', a: carrier, body: Buffer.from('hello'), kind: 'sdp-malformed' },
];
for (const { title, side, a, body, kind } of bad)
  test(`an offer with ${title} is refused as ${kind}`, () => {
    const outcome = call(a, a === teams ? carrier : teams).offer(side, body);
    assert.equal(outcome.ok ? 'accepted' : outcome.refusal.kind, kind);
  });

test('no bytes make the negotiation throw', () => {
  const pieces = fc.constantFrom(
    'v=0',
    'o=- 1 1 IN IP4 1.2.3.4',
    's=-',
    'c=IN IP4 1.2.3.4',
    't=0 0',
    'm=audio 9 RTP/AVP 8',
    'm=audio 0 RTP/SAVP 0',
    'a=crypto:1 X inline:AA',
    'a=sendonly',
    'a=rtpmap:8 PCMA/8000',
    'm=video 5 RTP/AVP 99',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string())), fc.boolean(), (lines, fromTeams) => {
      const body = Buffer.from(lines.join('\r\n'), 'latin1');
      const one = fromTeams ? call(teams, carrier) : call(carrier, teams);
      one.offer('a', body);
      one.answer('b', body);
      one.answerLocally('a');
    }),
    { numRuns: 300 },
  );
});

test('early media, then a mailbox answers: the 200 says the same as the 183, which is all that a caller listens to (RFC 3261 §13.2.1)', () => {
  for (const [offer, early] of [
    [carrierOffer(), teamsAnswer()],
    [carrierOffer('sendrecv', '8 0 101'), teamsAnswer('sendrecv', '0 PCMU')],
  ] as const) {
    const one = call(carrier, teams);
    one.offer('a', offer);
    const before = one.answer('b', early);
    one.offer('a', offer);
    const after = one.answerLocally('a');
    assert.ok(before.ok && after.ok);
    assert.equal(after.value.sdp.toString(), before.value.sdp.toString());
    assert.equal(after.value.settings.b, undefined, 'nothing is sent to Teams any more');
  }
});
