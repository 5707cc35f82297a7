import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type HubVariant, issueHub, issueSbc } from '@tandem/simulator/trust/trust-store.ts';
import { portSlot } from '../kit/port-slot.ts';
import { lacking } from '../support/scenario/installed.ts';
import { type Platform, startPlatform } from '../support/scenario/instance.ts';
import { beMicrosoft, type Microsoft, teamsOffer } from '../support/scenario/microsoft.ts';
import { silentUdpPeer, tcpPeer, tlsPeer } from '../support/scenario/raw.ts';
import { startSipp } from '../support/scenario/sipp.ts';
import { until } from '../support/scenario/until.ts';

/** Those who should not be here, those who cannot write, and Microsoft when it says what it should not. */

let platform: Platform;
let microsoft: Microsoft;
let sippPort = 0;

before(async () => {
  const { base, free } = await portSlot();
  sippPort = free;
  platform = await startPlatform(base);
  microsoft = await beMicrosoft(platform);
});
after(async () => {
  microsoft?.peer.close();
  await platform?.stop();
});

const options = (host: string): string =>
  [
    `OPTIONS sip:${host} SIP/2.0`,
    'Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKstranger',
    'From: <sip:sip.pstnhub.microsoft.com>;tag=1',
    `To: <sip:${host}>`,
    `Call-ID: ${randomBytes(6).toString('hex')}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

describe('who is Microsoft and who is not', { concurrency: true }, () => {
  test("a client with Microsoft's certificate asks OPTIONS: 200 with Contact and Allow", async () => {
    const { status, text } = await microsoft.ask({ method: 'OPTIONS', host: 'customers.example.net' });
    assert.equal(status, 200);
    assert.match(text, /^contact: <sip:customers\.example\.net:/im);
    assert.match(text, /^allow: .*INVITE.*BYE/im);
  });

  for (const [what, variant] of [
    ['an expired certificate', 'expired'],
    ['a certificate with another name', 'wrong-name'],
    ['a certificate of an unknown authority', 'untrusted'],
  ] as const satisfies readonly (readonly [string, HubVariant])[]) {
    test(`a client with ${what} gets no answer and is gone`, async () => {
      const trust = await platform.trust();
      const peer = await tlsPeer(
        platform.teamsSide,
        await issueHub(trust.microsoft, variant, Date.now(), trust.untrusted),
      );
      peer.say(options('customers.example.net'));
      await peer.isClosed('the connection is closed');
      assert.equal(peer.heard(), '');
    });
  }

  test("a client with another operator's certificate, good for its own name, is not Microsoft", async () => {
    const trust = await platform.trust();
    const peer = await tlsPeer(
      platform.teamsSide,
      await issueSbc(trust, 'customers.example.net', 'good', Date.now()),
    );
    peer.say(options('customers.example.net'));
    await peer.isClosed('the connection is closed');
    assert.equal(peer.heard(), '');
  });

  test('a client without any certificate gets no answer and is gone', async () => {
    const peer = await tlsPeer(platform.teamsSide, undefined);
    peer.say(options('customers.example.net'));
    await peer.isClosed('the connection is closed');
    assert.equal(peer.heard(), '');
  });

  test('a client that connects and never begins TLS is put out', async () => {
    const peer = await tcpPeer(platform.teamsSide);
    await peer.isClosed('the half-open connection is closed', 60_000);
  });

  test('a client that begins TLS and stops in the middle is put out', async () => {
    const peer = await tcpPeer(platform.teamsSide);
    peer.say(Buffer.from('16030100a5010000a10303', 'hex'));
    await peer.isClosed('the unfinished handshake is ended', 60_000);
  });

  test('a carrier connection that sends a message byte by byte, for ever, is put out', async () => {
    const peer = await tcpPeer(platform.carrierSide);
    const drip = Buffer.from(`OPTIONS sip:x SIP/2.0\r\nX: ${'y'.repeat(4_000)}`);
    let at = 0;
    await until(
      'the slow connection is closed',
      () => {
        if (peer.ended() === undefined) peer.say(drip.subarray(at, ++at));
        return peer.ended();
      },
      90_000,
    );
  });

  test("a stranger's UDP packet gets silence, and a stranger's TCP connection is closed", async () => {
    const invite = (host: string) =>
      [
        'INVITE sip:+12025550143@127.0.0.1 SIP/2.0',
        `Via: SIP/2.0/UDP ${host};branch=z9hG4bK${randomBytes(5).toString('hex')}`,
        'From: <sip:+12025550199@example.org>;tag=1',
        'To: <sip:+12025550143@127.0.0.1>',
        `Call-ID: ${randomBytes(6).toString('hex')}`,
        'CSeq: 1 INVITE',
        `Contact: <sip:${host}>`,
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
    const stranger = await silentUdpPeer('127.0.0.9:0');
    const known = await silentUdpPeer('127.0.0.1:0');
    stranger.say(invite(stranger.address), platform.carrierSide);
    stranger.say('OPTIONS sip:x SIP/2.0\r\n\r\n', platform.carrierSide);
    known.say(invite(known.address), platform.carrierSide);
    // The known one was heard after the stranger: what the stranger did not get by now, it never gets.
    await until('the known peer is answered', () => known.heard.length > 0);
    assert.deepEqual(stranger.heard, []);
    const peer = await tcpPeer(platform.carrierSide, '127.0.0.9');
    peer.say(invite('127.0.0.9'));
    await peer.isClosed('the stranger is put out');
    assert.equal(peer.heard(), '');
    await stranger.close();
    await known.close();
  });
});

describe('Microsoft says something odd', { concurrency: true }, () => {
  const refusedWith = async (
    request: Parameters<Microsoft['ask']>[0],
    status: number,
    code: string,
  ): Promise<void> => {
    const answer = await microsoft.ask(request);
    assert.equal(answer.status, status, answer.text);
    const record = await platform.api.finished(answer.callId);
    assert.deepEqual([record.status, record.code], [status, code]);
    assert.ok((record.sentence ?? '').length > 0 && record.why.length > 0);
  };
  const invite = { method: 'INVITE', to: '+12025550111', sdp: teamsOffer() };

  test('a call for a host that no customer has: 404, and the record names the host', async () => {
    const answer = await microsoft.ask({ ...invite, host: 'sbc9.customers.example.net' });
    assert.equal(answer.status, 404);
    const record = await platform.api.finished(answer.callId);
    assert.equal(record.code, 'unknown-host');
    assert.match(record.why.join(' '), /sbc9\.customers\.example\.net/);
    assert.equal(record.accountId, undefined);
  });

  test('an offer without encryption: 488, it is required here', async () => {
    await refusedWith({ ...invite, sdp: teamsOffer({ srtp: false }) }, 488, 'srtp-required');
  });

  test('an offer with a cipher that we do not have: 488', async () => {
    await refusedWith(
      { ...invite, sdp: teamsOffer({ suite: 'F8_128_HMAC_SHA1_80' }) },
      488,
      'crypto-unsupported',
    );
  });

  test('an INVITE without an offer: 488', async () => {
    const { method, to } = invite;
    await refusedWith({ method, to }, 488, 'offer-missing');
  });

  test('an offer that cannot be read: 400', async () => {
    await refusedWith({ ...invite, sdp: 'v=0\r\nm=nonsense\r\n' }, 400, 'sdp-malformed');
  });

  test('an offer with G.723 only: 488', async () => {
    await refusedWith({ ...invite, sdp: teamsOffer({ codecs: '4' }) }, 488, 'no-common-codec');
  });

  test('a caller number that is nobody of the customer: 403', async () => {
    await refusedWith({ ...invite, from: '+12025550170' }, 403, 'caller-not-owned');
  });

  test("a number of Globex as the caller at Acme's host: 403", async () => {
    await refusedWith({ ...invite, from: '+12025550162' }, 403, 'caller-not-owned');
  });

  test('a nobody dials 911: the call goes out, with a number that can be called back', async () => {
    const answer = await microsoft.ask({ ...invite, from: '+12025550170', to: '911' });
    assert.equal(answer.status, 200, answer.text);
    const [live] = await platform.api.find(answer.callId, 'live');
    assert.equal(live?.emergency, true);
    const ladder = await platform.api.ladder(live?.id ?? '');
    const out = ladder.find(({ leg, text }) => leg === 'b' && text.startsWith('INVITE '))?.text ?? '';
    assert.match(out, /^INVITE sip:911@/);
    assert.match(out, /^From: .*\+12025550140/m);
    const hungUp = await fetch(`${platform.ready.api}/calls/${live?.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${platform.token}` },
    });
    assert.equal(hungUp.status, 204);
    await platform.api.finished(answer.callId);
  });

  test('no hops left: 483', async () => {
    assert.equal((await microsoft.ask({ ...invite, maxForwards: 0 })).status, 483);
  });

  test('an unknown extension is required: 420 names it', async () => {
    const { status, text } = await microsoft.ask({ ...invite, headers: ['REQUIRE: telepathy'] });
    assert.equal(status, 420);
    assert.match(text, /^unsupported: telepathy/im);
  });

  for (const method of ['REFER', 'UPDATE', 'INFO', 'PUBLISH', 'SUBSCRIBE', 'MESSAGE', 'PRACK']) {
    test(`${method} out of nowhere is refused, and Allow says what works`, async () => {
      const { status, text } = await microsoft.ask({
        method,
        to: '+12025550142',
        headers: ['REFER-TO: <sip:x@example.org>', 'EVENT: presence', 'RACK: 1 1 INVITE'],
      });
      assert.ok(status === 405 || status === 501, text);
      assert.match(text, /^allow: .*INVITE/im);
    });
  }

  test('an INVITE whose CSeq names another method: 400', async () => {
    assert.equal((await microsoft.ask({ ...invite, cseq: '1 BYE' })).status, 400);
  });

  test('BYE for a call that never was: 481', async () => {
    const { status } = await microsoft.ask({ method: 'BYE', to: '+12025550142' });
    assert.equal(status, 481);
  });

  test('a body in an encoding that nobody knows: 415, and Accept says what is understood', async () => {
    const request = { ...invite, headers: ['CONTENT-ENCODING: chocolate'] };
    const { status, text } = await microsoft.ask(request);
    assert.equal(status, 415);
    assert.match(text, /^accept: application\/sdp/im);
    await refusedWith(request, 415, 'body-unsupported');
  });
});

describe('garbage', { concurrency: 1, skip: lacking('sipp') }, () => {
  test('on every port at once, while a call a second goes on: every call works, nothing restarts', async () => {
    const before = ['node', 'media', 'twin'].map((child) => platform.pidOf(child));
    const calls = await startSipp({
      story: 'caller-talks-and-hangs-up',
      local: `127.0.0.1:${sippPort}`,
      remote: platform.carrierSide,
      keys: { to: '+12025550143', from: '+12025550199' },
      calls: 10,
      rate: 1,
      limitSeconds: 90,
    });
    let running = true;
    void calls.done.finally(() => {
      running = false;
    });
    const udp = await silentUdpPeer('127.0.0.1:0');
    const hosts = (base: number): string => `127.0.0.1:${platform.portBase + base}`;
    const broken = [
      'INVITE sip:x SIP/2.0\r\n\r\n',
      'INVITE sip:x SIP/2.0\r\nVia: ,,,;;;\r\nCSeq: 99999999999999999999 INVITE\r\nContent-Length: -5\r\n\r\n',
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bKx\r\nCSeq: 1 INVITE\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      `OPTIONS sip:${'a'.repeat(5_000)} SIP/2.0\r\n\r\n`,
      `REGISTER sip:x SIP/2.0\r\n${'Contact: <sip:x>\r\n'.repeat(800)}\r\n`,
      '\r\n\r\n\r\n\r\n',
      '\0\0\0\0',
    ];
    let rounds = 0;
    while (running) {
      rounds += 1;
      for (const text of broken) udp.say(text, platform.carrierSide);
      for (const port of [60, 62, 120, 121, 130, 400, 402])
        udp.say(randomBytes(1 + ((rounds * 131) % 1_200)), hosts(port));
      const streams = await Promise.all([
        ...[0, 60, 61, 100, 111].map(async (port) => await tcpPeer(hosts(port))),
        tlsPeer(platform.teamsSide, undefined),
      ]);
      for (const [at, peer] of streams.entries()) {
        peer.say(randomBytes(2_000));
        peer.say(broken[(rounds + at) % broken.length] ?? '');
      }
      await until('a moment', () => new Promise<true>((resolve) => setTimeout(() => resolve(true), 100)));
      for (const peer of streams) peer.close();
    }
    await calls.done;
    await udp.close();
    assert.ok(rounds > 10, `${rounds} rounds of garbage`);
    assert.deepEqual(
      ['node', 'media', 'twin'].map((child) => platform.pidOf(child)),
      before,
      'nobody was restarted',
    );
    assert.equal((await fetch(`${platform.ready.portal}/healthz`)).status, 200);
  });

  test("garbage over Microsoft's own connection: the connection may end, the next one works", async () => {
    for (const text of [
      '\xff\xfe\0garbage\r\n\r\n',
      'INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n',
    ]) {
      const other = await beMicrosoft(platform);
      other.peer.say(text);
      other.peer.say(randomBytes(3_000));
      const fresh = await beMicrosoft(platform);
      assert.equal((await fresh.ask({ method: 'OPTIONS', host: 'customers.example.net' })).status, 200);
      fresh.peer.close();
      other.peer.close();
    }
  });
});
