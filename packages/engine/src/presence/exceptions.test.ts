import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asPersonId } from '@tandem/domain';
import { syncedBothWays } from '../ports/presence-policies.ts';
import { effectivePresence } from './effective-presence.ts';
import { nextLook, noExceptions, type PresenceExceptions, quietNow, withoutEnded } from './exceptions.ts';
import { gateVerdict } from './gate.ts';
import type { PresenceVector } from './vector.ts';

const berlin = 'Europe/Berlin';
const pat = '+12025550199';
const bo = asPersonId('bo');
/** Wednesday, 10 June 2026. */
const at = (day: number, hour: number, minute = 0) => Date.UTC(2026, 5, day, hour, minute);
const nights: PresenceExceptions = {
  ...noExceptions,
  quietHours: { timeZone: berlin, spans: [{ days: [1, 2, 3, 4, 5], from: 22 * 60, to: 7 * 60 }] },
};

describe('quiet hours in the time zone of the person', () => {
  // Berlin is two hours ahead in June; day 10 is a Wednesday, 13 a Saturday.
  const rows = [
    ['Wednesday 21:59 at home', at(10, 19, 59), undefined],
    ['Wednesday 22:00', at(10, 20), at(11, 5)],
    ['Thursday 06:59', at(11, 4, 59), at(11, 5)],
    ['Thursday 07:00', at(11, 5), undefined],
    ['Friday 23:00 goes on to Saturday morning', at(12, 21), at(13, 5)],
    ['Saturday 06:00 belongs to Friday', at(13, 4), at(13, 5)],
    ['Saturday 23:00 is nobody’s', at(13, 21), undefined],
    ['Sunday 06:00 is nobody’s', at(14, 4), undefined],
    ['Monday 06:00: Sunday has none', at(15, 4), undefined],
  ] as const;
  for (const [title, nowMs, until] of rows)
    test(title, () => assert.equal(quietNow(nights, 'America/New_York', nowMs)?.untilWallMs, until));
  // Clocks go back in the night to 25 October 2026, and forward in the night to 28 March 2027.
  const nightly = {
    ...nights,
    quietHours: { ...nights.quietHours, spans: [{ days: [6], from: 1320, to: 420 }] },
  };
  for (const [title, nowMs, until] of [
    ['an hour longer when clocks go back', Date.UTC(2026, 9, 24, 21), Date.UTC(2026, 9, 25, 6)],
    ['in the hour that comes twice', Date.UTC(2026, 9, 25, 1, 30), Date.UTC(2026, 9, 25, 6)],
    ['an hour shorter when they go forward', Date.UTC(2027, 2, 27, 22), Date.UTC(2027, 2, 28, 5)],
  ] as const)
    test(title, () => assert.equal(quietNow(nightly, 'America/New_York', nowMs)?.untilWallMs, until));
  test('without a zone of one’s own the account’s counts', () => {
    const { spans } = nights.quietHours;
    assert.ok(quietNow({ ...nights, quietHours: { spans } }, 'America/New_York', at(10, 2, 30)));
    assert.equal(quietNow({ ...nights, quietHours: { spans } }, 'America/New_York', at(10, 20)), undefined);
  });
  test('“no calls until” counts before them and is over at its time', () => {
    const boxed: PresenceExceptions = {
      ...nights,
      timeBoxed: [{ kind: 'no-calls', untilWallMs: at(10, 15) }],
    };
    assert.deepEqual(quietNow(boxed, berlin, at(10, 14)), { by: 'no-calls', untilWallMs: at(10, 15) });
    assert.equal(quietNow(boxed, berlin, at(10, 15)), undefined);
    assert.equal(nextLook(boxed, at(10, 14, 59)), at(10, 15));
    assert.deepEqual(withoutEnded(boxed, at(10, 15)).timeBoxed, []);
  });
});

/** U16: state, exception, direct call, call of a queue. */
describe('who rings', () => {
  const now = at(10, 12);
  const calm: PresenceVector = { calls: { legs: [] } };
  const dnd: PresenceVector = {
    ...calm,
    manual: { state: 'dnd', setAtWallMs: now - 1, endsAtWallMs: now + 3_600_000, setBy: 'dana' },
  };
  const important: PresenceExceptions = {
    ...noExceptions,
    important: [
      { kind: 'number', number: pat },
      { kind: 'person', personId: bo },
    ],
  };
  const until = (untilWallMs: number): PresenceExceptions => ({
    ...noExceptions,
    timeBoxed: [{ kind: 'let-through', caller: { kind: 'number', number: pat }, untilWallMs }],
  });
  const callback = (untilWallMs: number): PresenceVector => ({
    ...dnd,
    emergency: { callbackUntilWallMs: untilWallMs },
  });
  const rows = [
    ['nothing against it', calm, noExceptions, { from: pat }, true, true],
    ['do not disturb', dnd, noExceptions, { from: pat }, false, false],
    ['do not disturb, an important number', dnd, important, { from: pat }, true, false],
    ['do not disturb, an important colleague', dnd, important, { from: '1002', person: bo }, true, false],
    ['do not disturb, somebody else', dnd, important, { from: '+12025550198' }, false, false],
    ['do not disturb, a hidden number', dnd, important, { from: undefined }, false, false],
    ['let through until later', dnd, until(now + 1), { from: pat }, true, false],
    ['let through until now: over', dnd, until(now), { from: pat }, false, false],
    [
      'an emergency call an hour ago less a moment: whoever calls back',
      callback(now + 1),
      noExceptions,
      { from: undefined },
      true,
      true,
    ],
    ['an emergency call an hour ago', callback(now), noExceptions, { from: undefined }, false, false],
  ] as const;
  for (const [title, vector, exceptions, caller, direct, queue] of rows)
    test(title, () => {
      const effective = effectivePresence(vector, syncedBothWays, now);
      const wording = { timeZone: berlin, nowWallMs: now };
      for (const [kind, expected] of [
        ['direct', direct],
        ['queue', queue],
      ] as const) {
        const verdict = gateVerdict(
          { vector, effective, exceptions, name: 'Dana', wording },
          {
            kind,
            callerNumber: caller.from,
            callingPersonId: 'person' in caller ? caller.person : undefined,
          },
        );
        assert.equal(verdict.rings, expected, `${kind}: ${verdict.because}`);
      }
    });

  test('a call that may not ring gets what the person chose, and the record says why', () => {
    const effective = effectivePresence(dnd, syncedBothWays, now);
    const verdict = gateVerdict(
      {
        vector: dnd,
        effective,
        exceptions: { ...noExceptions, unavailable: { kind: 'forward', to: '1002' } },
        name: 'Dana',
        wording: { timeZone: berlin, nowWallMs: now },
      },
      { kind: 'direct', callerNumber: pat, callingPersonId: undefined },
    );
    assert.deepEqual(verdict, {
      rings: false,
      label: 'dnd',
      because:
        'Dana shows Do not disturb. No calls ring but those of their important callers: it was set here by hand by dana at 13:59, and stays until 15:00 or until it is released.',
      otherwise: { kind: 'forward', to: '1002' },
    });
  });
});
