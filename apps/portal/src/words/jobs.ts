import type { Job, JobItem, JobState } from '@tandem/contract';
import { age } from './format.ts';
import type { Word } from './states.ts';

/** Total records: a new state does not compile until it has its word and its colour. */
export const jobWords: Record<JobState, Word> = {
  previewed: { word: 'Preview, not started', tone: 'info' },
  running: { word: 'Running', tone: 'info' },
  paused: { word: 'Paused', tone: 'warn' },
  done: { word: 'Done', tone: 'good' },
  cancelled: { word: 'Cancelled', tone: 'quiet' },
};

export const itemWords: Record<JobItem['state'], Word> = {
  waiting: { word: 'To be done', tone: 'info' },
  done: { word: 'Done', tone: 'good' },
  unchanged: { word: 'Is so already', tone: 'quiet' },
  'left-out': { word: 'Left out', tone: 'warn' },
  refused: { word: 'Refused', tone: 'bad' },
  cancelled: { word: 'Cancelled', tone: 'quiet' },
};

export const jobKindWords: Record<Job['kind'], string> = {
  'change-people': 'Change people',
  'give-numbers': 'Give numbers',
  'import-people': 'Import from CSV',
  'retry-provisioning': 'Retry at Microsoft',
  undo: 'Undo',
};

export type JobAction = 'start' | 'pause' | 'resume' | 'cancel';
/** What each state allows, the first one first; the server judges by the same rules. */
export const jobActions: Record<JobState, readonly JobAction[]> = {
  previewed: ['start', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  done: [],
  cancelled: [],
};
export const jobActionWords: Record<JobAction, string> = {
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel the rest',
};

export const isOver = (state: JobState): boolean => state === 'done' || state === 'cancelled';

/** `1,200 of 5,000 handled, about 40 s left`. */
export function progressWords({ state, counts, secondsLeft }: Job): string {
  const handled = counts.items - counts.waiting;
  const count = `${handled.toLocaleString('en')} of ${counts.items.toLocaleString('en')} handled`;
  return state === 'running' && secondsLeft !== undefined
    ? `${count}, about ${age(secondsLeft)} left`
    : count;
}
