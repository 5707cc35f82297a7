import type { Queue, QueueLive } from '@tandem/contract';
import { telephone } from './format.ts';
import type { Word } from './states.ts';

export const memberWords: Record<QueueLive['members'][number]['state'], Word> = {
  free: { word: 'Free', tone: 'good' },
  offered: { word: 'Is rung', tone: 'info' },
  'in-call': { word: 'In a call', tone: 'info' },
  'wrap-up': { word: 'Wrap-up', tone: 'quiet' },
  resting: { word: 'Rests', tone: 'warn' },
  skipped: { word: 'Skipped', tone: 'warn' },
  unreachable: { word: 'Cannot be rung', tone: 'bad' },
  'logged-out': { word: 'Logged out', tone: 'quiet' },
};

/** What the state's own word does not say. */
export const memberDetail = ({ state, sentence }: QueueLive['members'][number]): string =>
  sentence === `${memberWords[state].word}.` ? '' : sentence;

export const overflowWords = (overflow: Queue['overflow']): string =>
  overflow.kind === 'refuse' ? 'Refused' : `Sent to ${telephone(overflow.to)}`;

/** Where callers reach it, as people read it. */
export const reachedAt = ({ number, extension }: Pick<Queue, 'number' | 'extension'>): string =>
  [number && telephone(number), extension].filter(Boolean).join(', ') || 'No number yet';
