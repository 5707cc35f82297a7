import type { Person, ReadinessCheck, Role } from '@tandem/contract';
import type { Word } from './states.ts';

export const verdictWords: Record<Person['readiness']['verdict'], Word> = {
  ready: { word: 'Ready', tone: 'good' },
  attention: { word: 'Attention', tone: 'warn' },
  unverified: { word: 'Unverified', tone: 'quiet' },
  blocked: { word: 'Blocked', tone: 'bad' },
};

export const checkWords: Record<ReadinessCheck['status'], Word> = {
  green: { word: 'In order', tone: 'good' },
  amber: { word: 'Attention', tone: 'warn' },
  red: { word: 'Not met', tone: 'bad' },
  unknown: { word: 'Not verified', tone: 'quiet' },
};

/** Where the link to Microsoft is on its way (the API's `state`), for somebody who has not read the manual. */
export const linkWords: Record<NonNullable<Person['readiness']['state']>, string> = {
  OUT: 'Not asked for: neither the group nor the switch wants calls in Teams',
  BLOCKED: 'Waiting for what is missing',
  QUEUED: 'Next in line to be set up at Microsoft',
  ASSIGNING: 'Number and policies are being written at Microsoft',
  PROPAGATING: 'Microsoft accepted it and does not show it yet',
  AWAITING_RELAUNCH: 'Set up; Teams has to be quit and opened once',
  READY: 'Set up',
  DRIFTED: 'Somebody changed it at Microsoft since',
  DEGRADED: 'A prerequisite was lost; calls go on until the grace time is over',
  STANDBY: 'Checked and kept in reserve on purpose',
  REMOVING: 'Number and policies are being taken back at Microsoft',
  REMOVE_FAILED: 'Microsoft refused to give the number back; tried again by itself',
  REMOVED: 'Taken back',
  FAILED: 'Microsoft refused; trying again without a change would not help',
};

/** The same in a word, for lists and filters. */
export const linkStateWords: Record<NonNullable<Person['readiness']['state']>, Word> = {
  OUT: { word: 'Not asked for', tone: 'quiet' },
  BLOCKED: { word: 'Waiting', tone: 'bad' },
  QUEUED: { word: 'Queued', tone: 'info' },
  ASSIGNING: { word: 'Being written', tone: 'info' },
  PROPAGATING: { word: 'Not shown by Microsoft yet', tone: 'info' },
  AWAITING_RELAUNCH: { word: 'Teams relaunch needed', tone: 'warn' },
  READY: { word: 'Set up', tone: 'good' },
  DRIFTED: { word: 'Changed outside', tone: 'warn' },
  DEGRADED: { word: 'In grace time', tone: 'warn' },
  STANDBY: { word: 'In reserve', tone: 'quiet' },
  REMOVING: { word: 'Being taken back', tone: 'info' },
  REMOVE_FAILED: { word: 'Removal refused', tone: 'bad' },
  REMOVED: { word: 'Taken back', tone: 'quiet' },
  FAILED: { word: 'Refused by Microsoft', tone: 'bad' },
};

/** Who reads, so that "you" is said to the one whose turn it is. */
export interface Reader {
  readonly role: Role;
  /** The page is about the reader. */
  readonly self: boolean;
  readonly personName: string;
}

/** Whose turn it is; undefined when there is nothing to do. */
export function ownerWords(owner: ReadinessCheck['owner'], reader: Reader): string | undefined {
  const whose = reader.role === 'operator' ? 'The customer’s' : 'Your';
  switch (owner) {
    case 'nobody':
      return undefined;
    case 'entra-admin':
      return `${whose} Entra admin`;
    case 'teams-admin':
      return `${whose} Teams admin`;
    case 'platform-admin':
      return reader.role === 'admin' ? 'You, as the administrator here' : `${whose} Tandem administrator`;
    case 'user':
      return reader.self ? 'You' : reader.personName;
    case 'vendor':
      return reader.role === 'operator' ? 'You, the operator' : 'The operator of this platform';
    case 'microsoft':
      return 'Microsoft';
  }
}

/** Microsoft's time is named as Microsoft's, so that nobody adds it to ours. Undefined where none is known. */
export function microsoftTime(usualSeconds?: number, worstSeconds?: number): string | undefined {
  const usual = usualSeconds === undefined ? undefined : `usually ${lasting(usualSeconds)}`;
  const worst = worstSeconds === undefined ? undefined : `at worst ${lasting(worstSeconds)}`;
  const words = [usual, worst].filter((part) => part !== undefined);
  return words.length === 0 ? undefined : `Microsoft’s time: ${words.join(', ')}`;
}

/** `30 s`, `10 min`, `1 h`, `24 h`, `3 days`, kept on one line. */
function lasting(seconds: number): string {
  const of = (count: number, unit: string): string => `${Math.round(count * 10) / 10}\u00a0${unit}`;
  if (seconds < 90) return of(Math.round(seconds), 's');
  if (seconds < 3_600) return of(Math.round(seconds / 60), 'min');
  if (seconds <= 172_800) return of(seconds / 3_600, 'h');
  return of(Math.round(seconds / 86_400), 'days');
}
