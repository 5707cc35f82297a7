import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCallRequest } from './call-parties.ts';

describe('tandem call reads what it was asked for', () => {
  it('an operator names a number and a Teams user: five seconds at the default port base', () => {
    const request = readCallRequest(['--from', 'dana@acme.example', '--to', '+12025550199']);
    assert.deepEqual(request, {
      ok: true,
      from: 'dana@acme.example',
      to: '+12025550199',
      seconds: 5,
      transport: 'udp',
      json: false,
      portBase: 16_000,
    });
  });

  it('an operator names a phone that registers over TLS', () => {
    const request = readCallRequest(['--from', 'phone:lobby', '--to', '1002', '--transport', 'tls']);
    assert.ok(request.ok);
    assert.deepEqual([request.from, request.to, request.transport], ['phone:lobby', '1002', 'tls']);
  });

  const wrong: readonly [args: string[], why: RegExp][] = [
    [['--from', '+12025550199'], /both --from and --to/],
    [['--from', '+12025550199', '--to', 'phone:'], /not the name of a phone/],
    [['--from', '+12025550199', '--to', 'phone:lobby', '--transport', 'sctp'], /udp, tcp or tls/],
    [['--from', '+12025550199', '--to', '+12025550142', '--transport', 'tls'], /no party is phone:NAME/],
    [['--from', '+12025550199', '--to', '2025550142'], /begins with its plus.*\+12025550142/],
    [['--from', '+1 202', '--to', '+12025550142'], /not an E\.164 number/],
    [['--from', 'dana', '--to', '+12025550142'], /neither a number .* nor the address/],
    [['--from', '+12025550199', '--to', '911', '--seconds', '0'], /--seconds 0/],
    [['--from', '+12025550199', '--to', '911', '--port-base', '99999'], /--port-base 99999/],
    [['--from', '+12025550199', '--to', '911', '--colour', 'red'], /no flag --colour/],
  ];
  for (const [args, why] of wrong) {
    it(`an operator writes ${args.join(' ')}: told ${why.source}`, () => {
      const request = readCallRequest(args);
      assert.ok(!request.ok);
      assert.match(request.why, why);
    });
  }
});
