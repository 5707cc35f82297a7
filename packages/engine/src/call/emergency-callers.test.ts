import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId } from '@tandem/domain';
import { EmergencyCallers } from './emergency-callers.ts';

test('who called 911 is reached by everybody for an hour, and then presence decides again', () => {
  let now = 0;
  const callers = new EmergencyCallers({ now: () => now, wall: () => now, after: () => () => undefined });
  const dana = asPersonId('Dana');
  callers.note({ emergency: false, callingPersonId: dana });
  assert.equal(callers.awaitsCallback(dana), false);
  callers.note({ emergency: true, callingPersonId: dana });
  now = 3_599_999;
  assert.equal(callers.awaitsCallback(dana), true);
  assert.equal(callers.awaitsCallback(asPersonId('Sam')), false);
  now = 3_600_000;
  assert.equal(callers.awaitsCallback(dana), false);
});
