import type { Call, CallerName, CallSummary, Peer, Role } from '@tandem/contract';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';
export interface Word {
  readonly word: string;
  readonly tone: Tone;
}

/** Total records: a new state does not compile until it has its word and its colour. */
export const peerWords: Record<Peer['state'], Word> = {
  up: { word: 'Up', tone: 'good' },
  degraded: { word: 'Degraded', tone: 'warn' },
  down: { word: 'Down', tone: 'bad' },
  unknown: { word: 'Unknown', tone: 'quiet' },
};

export const resultWords: Record<NonNullable<CallSummary['result']>, Word> = {
  answered: { word: 'Answered', tone: 'good' },
  busy: { word: 'Busy', tone: 'quiet' },
  'no-answer': { word: 'No answer', tone: 'quiet' },
  cancelled: { word: 'Cancelled', tone: 'quiet' },
  refused: { word: 'Refused', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
};

export const phaseWords: Record<NonNullable<CallSummary['phase']>, Word> = {
  'setting-up': { word: 'Setting up', tone: 'quiet' },
  ringing: { word: 'Ringing', tone: 'info' },
  talking: { word: 'Talking', tone: 'good' },
  ending: { word: 'Ending', tone: 'quiet' },
};

/** Seen from the platform: `To Teams` is a call that arrives at somebody's Teams client. */
export const directionWords: Record<CallSummary['direction'], string> = {
  'to-teams': 'To Teams',
  'to-phone': 'To a desk phone',
  'to-person': 'To Teams and a desk phone',
  'to-queue': 'To a queue',
  'from-teams': 'From Teams',
  'from-phone': 'From a desk phone',
  internal: 'Internal',
};

/** Whose word a caller's name is. */
export const callerNameWords: Record<CallerName['source'], string> = {
  platform: 'A person or phone of this account',
  directory: 'From the Microsoft 365 directory',
  network: 'As the network sent it: it proves nothing',
};

/** Who is at the other end of a leg. */
export const legRoleWords: Record<Call['legs'][number]['role'], string> = {
  teams: 'Teams',
  carrier: 'Carrier',
  phone: 'Registered phone',
};

export const endedByWords = {
  caller: 'The caller',
  callee: 'The called party',
  platform: 'The platform',
  'node-crash': 'A crash of this server',
  sweeper: 'The sweeper, which closes what was left open',
} as const;

export const roleNames: Record<Role, string> = {
  operator: 'Operator',
  admin: 'Administrator',
  desk: 'Service desk',
  sync: 'Sync operator',
  user: 'User',
};

/** Which phase allows ending a call, and why not when it does not. */
export const hangUpRule: Record<NonNullable<CallSummary['phase']>, true | string> = {
  'setting-up': true,
  ringing: true,
  talking: true,
  ending: 'The call is ending already.',
};
