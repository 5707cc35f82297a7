import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallFailure } from './call-failure.ts';
import { mayTryNext } from './peer-status.ts';
import { verdictOf, verdicts } from './verdicts.ts';

const code = 'PRV-303' as const;
const sentence = 'Calls in Teams are switched off for Dana.';

const rows: readonly (readonly [CallFailure, sip: number, q850: number, code: string])[] = [
  [{ kind: 'unknown-host', host: 'x' }, 404, 1, 'unknown-host'],
  [{ kind: 'unknown-number', dialled: '+1' }, 404, 1, 'unknown-number'],
  [{ kind: 'unknown-extension', dialled: '1' }, 404, 1, 'unknown-extension'],
  [{ kind: 'unreadable-number', dialled: 'x' }, 484, 28, 'unreadable-number'],
  [{ kind: 'caller-account-suspended' }, 403, 21, 'caller-account-suspended'],
  [{ kind: 'callee-account-suspended' }, 480, 31, 'callee-account-suspended'],
  [{ kind: 'caller-not-owned', presented: '+1' }, 403, 21, 'caller-not-owned'],
  [{ kind: 'caller-disabled', code: 'PRV-102', sentence }, 403, 21, 'PRV-102'],
  [{ kind: 'caller-not-eligible', code, sentence }, 403, 63, 'PRV-303'],
  [{ kind: 'callee-disabled', code: 'PRV-101', sentence }, 404, 1, 'PRV-101'],
  [{ kind: 'callee-not-eligible', code, sentence }, 480, 20, 'PRV-303'],
  [{ kind: 'callee-not-eligible', code, sentence, sip: 404, q850: 1 }, 404, 1, 'PRV-303'],
  [{ kind: 'callee-not-eligible', sentence }, 480, 20, 'callee-not-eligible'],
  [{ kind: 'callee-unavailable', sip: 480, label: 'dnd', sentence }, 480, 20, 'callee-unavailable'],
  [{ kind: 'callee-unavailable', sip: 486, label: 'dnd', sentence }, 486, 17, 'callee-unavailable'],
  [{ kind: 'callee-unavailable', sip: 603, label: 'dnd', sentence }, 603, 21, 'callee-unavailable'],
  [{ kind: 'queue-closed', sentence: 'The queue Sales is full.' }, 480, 34, 'queue-closed'],
  [{ kind: 'queue-timeout', afterSeconds: 900 }, 480, 19, 'queue-timeout'],
  [{ kind: 'queue-abandoned', afterSeconds: 12 }, 487, 16, 'queue-abandoned'],
  [{ kind: 'queue-gone' }, 480, 31, 'queue-gone'],
  [{ kind: 'unknown-phone', phone: 'x' }, 403, 21, 'unknown-phone'],
  [{ kind: 'phone-not-registered', phone: 'lobby' }, 480, 20, 'phone-not-registered'],
  [{ kind: 'phone-unreachable', tried: 1 }, 480, 20, 'phone-unreachable'],
  [{ kind: 'calls-itself' }, 486, 17, 'calls-itself'],
  [{ kind: 'peer-rejected', role: 'phone', status: 486 }, 486, 17, 'busy'],
  [{ kind: 'no-route', dialled: '+1' }, 404, 3, 'no-route'],
  [{ kind: 'too-many-hops' }, 483, 25, 'too-many-hops'],
  [{ kind: 'loop-detected' }, 482, 25, 'loop-detected'],
  [{ kind: 'too-many-calls', limit: 64, of: 'x' }, 480, 34, 'too-many-calls'],
  [{ kind: 'draining' }, 503, 42, 'draining'],
  [{ kind: 'peer-rejected', role: 'carrier', status: 486 }, 486, 17, 'busy'],
  [{ kind: 'teams-unreachable', tried: 3 }, 503, 38, 'teams-unreachable'],
  [{ kind: 'carrier-unreachable', tried: 3 }, 500, 38, 'carrier-unreachable'],
  [{ kind: 'no-answer', afterSeconds: 180 }, 480, 19, 'no-answer'],
  [{ kind: 'voicemail' }, 480, 16, 'voicemail'],
  [{ kind: 'caller-cancelled', elsewhere: false }, 487, 16, 'caller-cancelled'],
  [{ kind: 'caller-cancelled', elsewhere: true }, 487, 26, 'completed-elsewhere'],
  [{ kind: 'offer-missing' }, 488, 88, 'offer-missing'],
  [{ kind: 'body-unsupported' }, 415, 79, 'body-unsupported'],
  [{ kind: 'no-ports' }, 500, 47, 'no-ports'],
  [{ kind: 'engine-down', detail: '' }, 500, 47, 'engine-down'],
  [{ kind: 'sdp-malformed', detail: '' }, 400, 95, 'sdp-malformed'],
  [{ kind: 'media-unreachable', detail: '' }, 488, 88, 'media-unreachable'],
  [{ kind: 'no-common-codec', offered: [] }, 488, 88, 'no-common-codec'],
  [{ kind: 'srtp-required' }, 488, 88, 'srtp-required'],
  [{ kind: 'crypto-unsupported', offered: [] }, 488, 88, 'crypto-unsupported'],
  [{ kind: 'no-ack' }, 408, 102, 'no-ack'],
  [{ kind: 'media-silent', side: 'a', forSeconds: 60 }, 480, 41, 'media-silent'],
  [{ kind: 'engine-lost' }, 500, 41, 'engine-lost'],
  [{ kind: 'session-expired', side: 'a' }, 408, 102, 'session-expired'],
  [{ kind: 'peer-gone', side: 'b', status: 481 }, 481, 41, 'peer-gone'],
  [{ kind: 'hung-up-by-operator' }, 480, 31, 'hung-up-by-operator'],
  [{ kind: 'node-crash' }, 500, 41, 'node-crash'],
  [{ kind: 'bug', detail: '' }, 500, 41, 'bug'],
];

for (const [failure, sip, q850, name] of rows) {
  test(`${failure.kind}: ${sip}, cause ${q850}, code ${name}`, () => {
    const verdict = verdictOf(failure);
    assert.deepEqual([verdict.sip, verdict.q850, verdict.code], [sip, q850, name]);
    assert.match(verdict.say, /^[A-Z].*\.$/);
  });
}

test('no kind of failure is without a row here', () => {
  const tested = new Set(rows.map(([failure]) => failure.kind));
  assert.deepEqual(
    Object.keys(verdicts).filter((kind) => !tested.has(kind as CallFailure['kind'])),
    [],
  );
});

/** S9, teams-direct-routing 1.10, product-behaviour 4.3. `next`: another address may be tried. */
const statusRows = [
  [302, 480, 31, '', ''],
  [400, 500, 127, '', ''],
  [401, 500, 57, '', ''],
  [403, 403, 21, '', ''],
  [404, 404, 1, '', ''],
  [405, 500, 127, '', ''],
  [407, 500, 57, '', ''],
  [408, 480, 18, '', 'next'],
  [410, 410, 22, '', ''],
  [412, 484, 28, '', ''],
  [415, 500, 127, '', ''],
  [480, 480, 20, '', ''],
  [481, 500, 127, '', ''],
  [482, 482, 25, '', ''],
  [483, 483, 25, '', ''],
  [484, 484, 28, '', ''],
  [486, 486, 17, '', ''],
  [487, 480, 31, '', ''],
  [488, 488, 88, '', ''],
  [500, 500, 41, 'next', 'next'],
  [502, 500, 41, '', 'next'],
  [503, 500, 42, 'next', 'next'],
  [504, 500, 41, 'next', 'next'],
  [600, 486, 17, '', ''],
  [603, 603, 21, '', ''],
  [604, 404, 1, '', ''],
  [606, 488, 88, '', ''],
  [699, 603, 21, '', ''],
] as const;

for (const [status, sip, q850, teamsNext, carrierNext] of statusRows) {
  test(`a carrier's ${status} reaches Teams as ${sip} with cause ${q850}`, () => {
    const verdict = verdictOf({ kind: 'peer-rejected', role: 'carrier', status });
    assert.deepEqual([verdict.sip, verdict.q850], [sip, q850]);
    assert.ok(![408, 503, 504].includes(verdict.sip), 'would make Microsoft try its next trunk');
    assert.equal(mayTryNext('teams', status), teamsNext === 'next');
    assert.equal(mayTryNext('carrier', status), carrierNext === 'next');
  });
}

test('who calls from outside is told that the person is not reachable, and not what she lacks', () => {
  for (const failure of [
    { kind: 'callee-not-eligible', code: 'PRV-402', sentence: 'No free Teams licence.' },
    { kind: 'callee-disabled', code: 'PRV-102', sentence: 'Dana Doe is disabled.' },
    { kind: 'phone-not-registered', phone: 'dana-desk' },
  ] as const) {
    const { tell, say } = verdictOf(failure);
    assert.doesNotMatch(tell ?? say, /licence|Dana|dana|disabled|Teams/);
    assert.match(say, /licence|Dana|dana/);
  }
});
