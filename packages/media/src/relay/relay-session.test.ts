import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeG711 } from '../g711/g711.ts';
import { Recording } from '../record/recording.ts';
import { isRtcp, parseRtp, printRtp } from '../rtp/packet.ts';
import { dominantFrequency } from '../tone/dominant-frequency.ts';
import { SampleSource, ToneSource } from '../tone/tone.ts';
import { addressOf, keys, RelayRig } from './relay-rig.fixture.ts';

const teams = { pcma: 8, telephoneEvent: 101, cn: 13, send: 'pcma' } as const;
const carrier = { pcmu: 0, telephoneEvent: 96, send: 'pcmu' } as const;

const rtpSent = (rig: RelayRig, side: 'a' | 'b') =>
  rig.sent
    .filter((sent) => sent.side === side && !isRtcp(sent.packet, sent.packet.length))
    .map(({ packet }) => parseRtp(packet)!);

/** Every step is one packet, no timestamp goes back. */
function assertContinuous(packets: ReturnType<typeof rtpSent>): void {
  assert.ok(packets.length > 1);
  assert.equal(new Set(packets.map(({ ssrc }) => ssrc)).size, 1, 'one SSRC');
  packets.reduce((before, packet) => {
    assert.equal(packet.sequence, (before.sequence + 1) & 0xffff);
    assert.ok(((packet.timestamp - before.timestamp) | 0) > 0, `${before.timestamp} -> ${packet.timestamp}`);
    return packet;
  });
}

test('Teams speaks A-law under SRTP, the carrier mu-law in clear: each hears the other, numbers and payload types are ours', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(440, 1000);
  rig.run(4000);
  assert.deepEqual([rig.hears('a'), rig.hears('b')], [1000, 440]);
  const toCarrier = rtpSent(rig, 'b');
  assertContinuous(toCarrier);
  assert.ok(toCarrier.every(({ payloadType }) => payloadType === 0));
  assert.notEqual(toCarrier[0]!.ssrc, 0xa);
  for (const side of ['a', 'b'] as const) {
    const { packetsLost, rejectedAuth, rejectedOther, rtcpReceived } = rig.parties[side].statistics();
    assert.deepEqual(
      { packetsLost, rejectedAuth, rejectedOther },
      { packetsLost: 0, rejectedAuth: 0, rejectedOther: 0 },
    );
    assert.ok(rtcpReceived >= 1);
  }
});

test('what strangers sent to a session that waits for its call is not told of the call', () => {
  const rig = new RelayRig({ a: teams, b: carrier, legA: { remote: null }, legB: { remote: null } });
  const packet = () =>
    printRtp({
      marker: false,
      payloadType: 0,
      ssrc: 9,
      sequence: 1,
      timestamp: 1,
      payload: Buffer.alloc(160),
    });
  for (const side of ['a', 'b'] as const) {
    rig.inject(side, packet());
    rig.inject(side, Buffer.alloc(4));
  }
  const rejected = () => {
    const { a, b } = rig.session.report(60_000, true);
    return [a, b].map(({ counters }) => counters.rejectedSource + counters.rejectedOther);
  };
  assert.deepEqual(rejected(), [2, 2]);
  rig.session.begin(60_000);
  assert.deepEqual(rejected(), [0, 0]);
  assert.equal(rig.session.report(60_000, true).ageMs, 0);
});

test('the carrier moves to another address and SSRC in a re-INVITE: Teams sees one unbroken stream', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(undefined, undefined);
  const frame = (ssrc: number, sequence: number, timestamp: number) =>
    printRtp({ marker: false, payloadType: 0, ssrc, sequence, timestamp, payload: Buffer.alloc(160, 0xff) });
  for (let i = 0; i < 5; i += 1) rig.inject('b', frame(1, (65_533 + i) & 0xffff, 1000 + 160 * i));
  assert.equal(rig.parties.a.statistics().packetsReceived, 5);
  rig.nowMs = 1000;
  rig.session.change({ b: { remote: { address: '192.0.2.77', port: 5000, mux: true } } }, rig.nowMs);
  rig.inject('b', frame(1, 3, 9999));
  for (let i = 0; i < 5; i += 1) rig.inject('b', frame(2, 77 + i, 160 * i), '192.0.2.77', 5000);
  const { packetsReceived, packetsLost } = rig.parties.a.statistics();
  assert.deepEqual({ packetsReceived, packetsLost }, { packetsReceived: 10, packetsLost: 0 });
  assert.equal(
    rig.session.report(1000, true).b.counters.rejectedSource,
    1,
    'the old address is not heard any more',
  );
  assert.equal(new Set(rtpSent(rig, 'a').map(({ ssrc }) => ssrc)).size, 1);
});

test('on hold nothing is heard, reports go on; after it the stream goes on where it was', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(440, 1000);
  rig.run(1000);
  rig.session.change({ a: { direction: 'inactive' } }, rig.nowMs);
  const before = [rtpSent(rig, 'a').length, rtpSent(rig, 'b').length];
  const reports = rig.sent.filter(({ packet }) => isRtcp(packet, packet.length)).length;
  rig.run(20_000);
  assert.deepEqual([rtpSent(rig, 'a').length, rtpSent(rig, 'b').length], before);
  assert.ok(rig.sent.filter(({ packet }) => isRtcp(packet, packet.length)).length >= reports + 6);
  rig.session.change({ a: { direction: 'sendrecv' } }, rig.nowMs);
  rig.run(1000);
  assert.deepEqual([rig.hears('a'), rig.hears('b')], [1000, 440]);
  const toCarrier = rtpSent(rig, 'b');
  assertContinuous(toCarrier);
  const resumed = toCarrier[before[1]!]!;
  assert.equal(resumed.marker, true);
  const gap = resumed.timestamp - toCarrier[before[1]! - 1]!.timestamp;
  assert.ok(Math.abs(gap - 160_000) <= 320, `20 s of hold are 160,000 samples, not ${gap}`);
});

for (const [held, hears] of [
  ['sendonly', { a: 1000, b: 0 }],
  ['recvonly', { a: 0, b: 440 }],
] as const)
  test(`our SDP says ${held} to leg a: it hears ${hears.a || 'nothing'}, the other ${hears.b || 'nothing'}`, () => {
    const rig = new RelayRig({ a: teams, b: carrier, legA: { direction: held } });
    rig.talk(440, 1000);
    rig.run(1000);
    assert.deepEqual({ a: rig.hears('a'), b: rig.hears('b') }, hears);
  });

test('a key is said again: the stream goes on; another key: both sides start over at rollover 0; the old one never returns', () => {
  const first = keys('A', 'B');
  const second = keys('C', 'D');
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: first });
  rig.talk(440, 1000);
  rig.run(4000); // the party's numbers start at 65,400: past a rollover by now
  assert.equal(rig.session.change({ a: { srtp: first.ours } }, rig.nowMs), undefined);
  rig.run(500);
  assert.equal(rig.parties.a.statistics().rejectedAuth, 0);
  assert.equal(rig.session.change({ a: { srtp: second.ours } }, rig.nowMs), undefined);
  rig.parties.a.secure(second.theirs);
  rig.parties.a.forgetHeard();
  rig.parties.b.forgetHeard();
  rig.run(1000);
  assert.deepEqual([rig.hears('a'), rig.hears('b')], [1000, 440]);
  const refused = rig.session.change({ a: { srtp: first.ours } }, rig.nowMs);
  assert.equal(refused?.reason, 'bad-request');
});

test('Teams offers SRTP and its answer is late: nothing in clear passes before its key is known', () => {
  const { ours, theirs } = keys('A', 'B');
  const rig = new RelayRig({
    a: teams,
    b: carrier,
    srtpA: { ours: { suite: ours.suite, tx: ours.tx }, theirs },
  });
  rig.talk(440, 1000);
  rig.run(400);
  assert.equal(rtpSent(rig, 'b').length, 0);
  const { rejectedAuth, rejectedOther } = rig.session.report(0, true).a.counters;
  assert.ok(rejectedOther >= 20);
  assert.equal(rejectedAuth, 0, 'early media is no forgery');
  rig.session.change({ a: { srtp: ours } }, rig.nowMs);
  rig.run(1000);
  assert.deepEqual([rig.hears('a'), rig.hears('b')], [1000, 440]);
});

test('the carrier repeats every packet: Teams gets each once, under its own index', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(undefined, 1000);
  rig.onPacket = (side, packet) => {
    rig.inject(side, Buffer.from(packet));
    return true;
  };
  rig.run(1000);
  const { packetsReceived, rejectedReplay } = rig.parties.a.statistics();
  assert.deepEqual({ packetsReceived, rejectedReplay }, { packetsReceived: 50, rejectedReplay: 0 });
});

test('Teams sends comfort noise that the carrier never agreed to: it is left out and does not look like loss', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.talk(undefined, undefined);
  for (let i = 0; i < 100; i += 1) {
    const payloadType = i % 10 === 9 ? 13 : 8;
    rig.inject(
      'a',
      printRtp({
        marker: false,
        payloadType,
        ssrc: 5,
        sequence: i,
        timestamp: i * 160,
        payload: Buffer.alloc(160, 0xd5),
      }),
    );
  }
  const { packetsReceived, packetsLost } = rig.parties.b.statistics();
  assert.deepEqual({ packetsReceived, packetsLost }, { packetsReceived: 90, packetsLost: 0 });
});

test('digits pressed on one side are heard on the other under its payload type, and told once each', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(440, 1000);
  rig.parties.a.sendDtmf('159#');
  rig.run(3000);
  assert.equal(rig.parties.b.digits.map(({ digit }) => digit).join(''), '159#');
  const told = rig.events.flatMap((event) => (event.kind === 'dtmf' ? [`${event.leg}${event.digit}`] : []));
  assert.deepEqual(told, ['a1', 'a5', 'a9', 'a#']);
});

test('we press digits towards the carrier ourselves: the talk pauses meanwhile and goes on after it', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.talk(440, 1000);
  rig.run(1000);
  assert.equal(rig.session.sendDtmf('b', '42'), 2);
  rig.run(3000);
  assert.equal(rig.parties.b.digits.map(({ digit }) => digit).join(''), '42');
  assert.equal(rig.hears('b'), 440);
  assert.equal(rig.parties.b.statistics().packetsLost, 0);
  assert.equal(rig.session.isPaced, false);
  assert.equal(
    new RelayRig({ a: { pcma: 8, send: 'pcma' }, b: carrier }).session.sendDtmf('a', '1'),
    undefined,
  );
});

test('a prompt plays to its end in 20 ms frames, then the other side is heard in the same stream', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.talk(undefined, 1000);
  assert.equal(rig.session.play('a', 'p1', new ToneSource(600, { seconds: 1.01 }), false), true);
  rig.run(1000);
  assert.equal(rig.hears('a'), 600);
  rig.run(1000);
  assert.equal(rig.hears('a'), 1000);
  assert.deepEqual(
    rig.events.filter(({ kind }) => kind === 'played'),
    [{ kind: 'played', session: 's', leg: 'a', playId: 'p1', end: 'finished' }],
  );
  assertContinuous(rtpSent(rig, 'a'));
  assert.equal(rig.parties.a.statistics().packetsLost, 0);
});

test('a party that is recorded is heard by the recording alone, also what came encrypted, while it hears a prompt', () => {
  const rig = new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') });
  rig.talk(440, 1000);
  const recording = new Recording('r', 2_000, 0);
  assert.equal(rig.session.record('a', recording), true);
  assert.equal(rig.session.record('a', recording), false, 'once at a time');
  rig.session.play('a', 'p', new ToneSource(600), false);
  rig.run(3_100);
  assert.deepEqual([rig.hears('a'), rig.hears('b')], [600, 0]);
  assert.equal(recording.samples, 16_000, 'as long as it may be');
  assert.equal(Math.round(dominantFrequency(decodeG711('pcmu', recording.take()), 8000) ?? 0), 440);
  assert.deepEqual(
    rig.events.filter(({ kind }) => kind === 'recorded'),
    [{ kind: 'recorded', session: 's', leg: 'a', recordId: 'r', end: 'full' }],
    'said once',
  );
  assert.equal(rig.session.stopRecording('a'), recording);
  rig.run(1_000);
  assert.equal(rig.hears('b'), 440, 'and passed on again');
});

test('prompts are replaced and stopped by name; a leg without G.711 cannot hear one', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  const prompt = () => new SampleSource(new Int16Array(8000));
  rig.session.play('a', 'p1', prompt(), false);
  rig.session.play('a', 'p2', prompt(), false);
  assert.equal(rig.session.stop('a', 'p1'), false);
  assert.equal(rig.session.stop('a', 'p2'), true);
  assert.deepEqual(
    rig.events.map((event) => event.kind === 'played' && `${event.playId} ${event.end}`),
    ['p1 replaced', 'p2 stopped'],
  );
  rig.session.change({ a: { codecs: { others: { g729: 18 }, send: 'g729' } } }, 0);
  assert.equal(rig.session.play('a', 'p3', prompt(), false), false);
});

test('ringback ends with the first sound of the called party', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.talk(undefined, undefined);
  rig.session.play('a', 'ring', new ToneSource(425), true);
  rig.run(1000);
  assert.equal(rig.hears('a'), 425);
  rig.talk(undefined, 800);
  rig.run(1000);
  assert.equal(rig.hears('a'), 800);
  assert.equal(
    rig.events.filter((event) => event.kind === 'played' && event.end === 'rtp-arrived').length,
    1,
  );
});

const silences: readonly (readonly [
  title: string,
  hold: boolean,
  rtcp: boolean,
  afterMs: number,
  told: number,
])[] = [
  ['a party falls silent for 59 s', false, false, 59_000, 0],
  ['a party falls silent for 61 s', false, false, 62_000, 1],
  ['a party sends reports only', false, true, 300_000, 0],
  ['a party on hold is silent for 29 min', true, false, 29 * 60_000, 0],
  ['a party on hold is silent for 31 min', true, false, 31 * 60_000, 1],
];
for (const [title, hold, rtcp, afterMs, told] of silences)
  test(`${title}: ${told ? 'told once' : 'nothing is said'} (reliability, section 2)`, () => {
    const rig = new RelayRig({ a: teams, b: carrier });
    rig.talk(440, 1000);
    rig.run(1000);
    if (hold) rig.session.change({ a: { direction: 'inactive' } }, rig.nowMs);
    rig.talk(undefined, undefined); // a goes on with reports
    rig.onPacket = (side, packet) => side === 'a' || (rtcp && isRtcp(packet, packet.length));
    rig.run(afterMs);
    assert.equal(rig.events.filter((event) => event.kind === 'timeout' && event.leg === 'b').length, told);
    assert.equal(rig.events.filter((event) => event.kind === 'timeout' && event.leg === 'a').length, 0);
  });

test('CSRCs, header extensions and padding end here; what is heard is the payload', () => {
  const rig = new RelayRig({ a: teams, b: teams });
  rig.talk(undefined, undefined);
  const packet = printRtp({
    marker: true,
    payloadType: 8,
    ssrc: 5,
    sequence: 1,
    timestamp: 1,
    csrcs: [1, 2],
    extension: { profile: 0xbede, data: Buffer.alloc(8) },
    payload: Buffer.concat([Buffer.alloc(160, 0x11), Buffer.from([0, 0, 3])]),
  });
  packet[0]! |= 0x20;
  rig.inject('a', packet);
  const [out] = rtpSent(rig, 'b');
  assert.deepEqual(out?.payload, Buffer.alloc(160, 0x11));
  assert.deepEqual([out?.csrcs, out?.extension, out?.marker], [undefined, undefined, true]);
});

test('codecs that we do not know pass only between legs that both name them', () => {
  const wide = { others: { g722: 9 }, send: 'g722' } as const;
  const rig = new RelayRig({
    a: teams,
    b: teams,
    legA: { codecs: wide },
    legB: { codecs: { others: { g722: 109 }, send: 'g722' } },
  });
  rig.talk(undefined, undefined);
  const packet = () =>
    printRtp({
      marker: false,
      payloadType: 9,
      ssrc: 5,
      sequence: 1,
      timestamp: 1,
      payload: Buffer.alloc(160, 7),
    });
  rig.inject('a', packet());
  assert.equal(rtpSent(rig, 'b')[0]?.payloadType, 109);
  rig.session.change({ b: { codecs: teams } }, 0);
  rig.inject('a', packet());
  assert.equal(rtpSent(rig, 'b').length, 1);
});

test('nothing is ever sent to an address that is neither in SDP nor latched', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.talk(440, 1000);
  const noise = Buffer.from(rig.parties.b.tick(0)[0]!.packet);
  for (let i = 0; i < 50; i += 1) {
    const packet = Buffer.from(noise);
    packet.writeUInt16BE(i, 2);
    rig.inject('b', packet, '203.0.113.9', 4000);
    rig.inject('b', Buffer.from(packet), addressOf.b, 4001);
    rig.run(20);
  }
  assert.ok(rig.sent.every(({ side, address, port }) => address === addressOf[side] && port === 4000));
  assert.equal(rig.session.report(0, true).b.counters.rejectedSource, 100);
  assert.equal(rig.hears('a'), 1000);
});

test('c=0.0.0.0 means hold: nothing is sent to this host by mistake', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  rig.session.change({ b: { remote: { address: '0.0.0.0', port: 4000, mux: true } } }, 0);
  rig.talk(440, undefined);
  rig.run(10_000);
  assert.equal(rig.sent.filter(({ side }) => side === 'b').length, 0);
});

test('a wrong change leaves both legs as they were', () => {
  const rig = new RelayRig({ a: teams, b: carrier });
  const failure = rig.session.change(
    { a: { direction: 'inactive' }, b: { codecs: { pcma: 8, telephoneEvent: 8, send: 'pcma' } } },
    0,
  );
  assert.deepEqual(failure, {
    ok: false,
    reason: 'bad-request',
    detail: 'b: codecs uses a payload type twice',
  });
  assert.equal(rig.session.a.direction, 'sendrecv');
});

test('no bytes from anywhere make a session throw', () => {
  const rigs = [
    new RelayRig({ a: teams, b: carrier }),
    new RelayRig({ a: teams, b: carrier, srtpA: keys('A', 'B') }),
  ];
  const start = fc.constantFrom(
    [],
    [0x80, 0x08],
    [0x80, 0x00],
    [0x90, 0x08],
    [0xaf, 0x60],
    [0x80, 0x65],
    [0x80, 0xc8],
    [0x81, 0xc9],
  );
  fc.assert(
    fc.property(
      start,
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('a', 'b'),
      fc.constantFrom('rtp', 'rtcp'),
      (head, tail, side, channel) => {
        for (const rig of rigs) {
          const packet = Buffer.concat([Buffer.from(head), tail]);
          rig.session.receive(side, channel, packet, packet.length, addressOf[side], 4000, rig.nowMs);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
