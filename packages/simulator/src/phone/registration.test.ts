import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '@tandem/sip';
import type { FinalOutcome, OutOfDialogOptions } from '@tandem/sip/ua/types.ts';
import { Registration } from './registration.ts';

const place = {
  destination: { protocol: 'UDP', host: '127.0.0.1', port: 5062, via: 'phone-udp' },
  contact: '<sip:lobby@127.0.0.1:9>',
} as const;

/** A phone whose registrar and clock do as the test says. */
function world() {
  let now = 0;
  let timers: { at: number; fire: () => void }[] = [];
  const sent: OutOfDialogOptions[] = [];
  const registration = new Registration({
    clock: {
      now: () => now,
      wall: () => now,
      after(ms, fire) {
        const timer = { at: now + ms, fire };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    user: 'lobby',
    password: 'staple',
    realm: 'customers.example.net',
    callId: 'c',
    request: (options) => void sent.push(options),
  });
  const answer = (status: number, expires?: number): void => {
    const headers =
      expires === undefined
        ? new Headers()
        : Headers.of([['Contact', `${place.contact};expires=${expires}`]]);
    const outcome: FinalOutcome = {
      kind: 'response',
      response: { kind: 'response', status, reason: 'x', headers, body: Buffer.alloc(0) },
    };
    sent.at(-1)?.onFinal(outcome);
  };
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { fire } of due) fire();
  };
  return { registration, sent, answer, pass };
}

test('a phone refreshes at half its time with the same Call-ID and a higher CSeq, until it leaves', async () => {
  const { registration, sent, answer, pass } = world();
  const done = registration.register(place);
  answer(200, 120);
  assert.equal(await done, undefined);
  assert.equal(registration.registered, true);
  pass(60_000);
  assert.deepEqual(
    sent.map(({ callId, cseq, headers }) => [callId, cseq, headers?.get('expires')]),
    [
      ['c', 1, '300'],
      ['c', 3, '300'],
    ],
  );
  answer(200, 120);
  const left = registration.leave();
  assert.equal(sent.at(-1)?.headers?.get('expires'), '0');
  answer(200);
  await left;
  pass(600_000);
  assert.deepEqual([registration.registered, sent.length], [false, 3]);
});

test('a phone that is refused says why, gives its password to its own realm only, and tries again', async () => {
  const { registration, sent, answer, pass } = world();
  const done = registration.register(place);
  const credentials = (realm: string) => sent[0]?.credentials?.({ realm, proxy: false });
  assert.deepEqual(credentials('customers.example.net'), { username: 'lobby', password: 'staple' });
  assert.equal(credentials('evil.example'), undefined);
  answer(403);
  assert.equal(await done, '403 x');
  pass(5_000);
  assert.equal(sent.length, 2);
});

test('a phone whose connection broke registers over a new one a second later', async () => {
  const { registration, sent, answer, pass } = world();
  const done = registration.register(place);
  answer(200, 300);
  await done;
  registration.connectionLost();
  assert.equal(registration.registered, false);
  pass(1_000);
  assert.equal(sent.length, 2);
});
