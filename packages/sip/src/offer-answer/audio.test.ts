import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Codec } from '../sdp/codec.ts';
import { withDirection } from '../sdp/direction.ts';
import { carrierOffer, crlf, sbcOffer, teamsOffer } from '../sdp/fixtures.test-data.ts';
import { parseSdp, printSdp, type SessionDescription } from '../sdp/sdp.ts';
import { acceptAnswer, answerOffer, createOffer, type LocalAudio, withNextVersion } from './audio.ts';

function parsed(text: string): SessionDescription {
  const outcome = parseSdp(crlf(text));
  assert.ok(outcome.ok);
  return outcome.sdp;
}

const codec = (payload: number, name: string, fmtp?: string): Codec => ({
  payload,
  name,
  clockRate: 8000,
  channels: 1,
  ...(fmtp !== undefined && { fmtp }),
});
const ourKey = Buffer.from('XNASx455O2HNJ5nqa2Xfc9rE5kXE2vSHza9HXb7Z', 'base64');

const towardsTeams: LocalAudio = {
  address: '198.51.100.20',
  port: 20012,
  codecs: [codec(8, 'PCMA'), codec(0, 'PCMU'), codec(101, 'telephone-event', '0-15')],
  direction: 'sendrecv',
  ptimeMs: 20,
  rtcpMux: true,
  srtp: { suites: ['AES_CM_128_HMAC_SHA1_80'], keySalt: ourKey, lifetime: '2^31' },
  session: { username: 'ExampleSBC', id: '71003', version: 1 },
};
const { srtp: _, ...plain } = towardsTeams;
const towardsCarrier: LocalAudio = { ...plain, rtcpMux: false };

test('Teams offers nine formats and two keys: we answer PCMA, telephone-event and the tag of _80', () => {
  const outcome = answerOffer(parsed(teamsOffer), towardsTeams);
  assert.ok(outcome.ok);
  assert.equal(
    printSdp(outcome.answer).toString(),
    crlf(`v=0
o=ExampleSBC 71003 1 IN IP4 198.51.100.20
s=-
c=IN IP4 198.51.100.20
t=0 0
m=audio 20012 RTP/SAVP 8 101
a=rtcp:20012
a=rtcp-mux
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:XNASx455O2HNJ5nqa2Xfc9rE5kXE2vSHza9HXb7Z|2^31
`),
  );
  const { audio } = outcome;
  assert.deepEqual(audio.remote, { address: '203.0.113.50', port: 52004, rtcpPort: 52004 });
  assert.deepEqual(
    [audio.codec.sendPayload, audio.telephoneEvent?.sendPayload, audio.rtcpMux],
    [8, 101, true],
  );
  assert.equal(audio.srtp?.remote.keySalt.toString('base64'), 'a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW');
});

test('a carrier offers video and audio: video is declined with port 0, its own number for telephone-event is kept', () => {
  const outcome = answerOffer(parsed(carrierOffer), towardsCarrier);
  assert.ok(outcome.ok);
  assert.equal(
    printSdp(outcome.answer).toString(),
    crlf(`v=0
o=ExampleSBC 71003 1 IN IP4 198.51.100.20
s=-
c=IN IP4 198.51.100.20
t=0 0
m=video 0 RTP/AVP 96
m=audio 20012 RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=sendrecv
`),
  );
  assert.deepEqual([outcome.audio.media, outcome.audio.remote.rtcpPort], [1, 7003]);
});

describe('our offer to Teams and its answer', () => {
  const offer = createOffer(towardsTeams);

  test('the offer holds one key only', () => {
    assert.equal(
      printSdp(offer)
        .toString()
        .match(/a=crypto/g)?.length,
      1,
    );
    assert.ok(parseSdp(printSdp(offer)).ok);
  });

  test('an answer by our own rules is accepted, and both ends agree', () => {
    const answered = answerOffer(offer, {
      ...towardsTeams,
      address: '203.0.113.50',
      port: 50000,
      srtp: { ...towardsTeams.srtp!, keySalt: Buffer.alloc(30, 7) },
    });
    assert.ok(answered.ok);
    const accepted = acceptAnswer(offer, answered.answer, towardsTeams);
    assert.ok(accepted.ok);
    assert.deepEqual(accepted.audio.srtp?.local.keySalt, answered.audio.srtp?.remote.keySalt);
    assert.deepEqual(accepted.audio.srtp?.remote.keySalt, answered.audio.srtp?.local.keySalt);
    assert.equal(accepted.audio.codec.name, 'PCMA');
    assert.deepEqual(accepted.audio.remote, { address: '203.0.113.50', port: 50000, rtcpPort: 50000 });
  });

  const answer = (lines: string) =>
    parsed(`v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 203.0.113.50\nt=0 0\n${lines}\n`);
  const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW';
  const refused: [string, string, string][] = [
    ['port 0', `m=audio 0 RTP/SAVP 8\n${crypto}`, 'rejected'],
    ['no SRTP in the answer', 'm=audio 4000 RTP/AVP 8', 'no-srtp'],
    [
      'a key under a tag that we did not offer',
      `m=audio 4000 RTP/SAVP 8\n${crypto.replace(':1 ', ':2 ')}`,
      'no-common-suite',
    ],
    ['no key', 'm=audio 4000 RTP/SAVP 8', 'no-common-suite'],
    ['a codec that we did not offer', `m=audio 4000 RTP/SAVP 18\n${crypto}`, 'no-common-codec'],
    [
      'only telephone-event',
      `m=audio 4000 RTP/SAVP 101\na=rtpmap:101 telephone-event/8000\n${crypto}`,
      'no-common-codec',
    ],
    ['another kind of medium', 'm=image 4000 udptl t38', 'answer-mismatch'],
    ['one medium too many', `m=audio 4000 RTP/SAVP 8\n${crypto}\nm=audio 0 RTP/SAVP 8`, 'answer-mismatch'],
  ];
  for (const [name, lines, why] of refused) {
    test(`${name}: ${why}`, () =>
      assert.deepEqual(acceptAnswer(offer, answer(lines), towardsTeams), { ok: false, why }));
  }

  test('an answer with other numbers: we send theirs, expect ours; it cannot send more than we allow', () => {
    const accepted = acceptAnswer(
      createOffer({ ...towardsTeams, direction: 'sendonly' }),
      answer(`m=audio 4000 RTP/SAVP 8 120\na=rtpmap:120 telephone-event/8000\n${crypto}\na=sendrecv`),
      towardsTeams,
    );
    assert.ok(accepted.ok);
    assert.deepEqual(
      [accepted.audio.telephoneEvent?.sendPayload, accepted.audio.telephoneEvent?.receivePayload],
      [120, 101],
    );
    assert.equal(accepted.audio.direction, 'sendonly');
  });
});

describe('offers that we decline', () => {
  const rows: [string, SessionDescription, LocalAudio, string][] = [
    ['no SRTP where it is required', parsed(carrierOffer), towardsTeams, 'no-srtp'],
    ['SRTP where we have no key', parsed(teamsOffer), towardsCarrier, 'srtp-not-wanted'],
    [
      'no codec in common',
      parsed(sbcOffer),
      { ...towardsTeams, codecs: [codec(9, 'G722')] },
      'no-common-codec',
    ],
    [
      'a payload number twice',
      parsed(sbcOffer.replace('8 0 18', '8 0 8')),
      towardsTeams,
      'duplicate-payloads',
    ],
    [
      'only keys that we cannot use',
      parsed(sbcOffer.replace('SHA1_80', 'SHA1_32')),
      towardsTeams,
      'no-common-suite',
    ],
    ['no audio', parsed(sbcOffer.replace('m=audio 20010', 'm=audio 0')), towardsTeams, 'no-audio'],
  ];
  for (const [name, offer, local, why] of rows) {
    test(`${name}: ${why}`, () => assert.deepEqual(answerOffer(offer, local), { ok: false, why }));
  }
});

test('the peer holds: sendonly is answered with recvonly, and our next description has the next version', () => {
  const offer = parsed(sbcOffer);
  const held = { ...offer, media: [withDirection(offer.media[0]!, 'sendonly')] };
  const outcome = answerOffer(held, towardsTeams);
  assert.ok(outcome.ok);
  assert.equal(outcome.audio.direction, 'recvonly');
  assert.match(printSdp(withNextVersion(outcome.answer)).toString(), /o=ExampleSBC 71003 2 IN/);
});
