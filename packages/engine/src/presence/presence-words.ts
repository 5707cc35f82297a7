import { type CallRule, mapTeamsPresence, type PresenceLabel, type RuledState } from '@tandem/domain';
import type { EffectivePresence, SourceSays } from './effective-presence.ts';
import { localTime } from './exceptions.ts';
import type { PresenceVector } from './vector.ts';

/** As it stands after "You show …". */
export const labelWords: Readonly<Record<PresenceLabel, string>> = {
  available: 'Available',
  ringing: 'Ringing',
  on_call: 'On a call',
  on_hold: 'On hold',
  in_conference: 'In a conference call',
  in_meeting: 'In a meeting',
  presenting: 'Presenting',
  calendar_busy: 'In a meeting',
  busy: 'Busy',
  dnd: 'Do not disturb',
  focusing: 'Focusing',
  be_right_back: 'Be right back',
  away: 'Away',
  out_of_office: 'Out of office',
  offline: 'Offline',
  appear_offline: 'Appear offline',
  unknown: 'Unknown',
};

const stateWords: Readonly<Record<RuledState, string>> = {
  busy: 'Busy',
  'in-a-call': 'In a call',
  'in-a-conference-call': 'In a conference call',
  'in-a-meeting': 'In a meeting',
  offline: 'Offline',
};

const ruleWords: Readonly<Record<CallRule, string>> = {
  'accept-all': 'Accept all calls',
  'no-queue-calls': 'Do not accept queue calls',
  'no-calls': 'Do not accept any calls',
};

export interface Wording {
  /** IANA; times are told in it. */
  readonly timeZone: string;
  readonly nowWallMs: number;
}

const dayMs = 86_400_000;

function time(wallMs: number, { timeZone, nowWallMs }: Wording): string {
  const { text } = localTime(wallMs, timeZone);
  if (Math.abs(wallMs - nowWallMs) < dayMs / 2) return text;
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'long' }).format(wallMs);
  return `${text} on ${day}`;
}

const pairWords = (vector: PresenceVector): string => {
  const { ownPair, present, lastRead } = vector.teams ?? {};
  const pair = ownPair ?? present ?? lastRead;
  return pair ? `${pair.availability ?? 'nothing'} / ${pair.activity ?? 'nothing'}` : 'nothing yet';
};

/** What one source says, as it stands after "because". */
export function clauseOf(
  says: Pick<SourceSays, 'source' | 'untilWallMs'>,
  vector: PresenceVector,
  effective: EffectivePresence,
  words: Wording,
): string {
  const until = says.untilWallMs === undefined ? '' : ` until ${time(says.untilWallMs, words)}`;
  switch (says.source) {
    case 'emergency':
      return 'an emergency call is on';
    case 'manual': {
      const by = vector.manual?.setBy;
      const at = vector.manual ? ` at ${time(vector.manual.setAtWallMs, words)}` : '';
      return `it was set here by hand${by ? ` by ${by}` : ''}${at}, and stays${until} or until it is released`;
    }
    case 'quiet-hours':
      return vector.quiet?.by === 'no-calls' ? `no calls are wanted${until}` : `the quiet hours last${until}`;
    case 'rule': {
      const { rule } = effective;
      if (!rule) return 'a call rule matches';
      return `Teams shows “${stateWords[rule.state]}”, and the call rule for that says “${ruleWords[rule.rule]}”`;
    }
    case 'teams-manual':
      return `it was chosen in Teams (${pairWords(vector)})`;
    case 'platform-call': {
      const { legs, ringingSinceWallMs } = vector.calls;
      if (legs.length === 0) return ringingSinceWallMs === undefined ? 'of a call' : 'a call rings';
      const phone = legs.some(({ endpoint }) => endpoint === 'platform');
      const where = phone ? 'at a phone of this platform' : 'in Teams through this platform';
      return legs.every(({ doing }) => doing === 'held')
        ? `a call is on hold ${where}`
        : `a call is on ${where}`;
    }
    case 'teams':
      return effective.teamsOnly
        ? `Teams shows a call that does not run through this platform (${pairWords(vector)})`
        : `Teams shows ${pairWords(vector)}`;
    case 'calendar':
      return vector.meeting
        ? `a meeting is in the calendar until ${time(vector.meeting.endsAtWallMs, words)}`
        : `a meeting is in the calendar, says Teams (${pairWords(vector)})`;
    case 'idle':
      return `Teams sees no activity (${pairWords(vector)})`;
    case 'registration':
      return vector.registered ? 'a phone is registered' : 'no phone is registered';
    case 'none':
      return 'nothing is known';
  }
}

function unknownBecause(vector: PresenceVector, words: Wording): string {
  const { teams } = vector;
  if (teams?.refused)
    return 'Microsoft refuses to tell your state: consent or a permission is missing (PRS-120)';
  if (teams?.interruptedSinceWallMs !== undefined)
    return `the connection with Microsoft 365 has been interrupted since ${time(teams.interruptedSinceWallMs, words)}`;
  if (!teams) return 'presence is not exchanged with Teams for you, and you have no phone here';
  const { lastRead } = teams;
  if (!lastRead) return 'Microsoft has not told your state in Teams yet';
  if (lastRead.availability === null || lastRead.availability.toLowerCase() === 'presenceunknown')
    return 'Microsoft does not know your state in Teams';
  const pair = `${lastRead.availability} / ${lastRead.activity ?? 'nothing'}`;
  // A value that stands in no table (2.4): it was heard well enough.
  if (mapTeamsPresence(lastRead, false).label === 'unknown')
    return `Teams shows ${pair}, and nobody here knows what that means`;
  return `Microsoft was last heard at ${time(lastRead.readAtWallMs, words)} and showed ${pair} then`;
}

/** "You show Busy because …": one sentence for the person. */
export function sentenceOf(vector: PresenceVector, effective: EffectivePresence, words: Wording): string {
  const shows = `You show ${labelWords[effective.label]}`;
  if (effective.label === 'unknown') return `${shows} because ${unknownBecause(vector, words)}.`;
  const says = effective.sources.find(({ source }) => source === effective.source);
  const clause = clauseOf(says ?? { source: effective.source }, vector, effective, words);
  const office =
    effective.outOfOffice && effective.label !== 'out_of_office' ? ' Teams also says: out of office.' : '';
  return `${shows} because ${clause}.${office}`;
}

/** Which calls ring now and why not all of them, in one sentence. */
export function callsSentenceOf(
  vector: PresenceVector,
  effective: EffectivePresence,
  words: Wording,
  whose: 'your' | 'their' = 'your',
): string {
  const callback = vector.emergency?.callbackUntilWallMs;
  if (callback !== undefined && callback > words.nowWallMs)
    return `Every call rings until ${time(callback, words)}, so that whoever calls back after the emergency call gets through.`;
  const { acceptDirect, acceptQueue } = effective.flags;
  if (acceptDirect === 'yes' && acceptQueue) return 'Direct calls and calls of queues ring.';
  const strictest = effective.sources.filter(
    ({ flags }) => flags && (flags.acceptDirect !== 'yes' || !flags.acceptQueue),
  );
  const ruled =
    effective.rule && strictest.filter(({ source }) => ['manual', 'quiet-hours', 'rule'].includes(source));
  const why = (ruled ?? strictest).map((says) => clauseOf(says, vector, effective, words)).join('; ');
  const what =
    acceptDirect === 'yes'
      ? 'Direct calls ring, calls of queues do not'
      : acceptDirect === 'vip'
        ? `Only ${whose} important callers ring`
        : `No calls ring but those of ${whose} important callers`;
  return why === '' ? `${what}.` : `${what}: ${why}.`;
}
