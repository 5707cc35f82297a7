import type { CallSummary, Peer, Person, ReadinessCheck, Role } from '@tandem/contract';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';
interface Word {
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

export const verdictWords: Record<Person['readiness']['verdict'], Word> = {
  ready: { word: 'Ready', tone: 'good' },
  unverified: { word: 'Our side in order', tone: 'info' },
  blocked: { word: 'Blocked', tone: 'bad' },
};

export const checkWords: Record<ReadinessCheck['state'], Word> = {
  ok: { word: 'In order', tone: 'good' },
  missing: { word: 'Missing', tone: 'bad' },
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

export const directionWords: Record<CallSummary['direction'], string> = {
  'to-teams': 'To Teams',
  'from-teams': 'From Teams',
  internal: 'Internal',
};

export const turnWords: Record<ReadinessCheck['whoseTurn'], string | undefined> = {
  nobody: undefined,
  operator: "Operator's turn",
  admin: "Administrator's turn",
  person: "The person's turn",
  microsoft: "Microsoft's turn",
  tandem: 'Tandem is at it',
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
  user: 'User',
};

/** Which phase allows ending a call, and why not when it does not. */
export const hangUpRule: Record<NonNullable<CallSummary['phase']>, true | string> = {
  'setting-up': true,
  ringing: true,
  talking: true,
  ending: 'The call is ending already.',
};
