import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codecsOf, duplicatePayloads } from './codec.ts';
import { connectionOf, hasRtcpMux, rtcpOf } from './connection.ts';
import { chooseCrypto, cryptosOf, parseCrypto, printCrypto } from './crypto.ts';
import { answerDirection, type Direction, directionOf, mirrored, withDirection } from './direction.ts';
import { bypassOffer, crlf, sbcOffer, teamsOffer } from './fixtures.test-data.ts';
import { iceOf } from './ice.ts';
import { isSameVersion, originOf, parseSdp, printSdp, type SessionDescription } from './sdp.ts';

function parsed(text: string): SessionDescription {
  const outcome = parseSdp(crlf(text));
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.why);
  return outcome.sdp;
}

describe('parseSdp', () => {
  for (const [name, text] of Object.entries({ sbcOffer, teamsOffer, bypassOffer })) {
    test(`${name} prints back byte for byte`, () =>
      assert.equal(printSdp(parsed(text)).toString(), crlf(text)));
  }

  test('Teams offers: the origin is loopback, the address is in c=, payload numbers are mapped by rtpmap', () => {
    const sdp = parsed(teamsOffer);
    const [audio] = sdp.media;
    assert.ok(audio);
    assert.equal(originOf(sdp)?.address, '127.0.0.1');
    assert.deepEqual(connectionOf(sdp, audio), { family: 4, address: '203.0.113.50' });
    assert.deepEqual(rtcpOf(audio), { port: 52004 });
    assert.ok(hasRtcpMux(audio));
    assert.deepEqual(
      codecsOf(audio).map(({ payload, name, clockRate, fmtp }) => [payload, name, clockRate, fmtp]),
      [
        [104, 'SILK', 16000, undefined],
        [103, 'SILK', 8000, undefined],
        [9, 'G722', 8000, undefined],
        [8, 'PCMA', 8000, undefined],
        [0, 'PCMU', 8000, undefined],
        [18, 'G729', 8000, 'annexb=no'],
        [101, 'telephone-event', 8000, '0-16'],
        [13, 'CN', 8000, undefined],
        [118, 'CN', 16000, undefined],
      ],
    );
  });

  test('an ICE-lite end shows its credentials', () => {
    const sdp = parsed(bypassOffer);
    assert.deepEqual(iceOf(sdp, sdp.media[0]!), {
      lite: true,
      ufrag: 'Zk3p',
      pwd: '6nT0vGx2Qm9Lr4WcYb7Hs1Ud',
      candidates: ['1 1 udp 2130706431 198.51.100.20 20014 typ host'],
    });
  });

  const base = 'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n';
  const refused: [string, string, RegExp][] = [
    ['nothing', '', /v=0/],
    ['not SDP', 'hello', /type=value/],
    ['no o=', 'v=0\ns=-\n', /o=/],
    ['o= with words for numbers', 'v=0\no=- a b IN IP4 x\n', /o=/],
    ['no c= for a medium that is on', `${base}m=audio 4000 RTP/AVP 0\n`, /c=/],
    ['port 70000', `${base}m=audio 70000 RTP/AVP 0\n`, /m=/],
    ['m= without formats', `${base}m=audio 4000 RTP/AVP\n`, /m=/],
    ['11 media', base + 'm=audio 0 RTP/AVP 0\n'.repeat(11), /10 media/],
    ['101 candidates', `${base}${'a=candidate:1 1 udp 1 192.0.2.1 1 typ host\n'.repeat(101)}`, /candidates/],
    ['33 KB', base + 'a=x\n'.repeat(9000), /32 KiB/],
  ];
  for (const [name, text, why] of refused) {
    test(`${name} is refused`, () => {
      const outcome = parseSdp(text);
      assert.ok(!outcome.ok);
      assert.match(outcome.why, why);
    });
  }

  test('any text: an outcome, and what parsed prints and parses to the same', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'v=0',
        'o=- 1 2 IN IP4 192.0.2.1',
        'c=IN IP4 192.0.2.1',
        'm=audio 4000 RTP/AVP 0 8',
        'm=video 0/2 x y',
        'a=sendonly',
        'a=rtpmap:8 PCMA/8000',
        '',
      ),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, head) => {
        const text = `${head ? 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\n' : ''}${lines.join('\r\n')}`;
        const outcome = parseSdp(Buffer.from(text, 'latin1'));
        if (!outcome.ok) return;
        for (const media of outcome.sdp.media) {
          codecsOf(media);
          cryptosOf(media);
          directionOf(outcome.sdp, media);
        }
        assert.deepEqual(parseSdp(printSdp(outcome.sdp)), outcome);
      }),
    );
  });
});

describe('direction', () => {
  const base = 'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n';
  const rows: [string, string, Direction][] = [
    ['nothing said', 'c=IN IP4 192.0.2.1\nt=0 0\nm=audio 1 RTP/AVP 0', 'sendrecv'],
    ['session level', 'c=IN IP4 192.0.2.1\na=sendonly\nm=audio 1 RTP/AVP 0', 'sendonly'],
    ['media level wins', 'c=IN IP4 192.0.2.1\na=sendonly\nm=audio 1 RTP/AVP 0\na=inactive', 'inactive'],
    ['0.0.0.0 is hold', 'c=IN IP4 0.0.0.0\nm=audio 1 RTP/AVP 0', 'sendonly'],
    ['0.0.0.0 and recvonly', 'c=IN IP4 0.0.0.0\nm=audio 1 RTP/AVP 0\na=recvonly', 'inactive'],
  ];
  for (const [name, text, wanted] of rows) {
    test(name, () => {
      const sdp = parsed(`${base}${text}\n`);
      assert.equal(directionOf(sdp, sdp.media[0]!), wanted);
    });
  }

  test('RFC 3264 §6.1: what may be answered to what', () => {
    const all: Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
    const table = all.map((offered) => all.map((wanted) => answerDirection(offered, wanted)));
    assert.deepEqual(table, [
      ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
      ['recvonly', 'inactive', 'recvonly', 'inactive'],
      ['sendonly', 'sendonly', 'inactive', 'inactive'],
      ['inactive', 'inactive', 'inactive', 'inactive'],
    ]);
    assert.deepEqual(all.map(mirrored), ['sendrecv', 'recvonly', 'sendonly', 'inactive']);
  });

  test('a new direction replaces the old one', () => {
    const sdp = parsed(sbcOffer);
    const held = withDirection(sdp.media[0]!, 'sendonly');
    assert.equal(directionOf({ ...sdp, media: [held] }, held), 'sendonly');
    assert.equal(held.lines.filter(({ value }) => value === 'sendrecv').length, 0);
  });
});

describe('crypto (RFC 4568)', () => {
  const key = 'Nqu1ZuuqBbVq+spkbY/MExZZJZxBT6RxTzWBVO/V';
  const good = [
    `1 AES_CM_128_HMAC_SHA1_80 inline:${key}`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31|1:1`,
    `2 AES_CM_128_HMAC_SHA1_32 inline:${key}|1:4`,
    `3 AES_256_CM_HMAC_SHA1_80 inline:${key} KDR=1 UNENCRYPTED_SRTCP`,
  ];
  for (const value of good) {
    test(value, () => {
      const line = parseCrypto(value);
      assert.ok(line);
      assert.equal(printCrypto(line).value, `crypto:${value}`);
    });
  }
  for (const value of [
    '',
    'x',
    '1 S',
    `1 S inline:`,
    `a S inline:${key}`,
    `1 S inline:${key}|what`,
    `1 S inline:%%%`,
  ]) {
    test(`${value || '(empty)'} is refused`, () => assert.equal(parseCrypto(value), undefined));
  }

  test('Teams lists _32 first: _80 is taken, under its tag', () => {
    const chosen = chooseCrypto(cryptosOf(parsed(teamsOffer).media[0]!));
    assert.deepEqual(
      [chosen?.tag, chosen?.suite, chosen?.keySalt.length],
      [1, 'AES_CM_128_HMAC_SHA1_80', 30],
    );
  });

  test('a short key or a parameter that turns encryption off voids the line', () => {
    const lines = [
      `1 AES_CM_128_HMAC_SHA1_80 inline:AAAA`,
      `2 AES_CM_128_HMAC_SHA1_80 inline:${key} UNENCRYPTED_SRTP`,
    ];
    assert.equal(chooseCrypto(lines.map((line) => parseCrypto(line)!)), undefined);
  });
});

test('a payload number twice is found', () => {
  const sdp = parsed(sbcOffer.replace('8 0 18 101 13', '8 0 18 101 101'));
  assert.deepEqual(duplicatePayloads(sdp.media[0]!), [101]);
});

test('the same version means that nothing has changed', () => {
  assert.ok(isSameVersion(parsed(sbcOffer), parsed(sbcOffer)));
  assert.ok(!isSameVersion(parsed(sbcOffer), parsed(sbcOffer.replace('71001 1 ', '71001 2 '))));
});
