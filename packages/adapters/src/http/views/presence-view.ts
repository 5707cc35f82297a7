import type { Presence } from '@tandem/contract';
import type { PresenceLabel } from '@tandem/domain';
import type { PersonPresence } from '@tandem/engine';
import { compact, instant } from './shape.ts';

/** The label within a sentence: "Teams shows: available." */
const words: Readonly<Record<PresenceLabel, string>> = {
  available: 'available',
  ringing: 'ringing',
  on_call: 'on a call',
  on_hold: 'on hold',
  in_conference: 'in a conference call',
  in_meeting: 'in a meeting',
  presenting: 'presenting',
  calendar_busy: 'in a meeting of the calendar',
  busy: 'busy',
  dnd: 'do not disturb',
  focusing: 'focusing',
  be_right_back: 'be right back',
  away: 'away',
  out_of_office: 'out of office',
  offline: 'offline',
  appear_offline: 'appears offline',
  unknown: 'unknown',
};

function sentenceOf(shown: PersonPresence): string {
  if (shown.source === 'platform-call') {
    if (shown.endpoint === 'teams') return 'On a call in Teams through this platform.';
    const here = 'On a call at a phone of this platform';
    return shown.hiddenBy === undefined
      ? `${here}.`
      : `${here}; Teams goes on showing: ${words[shown.hiddenBy]} (what a person chooses there hides calls).`;
  }
  const { teams } = shown;
  if (shown.label === 'unknown' && shown.refused)
    return 'Unknown: Microsoft refuses to tell presence, consent or a permission is missing (PRS-120).';
  if (!teams) return 'Microsoft has not told this person’s state in Teams yet.';
  if (shown.stale && shown.label === 'unknown' && teams.availability !== null)
    return `Unknown: Microsoft was last read at ${instant(teams.readAtWallMs)} and showed ${teams.availability} / ${teams.activity} then.`;
  if (shown.label === 'unknown') return 'Microsoft does not know this person’s state in Teams.';
  const idle = shown.idle ? ', idle' : '';
  const office = shown.outOfOffice && shown.label !== 'out_of_office' ? ', out of office' : '';
  return `Teams shows: ${words[shown.label]}${idle}${office}.`;
}

export function toPresence(shown: PersonPresence): Presence {
  const { teams } = shown;
  return compact({
    label: shown.label,
    sentence: sentenceOf(shown),
    source: shown.source,
    outOfOffice: shown.outOfOffice || undefined,
    stale: shown.stale,
    since: shown.sinceWallMs === undefined ? undefined : instant(shown.sinceWallMs),
    teams: teams && {
      availability: teams.availability,
      activity: teams.activity,
      readAt: instant(teams.readAtWallMs),
    },
    written:
      shown.leaseEndsWallMs === undefined
        ? undefined
        : { availability: 'Busy', activity: 'InACall', leaseEndsAt: instant(shown.leaseEndsWallMs) },
  });
}
