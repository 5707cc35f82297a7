import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyTeamsView, showTeamsView, takeTeamsRead } from './teams-view.ts';

const free = { leaseHeld: false, knowsLeg: false };
const dnd = { availability: 'DoNotDisturb', activity: 'DoNotDisturb', sequenceNumber: 'A1' };

test('our own busy comes back from Graph: it is an echo, and what Teams said before stays', () => {
  const before = takeTeamsRead(emptyTeamsView, { availability: 'Away', activity: 'Away' }, free, 0);
  const echo = takeTeamsRead(
    before,
    { availability: 'Busy', activity: 'InACall' },
    { leaseHeld: true, knowsLeg: false },
    5000,
  );
  assert.equal(showTeamsView(echo, 5000, 5000).label, 'away');
  assert.equal(echo.echoes, 1);
});

test('an older read that comes late is dropped', () => {
  const now = takeTeamsRead(emptyTeamsView, { ...dnd, sequenceNumber: 'A2' }, free, 0);
  const late = { availability: 'Available', activity: 'Available', sequenceNumber: 'A1' };
  assert.equal(takeTeamsRead(now, late, free, 1), now);
});

test('Graph is silent for three intervals: unknown with its age, the last flags for five minutes, then direct calls ring', () => {
  const view = takeTeamsRead(emptyTeamsView, dnd, free, 0);
  assert.equal(showTeamsView(view, 5000, 15_000).label, 'dnd');
  const stale = showTeamsView(view, 5000, 15_001);
  assert.equal(stale.label, 'unknown');
  assert.equal(stale.ageMs, 15_001);
  assert.equal(stale.flags.acceptDirect, 'no');
  assert.equal(showTeamsView(view, 5000, 15_000 + 300_001).flags.acceptDirect, 'yes');
});

test('never read: unknown, never available', () => {
  assert.equal(showTeamsView(emptyTeamsView, 5000, 0).label, 'unknown');
});
