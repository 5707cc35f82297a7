import type {
  PresenceChoiceAction,
  PresenceDirection,
  PresenceMismatch,
  PresenceMode,
  PresenceRun,
  PresenceRunResult,
  PresenceRunStep,
  PresenceSyncPerson,
} from '@tandem/contract';
import type { Word } from './states.ts';

export const modeWords: Record<PresenceMode, { readonly word: string; readonly hint: string }> = {
  all: { word: 'All users', hint: 'Everybody of the account, but for those whom you unsync.' },
  selected: { word: 'Selected users', hint: 'Only those whom you choose in the table below.' },
  disabled: {
    word: 'Disabled',
    hint: 'Nothing is read and nothing is written; what we set in Teams is taken back.',
  },
};

export const directionWords: Record<PresenceDirection, string> = {
  both: 'Both ways',
  'to-platform': 'From Teams to the platform only',
  'to-teams': 'From the platform to Teams only',
};

export const personStateWords: Record<PresenceSyncPerson['state'], Word> = {
  synced: { word: 'Synced', tone: 'good' },
  waiting: { word: 'Waiting', tone: 'info' },
  failed: { word: 'Failed', tone: 'bad' },
  unsynced: { word: 'Unsynced', tone: 'quiet' },
  'not-selected': { word: 'Not selected', tone: 'quiet' },
  off: { word: 'Off', tone: 'quiet' },
};

export const matchWords: Record<NonNullable<PresenceSyncPerson['match']>['by'], string> = {
  explicit: 'chosen by hand',
  link: 'known by its id',
  upn: 'same sign-in name',
  mail: 'same mail address',
  proxy: 'same further mail address',
};

export const actionWords: Record<PresenceChoiceAction, string> = {
  select: 'Select',
  deselect: 'Deselect',
  unsync: 'Unsync',
  resync: 'Resync',
};

export const runStateWords: Record<PresenceRun['state'], Word> = {
  waiting: { word: 'Waiting', tone: 'quiet' },
  running: { word: 'Running', tone: 'info' },
  done: { word: 'Done', tone: 'good' },
  'needs-attention': { word: 'Needs attention', tone: 'bad' },
  cancelled: { word: 'Replaced by a newer one', tone: 'quiet' },
};

export const runReasonWords: Record<PresenceRun['reason'], string> = {
  'mode-change': 'The mode was changed',
  selection: 'The selection was changed',
  resync: 'Resync',
  're-authorised': 'Signed in and authorised again',
  'by-hand': 'By hand',
  retry: 'Retry by itself',
};

export const outcomeWords: Record<PresenceRunResult['outcome'], Word> = {
  synced: { word: 'Synced', tone: 'good' },
  'already-synced': { word: 'Was synced', tone: 'good' },
  unsynced: { word: 'Left out', tone: 'quiet' },
  failed: { word: 'Failed', tone: 'bad' },
};

export const mismatchWords: Record<PresenceMismatch['kind'], string> = {
  'missing-left': 'Not on this platform',
  'missing-right': 'Not at Microsoft',
  'disabled-left': 'Disabled here',
  'disabled-right': 'Disabled at Microsoft',
  ambiguous: 'Several match',
  'linked-elsewhere': 'Linked with somebody else',
};

export const runStepWords: Record<PresenceRunStep['what'], string> = {
  directory: 'Waited for the directory',
  match: 'Matched people',
  'read-presence': 'Read presence in Teams',
};
export const readOutcomeWords: Record<NonNullable<PresenceRunStep['outcome']>, string> = {
  read: 'read',
  throttled: 'Microsoft asked to wait',
  failed: 'no answer of use',
  refused: 'refused',
};
