import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { paramOf } from '../header/params.ts';
import { hostEquals, isHost, isIPv6 } from './host.ts';
import { hostOfUri } from './host-of-uri.ts';
import { escapeUser, isPhoneUri, parseSipUri, parseUri, printUri, telDigits, unescapeUser } from './uri.ts';
import { sipUriEquals } from './uri-equals.ts';

describe('parseUri', () => {
  const good = [
    'sip:alice@atlanta.example.com',
    'sip:alice:secretword@atlanta.example.com;transport=tcp',
    'sips:alice@atlanta.example.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.example.com;user=phone',
    'sip:atlanta.example.com;method=REGISTER?to=alice%40atlanta.example.com',
    'sip:alice;day=tuesday@atlanta.example.com',
    'sip:[2001:db8::10]:5070;transport=udp',
    'sip:api-du-a-euwe.pstnhub.microsoft.com:443;x-i=c5a5;x-c=03f0/d/8/4503',
    'sip:x@host;x-m=8:orgid:aa-bb;x-t=a+b&c$d',
    'sip:+12025550142;ext=1001@sip.pstnhub.microsoft.com;user=phone',
    'sip:*31#@host',
    'tel:+1-202-555-0142;ext=1001',
    'tel:7042;phone-context=example.com',
    'SIP:A@B',
  ];
  for (const text of good) {
    test(`${text} prints back as it was`, () => {
      const uri = parseUri(text);
      assert.ok(uri);
      assert.equal(printUri(uri), text.replace(/^SIP:/, 'sip:'));
    });
  }

  const bad = [
    '',
    'sip:',
    'sip:@host',
    'sip:a@',
    'sip:a@b@c',
    'sip:a b@c',
    'sip:2001:db8::10',
    'sip:[2001:db8::10',
    'sip:host:99999',
    'sip:host:',
    'sip:host;',
    'http://host',
    'tel:',
    'tel:hello',
    'sip:a%zz@host',
    `sip:${'a'.repeat(3000)}@host`,
  ];
  for (const text of bad)
    test(`${text.slice(0, 40) || '(empty)'} is refused`, () => assert.equal(parseUri(text), undefined));

  test('parts of a Teams number URI', () => {
    const uri = parseSipUri('sip:+12025550199@sbc1.customers.example.net:5061;user=phone;transport=tls');
    assert.ok(uri);
    assert.deepEqual(
      [uri.user, uri.host, uri.port, paramOf(uri.params, 'Transport'), isPhoneUri(uri)],
      ['+12025550199', 'sbc1.customers.example.net', 5061, 'tls', true],
    );
  });

  test('any text leads to a URI that prints back, or to nothing', () => {
    const unit = fc.constantFrom(...'sip:tel@;=?&%4aZ+[]1.-/ "<>é#'.split(''), 'sip:', 'tel:');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
        const uri = parseUri(text);
        if (uri) assert.equal(printUri(uri).toLowerCase(), text.toLowerCase());
        const sip = uri && uri.scheme !== 'tel' ? uri : undefined;
        if (sip) assert.equal(hostOfUri(text), sip.host.toLowerCase());
      }),
      { numRuns: 2000 },
    );
  });
});

describe('sipUriEquals (RFC 3261 §19.1.4)', () => {
  const same: [string, string][] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:0DB8:0::1]'],
  ];
  const different: [string, string][] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:a@b', 'sips:a@b'],
  ];
  for (const [wanted, pairs] of [
    [true, same],
    [false, different],
  ] as const) {
    for (const [a, b] of pairs) {
      test(`${a} ${wanted ? 'is' : 'is not'} ${b}`, () => {
        const left = parseSipUri(a);
        const right = parseSipUri(b);
        assert.ok(left && right);
        assert.equal(sipUriEquals(left, right), wanted);
        assert.equal(sipUriEquals(right, left), wanted);
      });
    }
  }
});

describe('hosts', () => {
  const v6: [string, boolean][] = [
    ['::', true],
    ['::1', true],
    ['2001:db8::10', true],
    ['2001:db8:0:0:0:0:0:10', true],
    ['::ffff:192.0.2.10', true],
    ['2001:db8::192.0.2.1', true],
    ['2001:db8:::1', false],
    ['2001:db8::1::2', false],
    ['1:2:3:4:5:6:7', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['::192.0.2.1:1', false],
    ['::1%eth0', false],
    ['192.0.2.1', false],
    ['', false],
  ];
  for (const [text, wanted] of v6)
    test(`${text || '(empty)'} ${wanted ? 'is' : 'is not'} IPv6`, () => assert.equal(isIPv6(text), wanted));

  test('names', () => {
    assert.ok(isHost('sbc1.customers.example.net') && isHost('a_b.example') && isHost('localhost'));
    assert.ok(
      !isHost('') && !isHost('a b') && !isHost('-') && !isHost('a..b') && !isHost('[::1') && !isHost('.a'),
    );
    assert.ok(hostEquals('[2001:DB8::1]', '2001:db8:0::1') && hostEquals('A.example', 'a.EXAMPLE'));
  });

  test('hostOfUri finds the host without decoding the rest', () => {
    assert.equal(
      hostOfUri('sip:+1@SBC1.Customers.example.net:5061;user=phone'),
      'sbc1.customers.example.net',
    );
    assert.equal(hostOfUri('sips:[2001:DB8::1]:5061'), '[2001:db8::1]');
    assert.equal(hostOfUri('tel:+1'), undefined);
  });

  test('user parts', () => {
    assert.equal(escapeUser('a b@ü'), 'a%20b%40%C3%BC');
    assert.equal(unescapeUser('a%20b%40%C3%BC'), 'a b@ü');
    assert.equal(unescapeUser('%zz'), undefined);
    assert.equal(telDigits('+1-(202)-555.0142;ext=1'), '+12025550142');
  });
});
