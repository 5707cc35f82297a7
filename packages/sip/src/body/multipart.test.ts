import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Headers } from '../message/headers.ts';
import type { SipMessage } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import { crlf, sbcOffer } from '../sdp/fixtures.test-data.ts';
import { parseMultipart, printMultipart } from './multipart.ts';
import { sessionBodyOf } from './session-body.ts';

const part = (contentType: string, body: string, ...more: [string, string][]) => ({
  headers: Headers.of([['Content-Type', contentType], ...more]),
  body: Buffer.from(body, 'latin1'),
});

function invite(contentType: string, body: Buffer): SipMessage {
  return {
    kind: 'request',
    method: 'INVITE',
    uri: 'sip:911@x',
    headers: Headers.of([['Content-Type', contentType]]),
    body,
  };
}

describe('multipart/mixed', () => {
  test('an emergency call carries SDP and a location: the SDP is found, the location kept byte for byte', () => {
    const { contentType, body } = printMultipart(
      [
        part('application/sdp', crlf(sbcOffer)),
        part('application/pidf+xml', '<presence/>\r\n', ['Content-ID', '<1@x>']),
      ],
      'b0undary',
    );
    const session = sessionBodyOf(invite(contentType, body));
    assert.ok(session.kind === 'sdp');
    assert.equal(session.bytes.toString(), crlf(sbcOffer));
    assert.equal(session.otherParts[0]?.body.toString(), '<presence/>\r\n');
    assert.equal(session.otherParts[0]?.headers.get('content-id'), '<1@x>');
  });

  test('binary parts of RFC 4475 mpart01 keep all 256 bytes', () => {
    const outcome = parseMessage(
      readFileSync(new URL('../../testdata/torture/valid/mpart01.sip', import.meta.url)),
    );
    assert.ok(outcome.ok);
    const parts = parseMultipart(outcome.message.headers.get('content-type') ?? '', outcome.message.body);
    assert.ok(parts.ok);
    assert.deepEqual(
      parts.parts.map(({ body }) => body.length),
      [5, 256],
    );
  });

  test('any parts print and parse back', () => {
    const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 5 }), (bodies) => {
        const printed = printMultipart(
          bodies.map((bytes) => ({ headers: Headers.of([['X', 'y']]), body: bytes })),
          'qZ7',
        );
        fc.pre(!bodies.some((bytes) => bytes.includes('--qZ7')));
        const outcome = parseMultipart(printed.contentType, printed.body);
        assert.ok(outcome.ok);
        assert.deepEqual(
          outcome.parts.map((one) => one.body.toString('hex')),
          bodies.map((bytes) => bytes.toString('hex')),
        );
      }),
    );
  });

  const type = 'multipart/mixed;boundary=x';
  const broken: [string, string, string][] = [
    ['no boundary parameter', 'multipart/mixed', '--x\r\n\r\n\r\n--x--'],
    ['boundary not in the body', type, 'hello'],
    ['never closed', type, '--x\r\n\r\nhello'],
    ['words on the boundary line', type, '--x y\r\n\r\n\r\n--x--'],
    ['21 parts', type, `${'--x\r\n\r\n\r\n'.repeat(21)}--x--`],
    ['a header without a name', type, '--x\r\n: y\r\n\r\n\r\n--x--'],
  ];
  for (const [name, contentType, body] of broken) {
    test(`${name} is refused`, () => {
      assert.ok(!parseMultipart(contentType, Buffer.from(body)).ok);
      assert.equal(sessionBodyOf(invite(contentType, Buffer.from(body))).kind, 'broken');
    });
  }
});

describe('sessionBodyOf', () => {
  const rows: [string, SipMessage, string][] = [
    ['no body', invite('application/sdp', Buffer.alloc(0)), 'none'],
    ['SDP', invite('Application/SDP; charset=x', Buffer.from('v=0')), 'sdp'],
    ['another type', invite('application/unknownformat', Buffer.from('x')), 'unsupported'],
    ['a type that cannot be read', invite('sdp', Buffer.from('x')), 'unsupported'],
  ];
  for (const [name, message, kind] of rows)
    test(`${name}: ${kind}`, () => assert.equal(sessionBodyOf(message).kind, kind));

  test('a compressed body is unsupported', () => {
    const message = invite('application/sdp', Buffer.from('x'));
    message.headers.append('e', 'gzip');
    assert.equal(sessionBodyOf(message).kind, 'unsupported');
  });
});
