import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { printRtp } from '../rtp/packet.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import { BlockCipher, Keystream } from './keystream.ts';
import { naiveProtect, naiveProtectControl } from './naive-srtp.fixture.ts';
import { REPLAY_WINDOW, ReplayWindow } from './replay-window.ts';
import { deriveSessionKeys, parseMasterKey } from './session-keys.ts';
import { SrtcpReceiver, SrtcpSender } from './srtcp.ts';
import {
  estimateIndex,
  SRTP_REJECTED_AUTH,
  SRTP_REJECTED_FORM,
  SRTP_REJECTED_REPLAY,
  type SrtpOptions,
  SrtpReceiver,
  SrtpSender,
} from './srtp.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const master = hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');
const options: SrtpOptions = { suite: 'AES_CM_128_HMAC_SHA1_80', master };

const rtp = (sequence: number, text = 'hello there, twenty ms of speech', ssrc = 0xcafebabe): Buffer =>
  printRtp({
    marker: false,
    payloadType: 8,
    sequence: sequence & 0xffff,
    timestamp: sequence * 160,
    ssrc,
    payload: Buffer.from(text),
  });

function protect(sender: SrtpSender, packet: Buffer): Buffer {
  const room = Buffer.alloc(packet.length + sender.overhead);
  packet.copy(room);
  const length = sender.protect(room, packet.length);
  assert.equal(length, room.length, `protect said ${length}`);
  return room;
}

/** The plain packet or the refusal. */
function unprotect(receiver: SrtpReceiver, packet: Buffer): Buffer | number {
  const copy = Buffer.from(packet);
  const length = receiver.unprotect(copy, copy.length);
  return length < 0 ? length : copy.subarray(0, length);
}

test('keys are derived as in RFC 3711 appendix B.3', () => {
  const keys = deriveSessionKeys(master, 'srtp');
  assert.deepEqual(keys.cipherKey, hex('C61E7A93744F39EE10734AFE3FF7A087'));
  assert.deepEqual(keys.salt, hex('30CBBC08863D8C85D49DB34A9AE1'));
  assert.deepEqual(keys.authKey, hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
});

test('the keystream is the one of RFC 3711 appendix B.2, first and last blocks', () => {
  const key = hex('2B7E151628AED2A6ABF7158809CF4F3C');
  const salt = hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD');
  const packet = Buffer.alloc(0xff02 * 16);
  new Keystream(new BlockCipher(key), salt, 0).apply(packet, 0, packet.length, 0);
  const block = (n: number): Buffer => packet.subarray(n * 16, n * 16 + 16);
  assert.deepEqual(block(0), hex('E03EAD0935C95E80E166B16DD92B4EB4'));
  assert.deepEqual(block(1), hex('D23513162B02D0F72A43A2FE4A5F97AB'));
  assert.deepEqual(block(2), hex('41E95B3BB0A2E8DD477901E4FCA894C0'));
  assert.deepEqual(block(0xfeff), hex('EC8CDF7398607CB0F2D21675EA9EA1E4'));
  assert.deepEqual(block(0xff00), hex('362B7C3C6773516318A077D7FC5073AE'));
  assert.deepEqual(block(0xff01), hex('6A2CC3787889374FBEB4C81B17BA6C44'));
});

// RFC 2202 §3
const hmacVectors: readonly (readonly [key: Buffer, data: Buffer, mac: string])[] = [
  [Buffer.alloc(20, 0x0b), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
  [
    Buffer.from('Jefe'),
    Buffer.from('what do ya want for nothing?'),
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  ],
  [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
  [
    hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    Buffer.alloc(50, 0xcd),
    '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
  ],
  [Buffer.alloc(20, 0x0c), Buffer.from('Test With Truncation'), '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
  [
    Buffer.alloc(80, 0xaa),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    'aa4ae5e15272d00e95705637ce8a3b55ed402112',
  ],
  [
    Buffer.alloc(80, 0xaa),
    Buffer.from('Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data'),
    'e8e99d0f45237d786d6bbaa7965c7808bbff1a91',
  ],
];
for (const [index, [key, data, mac]] of hmacVectors.entries())
  test(`HMAC-SHA1 test case ${index + 1} of RFC 2202`, () => {
    const out = Buffer.alloc(20);
    new HmacSha1(key).writeTag(data, data.length, -1, out, 0, 20);
    assert.equal(out.toString('hex'), mac);
    assert.equal(new HmacSha1(key).equalsTag(data, data.length, -1, out, 0, 20), true);
  });

test('our HMAC-SHA1 is that of OpenSSL for any key and message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 400 }), (key, message) => {
      const out = Buffer.alloc(20);
      new HmacSha1(key).writeTag(message, message.length, -1, out, 0, 20);
      assert.deepEqual(out, createHmac('sha1', key).update(message).digest());
    }),
  );
});

for (const [suite, tagBytes] of [
  ['AES_CM_128_HMAC_SHA1_80', 10],
  ['AES_CM_128_HMAC_SHA1_32', 4],
] as const)
  test(`${suite}: what we send is what the RFC's text gives, over a rollover and for any size`, () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 30 }),
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (key, payloads, ssrc) => {
          const sender = new SrtpSender({ suite, master: key });
          const receiver = new SrtpReceiver({ suite, master: key });
          payloads.forEach((payload, i) => {
            const sequence = 65_500 + i;
            const plain = rtp(sequence, '', ssrc);
            const packet = Buffer.concat([plain, payload]);
            const wire = protect(sender, packet);
            assert.deepEqual(wire, naiveProtect(Buffer.from(key), packet, sequence >> 16, tagBytes));
            assert.deepEqual(unprotect(receiver, wire), packet);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

test('SRTCP is what the RFC gives; replayed, changed and foreign reports are refused', () => {
  const sender = new SrtcpSender(options);
  const receiver = new SrtcpReceiver(options);
  const report = Buffer.concat([
    hex('80c90001cafebabe'),
    hex('81ca0002cafebabe0103616263000000').subarray(0, 12),
  ]);
  const wires = [1, 2, 3].map(() => sender.protect(report)!);
  wires.forEach((wire, i) => {
    assert.deepEqual(wire, naiveProtectControl(master, report, i + 1));
    const copy = Buffer.from(wire);
    assert.deepEqual(copy.subarray(0, receiver.unprotect(copy, copy.length)), report);
  });
  assert.equal(receiver.unprotect(Buffer.from(wires[0]!), wires[0]!.length), SRTP_REJECTED_REPLAY);
  for (let bit = 0; bit < wires[0]!.length * 8; bit += 7) {
    const bent = Buffer.from(sender.protect(report)!);
    bent[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(receiver.unprotect(bent, bent.length), SRTP_REJECTED_AUTH);
  }
  assert.equal(receiver.unprotect(Buffer.alloc(15), 15), SRTP_REJECTED_FORM);
});

test('a changed bit anywhere in the packet fails the tag and leaves the receiver as it was', () => {
  const wire = protect(new SrtpSender(options), rtp(1));
  const receiver = new SrtpReceiver(options);
  for (let bit = 0; bit < wire.length * 8; bit += 1) {
    const bent = Buffer.from(wire);
    bent[bit >> 3]! ^= 1 << (bit & 7);
    const said = unprotect(receiver, bent);
    // The version, X and CC bits decide where the header ends: a form error is as good.
    assert.ok(said === SRTP_REJECTED_AUTH || said === SRTP_REJECTED_FORM, `bit ${bit}: ${String(said)}`);
  }
  assert.deepEqual(unprotect(receiver, wire), rtp(1));
});

test('an attacker replays, reorders and sprays: each packet is heard once, late ones within 128 still', () => {
  const sender = new SrtpSender(options);
  const receiver = new SrtpReceiver(options);
  const wires = Array.from({ length: 300 }, (_, i) => protect(sender, rtp(65_400 + i)));
  const order = [5, 0, 200, 73, 72, 199, 299, 172, 171];
  assert.deepEqual(
    order.map((i) => (typeof unprotect(receiver, wires[i]!) === 'number' ? 'refused' : 'heard')),
    // 0 is below the first packet, but within the window; 72 = 200 - 128 is too old; 171 = 299 - 128 as well.
    ['heard', 'heard', 'heard', 'heard', 'refused', 'heard', 'heard', 'heard', 'refused'],
  );
  for (const i of order) assert.equal(typeof unprotect(receiver, wires[i]!), 'number', `replay of ${i}`);
});

test('packets around the rollover arrive in any order: all decrypt', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: 100 }, (_, i) => i),
        { minLength: 100 },
      ),
      (order) => {
        const sender = new SrtpSender(options);
        const receiver = new SrtpReceiver(options);
        const plains = Array.from({ length: 101 }, (_, i) => rtp(65_486 + i));
        const wires = plains.map((plain) => protect(sender, plain));
        assert.deepEqual(unprotect(receiver, wires[0]!), plains[0]);
        for (const i of order) assert.deepEqual(unprotect(receiver, wires[i + 1]!), plains[i + 1]);
      },
    ),
    { numRuns: 20 },
  );
});

test('three rollovers without loss: the counters of both sides agree', () => {
  const sender = new SrtpSender(options);
  const receiver = new SrtpReceiver(options);
  for (let i = 0; i < 200_000; i += 13) {
    const plain = rtp(i, 'x');
    assert.deepEqual(unprotect(receiver, protect(sender, plain)), plain);
  }
});

test('a sender never uses an index twice', () => {
  const sender = new SrtpSender(options);
  protect(sender, rtp(10, 'first'));
  const room = Buffer.alloc(200);
  const again = rtp(10, 'second');
  again.copy(room);
  assert.equal(sender.protect(room, again.length), SRTP_REJECTED_REPLAY);
});

test('an MKI is taken with and without, when it was agreed', () => {
  const mki = { value: 1, length: 1 };
  const receiver = new SrtpReceiver({ ...options, mki });
  const wire = protect(new SrtpSender({ ...options, mki }), rtp(1));
  assert.equal(wire.length, rtp(1).length + 11);
  assert.deepEqual(unprotect(receiver, wire), rtp(1));
  const sender = new SrtpSender(options);
  assert.deepEqual(unprotect(receiver, protect(sender, rtp(2))), rtp(2));
  assert.equal(unprotect(new SrtpReceiver(options), wire), SRTP_REJECTED_AUTH);
  const control = new SrtcpReceiver({ ...options, mki });
  const report = hex('80c90001cafebabe');
  const protectedReport = new SrtcpSender({ ...options, mki }).protect(report)!;
  assert.equal(control.unprotect(protectedReport, protectedReport.length), 8);
});

test('one key, more SSRCs than a telephone has: the rest is refused and nothing is forgotten', () => {
  const receiver = new SrtpReceiver(options);
  const wires = Array.from({ length: 70 }, (_, i) => protect(new SrtpSender(options), rtp(1, 'x', i)));
  const heard = wires.filter((wire) => typeof unprotect(receiver, wire) !== 'number').length;
  assert.equal(heard, 64);
  assert.equal(unprotect(receiver, wires[0]!), SRTP_REJECTED_REPLAY);
});

// RFC 3711 appendix A
const indexes: readonly (readonly [highest: number, sequence: number, index: number])[] = [
  [-1, 40_000, 40_000],
  [100, 101, 101],
  [100, 65_535, -1],
  [65_535, 0, 65_536],
  [65_540, 65_530, 65_530],
  [98_303, 32_768, 98_304],
  [98_304, 0, 131_072 - 65_536],
  [98_305, 0, 131_072],
];
for (const [highest, sequence, index] of indexes)
  test(`after index ${highest}, sequence number ${sequence} means ${index}`, () => {
    assert.equal(estimateIndex(highest, sequence), index);
  });

test('the replay window agrees with a set of everything seen', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 400 }), (steps) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      let highest = -1;
      for (const index of steps) {
        const fresh = !seen.has(index) && index > highest - REPLAY_WINDOW;
        assert.equal(window.isFresh(index), fresh);
        if (!fresh) continue;
        window.mark(index);
        seen.add(index);
        highest = Math.max(highest, index);
      }
    }),
  );
});

test('only 40 characters of base64 are a key', () => {
  assert.equal(parseMasterKey('a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW')?.length, 30);
  for (const wrong of [
    '',
    'abc',
    'a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYW=',
    `${'A'.repeat(40)}\n`,
    'A'.repeat(44),
  ])
    assert.equal(parseMasterKey(wrong), undefined, wrong);
});

test('no bytes make either receiver throw', () => {
  const receiver = new SrtpReceiver(options);
  const control = new SrtcpReceiver(options);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok(receiver.unprotect(Buffer.from(bytes), bytes.length) < 0);
      assert.ok(control.unprotect(Buffer.from(bytes), bytes.length) < 0);
    }),
  );
});
