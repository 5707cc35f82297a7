import type { VoicemailOfPerson } from '@tandem/contract';

/** Total record: a new owner does not compile until it has its words. */
export const ownerWords: Record<VoicemailOfPerson['owner'], string> = {
  teams: 'Microsoft Teams',
  platform: 'Tandem',
};

/** Where a caller ends whom nobody answers. */
export const ownerSentences: Record<VoicemailOfPerson['owner'], string> = {
  teams: 'Microsoft Teams takes your messages. They are in your Teams, not here.',
  platform: 'Callers whom you do not answer leave a message here.',
};

export const countWords = ({ messages, unheard }: { readonly messages: number; readonly unheard: number }) =>
  messages === 0
    ? 'No messages'
    : `${messages} ${messages === 1 ? 'message' : 'messages'}, ${unheard} not heard yet`;
