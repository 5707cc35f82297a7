import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { contactExpires, contactPreference, parseContacts } from './contact.ts';
import {
  isContentType,
  parseContentDisposition,
  parseContentType,
  printContentType,
} from './content-type.ts';
import { parseCSeq, printCSeq } from './cseq.ts';
import { parseChallenge, parseCredentials } from './digest.ts';
import { parseDiversion, parseHistoryInfo, printHistoryEntry } from './history-info.ts';
import { splitList } from './list.ts';
import { type NameAddr, parseNameAddr, parseNameAddrs, printNameAddr, tagOf } from './name-addr.ts';
import { parseMaxForwards, parseMinSe, parseRetryAfter, parseSessionExpires } from './number.ts';
import { paramOf, parseParams, printParams, withoutParam, withParam } from './params.ts';
import { parsePrivacy } from './privacy.ts';
import { causeOf, parseReasons, printReason } from './reason.ts';
import { quote, unquote } from './text.ts';
import { parseVia, printVia } from './via.ts';

describe('name-addr', () => {
  const cases: [string, NameAddr | undefined][] = [
    ['<sip:a@b>', { uri: 'sip:a@b', params: [] }],
    ['sip:a@b;tag=1', { uri: 'sip:a@b', params: [{ name: 'tag', value: '1' }] }],
    ['<sip:a@b;lr>;x', { uri: 'sip:a@b;lr', params: [{ name: 'x', value: undefined }] }],
    ['"Dana \\"D\\" Doe" <sip:a@b>', { displayName: 'Dana "D" Doe', uri: 'sip:a@b', params: [] }],
    ['Dana Doe<sip:a@b>', { displayName: 'Dana Doe', uri: 'sip:a@b', params: [] }], // Teams
    ['"J\xc3\xbcrgen" <sip:a@b>', { displayName: 'Jürgen', uri: 'sip:a@b', params: [] }],
    ['"J\xfcrgen" <sip:a@b>', { displayName: 'Jürgen', uri: 'sip:a@b', params: [] }], // latin1, not UTF-8
    ['<tel:+1202>', { uri: 'tel:+1202', params: [] }],
    ['"no end <sip:a@b>', undefined],
    ['Bell, Alexander <sip:a@b>', undefined],
    ['"x" < sip:a@b >', undefined],
    ['<sip:a@b', undefined],
    ['sip:a@b?Route=x', undefined],
    ['<>', undefined],
    ['', undefined],
    ['hello', undefined],
  ];
  for (const [text, wanted] of cases)
    test(text || '(empty)', () => assert.deepEqual(parseNameAddr(text), wanted));

  test('names of any text print and parse back, or lose their controls only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        const clean = name.replace(/[\0-\x1f\x7f]/g, '');
        fc.pre(clean !== '' && clean === name && name.isWellFormed());
        const printed = printNameAddr({ displayName: name, uri: 'sip:a@b', params: [] });
        assert.equal(parseNameAddr(printed)?.displayName, name);
      }),
    );
  });

  test('a comma inside quotes or brackets separates nothing', () => {
    const value = '"a, b" <sip:c@d>;q=1, <sip:e@f?x=1,2>, sip:g@h';
    assert.deepEqual(
      parseNameAddrs(value)?.map(({ uri }) => uri),
      ['sip:c@d', 'sip:e@f?x=1,2', 'sip:g@h'],
    );
    assert.equal(tagOf(parseNameAddr('<sip:a@b>;Tag=X')), 'X');
  });
});

describe('Via', () => {
  const cases: [string, object | undefined][] = [
    [
      'SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK1',
      { transport: 'UDP', host: '192.0.2.1', port: 5062, rport: true, branch: 'z9hG4bK1' },
    ],
    [
      'SIP/2.0/TLS sbc1.customers.example.net:5061;alias;branch=z9hG4bK2;received=203.0.113.9;rport=40000',
      {
        transport: 'TLS',
        host: 'sbc1.customers.example.net',
        port: 5061,
        branch: 'z9hG4bK2',
        received: '203.0.113.9',
        rport: 40000,
      },
    ],
    [
      'SIP / 2.0 / TCP     spindle.example.com   ;  branch  =   z9  ',
      { transport: 'TCP', host: 'spindle.example.com', branch: 'z9' },
    ],
    [
      'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9',
      { transport: 'UDP', host: '[2001:db8::9:1]', port: 6050, branch: 'z9' },
    ],
    ['SIP/2.0/UDP', undefined],
    ['SIP/3.0/UDP a', undefined],
    ['SIP/2.0/UDP a:b', undefined],
    ['SIP/2.0/UDP a;;b', undefined],
    ['SIP/2.0/UDP a b', undefined],
  ];
  for (const [text, wanted] of cases) {
    test(text, () => {
      const via = parseVia(text);
      if (!wanted) return assert.equal(via, undefined);
      assert.ok(via);
      const { params: _, ...fields } = via;
      assert.deepEqual(fields, wanted);
      assert.deepEqual(parseVia(printVia(via)), via);
    });
  }

  test('the receiver fills in received and rport where they were asked for (RFC 3581 §4)', () => {
    const via = parseVia('SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1;x=y');
    assert.ok(via);
    assert.equal(
      printVia({ ...via, rport: 1024, received: '192.0.2.7' }),
      'SIP/2.0/UDP 10.0.0.1;rport=1024;branch=z9hG4bK1;x=y;received=192.0.2.7',
    );
  });
});

describe('parameters', () => {
  test('order, case and raw values are kept', () => {
    const text = ';Tag=a;flag;q="x;y,\\"z"';
    const params = parseParams(text, 0);
    assert.ok(params);
    assert.equal(printParams(params), text);
    assert.equal(paramOf(params, 'TAG'), 'a');
    assert.equal(paramOf(params, 'flag'), '');
    assert.equal(printParams(withParam(params, 'tag', 'b')), ';tag=b;flag;q="x;y,\\"z"');
    assert.equal(printParams(withoutParam(params, 'Q')), ';Tag=a;flag');
  });

  test('quote and unquote undo each other', () => {
    fc.assert(fc.property(fc.stringMatching(/^[ -~]*$/), (text) => assert.equal(unquote(quote(text)), text)));
  });
});

describe('small headers', () => {
  const rows: [string, unknown, unknown][] = [
    ['CSeq', parseCSeq('0009  INVITE'), { number: 9, method: 'INVITE' }],
    ['CSeq largest', parseCSeq('2147483647 BYE')?.number, 2147483647],
    ['CSeq too large', parseCSeq('2147483648 BYE'), undefined],
    ['CSeq without method', parseCSeq('1'), undefined],
    ['CSeq negative', parseCSeq('-1 BYE'), undefined],
    ['Max-Forwards', parseMaxForwards('0068'), 68],
    ['Max-Forwards 256', parseMaxForwards('256'), undefined],
    ['Session-Expires', parseSessionExpires('1800;refresher=uac')?.refresher, 'uac'],
    ['Session-Expires odd refresher', parseSessionExpires('1800;refresher=me')?.refresher, undefined],
    ['Min-SE', parseMinSe('300'), 300],
    ['Retry-After with comment', parseRetryAfter('120 (in a meeting);duration=60')?.seconds, 120],
    ['Retry-After broken', parseRetryAfter('soon'), undefined],
    ['Contact star', parseContacts(' * '), '*'],
    ['Contact expires', contactExpires(parseNameAddr('<sip:a@b>;expires=60')!), 60],
    ['Contact broken expires', contactExpires(parseNameAddr('<sip:a@b>;expires=%30')!), 3600],
    ['Contact q', contactPreference(parseNameAddr('<sip:a@b>;q=0.33')!), 330],
    ['Privacy', parsePrivacy('id; critical'), ['id', 'critical']],
    ['Content-Type', isContentType('Application/SDP ; x=y', 'application/sdp'), true],
    ['Content-Type broken', parseContentType('sdp'), undefined],
    ['Content-Disposition', parseContentDisposition('session;handling=optional')?.required, false],
    ['Q.850 cause among two', causeOf(['SIP;cause=200;text="a, b"', 'Q.850;cause=16'], 'Q.850'), 16],
    ['list', splitList('a,, "b,c" ,<d,e>'), ['a', '"b,c"', '<d,e>']],
  ];
  for (const [name, value, wanted] of rows) test(name, () => assert.deepEqual(value, wanted));

  test('printed CSeq and Content-Type parse back', () => {
    assert.equal(printCSeq({ number: 7, method: 'ACK' }), '7 ACK');
    assert.equal(
      printContentType(parseContentType('multipart/mixed;boundary="a b"')!),
      'multipart/mixed;boundary="a b"',
    );
  });

  test('two reasons on one line, text with a comma', () => {
    const line = 'Q.850;cause=16;text="Normal, clearing",SIP;cause=486';
    const [first, second] = parseReasons(line);
    assert.deepEqual(
      [first?.cause, first?.text, second?.protocol, second?.cause],
      [16, 'Normal, clearing', 'SIP', 486],
    );
    assert.equal(
      printReason({ protocol: 'Q.850', cause: 16, text: 'Bye "now"' }),
      'Q.850;cause=16;text="Bye \\"now\\""',
    );
  });
});

describe('History-Info and Diversion', () => {
  test('Microsoft prints a Reason unescaped: cause and index are found', () => {
    const entries = parseHistoryInfo(
      '<sip:+12025550142@sip.pstnhub.microsoft.com;user=phone?Reason=SIP;cause=302;text="Moved Temporarily">;index=1,<sip:+12025550177@sip.pstnhub.microsoft.com;user=phone>;index=1.1',
    );
    assert.deepEqual(
      entries.map(({ uri, index, reasons }) => [uri, index, reasons[0]?.cause, reasons[0]?.text]),
      [
        ['sip:+12025550142@sip.pstnhub.microsoft.com;user=phone', '1', 302, 'Moved Temporarily'],
        ['sip:+12025550177@sip.pstnhub.microsoft.com;user=phone', '1.1', undefined, undefined],
      ],
    );
  });

  test('… and escaped, with privacy', () => {
    const [entry] = parseHistoryInfo(
      '<sip:+12025550142@sip.pstnhub.microsoft.com;user=phone?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1.2',
    );
    assert.deepEqual([entry?.reasons[0]?.cause, entry?.private, entry?.index], [486, true, '1.2']);
  });

  test('what we print, we read', () => {
    const printed = printHistoryEntry({
      uri: 'sip:a@b',
      index: '1',
      reason: 'SIP;cause=480;text="No answer"',
    });
    const [entry] = parseHistoryInfo(printed);
    assert.deepEqual(
      [entry?.uri, entry?.reasons[0]?.cause, entry?.reasons[0]?.text],
      ['sip:a@b', 480, 'No answer'],
    );
  });

  test('a carrier diverts', () => {
    const diversion = parseDiversion(
      '"Desk" <sip:+12025550142@carrier.example>;reason="user-busy";counter=2;privacy=full',
    );
    assert.deepEqual([diversion?.reason, diversion?.counter, diversion?.privacy], ['user-busy', 2, 'full']);
  });
});

describe('hostile input', () => {
  const parsers: Record<string, (text: string) => unknown> = {
    parseNameAddr,
    parseNameAddrs,
    parseVia,
    parseCSeq,
    parseContacts,
    parseReasons,
    parseHistoryInfo,
    parseDiversion,
    parseContentType,
    parsePrivacy,
    parseRetryAfter,
    parseSessionExpires,
    parseChallenge,
    parseCredentials,
    splitList,
  };
  test('no text makes a header parser throw', () => {
    const alphabet = fc.constantFrom(
      ...'"\\<>;,=?@: \t()%/[]aé0*.'.split(''),
      'sip:',
      'SIP/2.0/UDP ',
      'Digest ',
    );
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 40 }), (text) => {
        for (const parse of Object.values(parsers)) parse(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('60 KB of quotes, brackets, backslashes or commas cost linear time: all parsers are through in no time', () => {
    const bombs = ['"', '<', '\\', ',', ';', '"\\', '<"', ';a="', 'a=b,', '(', '%41', ' ', '"a" <', ';='].map(
      (piece) => `Digest sip:${piece.repeat(Math.floor(60_000 / piece.length))}`,
    );
    const before = process.cpuUsage();
    for (const bomb of bombs) for (const parse of Object.values(parsers)) parse(bomb);
    const { user } = process.cpuUsage(before);
    // 210 parses. Quadratic ones take seconds each; this bound only tells the two apart.
    assert.ok(user < 5_000_000, `${user} us`);
  });
});
