import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapTeamsPresence } from './presence-state-mapping.ts';

/** availability, activity, our SIP knows a leg, label, direct, queue (product-behaviour 2.4). */
const rows = [
  ['Available', 'Available', false, 'available', 'yes', true],
  ['AvailableIdle', 'Inactive', false, 'available', 'yes', true],
  ['AvailableIdle', 'Available', false, 'available', 'yes', true],
  ['Available', 'OutOfOffice', false, 'available', 'yes', true],
  ['Busy', 'Busy', false, 'busy', 'yes', true],
  ['Busy', 'InACall', true, 'on_call', 'yes', false],
  ['Busy', 'InACall', false, 'on_call', 'yes', true],
  ['busy', 'inACall', false, 'on_call', 'yes', true],
  ['Busy', 'InAConferenceCall', false, 'in_conference', 'yes', false],
  ['Busy', 'InAMeeting', false, 'calendar_busy', 'yes', true],
  ['BusyIdle', 'InAMeeting', false, 'calendar_busy', 'yes', true],
  ['DoNotDisturb', 'DoNotDisturb', false, 'dnd', 'no', false],
  ['DoNotDisturb', 'Presenting', false, 'presenting', 'no', false],
  ['DoNotDisturb', 'Focusing', false, 'focusing', 'no', false],
  ['DoNotDisturb', 'UrgentInterruptionsOnly', false, 'dnd', 'vip', false],
  ['Away', 'Away', false, 'away', 'yes', true],
  ['Away', 'Inactive', false, 'away', 'yes', true],
  ['Away', 'OutOfOffice', false, 'away', 'yes', true],
  ['Away', 'AvailableInactive', false, 'away', 'yes', true],
  ['BeRightBack', 'BeRightBack', false, 'be_right_back', 'yes', true],
  ['Offline', 'Offline', false, 'offline', 'yes', true],
  ['Offline', 'OffWork', false, 'appear_offline', 'yes', false],
  ['Offline', 'OutOfOffice', false, 'out_of_office', 'yes', false],
] as const;

for (const [availability, activity, knowsLeg, label, direct, queue] of rows) {
  const leg = knowsLeg ? ' with a leg of ours' : '';
  test(`Teams says ${availability}/${activity}${leg}: we show ${label}, direct ${direct}, queue ${queue}`, () => {
    const mapped = mapTeamsPresence({ availability, activity }, knowsLeg);
    assert.equal(mapped.label, label);
    assert.deepEqual(mapped.flags, { acceptDirect: direct, acceptQueue: queue });
    assert.equal(mapped.unseen, false);
  });
}

test('Teams says in a call and out of office: the call counts, the badge says the rest', () => {
  const mapped = mapTeamsPresence({ availability: 'Busy', activity: 'InACall', outOfOffice: true }, true);
  assert.equal(mapped.label, 'on_call');
  assert.equal(mapped.outOfOffice, true);
});

test('Teams says something new with a known availability: the availability decides and the value is counted', () => {
  const mapped = mapTeamsPresence({ availability: 'DoNotDisturb', activity: 'Meditating' }, false);
  assert.deepEqual(mapped.flags, { acceptDirect: 'no', acceptQueue: false });
  assert.equal(mapped.unseen, true);
});

test('Teams does not know, or says nothing: unknown, and never available', () => {
  for (const availability of ['PresenceUnknown', null, '', 'Levitating', '*', 'constructor']) {
    const mapped = mapTeamsPresence({ availability, activity: 'Available' }, false);
    assert.equal(mapped.label, 'unknown');
    assert.equal(mapped.flags, undefined);
  }
});

test('whatever two texts Graph sends, there is an answer, and only Available reads as available', () => {
  fc.assert(
    fc.property(
      fc.option(fc.string(), { nil: null }),
      fc.option(fc.string(), { nil: null }),
      fc.boolean(),
      (availability, activity, knowsLeg) => {
        const { label } = mapTeamsPresence({ availability, activity }, knowsLeg);
        if (label === 'available') assert.match(availability ?? '', /^available(?:idle)?$/i);
      },
    ),
  );
});
