import type { LeaverChoice } from '@tandem/contract';

export const leaverKindWords: Record<LeaverChoice['kind'], string> = {
  announcement: 'Hear that the number is not in service',
  person: 'Reach a person',
  number: 'Reach a number',
  queue: 'Wait in a queue',
  voicemail: 'Leave a message in the mailbox',
};
