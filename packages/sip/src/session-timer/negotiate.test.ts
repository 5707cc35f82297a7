import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { negotiateSessionTimer, sessionDelayMs, sessionTermsOf } from './negotiate.ts';

const body = Buffer.alloc(0);

function invite(...pairs: [string, string][]): SipRequest {
  return { kind: 'request', method: 'INVITE', uri: 'sip:a@b', headers: Headers.of(pairs), body };
}
function response(status: number, ...pairs: [string, string][]): SipResponse {
  return { kind: 'response', status, reason: '', headers: Headers.of(pairs), body };
}
const timer: [string, string] = ['SUPPORTED', 'histinfo,timer'];

for (const [story, request, expected] of [
  ['UAC knows no timer', invite(), 'off'],
  ['UAC knows timers and asks for none', invite(timer), 'off'],
  ['a proxy asks for a UAC that knows none', invite(['Session-Expires', '60']), 'off'],
  [
    'UAC leaves the choice: it refreshes',
    invite(timer, ['x', '1800']),
    '1800, they refresh: 1800;refresher=uac, timer',
  ],
  [
    'Teams asks to refresh itself',
    invite(timer, ['SESSION-EXPIRES', '3600;refresher=uac'], ['MIN-SE', '300']),
    '3600, they refresh: 3600;refresher=uac, timer',
  ],
  [
    'UAC wants us to refresh, and requires timers',
    invite(['Require', 'timer'], ['Session-Expires', '300;refresher=uas']),
    '300, we refresh: 300;refresher=uas',
  ],
  ['an interval below the floor', invite(timer, ['Session-Expires', '60']), 'too-small 90'],
] as const) {
  test(`session timer, UAS: ${story} (RFC 4028 §9)`, () => {
    const outcome = negotiateSessionTimer(request);
    let told: string = outcome.kind;
    if (outcome.kind === 'too-small') told += ` ${outcome.minSeconds}`;
    if (outcome.kind === 'on') {
      const { intervalSeconds, weRefresh } = outcome.terms;
      const lines = outcome.headers.map(([, value]) => value).join(', ');
      told = `${intervalSeconds}, ${weRefresh ? 'we' : 'they'} refresh: ${lines}`;
    }
    assert.equal(told, expected);
  });
}

test('session timer, UAS: our configured minimum counts too', () => {
  const request = invite(timer, ['Session-Expires', '200']);
  assert.deepEqual(negotiateSessionTimer(request, 300), { kind: 'too-small', minSeconds: 300 });
});

test('session timer, UAC: the 2xx decides who refreshes, its absence or nonsense that nobody does', () => {
  assert.equal(sessionTermsOf(response(200)), undefined);
  assert.equal(sessionTermsOf(response(200, ['Session-Expires', '1;refresher=uac'])), undefined);
  assert.deepEqual(sessionTermsOf(response(200, ['Session-Expires', '600;refresher=uas'])), {
    intervalSeconds: 600,
    weRefresh: false,
  });
  assert.deepEqual(sessionTermsOf(response(200, ['Session-Expires', '600;refresher=uac'])), {
    intervalSeconds: 600,
    weRefresh: true,
  });
  assert.equal(sessionTermsOf(response(200, ['Session-Expires', '600']))?.weRefresh, true);
});

test('we refresh half-way; when they do, we give up a little before the end (RFC 4028 §10)', () => {
  assert.equal(sessionDelayMs({ intervalSeconds: 1800, weRefresh: true }), 900_000);
  assert.equal(sessionDelayMs({ intervalSeconds: 90, weRefresh: false }), 60_000);
  assert.equal(sessionDelayMs({ intervalSeconds: 1800, weRefresh: false }), 1_768_000);
});
