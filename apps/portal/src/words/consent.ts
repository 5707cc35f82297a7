import type { ProposalState } from '@tandem/contract';
import type { Word } from './states.ts';

export const proposalWords: Record<ProposalState, Word> = {
  open: { word: 'Waits for a decision', tone: 'warn' },
  'carrying-out': { word: 'Being carried out', tone: 'info' },
  'carried-out': { word: 'Carried out', tone: 'good' },
  failed: { word: 'Could not be carried out', tone: 'bad' },
  rejected: { word: 'Rejected', tone: 'quiet' },
  withdrawn: { word: 'Withdrawn', tone: 'quiet' },
  expired: { word: 'Expired', tone: 'quiet' },
};
