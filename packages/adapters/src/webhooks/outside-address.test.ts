import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOutside, outsideLookup, targetFault } from './outside-address.ts';

const addresses: readonly (readonly [string, boolean])[] = [
  ['8.8.8.8', true],
  ['127.0.0.1', false],
  ['127.8.8.8', false],
  ['10.1.2.3', false],
  ['172.31.255.255', false],
  ['172.32.0.1', true],
  ['192.168.0.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['::ffff:7f00:1', false],
  ['64:ff9b::10.0.0.1', false],
  ['fe80::1', false],
  ['fec0::1', false],
  ['2002:7f00:1::', false],
  ['fd00::1', false],
  ['2606:4700::1111', true],
  ['localhost', false],
];
for (const [address, outside] of addresses)
  test(`${address} is ${outside ? 'outside: a webhook may go there' : 'inside: no webhook goes there'}`, () => {
    assert.equal(isOutside(address), outside);
  });

test('a name that leads to this machine does not resolve for webhooks', async () => {
  const outcome = await new Promise<string>((resolve) => {
    outsideLookup('localhost', { all: true }, (error) => resolve(error?.message ?? 'resolved'));
  });
  assert.match(outcome, /may not reach/);
});

const targets: readonly (readonly [string, boolean, RegExp | undefined])[] = [
  ['https://example.com/hooks', false, undefined],
  ['http://example.com/hooks', false, /https/],
  ['https://user:secret@example.com/', false, /name or password/],
  ['https://127.0.0.1/hooks', false, /may not reach/],
  ['https://[::1]/hooks', false, /may not reach/],
  ['https://0x7f.1/hooks', false, /may not reach/],
  ['file:///etc/passwd', false, /https/],
  ['no address', false, /not an address/],
  ['http://127.0.0.1:8080/hooks', true, undefined],
  ['ftp://127.0.0.1/', true, /https/],
];
for (const [url, insideAllowed, wrong] of targets)
  test(`${url}${insideAllowed ? ', in a rehearsal,' : ''} ${wrong ? 'is refused' : 'is taken'}`, () => {
    const fault = targetFault(url, insideAllowed);
    if (wrong) assert.match(fault ?? '', wrong);
    else assert.equal(fault, undefined);
  });
