import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type FramerEvent, SipFramer } from './framer.ts';

const message = (body: string, length = `Content-Length: ${body.length}`) =>
  `OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS b;branch=z\r\n${length}\r\n\r\n${body}`;

const words = (events: FramerEvent[]) =>
  events.map((event) => {
    if (event.kind === 'message') return event.bytes.toString();
    return event.kind === 'fault' ? event.fault : event.kind;
  });

/** All events of a text cut at the given places. */
function feed(text: string, cuts: number[] = []): string[] {
  const framer = new SipFramer();
  const bytes = Buffer.from(text, 'latin1');
  const events: FramerEvent[] = [];
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  for (const [index, edge] of edges.slice(1).entries()) {
    // The transport reuses its buffer: what the framer keeps must be its own.
    const chunk = Buffer.from(bytes.subarray(edges[index], edge));
    events.push(...framer.push(chunk));
    if (!events.some((event) => event.kind === 'message')) chunk.fill(0);
  }
  return words(events);
}

describe('SipFramer', () => {
  const stream = `${message('hello')}${message('', 'l : 0')}${message('abc', 'CONTENT-LENGTH:\r\n 3')}`;
  const wanted = [message('hello'), message('', 'l : 0'), message('abc', 'CONTENT-LENGTH:\r\n 3')];

  test('three messages in one chunk', () => assert.deepEqual(feed(stream), wanted));
  test('the same, one byte at a time', () => {
    assert.deepEqual(
      feed(
        stream,
        Array.from({ length: stream.length }, (_, at) => at),
      ),
      wanted,
    );
  });
  test('the same, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 10 }), (cuts) =>
        assert.deepEqual(feed(stream, cuts), wanted),
      ),
    );
  });

  const cases: [string, string, string[]][] = [
    ['double CRLF is a ping', '\r\n\r\n', ['ping']],
    ['single CRLF is a pong', '\r\n', ['pong']],
    ['a stray CRLF before a message is skipped', `\r\n${message('x')}`, [message('x')]],
    ['ping, message, ping', `\r\n\r\n${message('')}\r\n\r\n`, ['ping', message(''), 'ping']],
    ['no Content-Length', message('', 'X: y'), ['missing-content-length']],
    ['two that differ', message('', 'l: 0\r\nContent-Length: 1'), ['bad-content-length']],
    ['not a number', message('', 'l: -1'), ['bad-content-length']],
    ['a body of a megabyte', message('', 'l: 1000000'), ['too-large']],
    ['a TLS hello on a TCP port', '\x16\x03\x01\x02\0', ['desync']],
    ['HTTP', 'GET / HTTP/1.1\r\n', ['desync']],
    ['a bare LF between messages', '\nOPTIONS', ['desync']],
    ['headers without end', `OPTIONS sip:a SIP/2.0\r\nX: ${'a'.repeat(70_000)}`, ['too-large']],
    ['a start line without end', 'A'.repeat(70_000), ['desync']],
  ];
  for (const [name, text, events] of cases) test(name, () => assert.deepEqual(feed(text), events));

  test('after a fault nothing more is read', () => {
    const framer = new SipFramer();
    framer.push(Buffer.from('GET / HTTP/1.1\r\n'));
    assert.deepEqual(framer.push(Buffer.from(message(''))), []);
    assert.equal(framer.pendingBytes, 0);
  });

  test('an unfinished message shows how much is held', () => {
    const framer = new SipFramer();
    framer.push(Buffer.from('OPTIONS sip:a'));
    assert.equal(framer.pendingBytes, 13);
  });

  test('any bytes in any cutting: no throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (chunks) => {
        const framer = new SipFramer();
        for (const chunk of chunks) framer.push(Buffer.from(chunk));
      }),
    );
  });
});
