import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sbcSdp } from '../testing/test-sbc.ts';
import { payloadOf, readAudioSdp } from './sdp.ts';

describe('the twin reads session descriptions by itself', () => {
  it('what it printed is read back: address, port, codecs, key, direction, mux', () => {
    const reading = readAudioSdp(sbcSdp({ direction: 'inactive' }));
    assert.ok(reading.ok);
    const { audio } = reading;
    assert.deepEqual(
      [audio.address, audio.port, audio.protocol, audio.direction, audio.rtcpMux, audio.rtcpPort],
      ['127.0.0.1', 20010, 'RTP/SAVP', 'inactive', true, 20010],
    );
    assert.equal(payloadOf(audio, 'pcma/8000'), 8);
    assert.equal(audio.crypto[0]?.tag, 1);
  });

  const lines = (...changed: string[]): Buffer =>
    Buffer.from(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...changed, ''].join('\r\n'));
  const faults: readonly [what: string, body: Buffer, kind: string][] = [
    ['no v=', Buffer.from('o=- 1 1 IN IP4 192.0.2.1\r\n'), 'malformed'],
    ['no m=', lines('c=IN IP4 192.0.2.1'), 'malformed'],
    ['no c=', lines('m=audio 4000 RTP/AVP 0'), 'malformed'],
    ['a line without type', lines('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'nonsense'), 'malformed'],
    [
      'two audio lines',
      lines('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0'),
      'not-one-audio',
    ],
    ['video only', lines('c=IN IP4 192.0.2.1', 'm=video 4000 RTP/AVP 96'), 'not-one-audio'],
    ['a number twice', lines('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 96 96'), 'duplicate-payload'],
  ];
  for (const [what, body, kind] of faults) {
    it(`SBC sends ${what}: ${kind}`, () => {
      const reading = readAudioSdp(body);
      assert.ok(!reading.ok);
      assert.equal(reading.fault.kind, kind);
    });
  }

  it('video that is refused (port 0) beside the audio hurts nobody', () => {
    const reading = readAudioSdp(
      lines('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'm=video 0 RTP/AVP 96'),
    );
    assert.ok(reading.ok);
  });

  it('no bytes make it throw', () => {
    const piece = fc.constantFrom(
      'v=0',
      'o=-',
      'm=audio',
      'a=rtpmap:0 X',
      'c=IN IP4 1',
      '\r\n',
      ' ',
      '0',
      '\0',
      'a=crypto:1 ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 400 }),
          fc.array(piece).map((p) => Buffer.from(p.join(''))),
        ),
        (bytes) => {
          readAudioSdp(Buffer.from(bytes));
        },
      ),
      { numRuns: 500 },
    );
  });
});
