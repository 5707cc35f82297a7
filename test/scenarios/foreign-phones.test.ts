import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { portSlot } from '../kit/port-slot.ts';
import { messages } from '../support/scenario/api.ts';
import { type Baresip, startBaresip } from '../support/scenario/baresip.ts';
import { handMadeHub } from '../support/scenario/hand-made-hub.ts';
import { hubCertificate } from '../support/scenario/hub-certificate.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { teamsOffer } from '../support/scenario/microsoft.ts';
import { rtpListener } from '../support/scenario/rtp-listener.ts';
import { startSipp } from '../support/scenario/sipp.ts';
import { until } from '../support/scenario/until.ts';

/**
 * baresip, which nobody of us wrote, at both ends: as Teams behind a hub (TLS, SRTP) and as the carrier (UDP, RTP). Each
 * judges by what it heard. The hubs of this platform are baresip's TLS port and a hub that is written by hand.
 */

const alex = '+12025550143';
const pat = '+12025550199';
const { base, free } = await portSlot();
const [teamsPort, handMadePort, carrierPort] = [free, free + 3, free + 4];

let platform: Platform;
let certificate: Awaited<ReturnType<typeof hubCertificate>>;
const phones: Baresip[] = [];

before(async () => {
  platform = await startPlatform(
    base,
    {
      TANDEM_HUBS: `sip.pstnhub.microsoft.com:${teamsPort + 1},sip2.pstnhub.microsoft.com:${handMadePort}`,
    },
    { hubsComeLater: true },
  );
  certificate = await hubCertificate(platform);
});
// The hub behind which the next story looks must not be the last story's.
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.stop();
});
after(async () => {
  await platform?.stop();
});

const started = async (phone: Promise<Baresip>): Promise<Baresip> => {
  const ready = await phone;
  phones.push(ready);
  return ready;
};

/** Alex's Teams, as baresip plays it. */
const teams = (more: { answers?: boolean } = {}): Promise<Baresip> =>
  started(
    startBaresip({
      port: teamsPort,
      number: alex,
      controlPort: free + 10,
      rtpPort: free + 20,
      toneHz: 900,
      tls: certificate,
      srtp: true,
      codec: 'PCMA',
      outbound: `sip:${platform.teamsSide};transport=tls`,
      ...more,
    }),
  );
const carrier = (codec: 'PCMA' | 'PCMU'): Promise<Baresip> =>
  started(
    startBaresip({
      port: carrierPort,
      number: pat,
      controlPort: free + 11,
      rtpPort: free + 60,
      toneHz: 600,
      codec,
    }),
  );
const near = (heard: number | undefined, hz: number): void => {
  assert.ok(heard !== undefined && Math.abs(heard - hz) < 15, `heard ${heard} Hz, wanted ${hz}`);
};
/** Packets that both sides sent so far in the only live call: the state that says that sound flows. */
const soundFlows = async (): Promise<string> => {
  const { id } = await until('the live call', async () =>
    (
      await platform.api.get<{ items: readonly { id: string; phase?: string }[] }>('/calls?state=live')
    ).items.find(({ phase }) => phase === 'talking'),
  );
  return id;
};
const talkFor = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

for (const [law, codec] of [
  ['A-law at both ends', 'PCMA'],
  ['µ-law at the carrier and A-law in Teams', 'PCMU'],
] as const) {
  test(`baresip at the carrier calls baresip behind the hub, ${law}: each hears the other's tone through SRTP`, {
    skip: lacking('baresip'),
  }, async () => {
    const inTeams = await teams();
    const atCarrier = await carrier(codec);
    atCarrier.command('dial', `sip:${alex}@${platform.carrierSide}`);
    await inTeams.sees('CALL_ESTABLISHED');
    await atCarrier.sees('CALL_ESTABLISHED');
    const menc = await inTeams.sees('CALL_MENC');
    assert.match(menc.param ?? '', /AES_CM_128_HMAC_SHA1_80/);
    const id = await soundFlows();
    await talkFor(2_500);
    atCarrier.command('hangup');
    await inTeams.sees('CALL_CLOSED');
    const record = await platform.api.finished((await platform.api.read(id)).legs[0]?.sipCallId ?? '');
    assert.deepEqual([record.result, record.code], ['answered', 'normal']);
    near(await inTeams.heardHz(), 600);
    near(await atCarrier.heardHz(), 900);
    const offer = messages(await platform.api.ladder(id), 'b', 'out', /^INVITE /)[0] ?? '';
    assert.match(offer, /RTP\/SAVP/);
  });
}

test('baresip behind the hub dials out over TLS: the carrier hears it, and it hears the carrier', {
  skip: lacking('baresip'),
}, async () => {
  const inTeams = await teams();
  inTeams.command('dial', `sip:${pat}@sbc1.customers.example.net;transport=tls`);
  await inTeams.sees('CALL_ESTABLISHED');
  await until('the carrier hears 900 Hz', async () =>
    (
      await platform.twin.ask<{ calls: readonly { media?: { heardHz?: number } }[] }>('GET', '/carrier')
    ).calls.some(({ media }) => Math.abs((media?.heardHz ?? 0) - 900) < 15),
  );
  await talkFor(2_000);
  inTeams.command('hangup');
  await inTeams.sees('CALL_CLOSED');
  near(await inTeams.heardHz(), 1000);
});

test('digits of the carrier arrive in Teams as telephone events; hold and resume by the carrier work', {
  skip: lacking('baresip'),
}, async () => {
  const inTeams = await teams();
  const atCarrier = await carrier('PCMA');
  atCarrier.command('dial', `sip:${alex}@${platform.carrierSide}`);
  await inTeams.sees('CALL_ESTABLISHED');
  await atCarrier.sees('CALL_ESTABLISHED');
  const id = await soundFlows();
  for (const digit of ['5', '7']) atCarrier.command('sndcode', digit);
  await until('Teams hears 5 and 7', () => {
    const digits = inTeams.events.filter(({ type }) => type === 'CALL_DTMF_START').map(({ param }) => param);
    return digits.includes('5') && digits.includes('7');
  });
  atCarrier.command('hold');
  const reinvites = async (): Promise<readonly string[]> =>
    messages(await platform.api.ladder(id), 'b', 'out', /^INVITE /).map(
      (text) => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(text)?.[1] ?? 'none',
    );
  await until('Teams is held', async () => /inactive|sendonly/.test((await reinvites())[1] ?? ''));
  atCarrier.command('resume');
  await until('Teams talks again', async () => (await reinvites())[2] === 'sendrecv');
  await talkFor(2_000);
  atCarrier.command('hangup');
  await inTeams.sees('CALL_CLOSED');
  near(await inTeams.heardHz(), 600);
  near(await atCarrier.heardHz(), 900);
});

test('the 183 of Teams has media that never speaks: the caller hears a ringing tone that we make', {
  skip: lacking('sipp'),
}, async () => {
  const hub = await handMadeHub(handMadePort, certificate);
  const listener = await rtpListener();
  const sipp = await startSipp({
    story: 'caller-listens',
    local: `127.0.0.1:${free + 8}`,
    remote: platform.carrierSide,
    keys: { from: pat, to: alex, rtp: String(listener.port) },
  });
  try {
    const invite = await hub.request('INVITE');
    invite.answer(100, 'Trying');
    invite.answer(183, 'Session Progress', { tag: 'silent', sdp: teamsOffer({ codecs: '8 101' }) });
    await until('the caller hears 440 and 480 Hz', () => {
      const { share } = listener.heard();
      return share(440) > 0.2 && share(480) > 0.2;
    });
    invite.answer(200, 'OK', { tag: 'silent', sdp: teamsOffer({ codecs: '8 101' }) });
    await hub.request('ACK');
    const { id } = await platform.api.live(sipp.callId, 'talking');
    const packets = listener.heard().packets;
    await until('the ringing stops at the answer', async () => {
      const now = listener.heard().packets;
      await talkFor(400);
      return listener.heard().packets === now && now >= packets;
    });
    await fetch(`${platform.ready.api}/calls/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${platform.token}` },
    });
    await hub.request('BYE');
    await sipp.done;
    const record = await platform.api.finished(sipp.callId);
    assert.match(record.hub ?? '', new RegExp(`:${handMadePort}$`), 'the dead first hub was passed over');
  } finally {
    await sipp.stop();
    await listener.close();
    await hub.close();
  }
});
