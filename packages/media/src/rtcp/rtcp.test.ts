import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceiveStatistics } from '../rtp/receive-statistics.ts';
import { parseRtcp, printRtcp, type RtcpPacket } from './packet.ts';
import { ReportExchange } from './report-exchange.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const block = fc.record(
  {
    ssrc: word,
    fractionLost: fc.integer({ min: 0, max: 255 }),
    cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    extendedHighestSequence: word,
    jitter: word,
    lastSenderReport: word,
    delaySinceLastSenderReport: word,
  },
  { noNullPrototype: true },
);
const reports = fc.array(block, { maxLength: 31 });
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('sr' as const),
      ssrc: word,
      sender: fc.record(
        { ntpSeconds: word, ntpFraction: word, rtpTimestamp: word, packets: word, octets: word },
        { noNullPrototype: true },
      ),
      reports,
    },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('rr' as const), ssrc: word, reports }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('sdes' as const), ssrc: word, cname: fc.string({ maxLength: 40 }) },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('bye' as const),
      ssrcs: fc.array(word, { maxLength: 31 }),
      reason: fc.string({ minLength: 1, maxLength: 40 }),
    },
    { noNullPrototype: true },
  ),
);

test('what we print we read back, compound and all', () => {
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 4 }), (compound) => {
      assert.deepEqual(parseRtcp(printRtcp(compound)), compound);
    }),
  );
});

test('no bytes throw; a compound cut off anywhere is no compound', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void parseRtcp(Buffer.from(bytes))));
  const whole = printRtcp([
    { kind: 'rr', ssrc: 1, reports: [] },
    { kind: 'sdes', ssrc: 1, cname: 'somebody' },
  ]);
  for (let size = 0; size < whole.length; size += 1)
    if (size !== 8) assert.equal(parseRtcp(whole.subarray(0, size)), undefined, `${size} bytes`);
});

test('two parties report to each other: loss, and a round trip of 30 ms (RFC 3550 §6.4.1)', () => {
  const a = new ReportExchange(1, 'a', 0);
  const b = new ReportExchange(2, 'b', 0);
  const heardByA = new ReceiveStatistics();
  const heardByB = new ReceiveStatistics();
  for (const sequence of [1, 2, 4]) heardByB.update(1, sequence, 0, 0, 8000);
  heardByA.update(2, 1, 0, 0, 8000);
  const wall = 1_700_000_000_123;
  const fromA = a.report({ packets: 3, octets: 480, rtpTimestamp: 1 }, heardByA, 0, wall, 0.5);
  assert.equal(b.receive(fromA, fromA.length, 10, wall + 10), true);
  const fromB = b.report({ packets: 1, octets: 160, rtpTimestamp: 1 }, heardByB, 1010, wall + 1010, 0.5);
  assert.equal(a.receive(fromB, fromB.length, 1030, wall + 1030), true);
  assert.equal(a.remotePacketsLost, 1);
  assert.ok(Math.abs(a.roundTripMs! - 30) < 0.2, String(a.roundTripMs));
});

test('who sent nothing since the last report sends a receiver report; the last one says BYE', () => {
  const exchange = new ReportExchange(1, 'me', 0);
  const heard = new ReceiveStatistics();
  const sent = { packets: 5, octets: 800, rtpTimestamp: 9 };
  const kinds = (bye: boolean): string[] =>
    parseRtcp(exchange.report(sent, heard, 0, 0, 0.5, bye))!.map(({ kind }) => kind);
  assert.deepEqual(kinds(false), ['sr', 'sdes']);
  assert.deepEqual(kinds(true), ['rr', 'sdes', 'bye']);
});

test('reports are 2.5 to 7.5 s apart', () => {
  const exchange = new ReportExchange(1, 'me', 0);
  exchange.report({ packets: 0, octets: 0, rtpTimestamp: 0 }, new ReceiveStatistics(), 1000, 0, 0.999);
  assert.deepEqual(
    [8490, 8500].map((nowMs) => exchange.isDue(nowMs)),
    [false, true],
  );
  exchange.report({ packets: 0, octets: 0, rtpTimestamp: 0 }, new ReceiveStatistics(), 1000, 0, 0);
  assert.deepEqual(
    [3499, 3500].map((nowMs) => exchange.isDue(nowMs)),
    [false, true],
  );
});
