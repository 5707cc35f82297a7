import type { PresenceRules } from '@tandem/contract';

export const ruledStateWords: Record<keyof PresenceRules, string> = {
  busy: 'Busy',
  'in-a-call': 'In a call',
  'in-a-conference-call': 'In a conference call',
  'in-a-meeting': 'In a meeting',
  offline: 'Offline',
};

export const ruleWords: Record<PresenceRules[keyof PresenceRules], string> = {
  'accept-all': 'Accept all calls',
  'no-queue-calls': 'Do not accept queue calls',
  'no-calls': 'Do not accept any calls',
};
