import type { AcceptFlags, CallRule, CallRules, PresenceLabel, RuledState } from '@tandem/domain';
import type { TeamsPair } from './teams-view.ts';
import { flags } from './vector.ts';

/**
 * Which row of "Customize call presence" a state in Teams is (product-behaviour 2.7). `meeting`: Teams says InACall, no leg
 * of ours explains it, and the calendar has a meeting now (U05). Undefined: no row; what 2.4 says goes on.
 */
export function ruledStateOf(pair: TeamsPair, meeting: boolean): RuledState | undefined {
  const availability = pair.availability?.toLowerCase();
  const activity = pair.activity?.toLowerCase();
  if (availability === 'offline')
    return activity === 'offline' || activity === 'offwork' ? 'offline' : undefined;
  // "BusyIdle / any: as Busy" (2.4).
  if (availability !== 'busy' && availability !== 'busyidle') return undefined;
  switch (activity) {
    case 'busy':
      return 'busy';
    case 'inacall':
      return meeting ? 'in-a-meeting' : 'in-a-call';
    case 'inaconferencecall':
      return 'in-a-conference-call';
    case 'inameeting':
      return 'in-a-meeting';
    default:
      return undefined;
  }
}

const lets: Readonly<Record<CallRule, AcceptFlags>> = {
  'accept-all': flags.all,
  'no-queue-calls': flags.directOnly,
  'no-calls': flags.none,
};

export interface MatchedRule {
  readonly state: RuledState;
  readonly rule: CallRule;
  readonly label: PresenceLabel;
  readonly flags: AcceptFlags;
}

/** What the rule makes of the person: Busy or Offline, and do not disturb when no call may ring (B36, B37). */
export function applyRule(rules: CallRules, state: RuledState): MatchedRule {
  const rule = rules[state];
  const label = rule === 'no-calls' ? 'dnd' : state === 'offline' ? 'offline' : 'busy';
  return { state, rule, label, flags: lets[rule] };
}
