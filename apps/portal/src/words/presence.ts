import type { PresenceBadgeStatus } from '@fluentui/react-components';
import type { Presence } from '@tandem/contract';

interface PresenceWord {
  readonly word: string;
  /** Teams' own mark: each has a shape of its own, so that nobody has to tell colours apart. */
  readonly mark: PresenceBadgeStatus;
}

export const presenceWords: Record<Presence['label'], PresenceWord> = {
  available: { word: 'Available', mark: 'available' },
  ringing: { word: 'Ringing', mark: 'busy' },
  on_call: { word: 'On a call', mark: 'busy' },
  on_hold: { word: 'Call on hold', mark: 'busy' },
  in_conference: { word: 'In a conference', mark: 'busy' },
  in_meeting: { word: 'In a meeting', mark: 'busy' },
  presenting: { word: 'Presenting', mark: 'do-not-disturb' },
  calendar_busy: { word: 'Busy by calendar', mark: 'busy' },
  busy: { word: 'Busy', mark: 'busy' },
  dnd: { word: 'Do not disturb', mark: 'do-not-disturb' },
  focusing: { word: 'Focusing', mark: 'do-not-disturb' },
  be_right_back: { word: 'Be right back', mark: 'away' },
  away: { word: 'Away', mark: 'away' },
  out_of_office: { word: 'Out of office', mark: 'out-of-office' },
  offline: { word: 'Offline', mark: 'offline' },
  appear_offline: { word: 'Appears offline', mark: 'offline' },
  unknown: { word: 'Unknown', mark: 'unknown' },
};

export const sourceWords: Record<Presence['source'], string> = {
  emergency: 'An emergency call',
  manual: 'Set by hand on this platform',
  'quiet-hours': 'Own times without calls',
  rule: 'A call rule of the account',
  'teams-manual': 'Set by hand in Microsoft Teams',
  'platform-call': 'A call on this platform, known at once',
  teams: 'Microsoft Teams, read there',
  calendar: 'The calendar, as Teams shows it',
  idle: 'Inactivity in Microsoft Teams',
  registration: 'Whether a phone is registered',
  none: 'Nobody could say',
};

export interface ShownPresence {
  readonly word: string;
  readonly mark: PresenceBadgeStatus;
  /** A second mark in words beside the state. */
  readonly more?: string;
}

/** What was not read in time is shown as unknown with what it was, never in its old colour. */
export function shownPresence(presence: Presence | undefined): ShownPresence {
  if (!presence) return presenceWords.unknown;
  const { word, mark } = presenceWords[presence.label];
  const away = presence.outOfOffice === true && presence.label !== 'out_of_office';
  if (presence.stale) {
    if (presence.label === 'unknown') return { word, mark, more: 'stale' };
    return { word: 'Unknown', mark: 'unknown', more: `was ${word.toLowerCase()}, now stale` };
  }
  return away ? { word, mark, more: 'Out of office' } : { word, mark };
}

/** Microsoft writes `InACall`; people read `In a call`. The raw word stays readable for support. */
export function microsoftWord(text: string | null): string {
  if (text === null || text === '') return 'nothing';
  const apart = text.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return apart.charAt(0).toUpperCase() + apart.slice(1).toLowerCase();
}
