import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from './ladder.ts';

test('no media key and no credentials reach the ladder, however they are spelt (I14)', () => {
  const secret = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
  for (const line of [
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${secret}|2^31|1:1`,
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 INLINE:${secret}`,
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 Inline:${secret};inline:${secret}`,
    `Authorization: Digest username="${secret}"`,
    `PROXY-AUTHORIZATION : Digest username="x",\r\n response="${secret}"`,
  ]) {
    const text = `INVITE sip:a SIP/2.0\r\n${line}\r\nCSeq: 1 INVITE\r\n`;
    assert.ok(!redact(text).includes(secret), line);
    assert.match(redact(text), /\[redacted\][\s\S]*CSeq: 1 INVITE/);
  }
});
