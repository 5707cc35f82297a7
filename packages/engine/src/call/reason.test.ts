import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '@tandem/sip';
import { redact } from './ladder.ts';
import {
  microsoftCorrelationId,
  q850CauseOf,
  q850Reason,
  reasonsOf,
  saysCompletedElsewhere,
} from './reason.ts';

const message = (...pairs: (readonly [string, string])[]) => ({
  kind: 'request' as const,
  method: 'BYE',
  uri: 'sip:x',
  headers: Headers.of(pairs),
  body: Buffer.alloc(0),
});

const guid = '3b9209a2-e569-46b1-acda-642ad20787d5';

test('a Reason is written as RFC 6432 wants it, and its text cannot break out', () => {
  assert.equal(q850Reason(17, 'User busy'), 'Q.850;cause=17;text="User busy"');
  assert.equal(q850Reason(16, 'a"b\\c\r\nVia: x'), 'Q.850;cause=16;text="a\\"b\\\\cVia: x"');
});

for (const [value, cause, elsewhere] of [
  ['Q.850;cause=16;text="Normal"', 16, false],
  ['q.850 ; cause = 17', 17, false],
  ['SIP;cause=200;text="Call completed elsewhere"', undefined, true],
  ['Q.850;cause=26', 26, true],
  ['SIP;cause=486, Q.850;cause=17', 17, false],
  [`Q.850;cause=16;text="${guid};Normal, call;clearing"`, 16, false],
  ['Q.850;cause=9999', undefined, false],
  ['', undefined, false],
  ['"', undefined, false],
  [';;;', undefined, false],
] as const) {
  test(`Reason ${JSON.stringify(value)}: cause ${cause}, elsewhere ${elsewhere}`, () => {
    const read = message(['REASON', value]);
    assert.equal(q850CauseOf(read), cause);
    assert.equal(saysCompletedElsewhere(read), elsewhere);
  });
}

test('Microsoft’s correlation id is found in x-i of the Contact and in the text of REASON', () => {
  assert.equal(
    microsoftCorrelationId(message(['CONTACT', `<sip:api.pstnhub.microsoft.com:443;x-i=${guid};x-c=a/b>`])),
    guid,
  );
  assert.equal(microsoftCorrelationId(message(['REASON', `Q.850;cause=63;text="${guid};no trunk"`])), guid);
  assert.equal(microsoftCorrelationId(message(['Contact', '<sip:x>'])), undefined);
  assert.equal(reasonsOf(message()).length, 0);
});

test('media keys and credentials are gone from what is kept', () => {
  const text =
    'INVITE sip:x SIP/2.0\r\nAuthorization: Digest username="u",\r\n response="abc"\r\nproxy-authorization: Digest response="def"\r\nTo: <sip:x>\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n';
  const clean = redact(text);
  for (const secret of ['abc', 'def', 'WVNf']) assert.ok(!clean.includes(secret));
  assert.match(clean, /inline:\[redacted\]\|2\^20/);
  assert.match(clean, /To: <sip:x>/);
});
