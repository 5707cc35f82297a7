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

test('an absurd sequence number hides what comes after it for a minute, not for ever; empty ones and other writings order nothing wrongly', () => {
  const available = { availability: 'Available', activity: 'Available' };
  const absurd = takeTeamsRead(emptyTeamsView, { ...dnd, sequenceNumber: '\uffff'.repeat(100) }, free, 0);
  const early = takeTeamsRead(absurd, { ...available, sequenceNumber: 'A3' }, free, 30_000);
  assert.equal(early, absurd);
  assert.equal(showTeamsView(early, 5000, 30_000).label, 'unknown', 'and meanwhile nothing is claimed');
  const healed = takeTeamsRead(absurd, { ...available, sequenceNumber: 'A4' }, free, 60_000);
  assert.equal(showTeamsView(healed, 5000, 60_000).label, 'available');
  const next = takeTeamsRead(healed, { ...dnd, sequenceNumber: 'A5' }, free, 61_000);
  assert.equal(showTeamsView(next, 5000, 61_000).label, 'dnd');
  for (const sequenceNumber of ['', '0', '-1', '\u0000'])
    assert.equal(
      showTeamsView(takeTeamsRead(emptyTeamsView, { ...dnd, sequenceNumber }, free, 0), 5000, 0).label,
      'dnd',
    );
  // Left out: the newest to arrive counts.
  assert.equal(showTeamsView(takeTeamsRead(next, available, free, 62_000), 5000, 62_000).label, 'available');
});
