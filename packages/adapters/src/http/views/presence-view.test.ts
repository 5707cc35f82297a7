import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presence } from '@tandem/contract';
import type { PersonPresence } from '@tandem/engine';
import { toPresence } from './presence-view.ts';

const wall = Date.UTC(2026, 10, 22, 12);
const readAt = { availability: 'Away', activity: 'Away', readAtWallMs: wall };
const base: PersonPresence = {
  label: 'away',
  source: 'teams',
  idle: false,
  outOfOffice: false,
  stale: false,
  refused: false,
  teams: readAt,
};

const sentences: readonly (readonly [string, Partial<PersonPresence>, string])[] = [
  ['what Teams says', {}, 'Teams shows: away.'],
  ['idle and out of office', { idle: true, outOfOffice: true }, 'Teams shows: away, idle, out of office.'],
  [
    'a call at a phone',
    { label: 'on_call', source: 'platform-call', endpoint: 'platform', leaseEndsWallMs: wall },
    'On a call at a phone of this platform.',
  ],
  [
    'a call at a phone that the person’s own choice hides in Teams',
    {
      label: 'on_call',
      source: 'platform-call',
      endpoint: 'platform',
      leaseEndsWallMs: wall,
      hiddenBy: 'dnd',
    },
    'On a call at a phone of this platform; Teams goes on showing: do not disturb (what a person chooses there hides calls).',
  ],
  [
    'a call at Teams through us',
    { label: 'on_call', source: 'platform-call', endpoint: 'teams' },
    'On a call in Teams through this platform.',
  ],
  [
    'a state that grew old',
    { label: 'unknown', stale: true },
    'Unknown: Microsoft was last read at 2026-11-22T12:00:00.000Z and showed Away / Away then.',
  ],
  [
    'a person whom Microsoft does not know',
    { label: 'unknown', stale: true, teams: { availability: null, activity: null, readAtWallMs: wall } },
    'Microsoft does not know this person’s state in Teams.',
  ],
  [
    'missing consent',
    { label: 'unknown', stale: true, refused: true },
    'Unknown: Microsoft refuses to tell presence, consent or a permission is missing (PRS-120).',
  ],
];

for (const [what, change, sentence] of sentences)
  test(`presence in words: ${what}`, () => {
    const shown = toPresence({ ...base, ...change });
    assert.equal(shown.sentence, sentence);
    assert.deepEqual(presence.parse(shown), shown);
  });

test('a person whom nobody has read yet: the service desk is told so, and sees no made-up time', () => {
  const { teams: _, ...never } = base;
  const shown = toPresence({ ...never, label: 'unknown', source: 'none', stale: true });
  assert.match(shown.sentence, /has not told/);
  assert.equal(shown.teams, undefined);
});
