import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { startWaitingReminder, type Waiting, waitingIn } from './waiting-reminder.ts';

const hour = 3_600_000;
const acme: Waiting = {
  connectionId: asConnectionId('c-acme'),
  accountId: asAccountId('acme'),
  approvals: 3,
  held: 0,
  differences: 0,
  refused: 0,
  script: [],
};

test('N37: one mail a day while something waits for an admin, none once it is decided', () => {
  const clock = createManualClock(Date.UTC(2026, 10, 22, 12));
  let waiting: readonly Waiting[] = [acme];
  const mails: { key: string; subject: string; text: string }[] = [];
  const reminder = startWaitingReminder({
    clock,
    waiting: () => waiting,
    mailer: { send: async (mail) => void mails.push(mail) },
    portalUrl: () => 'https://portal.example.net',
  });
  clock.advance(23 * hour);
  assert.equal(mails.length, 0, 'not on the first day');
  clock.advance(2 * hour);
  assert.deepEqual(
    mails.map(({ key, subject }) => [key, subject]),
    [['waiting:c-acme:2026-11-23', '3 people wait for your decision']],
  );
  assert.match(mails[0]?.text ?? '', /3 people wait for an approval.*portal\.example\.net\/microsoft/s);
  waiting = [{ ...acme, approvals: 1, held: 12 }];
  clock.advance(48 * hour);
  assert.deepEqual(
    mails.slice(1).map(({ key }) => key),
    ['waiting:c-acme:2026-11-24', 'waiting:c-acme:2026-11-25'],
  );
  assert.match(mails[2]?.text ?? '', /One person waits for an approval.*12 people wait for a decision/s);
  waiting = [{ ...acme, approvals: 0 }];
  clock.advance(72 * hour);
  assert.equal(mails.length, 3, 'decided');
  waiting = [acme];
  clock.advance(25 * hour);
  assert.equal(mails.length, 4, 'the next one has its own day');
  reminder.stop();
  clock.advance(72 * hour);
  assert.equal(mails.length, 4);
});

test('N37: what Microsoft refused, what differs there and what the script is to write are waited for as well', () => {
  const clock = createManualClock(Date.UTC(2026, 10, 22, 12));
  const seen = {
    connectionId: 'c-acme',
    accountId: 'acme',
    status: { approvals: 0, held: [], states: { READY: 7, DRIFTED: 2, FAILED: 1, REMOVE_FAILED: 1 } },
  } as unknown as Parameters<typeof waitingIn>[0];
  const objects = [
    { kind: 'route', name: 'R-Acme', state: 'present' },
    { kind: 'calling-policy', name: 'CP-Acme', state: 'different' },
  ] as const;
  const domain = {
    connectionId: 'c-acme',
    objects: [...objects],
    readBackAt: '2026-11-20T12:00:00.000Z',
  };
  const nothing = { ...seen, status: { ...seen.status, states: { READY: 11 } } };
  let waiting = waitingIn(seen, [domain, { ...domain, connectionId: 'c-other' }]);
  const mails: { subject: string; text: string }[] = [];
  const reminder = startWaitingReminder({
    clock,
    waiting: () => [waiting],
    mailer: { send: async (mail) => void mails.push(mail) },
    portalUrl: () => undefined,
  });
  clock.advance(25 * hour);
  assert.equal(mails[0]?.subject, '4 people wait for your decision');
  for (const words of [
    /2 people wait for a decision: Microsoft has/,
    /2 people wait because Microsoft refused/,
    /CP-Acme\./,
  ])
    assert.match(mails[0]?.text ?? '', words);
  waiting = waitingIn(nothing, [domain]);
  clock.advance(24 * hour);
  assert.deepEqual(
    mails.slice(1).map(({ subject }) => subject),
    ['Changes for Microsoft Teams wait for the script to be run'],
  );
  // Run, and read back; a set-up that was never run is no change that waits.
  waiting = waitingIn(nothing, [{ ...domain, objects: [objects[0]] }]);
  clock.advance(48 * hour);
  const { readBackAt: _, ...never } = domain;
  waiting = waitingIn(nothing, [never]);
  clock.advance(48 * hour);
  assert.equal(mails.length, 2);
  reminder.stop();
});
