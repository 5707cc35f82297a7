import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallId } from '@tandem/domain';
import { attribute, cryptosOf, Headers, parseSdp } from '@tandem/sip';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { CallNegotiation, type LegInput, type NegotiationOutcome } from '../media/call-negotiation.ts';
import type { MediaEvent, MediaOutcome, MediaProfile, MediaSession } from '../ports/media-port.ts';
import { type Answered, BookkeepingMedia, danaNumber, outside, World } from './test-world.ts';

/** The same calls with the real SDP negotiation behind the media port, and SDP as both sides really write it. */
class NegotiatingMedia extends BookkeepingMedia {
  override async allocate(
    callId: CallId,
    profiles: { readonly a: MediaProfile; readonly b: MediaProfile },
    emit: (event: MediaEvent) => void,
  ): Promise<MediaOutcome<MediaSession>> {
    const books = await super.allocate(callId, profiles, emit);
    if (!books.ok) return books;
    const leg = (profile: MediaProfile, port: number): LegInput => ({
      profile,
      local: {
        address: '192.0.2.1',
        rtpPort: port,
        rtcpPort: port + 1,
        ssrc: 1,
      } as unknown as LegInput['local'],
      ...(profile.transport === 'RTP/SAVP' && { keySalt: Buffer.alloc(30, 7) }),
      sdpSessionId: String(port),
    });
    const negotiation = new CallNegotiation(leg(profiles.a, 30_000), leg(profiles.b, 30_002));
    const outcome = (result: NegotiationOutcome): MediaOutcome<Buffer> =>
      result.ok ? { ok: true, value: result.value.sdp } : result;
    return {
      ok: true,
      value: {
        ...books.value,
        offer: async (from, sdp) => outcome(negotiation.offer(from, sdp)),
        answer: async (from, sdp) => outcome(negotiation.answer(from, sdp)),
        offerTo: async (to) => outcome(negotiation.offerTo(to)),
        answerLocally: async (to) => outcome(negotiation.answerLocally(to)),
      },
    };
  }
}

const lines = (...more: string[]): Buffer => Buffer.from(`${more.join('\r\n')}\r\n`, 'latin1');
const carrierSdp = (direction = 'sendrecv', version = 1): Buffer =>
  lines(
    'v=0',
    `o=- 5 ${version} IN IP4 198.51.100.7`,
    's=-',
    'c=IN IP4 198.51.100.7',
    't=0 0',
    'm=audio 4000 RTP/AVP 0 8 101',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
  );
const teamsSdp = (direction = 'sendrecv', version = 1): Buffer =>
  lines(
    'v=0',
    `o=- 6 ${version} IN IP4 127.0.0.1`,
    's=session',
    'c=IN IP4 203.0.113.50',
    't=0 0',
    'm=audio 52004 RTP/SAVP 8 0 101',
    'a=rtcp-mux',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW|2^31',
    `a=${direction}`,
  );
const sdpType = 'application/sdp';

/** Answers with `sdp`, and re-INVITEs with what `again` says to their direction. */
function party(peer: TestPeer, sdp: Buffer, again: (offer: string) => Buffer, ring?: Buffer): Answered {
  const state: Answered = { invite: undefined, dialog: undefined, ends: [], requests: [] };
  peer.handlers = {
    onInvite: (invite) => {
      state.invite = invite;
      if (ring) invite.progress(183, { contact: peer.contact, body: ring, contentType: sdpType });
      state.dialog = invite.accept({ contact: peer.contact, body: sdp, contentType: sdpType });
      state.dialog.onEnded = (why) => void state.ends.push(why.kind);
      state.dialog.onRequest = (request) => {
        state.requests.push(request);
        request.respond(200, { body: again(request.request.body.toString('latin1')), contentType: sdpType });
      };
    },
  };
  return state;
}

const direction = (sdp: string | undefined): string | undefined =>
  /a=(sendrecv|sendonly|recvonly|inactive)/.exec(sdp ?? '')?.[1];
const hub = (world: World): TestPeer => world.hubs[0] as TestPeer;
const mirror = (offer: string): string =>
  ({ sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' })[direction(offer) ?? ''] ??
  'sendrecv';

test('carrier to Teams: plain RTP becomes SRTP with the one suite, hold becomes inactive, resume brings both back', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  let version = 1;
  const teams = party(hub(world), teamsSdp(), (offer) => teamsSdp(mirror(offer), ++version), teamsSdp());
  const pat = world.fromCarrier(danaNumber, { body: carrierSdp() });
  await world.run(300);
  const offer = parseSdp(teams.invite?.request.body ?? Buffer.alloc(0));
  assert.ok(offer.ok);
  const [audio] = offer.sdp.media;
  assert.equal(audio?.protocol, 'RTP/SAVP');
  assert.deepEqual(audio && cryptosOf(audio).map((crypto) => crypto.suite), ['AES_CM_128_HMAC_SHA1_80']);
  assert.equal(pat.accepted?.status, 200);
  assert.equal(parseSdp(pat.accepted?.body ?? '').ok, true);
  assert.match(pat.accepted?.body.toString() ?? '', /m=audio \d+ RTP\/AVP /);

  for (const [asked, wanted] of [
    ['sendonly', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ] as const) {
    const answers: string[] = [];
    pat.dialog?.request({
      method: 'INVITE',
      body: carrierSdp(asked, asked === 'sendonly' ? 2 : 3),
      contentType: sdpType,
      onFinal: (final) => {
        if (final.kind === 'response')
          answers.push(`${final.response.status} ${direction(final.response.body.toString())}`);
      },
    });
    await world.run(300);
    const seen = teams.requests.at(-1)?.request.body.toString('latin1');
    // Microsoft understands no sendonly (teams-direct-routing 5.1); no line at all means sendrecv.
    assert.equal(direction(seen) ?? 'sendrecv', wanted);
    assert.equal(answers.length, 1);
    assert.match(answers[0] ?? '', /^200 /);
  }
  assert.deepEqual(world.bugs, []);
});

test('Teams to carrier, and Dana holds: the carrier is told, the key towards Teams stays the same', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  let version = 1;
  const carrier = party(world.first, carrierSdp(), (offer) => carrierSdp(mirror(offer), ++version));
  const dana = world.fromTeams(outside, { body: teamsSdp() });
  await world.run(300);
  assert.equal(dana.accepted?.status, 200);
  const key = (sdp: Buffer | undefined): string | undefined => {
    const parsed = parseSdp(sdp ?? '');
    return parsed.ok && parsed.sdp.media[0] ? attribute(parsed.sdp.media[0].lines, 'crypto') : undefined;
  };
  const first = key(dana.accepted?.body);
  assert.ok(first);
  let held: Buffer | undefined;
  dana.dialog?.request({
    method: 'INVITE',
    body: teamsSdp('inactive', 2),
    contentType: sdpType,
    onFinal: (final) => {
      if (final.kind === 'response') held = final.response.body;
    },
  });
  await world.run(300);
  assert.equal(carrier.requests.length, 1);
  assert.equal(direction(held?.toString()), 'inactive');
  assert.equal(key(held), first);
});

test('a carrier’s INVITE without an offer: Teams gets an SRTP offer of ours, the carrier a plain one in the 200', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  const teams = party(hub(world), teamsSdp(), () => teamsSdp());
  const pat = world.fromCarrier(danaNumber, { body: Buffer.alloc(0), lateAnswer: carrierSdp() });
  await world.run(300);
  assert.match(teams.invite?.request.body.toString() ?? '', /m=audio \d+ RTP\/SAVP /);
  assert.equal(pat.accepted?.status, 200);
  assert.match(pat.accepted?.body.toString() ?? '', /m=audio \d+ RTP\/AVP /);
  await world.run(2000);
  assert.equal(world.engine.activeCalls()[0]?.state, 'talking');
  assert.deepEqual(world.bugs, []);
});

test('our own ringback after 4 s and the answer later: the caller sees one and the same media line', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  let answer: (() => void) | undefined;
  hub(world).handlers = {
    onInvite: (invite) => {
      answer = () =>
        void invite.accept({ contact: hub(world).contact, body: teamsSdp(), contentType: sdpType });
    },
  };
  const pat = world.fromCarrier(danaNumber, { body: carrierSdp() });
  await world.run(4500);
  answer?.();
  await world.run(300);
  const media = (body: Buffer | undefined) => /m=audio \d+ RTP\/AVP/.exec(body?.toString() ?? '')?.[0];
  assert.equal(pat.accepted?.status, 200);
  assert.ok(media(pat.accepted?.body));
  assert.equal(media(pat.heard[0]?.body), media(pat.accepted?.body));
});

test('Teams offers no encryption: 488, and the carrier is never called', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  const dana = world.fromTeams(outside, { body: carrierSdp() });
  await world.run(300);
  assert.equal(dana.failed?.kind === 'response' && dana.failed.response.status, 488);
  assert.equal(world.first.invites.length, 0);
});

test('the session is refreshed by us towards a side: the offer is the one that it knows', async () => {
  const world = new World({ media: new NegotiatingMedia() });
  const teams = party(hub(world), teamsSdp(), () => teamsSdp());
  const pat = world.fromCarrier(danaNumber, {
    body: carrierSdp(),
    headers: Headers.of([
      ['Session-Expires', '100;refresher=uas'],
      ['Supported', 'timer'],
    ]),
  });
  await world.run(300);
  await world.run(51_000, 250);
  const [refresh] = pat.requests;
  assert.equal(refresh?.request.body.toString(), pat.accepted?.body.toString());
  assert.equal(teams.requests.length, 0);
});
