import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addressesOf, callIdOf, contactsOf, cseqOf, fromOf, toOf, topVia } from './access.ts';
import { checkRequest } from './check.ts';
import { Headers } from './headers.ts';
import type { SipMessage } from './message.ts';
import { parseMessage } from './parse.ts';
import { printMessage } from './print.ts';

const wire = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
const fixture = (name: string) => readFileSync(new URL(`../../testdata/${name}.sip`, import.meta.url));

/** The smallest request that passes; each case below breaks one thing of it. */
const options = `OPTIONS sip:sbc1.customers.example.net SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
From: <sip:a@example.com>;tag=1
To: <sip:b@example.com>
Call-ID: x
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

`;
const mended = (from: string | RegExp, to: string) => wire(options.replace(from, to));

function parsed(bytes: Buffer): SipMessage {
  const outcome = parseMessage(bytes);
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.fault.why);
  return outcome.message;
}

/** The part of a message that must survive printing and parsing; its length is printed whatever was there. */
function meaning(message: SipMessage): unknown {
  const start = message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason];
  return { start, headers: [...message.headers.clone().delete('l')], body: message.body.toString('latin1') };
}

describe('parseMessage', () => {
  test('Teams calls a number: capitals and a bare display name are understood', () => {
    const message = parsed(fixture('teams/invite-from-teams'));
    assert.equal(message.kind === 'request' && message.method, 'INVITE');
    assert.deepEqual(fromOf(message), {
      displayName: 'Dana Doe',
      uri: 'sip:+12025550142@sip.pstnhub.microsoft.com:5061;user=phone',
      params: [{ name: 'tag', value: 'aabd6efc4c4033ee6c0e8ba6bb995009' }],
    });
    assert.equal(toOf(message)?.uri, 'sip:+12025550199@sbc1.customers.example.net:5061;user=phone');
    assert.equal(topVia(message)?.branch, 'z9hG4bKf12a7aae');
    assert.equal(topVia(message)?.host, '203.0.113.10');
    assert.deepEqual(cseqOf(message), { number: 1, method: 'INVITE' });
    assert.equal(callIdOf(message), '03f0789fb2981e7328b335d56ff0067e');
    assert.match(
      contactsOf(message)[0]?.uri ?? '',
      /:443;x-i=.*;x-c=03f0789fb2981e7328b335d56ff0067e\/d\/8\//,
    );
    assert.deepEqual(
      addressesOf(message, 'p-asserted-identity').map(({ uri }) => uri),
      ['tel:+12025550142', 'sip:dana@acme.example'],
    );
    assert.deepEqual(message.headers.list('allow'), ['INVITE', 'ACK', 'OPTIONS', 'CANCEL', 'BYE', 'NOTIFY']);
  });

  const faults: [name: string, bytes: Buffer, status: number | undefined, why: RegExp][] = [
    ['an empty datagram is met with silence', Buffer.alloc(0), undefined, /not a SIP/],
    ['a keep-alive datagram is met with silence', wire('\n\n'), undefined, /not a SIP/],
    ['an HTTP request is met with silence', wire('GET / HTTP/1.1\nHost: x\n\n'), undefined, /not a SIP/],
    ['no Via', mended(/Via.*\n/, ''), 400, /Via is missing/],
    ['no CSeq', mended(/CSeq.*\n/, ''), 400, /CSeq is missing/],
    ['no From', mended(/From.*\n/, ''), 400, /From is missing/],
    ['no To', mended(/To.*\n/, ''), 400, /To is missing/],
    ['no Call-ID', mended(/Call-ID.*\n/, ''), 400, /Call-ID is missing/],
    ['an empty Call-ID', mended(/Call-ID: x/, 'Call-ID: '), 400, /Call-ID is missing/],
    ['two From', mended('To:', 'f: <sip:c@example.com>\nTo:'), 400, /From appears twice/],
    ['CSeq of another method', mended('1 OPTIONS', '1 INVITE'), 400, /CSeq method/],
    ['CSeq of 2^31', mended('1 OPTIONS', '2147483648 OPTIONS'), 400, /malformed CSeq/],
    ['Content-Length that is no number', mended('Length: 0', 'Length: 0x0'), 400, /malformed Content-Length/],
    ['Content-Lengths that disagree', mended('Length: 0', 'Length: 0\nl: 1'), 400, /disagree/],
    ['a body shorter than stated', mended('Length: 0', 'Length: 10'), 400, /shorter/],
    ['a body larger than anybody takes', mended('Length: 0', 'Length: 70000'), 413, /larger/],
    ['NUL in a header', mended('Max-Forwards: 70', 'Subject: a\0b'), 400, /NUL/],
    ['bare CR in a header', mended('Max-Forwards: 70', 'Subject: a\rb'), 400, /bare CR/],
    ['a line without a colon', mended('Max-Forwards: 70', 'Max-Forwards 70'), 400, /without a name/],
    ['a header name with a blank', mended('Max-Forwards', 'Max Forwards'), 400, /header name/],
    ['SIP/3.0', mended('net SIP/2.0', 'net SIP/3.0'), 505, /version/],
    ['a Request-URI of 3,000 chars', mended('sip:sbc1', `sip:${'a'.repeat(3000)}`), 414, /too long/],
    ['a Request-URI of another scheme', mended('sip:sbc1', 'http://sbc1'), 416, /scheme/],
    ['201 header lines', mended('Max-Forwards: 70', `${'A: b\n'.repeat(201)}A: b`), 400, /too many/],
    ['a header line of 9,000 chars', mended('70', 'x'.repeat(9000)), 400, /longer/],
    [
      'a message of 70,000 bytes',
      Buffer.concat([mended('Length: 0', 'Length: 60000'), Buffer.alloc(70_000)]),
      413,
      /64 KiB/,
    ],
    ['a datagram cut inside the headers', wire(options.slice(0, -30)), 400, /do not end/],
    ['a bad ACK is never answered', mended(/OPTIONS/g, 'ACK').subarray(0, -20), undefined, /do not end/],
  ];
  for (const [name, bytes, status, why] of faults) {
    test(`${name}: ${status ?? 'no answer'}`, () => {
      const outcome = parseMessage(bytes);
      assert.ok(!outcome.ok);
      assert.equal(outcome.fault.status, status);
      assert.match(outcome.fault.why, why);
    });
  }

  test('a line feed without carriage return cannot smuggle a header in', () => {
    const outcome = parseMessage(
      Buffer.from(options.replaceAll('\n', '\r\n').replace('70\r\n', '70\nVia: x\r\n'), 'latin1'),
    );
    assert.ok(!outcome.ok);
    assert.equal(outcome.fault.status, 400);
  });

  test('a fault still shows the headers that an answer needs', () => {
    const outcome = parseMessage(mended('Max-Forwards: 70', 'what is this'));
    assert.ok(!outcome.ok && outcome.fault.partial);
    assert.equal(topVia(outcome.fault.partial)?.branch, 'z9hG4bK1');
    assert.equal(callIdOf(outcome.fault.partial), 'x');
  });

  test('what follows the body in a datagram is dropped (RFC 3261 §18.3); equal Content-Lengths are let through', () => {
    const bytes = wire(options.replace('Length: 0', 'Length: 3\nl: 3').concat('abcdef'));
    assert.equal(parsed(bytes).body.toString(), 'abc');
  });
});

describe('printMessage', () => {
  test('a changed body gets a right Content-Length in the old place', () => {
    const message = parsed(wire(options));
    message.body = Buffer.from('hello');
    const text = printMessage(message).toString();
    assert.match(text, /\r\nContent-Length: 5\r\n\r\nhello$/);
    assert.equal(text.match(/Content-Length/g)?.length, 1);
  });

  test('line breaks in values of ours cannot make a header (threat T11)', () => {
    const headers = Headers.of([['Subject', 'a\r\nEvil: yes\0\r\n\r\nbody']]);
    assert.deepEqual([...headers], [['Subject', 'a Evil: yes body']]);
    const request: SipMessage = {
      kind: 'request',
      method: 'INVITE',
      uri: 'sip:a\r\nEvil: b',
      headers,
      body: Buffer.alloc(0),
    };
    assert.equal(printMessage(request).toString().includes('\r\nEvil'), false);
    const answer: SipMessage = {
      kind: 'response',
      status: 200,
      reason: 'OK\r\nEvil: c',
      headers,
      body: Buffer.alloc(0),
    };
    assert.equal(printMessage(answer).toString().includes('\r\nEvil'), false);
  });
});

describe('Headers', () => {
  test('compact, capital and long forms are one header', () => {
    const headers = Headers.of([
      ['v', '1'],
      ['VIA', '2, 3'],
      ['X-Other', '"a,b", c'],
    ]);
    assert.equal(headers.get('Via'), '1');
    assert.deepEqual(headers.getAll('via'), ['1', '2, 3']);
    assert.deepEqual(headers.list('via'), ['1', '2', '3']);
    assert.deepEqual(headers.list('x-other'), ['"a,b"', 'c']);
    assert.equal(headers.count('via'), 2);
  });

  test('set keeps the place, prepend goes before the first of its name, a clone is apart', () => {
    const headers = Headers.of([
      ['A', '1'],
      ['Via', 'x'],
      ['B', '2'],
      ['Via', 'y'],
    ]);
    const copy = headers.clone().prepend('Via', 'w').set('A', '9').delete('B');
    assert.deepEqual(
      [...copy],
      [
        ['A', '9'],
        ['Via', 'w'],
        ['Via', 'x'],
        ['Via', 'y'],
      ],
    );
    assert.equal(headers.count('via'), 2);
    assert.deepEqual(
      [...headers.set('Via', 'only')],
      [
        ['A', '1'],
        ['Via', 'only'],
        ['B', '2'],
      ],
    );
  });
});

describe('checkRequest', () => {
  const rules = { methods: ['INVITE', 'OPTIONS', 'BYE'], supported: ['timer'], required: [] };
  const check = (bytes: Buffer) => {
    const message = parsed(bytes);
    assert.ok(message.kind === 'request');
    const refusal = checkRequest(message, rules);
    return refusal && { status: refusal.status, headers: [...refusal.headers] };
  };
  const invite = (extra: string) =>
    mended(/OPTIONS/g, 'INVITE')
      .toString('latin1')
      .replace('Max-Forwards', `${extra}Max-Forwards`);
  const cases: [string, Buffer, ReturnType<typeof check>][] = [
    ['a plain OPTIONS passes', wire(options), undefined],
    [
      'an unknown method gets 405 with Allow',
      mended(/OPTIONS/g, 'PUBLISH'),
      { status: 405, headers: [['Allow', 'INVITE, OPTIONS, BYE']] },
    ],
    [
      'an unknown extension gets 420',
      mended('Max', 'Require: timer, 100rel\nMax'),
      { status: 420, headers: [['Unsupported', '100rel']] },
    ],
    ['INVITE without Contact gets 400', Buffer.from(invite(''), 'latin1'), { status: 400, headers: [] }],
    [
      'INVITE with no hops left gets 483',
      Buffer.from(invite('Contact: <sip:a@b>\r\n').replace('70', '0'), 'latin1'),
      { status: 483, headers: [] },
    ],
    [
      'INVITE whose Contact is a star, which names nobody to send BYE to, gets 400',
      Buffer.from(invite('Contact: *\r\n'), 'latin1'),
      { status: 400, headers: [] },
    ],
    [
      'INVITE whose Record-Route cannot be read gets 400: no route set can be made of it',
      Buffer.from(invite('Contact: <sip:a@b>\r\nRecord-Route: <sip:127.0.0.1:9;lr>, <sip:\r\n'), 'latin1'),
      { status: 400, headers: [] },
    ],
    [
      'a broken Contact gets 400',
      Buffer.from(invite('Contact: <sip:a@b\r\n'), 'latin1'),
      { status: 400, headers: [] },
    ],
  ];
  for (const [name, bytes, wanted] of cases) test(name, () => assert.deepEqual(check(bytes), wanted));
});

describe('properties', () => {
  test('any bytes lead to an outcome', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        (bytes) => typeof parseMessage(Buffer.from(bytes)).ok === 'boolean',
      ),
    );
  });

  test('a Teams INVITE with bytes changed leads to an outcome, and what passed prints and parses to the same', () => {
    const original = fixture('teams/invite-from-teams');
    const edit = fc.record({
      at: fc.nat(original.length - 1),
      byte: fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 34, 44, 58, 59, 60, 62), fc.nat(255)),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
        const bytes = Buffer.from(original);
        for (const { at, byte } of edits) bytes[at] = byte;
        const outcome = parseMessage(bytes);
        if (!outcome.ok) return;
        if (outcome.message.kind === 'request')
          checkRequest(outcome.message, { methods: ['INVITE'], supported: [] });
        contactsOf(outcome.message);
        assert.deepEqual(meaning(parsed(printMessage(outcome.message))), meaning(outcome.message));
      }),
      { numRuns: 500 },
    );
  });

  test('headers of any text print to one line each', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const headers = Headers.of([['Subject', text]]);
        assert.equal(headers.print(0).split('\r\n').length, 3);
      }),
    );
  });
});

describe('hostile messages', () => {
  const line = (text: string) => Buffer.from(`OPTIONS sip:a SIP/2.0\r\n${text}`, 'latin1');
  const fill = (piece: string, bytes = 60_000) => piece.repeat(Math.floor(bytes / piece.length));
  const rest =
    '\r\nVia: SIP/2.0/UDP a;branch=z\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n';
  const bombs: [string, Buffer][] = [
    ['line feeds', line(fill('\n'))],
    ['carriage returns', line(fill('\r'))],
    ['folds', line(`X: a${fill('\r\n ')}${rest}`)],
    ['colons', line(fill(':'))],
    ['one-letter headers', line(`${fill('a:\r\n')}${rest}`)],
    ['blanks in one value', line(`X: ${fill(' ', 8_000)}x${rest}`)],
    ['blanks before a colon', line(`X${fill(' ', 8_000)}: x${rest}`)],
    ['Via with 8 KB of parameters', line(`Via: SIP/2.0/UDP a${fill(';a=b', 8_000)}${rest}`)],
    ['Via with 8 KB of quotes', line(`Via: SIP/2.0/UDP a;x=${fill('"\\', 8_000)}${rest}`)],
    ['a comma list of 8 KB', line(`Via: ${fill('SIP/2.0/UDP a,', 8_000)}${rest}`)],
    [
      '40 lines of 1.5 KB of brackets',
      line(`${`Contact: ${fill('<', 1_500)}\r\n`.repeat(40)}${rest.slice(2)}`),
    ],
    ['NULs', line(fill('\0'))],
    ['blanks in the start line', Buffer.from(`OPTIONS${fill(' ')} SIP/2.0\r\n\r\n`)],
    ['a Request-URI of 60 KB', Buffer.from(`OPTIONS sip:${fill('a')} SIP/2.0\r\n\r\n`)],
  ];
  for (const [name, bytes] of bombs) {
    test(`60 KB of ${name}: read in linear time`, () => {
      const before = process.cpuUsage();
      for (let round = 0; round < 5; round++) {
        const outcome = parseMessage(bytes);
        const message = outcome.ok ? outcome.message : outcome.fault.partial;
        if (message) {
          contactsOf(message);
          fromOf(message);
          for (const [key] of message.headers) message.headers.list(key);
        }
      }
      const { user, system } = process.cpuUsage(before);
      // 5 ms a round is the promise; this bound only tells linear from quadratic (3.6e9 steps), on a busy machine too.
      assert.ok(user + system < 2_000_000, `${user + system} us`);
    });
  }
});
