import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRtcp, parseRtp, printRtp } from './packet.ts';
import { ReceiveStatistics } from './receive-statistics.ts';

const packets = fc.record(
  {
    marker: fc.boolean(),
    payloadType: fc.integer({ min: 0, max: 127 }),
    sequence: fc.integer({ min: 0, max: 0xffff }),
    timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
    ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
    csrcs: fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 15 }),
    extension: fc.record(
      {
        profile: fc.integer({ min: 0, max: 0xffff }),
        data: fc
          .array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 5 })
          .map((words) => Buffer.concat(words)),
      },
      { noNullPrototype: true },
    ),
    payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  },
  {
    requiredKeys: ['marker', 'payloadType', 'sequence', 'timestamp', 'ssrc', 'payload'],
    noNullPrototype: true,
  },
);

test('what we print we read back', () => {
  fc.assert(fc.property(packets, (packet) => assert.deepEqual(parseRtp(printRtp(packet)), packet)));
});

test('no bytes throw, and padding never reaches into the header', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const packet = Buffer.from(bytes);
      if (packet.length > 0) packet[0] = 0x80 | (packet[0]! & 0x3f);
      const parsed = parseRtp(packet);
      assert.ok(parsed === undefined || parsed.payload.length <= packet.length - 12);
    }),
  );
});

test('RTP with payload types 0..63 and 96..127 is never taken for RTCP (RFC 5761 §4)', () => {
  for (let pt = 0; pt < 128; pt += 1) {
    const packet = Buffer.alloc(20);
    packet[0] = 0x80;
    packet[1] = 0x80 | pt;
    assert.equal(isRtcp(packet, 20), pt >= 64 && pt <= 95);
  }
});

/** Feeds sequence numbers, 20 ms apart, and tells expected loss. */
const losses: readonly (readonly [title: string, sequences: readonly number[], lost: number])[] = [
  ['nothing missing over a rollover', [65_534, 65_535, 0, 1], 0],
  ['two of six missing', [1, 2, 5, 6], 2],
  ['reordered', [1, 3, 2, 4], 0],
  ['repeated: counts as negative loss, never below zero', [1, 2, 2, 2, 3], 0],
  ['the source restarts: two in a row make a new base', [10, 11, 40_000, 40_001, 40_002], 0],
  ['one stray packet from far away changes nothing', [10, 11, 40_000, 12, 13], 0],
];
for (const [title, sequences, lost] of losses)
  test(`loss: ${title}`, () => {
    const statistics = new ReceiveStatistics();
    sequences.forEach((sequence, i) => {
      statistics.update(1, sequence, i * 160, i * 20, 8000);
    });
    assert.equal(statistics.lost, lost);
  });

test('loss survives a change of SSRC', () => {
  const statistics = new ReceiveStatistics();
  for (const [ssrc, sequence] of [
    [1, 1],
    [1, 4],
    [2, 100],
    [2, 102],
  ] as const)
    statistics.update(ssrc, sequence, 0, 0, 8000);
  assert.equal(statistics.lost, 3);
  assert.equal(statistics.received, 4);
});

test('jitter is that of RFC 3550 A.8: packets alternately 10 ms late settle near 10 ms', () => {
  const statistics = new ReceiveStatistics();
  for (let i = 0; i < 500; i += 1) statistics.update(1, i, i * 160, i * 20 + (i % 2) * 10, 8000);
  assert.ok(Math.abs(statistics.jitterMs - 10) < 0.1, String(statistics.jitterMs));
});

test('jitter does not jump when the timestamp rolls over', () => {
  const statistics = new ReceiveStatistics();
  for (let i = 0; i < 100; i += 1) statistics.update(1, i, (0xffff_f000 + i * 160) >>> 0, i * 20, 8000);
  assert.equal(statistics.jitterMs, 0);
});

test('a report speaks of the time since the last one', () => {
  const statistics = new ReceiveStatistics();
  for (const sequence of [0, 1, 3]) statistics.update(7, sequence, 0, 0, 8000);
  assert.deepEqual(statistics.report(1, 2), {
    ssrc: 7,
    fractionLost: 64,
    cumulativeLost: 1,
    extendedHighestSequence: 3,
    jitter: 0,
    lastSenderReport: 1,
    delaySinceLastSenderReport: 2,
  });
  statistics.update(7, 4, 0, 0, 8000);
  assert.equal(statistics.report(0, 0).fractionLost, 0);
});
