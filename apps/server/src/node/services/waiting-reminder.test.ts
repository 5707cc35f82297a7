import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '@tandem/adapters/http/testing/manual-clock.ts';
import { asAccountId, asConnectionId } from '@tandem/domain';
import { startWaitingReminder, type Waiting } from './waiting-reminder.ts';

const hour = 3_600_000;
const acme: Waiting = {
  connectionId: asConnectionId('c-acme'),
  accountId: asAccountId('acme'),
  approvals: 3,
  held: 0,
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
  assert.match(mails[0]?.text ?? '', /3 people wait for an approval.*portal\.example\.net\/connection/s);
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
