import type { AcceptFlags, MappedPresence, PresenceLabel } from '@tandem/domain';
import type { PresencePolicy } from '../ports/presence-policies.ts';
import { applyRule, type MatchedRule, ruledStateOf } from './call-rules.ts';
import type { TeamsPair } from './teams-view.ts';
import {
  type CallLeg,
  flags,
  manualTable,
  type PinnedState,
  type PresenceSource,
  type PresenceVector,
  stricter,
  type TeamsEvidence,
} from './vector.ts';

/** What one source says. Without a label: only about calls. */
export interface SourceSays {
  readonly source: PresenceSource;
  readonly label?: PresenceLabel;
  readonly flags?: AcceptFlags;
  readonly sinceWallMs?: number;
  readonly untilWallMs?: number;
}

/** What the vector comes to. */
export interface EffectivePresence {
  readonly label: PresenceLabel;
  readonly source: PresenceSource;
  readonly flags: AcceptFlags;
  readonly sinceWallMs?: number;
  readonly pin?: PinnedState;
  /** Matched now, or when Teams was known last. */
  readonly rule?: MatchedRule;
  readonly idle: boolean;
  readonly outOfOffice: boolean;
  /** Teams should say something and does not. */
  readonly stale: boolean;
  readonly refused: boolean;
  /** In a call at Teams that only Teams knows. */
  readonly teamsOnly: boolean;
  /** Everything that says something, the strongest first. */
  readonly sources: readonly SourceSays[];
}

/**
 * The precedence of product-behaviour 2.6, from one value to another. The label is the strongest source's. What rings: what
 * was set by hand here and the rule together; where no rule matches, also what Teams and our own calls say. No source ever
 * says anything about outbound or emergency calls.
 */
export function effectivePresence(
  vector: PresenceVector,
  policy: PresencePolicy,
  nowWallMs: number,
): EffectivePresence {
  const manual = vector.manual && vector.manual.endsAtWallMs > nowWallMs ? vector.manual : undefined;
  const teams = policy.readsTeams ? teamsKnown(vector.teams, nowWallMs) : undefined;
  const fresh = teams?.knowledge === 'fresh';
  const rule = matchedRule(vector, policy, teams);
  const inEmergency = vector.emergency?.sinceWallMs;
  const says: SourceSays[] = [];

  if (inEmergency !== undefined)
    says.push({
      source: 'emergency',
      label: 'on_call',
      flags: flags.directOnly,
      sinceWallMs: inEmergency,
    });
  if (manual)
    says.push({
      source: 'manual',
      ...manualTable[manual.state],
      sinceWallMs: manual.setAtWallMs,
      untilWallMs: manual.endsAtWallMs,
    });
  // Whoever says "Available" by hand within the usual quiet hours wants to be reached now.
  const quiet = vector.quiet?.by === 'schedule' && manual?.state === 'available' ? undefined : vector.quiet;
  if (quiet)
    says.push({
      source: 'quiet-hours',
      label: 'dnd',
      flags: flags.none,
      untilWallMs: quiet.untilWallMs,
    });
  if (rule)
    says.push({
      source: 'rule',
      ...(fresh && { label: rule.label }),
      flags: rule.flags,
      ...since(teams?.sinceWallMs),
    });
  says.push(...ownCalls(vector));
  const ofTeams = teams && teamsSays(vector, policy, teams);
  if (ofTeams) says.push(ofTeams);
  if (fresh && vector.meeting && ofTeams?.source !== 'calendar')
    says.push({
      source: 'calendar',
      label: 'calendar_busy',
      flags: flags.all,
      untilWallMs: vector.meeting.endsAtWallMs,
    });
  if (vector.registered !== undefined)
    says.push({ source: 'registration', label: vector.registered ? 'available' : 'offline' });
  says.sort((a, b) => rankOf(a) - rankOf(b));

  const decides = says.find(
    ({ source, label }) => label !== undefined && (source !== 'registration' || !teams),
  );
  const own = teams?.own;
  const shows = decides?.source;
  const ofPlatform = shows !== undefined && strongerThanTeams.has(shows);
  return {
    label: decides?.label ?? 'unknown',
    source: decides?.source ?? (teams?.lastRead ? 'teams' : 'none'),
    flags: combine(says, rule, inEmergency !== undefined),
    ...since(decides ? decides.sinceWallMs : undefined),
    ...(manual && { pin: manual }),
    ...(rule && { rule }),
    idle:
      fresh &&
      ofTeams !== undefined &&
      !ofPlatform &&
      shows !== 'rule' &&
      own !== undefined &&
      !ignoresIdle(own, policy) &&
      own.idle,
    outOfOffice: fresh && (own?.outOfOffice ?? false),
    stale: teams !== undefined && !fresh && !ofPlatform,
    refused: teams?.refused ?? false,
    teamsOnly: fresh && vector.calls.legs.length === 0 && (own?.teamsOnly ?? false),
    sources: says,
  };
}

const rank: Readonly<Record<PresenceSource, number>> = {
  emergency: 1,
  manual: 2,
  'quiet-hours': 2.5,
  rule: 3,
  'teams-manual': 4,
  'platform-call': 5,
  teams: 6,
  calendar: 7,
  idle: 8,
  registration: 9,
  none: 10,
};

/** "Available" and "Offline" are no live states of Teams: a meeting of the calendar is stronger (2.6). */
const rankOf = ({ source, label }: SourceSays): number =>
  source === 'teams' && (label === 'available' || label === 'offline') ? rank.idle : rank[source];

/** What these say needs no word of Microsoft. */
const strongerThanTeams: ReadonlySet<PresenceSource> = new Set([
  'emergency',
  'manual',
  'quiet-hours',
  'platform-call',
]);

const since = (sinceWallMs: number | undefined) => (sinceWallMs === undefined ? {} : { sinceWallMs });

/** Frozen for five minutes after the connection broke, then dropped (2.10), however young the last read is. */
const interruptionMs = 5 * 60_000;

function teamsKnown(teams: TeamsEvidence | undefined, nowWallMs: number): TeamsEvidence | undefined {
  const sinceMs = teams?.interruptedSinceWallMs;
  // What was read since shows that presence, at least, is still told.
  if (!teams || sinceMs === undefined || (teams.lastRead?.readAtWallMs ?? 0) >= sinceMs) return teams;
  const over = nowWallMs - sinceMs > interruptionMs;
  const knowledge = over || teams.knowledge === 'dropped' ? 'dropped' : 'frozen';
  if (knowledge === 'frozen') return { ...teams, knowledge };
  const { own: _own, ownPair: _pair, present: _present, ...rest } = teams;
  return { ...rest, knowledge };
}

/** What Teams shows everybody now, as far as can be said at once: our own answered calls need no read (U03). */
function presentInTeams(vector: PresenceVector, teams: TeamsEvidence): TeamsPair | undefined {
  const { legs, leaseEndsWallMs } = vector.calls;
  // What we had asked for is gone with the call; until it is read again, what lay below it counts.
  const busyByCalendar = vector.meeting !== undefined && teams.present?.activity?.toLowerCase() === 'busy';
  const ours = legs.length > 0 || vector.manual !== undefined || busyByCalendar;
  const read = teams.presentIsOurs && !ours ? teams.ownPair : teams.present;
  const shown = legs.some(({ endpoint }) => endpoint === 'teams' || leaseEndsWallMs !== undefined);
  if (!shown || teams.knowledge !== 'fresh' || outranksACall(read)) return read;
  return { availability: 'Busy', activity: 'InACall' };
}

/** States that Teams goes on showing while a call of ours is on: chosen by hand, or stronger. */
function outranksACall(pair: TeamsPair | undefined): boolean {
  const availability = pair?.availability?.toLowerCase();
  const activity = pair?.activity?.toLowerCase();
  if (availability === 'donotdisturb' || availability === 'berightback') return true;
  if (availability === 'busy') return activity === 'busy' || activity === 'inaconferencecall';
  return availability === 'offline' && activity === 'offwork';
}

function matchedRule(
  vector: PresenceVector,
  policy: PresencePolicy,
  teams: TeamsEvidence | undefined,
): MatchedRule | undefined {
  if (!policy.rules || !teams || teams.knowledge === 'dropped') return undefined;
  const pair = presentInTeams(vector, teams);
  if (!pair) return undefined;
  const state = ruledStateOf(pair, isMeeting(vector, policy));
  return state && applyRule(policy.rules, state);
}

/** InACall within a meeting of the calendar and without a leg of ours is the meeting (U05). */
const isMeeting = (vector: PresenceVector, policy: PresencePolicy): boolean =>
  policy.meetingsFromCalendar && vector.meeting !== undefined && vector.calls.legs.length === 0;

const legLabel: Readonly<Record<NonNullable<CallLeg['doing']>, PresenceLabel>> = {
  talking: 'on_call',
  held: 'on_hold',
};

function ownCalls({ calls }: PresenceVector): readonly SourceSays[] {
  const [oldest] = calls.legs;
  if (!oldest) {
    if (calls.ringingSinceWallMs === undefined) return [];
    // The queue that rings a phone must not take its own ringing for a reason to stop.
    return [{ source: 'platform-call', label: 'ringing', sinceWallMs: calls.ringingSinceWallMs }];
  }
  const doing = calls.legs.every((leg) => leg.doing === 'held') ? 'held' : 'talking';
  return [
    {
      source: 'platform-call',
      label: legLabel[doing],
      flags: flags.directOnly,
      sinceWallMs: oldest.sinceWallMs,
    },
  ];
}

function teamsSays(
  vector: PresenceVector,
  policy: PresencePolicy,
  teams: TeamsEvidence,
): SourceSays | undefined {
  const { own, ownPair, knowledge } = teams;
  if (!own || !ownPair || knowledge === 'dropped' || isRefuted(teams)) return undefined;
  const shown = knowledge === 'fresh';
  const said = (source: PresenceSource, label: PresenceLabel, what: AcceptFlags | undefined): SourceSays => ({
    source,
    ...(shown && { label }),
    ...(what && { flags: what }),
    ...since(teams.sinceWallMs),
  });
  // Ignored, so that what stands below it counts: signed in, with nothing against a call (N06).
  if (ignoresIdle(own, policy))
    return said('teams', own.label === 'away' ? 'available' : own.label, flags.all);
  if (own.teamsOnly && isMeeting(vector, policy)) return said('calendar', 'calendar_busy', own.flags);
  return said(teamsSourceOf(ownPair), own.label, own.flags);
}

/**
 * Teams shows what we asked for, so what it would show instead is over: a state by hand while our call shows, and do not
 * disturb. What lies below is not known until ours is gone.
 */
function isRefuted({ presentIsOurs, present, ownPair }: TeamsEvidence): boolean {
  if (!presentIsOurs || !ownPair) return false;
  if (teamsSourceOf(ownPair) === 'teams-manual') return true;
  const session = present?.activity?.toLowerCase().startsWith('ina');
  return session === true && ownPair.availability?.toLowerCase() === 'donotdisturb';
}

function ignoresIdle(own: MappedPresence, policy: PresencePolicy): boolean {
  return policy.keepDuringInactivity && (own.label === 'away' || (own.label === 'available' && own.idle));
}

/** Which of the sources of 2.6 a state in Teams is: Graph does not say it, its words do. */
export function teamsSourceOf(pair: TeamsPair): PresenceSource {
  const availability = pair.availability?.toLowerCase();
  const activity = pair.activity?.toLowerCase();
  switch (availability) {
    case 'donotdisturb':
      return activity === 'presenting' || activity === 'focusing' ? 'teams' : 'teams-manual';
    case 'busy':
    case 'busyidle':
      if (activity === 'busy') return 'teams-manual';
      return activity === 'inameeting' || activity === 'outofoffice' ? 'calendar' : 'teams';
    case 'berightback':
      return 'teams-manual';
    case 'offline':
      return activity === 'offwork' ? 'teams-manual' : 'teams';
    case 'away':
    case 'availableidle':
      return 'idle';
    default:
      return 'teams';
  }
}

function combine(
  says: readonly SourceSays[],
  rule: MatchedRule | undefined,
  inEmergency: boolean,
): AcceptFlags {
  // Whoever called for help is called back (2.6 source 1).
  if (inEmergency) return flags.directOnly;
  return says
    .filter(({ source }) => !rule || source === 'manual' || source === 'quiet-hours' || source === 'rule')
    .reduce((both, one) => (one.flags ? stricter(both, one.flags) : both), flags.all as AcceptFlags);
}
