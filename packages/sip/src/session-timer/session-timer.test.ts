import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import {
  minSeOfRefusal,
  negotiateSessionTimer,
  type SessionTimerWishes,
  sessionTermsOf,
  sessionTimerRequest,
} from './negotiate.ts';
import { SessionTimer } from './session-timer.ts';

const body = Buffer.alloc(0);
const wishes: SessionTimerWishes = { intervalSeconds: 1800, minSeconds: 90, alone: false, refresher: 'us' };

function invite(...pairs: [string, string][]): SipRequest {
  return { kind: 'request', method: 'INVITE', uri: 'sip:a@b', headers: Headers.of(pairs), body };
}
function response(status: number, ...pairs: [string, string][]): SipResponse {
  return { kind: 'response', status, reason: '', headers: Headers.of(pairs), body };
}
const timer: [string, string] = ['SUPPORTED', 'histinfo,timer'];

const rows: readonly {
  name: string;
  request: SipRequest;
  wishes?: Partial<SessionTimerWishes>;
  want: {
    kind: string;
    interval?: number;
    weRefresh?: boolean;
    header?: string;
    require?: boolean;
    min?: number;
  };
}[] = [
  {
    name: 'UAC knows no timer and we do not insist',
    request: invite(),
    want: { kind: 'off' },
  },
  {
    name: 'UAC knows no timer and we refresh alone',
    request: invite(),
    wishes: { alone: true },
    want: { kind: 'on', interval: 1800, weRefresh: true, header: '1800;refresher=uas', require: false },
  },
  {
    name: 'UAC leaves the choice, we take the refreshing',
    request: invite(timer, ['Session-Expires', '1800']),
    want: { kind: 'on', interval: 1800, weRefresh: true, header: '1800;refresher=uas', require: true },
  },
  {
    name: 'UAC leaves the choice, we give it away',
    request: invite(timer, ['x', '1800']),
    wishes: { refresher: 'them' },
    want: { kind: 'on', interval: 1800, weRefresh: false, header: '1800;refresher=uac', require: true },
  },
  {
    name: 'Teams asks to refresh itself',
    request: invite(timer, ['SESSION-EXPIRES', '3600;refresher=uac'], ['MIN-SE', '300']),
    want: { kind: 'on', interval: 1800, weRefresh: false, header: '1800;refresher=uac', require: true },
  },
  {
    name: 'UAC wants us to refresh more often than we would ask for',
    request: invite(timer, ['Session-Expires', '300;refresher=uas']),
    want: { kind: 'on', interval: 300, weRefresh: true, header: '300;refresher=uas', require: true },
  },
  {
    name: 'Min-SE of the request lifts our own shorter wish',
    request: invite(timer, ['Session-Expires', '3600'], ['Min-SE', '2400']),
    want: { kind: 'on', interval: 2400, weRefresh: true, header: '2400;refresher=uas', require: true },
  },
  {
    name: 'an interval below our minimum is refused with 422',
    request: invite(timer, ['Session-Expires', '60']),
    want: { kind: 'too-small', min: 90 },
  },
  {
    name: 'our configured minimum counts too',
    request: invite(timer, ['Session-Expires', '200']),
    wishes: { minSeconds: 300 },
    want: { kind: 'too-small', min: 300 },
  },
  {
    name: 'a UAC that knows no timer is not sent a 422 for what a proxy wrote',
    request: invite(['Session-Expires', '60']),
    wishes: { alone: true },
    want: { kind: 'on', interval: 60, weRefresh: true, header: '60;refresher=uas', require: false },
  },
];

for (const row of rows) {
  test(`session timer, UAS: ${row.name} (RFC 4028 §9)`, () => {
    const outcome = negotiateSessionTimer(row.request, { ...wishes, ...row.wishes });
    assert.equal(outcome.kind, row.want.kind);
    if (outcome.kind === 'too-small') assert.equal(outcome.minSeconds, row.want.min);
    if (outcome.kind !== 'on') return;
    assert.equal(outcome.terms.intervalSeconds, row.want.interval);
    assert.equal(outcome.terms.weRefresh, row.want.weRefresh);
    assert.equal(outcome.headers[0]?.[1], row.want.header);
    assert.equal(
      outcome.headers.some(([name]) => name === 'Require'),
      row.want.require,
    );
  });
}

test('session timer, UAC: the 2xx decides who refreshes, its absence that nobody does', () => {
  assert.equal(sessionTermsOf(response(200)), undefined);
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

test('session timer, UAC: after 422 we ask once more with the larger Min-SE, and not for less', () => {
  const refused = response(422, ['Min-SE', '3600']);
  assert.equal(minSeOfRefusal(refused, 90), 3600);
  assert.equal(minSeOfRefusal(refused, 3600), undefined);
  assert.deepEqual(sessionTimerRequest(wishes, 3600), [
    ['Session-Expires', '3600'],
    ['Min-SE', '3600'],
  ]);
  assert.deepEqual(sessionTimerRequest(wishes), [['Session-Expires', '1800']]);
});

test('we refresh half-way, once, and give up at the end when no 2xx came (RFC 4028 §10)', () => {
  const clock = new SessionTimer({ intervalSeconds: 1800, weRefresh: true }, 0);
  assert.equal(clock.next(), 900_000);
  assert.equal(clock.due(899_999), undefined);
  assert.equal(clock.due(900_000), 'refresh');
  assert.equal(clock.due(900_001), undefined);
  assert.equal(clock.next(), 1_800_000);
  assert.equal(clock.due(1_800_000), 'expired');
  assert.equal(clock.next(), undefined);
});

test('they refresh: we hang up a little before the end, and every refresh starts the interval anew', () => {
  const clock = new SessionTimer({ intervalSeconds: 90, weRefresh: false }, 0);
  assert.equal(clock.next(), 60_000);
  clock.refreshed(50_000);
  assert.equal(clock.due(60_000), undefined);
  assert.equal(clock.next(), 110_000);
  assert.equal(clock.due(110_000), 'expired');
  clock.refreshed(0, { intervalSeconds: 1800, weRefresh: false });
  assert.equal(clock.next(), 1_768_000);
  clock.stop();
  assert.equal(clock.due(9e9), undefined);
});
