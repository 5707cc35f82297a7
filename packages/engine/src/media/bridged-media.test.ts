import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LegSettings } from '@tandem/media';
import type { MediaProfile, MediaSession } from '../ports/media-port.ts';
import { BridgedMedia, insideProfile } from './bridged-media.ts';
import { CallNegotiation, type NegotiationOutcome } from './call-negotiation.ts';

const carrier: MediaProfile = { role: 'carrier', transport: 'RTP/AVP', advertisedAddress: '192.0.2.1' };
const teams: MediaProfile = { role: 'teams', transport: 'RTP/SAVP', advertisedAddress: '192.0.2.1' };
const key = (fill: number): string => Buffer.alloc(30, fill).toString('base64');

/** A session over the real negotiation, with the relay's settings kept. */
function session(a: MediaProfile, b: MediaProfile, port: number) {
  const leg = (profile: MediaProfile, rtpPort: number) => ({
    profile,
    local: { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1 },
    sdpSessionId: String(rtpPort),
    ...(profile.transport === 'RTP/SAVP' && { keySalt: Buffer.alloc(30, 7) }),
  });
  const negotiation = new CallNegotiation(leg(a, port), leg(b, port + 2));
  const settings: { a?: LegSettings; b?: LegSettings } = {};
  const apply = async (outcome: NegotiationOutcome) => {
    if (!outcome.ok) return outcome;
    Object.assign(settings, outcome.value.settings);
    return { ok: true as const, value: outcome.value.sdp };
  };
  const media: MediaSession = {
    offer: (from, sdp) => apply(negotiation.offer(from, sdp)),
    answer: (from, sdp) => apply(negotiation.answer(from, sdp)),
    offerTo: (to) => apply(negotiation.offerTo(to)),
    answerLocally: (to) => apply(negotiation.answerLocally(to)),
    playRingback: () => undefined,
    playMusic: () => undefined,
    play: () => undefined,
    record: async () => false,
    stopRecording: async () => undefined,
    leave: () => undefined,
    stop: () => undefined,
    release: async () => ({}),
  };
  return { media, settings };
}

const plain = (port: number, codec: 0 | 8, marks = ''): Buffer =>
  Buffer.from(
    `v=0\r\no=- 1 ${1 + marks.length} IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio ${port} RTP/AVP ${codec} 101\r\na=rtpmap:${codec} ${codec === 0 ? 'PCMU' : 'PCMA'}/8000\r\na=rtpmap:101 telephone-event/8000\r\n${marks}`,
  );
const secure = (marks = '', codec = 8): Buffer =>
  Buffer.from(
    `v=0\r\no=- 1 ${1 + marks.length} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/SAVP ${codec}\r\na=rtcp-mux\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key(9)}|2^31\r\n${marks}`,
  );
const value = <T>(outcome: { ok: true; value: T } | { ok: false }): T => {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};
const direction = (sdp: Buffer): string =>
  /a=(sendonly|recvonly|inactive)/.exec(sdp.toString())?.[1] ?? 'sendrecv';

/** Pat of a carrier waits (mu-law, plain) and Alex answers in Teams (A-law, encrypted). */
async function joined() {
  const caller = session(carrier, insideProfile, 10_000);
  const called = session(insideProfile, teams, 20_000);
  value(await caller.media.offer('a', plain(4000, 0)));
  const answered = value(await caller.media.answerLocally('a'));
  const inner = value(await caller.media.offerTo('b'));
  const invite = value(await called.media.offer('a', inner));
  const back = value(await called.media.answer('b', secure(), ''));
  value(await caller.media.answer('b', back, ''));
  return { caller, called, invite, answered, bridge: new BridgedMedia(caller.media, called.media) };
}

test('the two halves send to each other in plain RTP, and each side keeps its own kind of media', async () => {
  const { caller, called, invite, answered } = await joined();
  assert.match(invite.toString(), /RTP\/SAVP/);
  assert.match(answered.toString(), /m=audio 10000 RTP\/AVP 0/);
  assert.deepEqual([caller.settings.b?.remote?.port, called.settings.a?.remote?.port], [20_000, 10_002]);
  assert.equal(caller.settings.b?.remote?.address, '127.0.0.1');
  assert.equal(caller.settings.a?.codecs?.send, 'pcmu');
  assert.equal(called.settings.b?.codecs?.send, 'pcma');
  assert.equal(
    caller.settings.b?.codecs?.send,
    called.settings.a?.codecs?.send,
    'inside they are of one mind',
  );
  assert.ok(called.settings.b?.srtp);
  assert.equal(caller.settings.b?.srtp, undefined);
});

test('Pat holds and takes the call back: Alex is asked as Teams wants it, and both answers fit', async () => {
  const { bridge, caller, called } = await joined();
  const asked = value(await bridge.offer('a', plain(4000, 0, 'a=sendonly\r\n')));
  assert.equal(direction(asked), 'inactive', 'Teams understands no other hold');
  const told = value(await bridge.answer('b', secure('a=inactive\r\n'), ''));
  assert.equal(direction(told), 'recvonly');
  assert.equal(called.settings.b?.direction, 'inactive');
  const back = value(await bridge.offer('a', plain(4000, 0)));
  assert.equal(direction(back), 'sendrecv');
  assert.equal(direction(value(await bridge.answer('b', secure(), ''))), 'sendrecv');
  for (const side of [caller.settings.a, caller.settings.b, called.settings.a, called.settings.b])
    assert.equal(side?.direction, 'sendrecv');
});

test("Alex holds from Teams, and a refresh of Pat's carrier ends on its own leg", async () => {
  const { bridge } = await joined();
  const asked = value(await bridge.offer('b', secure('a=inactive\r\n')));
  assert.equal(direction(asked), 'inactive');
  value(await bridge.answer('a', plain(4000, 0, 'a=inactive\r\n'), ''));
  value(await bridge.offer('b', secure()));
  value(await bridge.answer('a', plain(4000, 0), ''));
  value(await bridge.offer('a', plain(4000, 0)));
  assert.equal(direction(value(await bridge.answerLocally('a'))), 'sendrecv');
  value(await bridge.offerTo('b'));
  value(await bridge.answer('b', secure(), ''));
});
