import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latch } from './latch.ts';
import type { LatchPolicy } from './relay-commands.ts';

// Reliability T08. Each packet: who (address, port), SSRC, sequence number, when; heard or not.
type Packet = readonly [
  address: string,
  port: number,
  ssrc: number,
  sequence: number,
  atMs: number,
  heard: boolean,
];

const sdp = ['192.0.2.5', 4000] as const;
const nat = ['203.0.113.7', 61_000] as const;
const evil = ['203.0.113.66', 666] as const;
const run = (
  who: readonly [string, number],
  ssrc: number,
  from: number,
  heard: readonly boolean[],
  atMs = 0,
): Packet[] => heard.map((isHeard, i) => [...who, ssrc, from + i, atMs, isHeard]);
const no = [false, false, false, false] as const;

const stories: readonly (readonly [title: string, policy: LatchPolicy, packets: readonly Packet[]])[] = [
  ['the party sends from where its SDP says: heard at once', 'sdp', run(sdp, 1, 0, [true, true])],
  [
    'someone else sends first, for as long as it likes: never heard',
    'sdp',
    [...run(evil, 9, 0, [...no, false, false]), ...run(sdp, 1, 0, [true])],
  ],
  [
    'the right host with another port is somebody else',
    'sdp',
    run(['192.0.2.5', 4002], 1, 0, [...no, false, false]),
  ],
  [
    'a party behind NAT: heard from its fifth consecutive packet, then only that source',
    'first-source',
    [
      ...run(nat, 1, 10, [...no, true, true]),
      ...run(evil, 9, 0, [...no, false, false]),
      ...run(sdp, 1, 0, [false]),
    ],
  ],
  [
    'a sprayer and the party take turns: neither counts to five while they do',
    'first-source',
    [
      ...Array.from({ length: 6 }, (_, i): Packet[] => [
        [...nat, 1, i, 0, false],
        [...evil, 9, i, 0, false],
      ]).flat(),
      ...run(nat, 1, 6, [...no, true]),
    ],
  ],
  [
    'five packets with a gap, or of two SSRCs, are not five in a row',
    'first-source',
    [...run(nat, 1, 0, [...no]), ...run(nat, 1, 5, [false]), ...run(nat, 2, 6, [false])],
  ],
  [
    'sequence numbers roll over while it shows itself',
    'first-source',
    [...run(nat, 1, 65_534, [false, false]), ...run(nat, 1, 0, [false, false, true])],
  ],
  [
    'more than 3 s after signalling only SDP counts',
    'first-source',
    [...run(nat, 1, 0, [...no, false, false], 3001), ...run(sdp, 1, 0, [true], 3002)],
  ],
];

for (const [title, policy, packets] of stories)
  test(title, () => {
    const latch = new Latch();
    latch.signal(policy, ...sdp, 0, false);
    packets.forEach(([address, port, ssrc, sequence, atMs, heard], i) => {
      assert.equal(latch.accepts(address, port, ssrc, sequence, atMs), heard, `packet ${i}`);
    });
  });

test('a session refresh with the same address keeps the latch; another address or a relatch opens it again', () => {
  const latch = new Latch();
  const fiveFrom = (who: readonly [string, number], nowMs: number): boolean =>
    [0, 1, 2, 3, 4].map((i) => latch.accepts(...who, 1, i, nowMs)).at(-1)!;
  latch.signal('first-source', ...sdp, 0, false);
  assert.equal(fiveFrom(nat, 0), true);
  latch.signal('first-source', ...sdp, 10_000, false);
  assert.equal(fiveFrom(evil, 10_000), false);
  assert.equal(latch.accepts(...nat, 1, 99, 10_000), true);
  latch.signal('first-source', '192.0.2.6', 4000, 20_000, false);
  assert.equal(latch.accepts(...nat, 1, 100, 20_000), false);
  assert.equal(fiveFrom(evil, 20_000), true);
  latch.signal('first-source', '192.0.2.6', 4000, 30_000, true);
  assert.equal(fiveFrom(nat, 30_000), true);
});

test('before any SDP nobody is heard', () => {
  assert.equal(new Latch().accepts(...sdp, 1, 1, 0), false);
});
