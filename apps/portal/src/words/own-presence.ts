import type { PresenceJournalEntry, PresenceVectorView, SetManual } from '@tandem/contract';

/** Total records: a new value does not compile until it has its word. */
export const manualWords: Record<SetManual['state'], string> = {
  available: 'Available',
  busy: 'Busy',
  dnd: 'Do not disturb',
  be_right_back: 'Be right back',
  away: 'Away',
  appear_offline: 'Appear offline',
};

export const causeWords: Record<PresenceJournalEntry['cause'], string> = {
  started: 'The platform started',
  call: 'A call',
  'call-ended': 'A call ended',
  'emergency-call': 'An emergency call',
  teams: 'Teams changed',
  'teams-silent': 'Teams was not heard in time',
  'manual-set': 'Set by hand',
  'manual-released': 'Released by hand',
  'manual-ended': 'The time set by hand was over',
  'quiet-hours': 'Times without calls',
  settings: 'Settings of the account',
  phones: 'A phone came or went',
  calendar: 'The calendar',
  fixed: 'Fix my presence',
};

export const directWords: Record<NonNullable<PresenceVectorView['accepts']>['direct'], string> = {
  yes: 'direct calls ring',
  vip: 'only important callers ring',
  no: 'direct calls do not ring',
};

/** `Direct calls ring, queue calls do not.` */
export function acceptsSentence({ direct, queue }: NonNullable<PresenceVectorView['accepts']>): string {
  const words = directWords[direct];
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}, queue calls ${queue ? 'do too' : 'do not'}.`;
}

/** How long a state that is set by hand may last; `0`: the usual time of that state. */
export const manualSpans: readonly (readonly [string, string])[] = [
  ['0', 'The usual time'],
  ['30', '30 minutes'],
  ['60', '1 hour'],
  ['120', '2 hours'],
  ['240', '4 hours'],
  ['480', '8 hours'],
  ['1440', '1 day'],
];

export const treatmentWords = {
  480: 'Say that you are not there (480)',
  486: 'Say that you are busy (486)',
  603: 'Decline (603)',
} as const;

export const weekdays: readonly (readonly [number, string])[] = [
  [1, 'Mon'],
  [2, 'Tue'],
  [3, 'Wed'],
  [4, 'Thu'],
  [5, 'Fri'],
  [6, 'Sat'],
  [7, 'Sun'],
];
