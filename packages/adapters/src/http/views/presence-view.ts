import type { Presence } from '@tandem/contract';
import type { AcceptFlags, PresenceLabel } from '@tandem/domain';
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

/** What the sources say that stand above Microsoft's word; of the others `sentenceOf` says it. */
function ownSentence(shown: PersonPresence): string | undefined {
  const shows = words[shown.label].charAt(0).toUpperCase() + words[shown.label].slice(1);
  switch (shown.source) {
    case 'emergency':
      return 'In an emergency call.';
    case 'manual':
      return `${shows}: set by hand on this platform.`;
    case 'quiet-hours':
      return 'Do not disturb: the person wants no calls at this time.';
    case 'rule':
      return `${shows}: a call rule of the account matches what Teams shows.`;
    case 'registration':
      return shown.label === 'available' ? 'A phone is registered.' : 'No phone is registered.';
    default:
      return undefined;
  }
}

function sentenceOf(shown: PersonPresence): string {
  const own = ownSentence(shown);
  if (own !== undefined) return own;
  if (shown.label === 'ringing') return 'A call rings.';
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

export const toAccepts = ({ acceptDirect, acceptQueue }: AcceptFlags) => ({
  direct: acceptDirect,
  queue: acceptQueue,
});

export function toPresence(shown: PersonPresence): Presence {
  const { teams } = shown;
  return compact({
    label: shown.label,
    sentence: sentenceOf(shown),
    source: shown.source,
    outOfOffice: shown.outOfOffice || undefined,
    pinned: shown.pinned && {
      since: instant(shown.pinned.sinceWallMs),
      until: instant(shown.pinned.endsAtWallMs),
    },
    accepts: shown.flags && toAccepts(shown.flags),
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
