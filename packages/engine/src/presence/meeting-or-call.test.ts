import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRules, RuledState } from '@tandem/domain';
import { syncedBothWays } from '../ports/presence-policies.ts';
import { effectivePresence } from './effective-presence.ts';
import { teamsEvidence } from './teams-evidence.ts';
import { emptyTeamsView, showTeamsView, type TeamsPair, takeTeamsRead } from './teams-view.ts';
import type { CallLeg } from './vector.ts';

/**
 * U05: 200 situations, told by what the person really does; what is expected follows from that and not from what Graph
 * says. Each goes the whole way: reads of Teams, our own legs and lease, the calendar, the rules.
 */
interface Situation {
  readonly doing: string;
  readonly times: number;
  /** Reads of Teams, the last one now. */
  readonly reads: readonly string[];
  /** The calendar has a meeting now. */
  readonly meeting?: true;
  /** Answered legs of ours, and whether Microsoft holds our session. */
  readonly legs?: readonly CallLeg['endpoint'][];
  readonly lease?: true;
  /** Which row of the rules is right; `none`: no row. */
  readonly really: RuledState | 'none';
  /** Nothing that Microsoft or our own legs say tells this from another situation with another answer. */
  readonly untold?: true;
}

const inACall = 'Busy/InACall';
const inAMeeting = 'Busy/InAMeeting';
const free = 'Available/Available';
const situations: readonly Situation[] = [
  // Meetings.
  {
    doing: 'in a meeting, and the calendar may not be read',
    times: 16,
    reads: [free, inAMeeting],
    really: 'in-a-meeting',
  },
  {
    doing: 'in a meeting of the calendar that Graph calls one',
    times: 16,
    reads: [free, inAMeeting],
    meeting: true,
    really: 'in-a-meeting',
  },
  {
    doing: 'in a meeting of the calendar that Graph calls a call',
    times: 26,
    reads: [free, inACall],
    meeting: true,
    really: 'in-a-meeting',
  },
  {
    doing: 'joined: Graph said meeting and now says call',
    times: 10,
    reads: [inAMeeting, inACall],
    meeting: true,
    really: 'in-a-meeting',
  },
  {
    doing: 'away from the keyboard in a meeting',
    times: 4,
    reads: ['BusyIdle/InACall'],
    meeting: true,
    really: 'in-a-meeting',
  },
  {
    doing: 'back in the meeting after a call at the desk, whose state still comes back from Teams',
    times: 6,
    reads: [inAMeeting, inACall],
    meeting: true,
    lease: true,
    really: 'in-a-meeting',
  },
  // Calls.
  {
    doing: 'in a call with a colleague in Teams',
    times: 28,
    reads: [free, inACall],
    really: 'in-a-call',
  },
  {
    doing: 'in a call with a colleague, after a meeting that is over',
    times: 6,
    reads: [inAMeeting, inACall],
    really: 'in-a-call',
  },
  {
    doing: 'in a call through us in Teams',
    times: 16,
    reads: [free, inACall],
    legs: ['teams'],
    really: 'in-a-call',
  },
  {
    doing: 'in a call through us in Teams, during a meeting of the calendar',
    times: 16,
    reads: [inAMeeting, inACall],
    meeting: true,
    legs: ['teams'],
    really: 'in-a-call',
  },
  {
    doing: 'just answered in Teams, and the read is from before',
    times: 8,
    reads: [free, inAMeeting],
    meeting: true,
    legs: ['teams'],
    really: 'in-a-call',
  },
  {
    doing: 'in a call at the desk during a meeting of the calendar; our own state comes back from Teams',
    times: 16,
    reads: [inAMeeting, inACall],
    meeting: true,
    legs: ['platform'],
    lease: true,
    really: 'in-a-call',
  },
  {
    doing: 'just answered at the desk, Microsoft was told',
    times: 6,
    reads: ['Away/Away'],
    legs: ['platform'],
    lease: true,
    really: 'in-a-call',
  },
  // Neither.
  {
    doing: 'in a conference call',
    times: 6,
    reads: [inACall, 'Busy/InAConferenceCall'],
    really: 'in-a-conference-call',
  },
  {
    doing: 'in a conference call during a meeting of the calendar',
    times: 4,
    reads: ['Busy/InAConferenceCall'],
    meeting: true,
    really: 'in-a-conference-call',
  },
  { doing: 'free, and not at the meeting', times: 4, reads: [free], meeting: true, really: 'none' },
  {
    doing: 'free again; the state of the call at the desk still comes back',
    times: 4,
    reads: [free, inACall],
    lease: true,
    really: 'none',
  },
  // What nobody can see from outside.
  {
    doing: 'in a call with a colleague instead of the meeting',
    times: 2,
    reads: [free, inACall],
    meeting: true,
    really: 'in-a-call',
    untold: true,
  },
  {
    doing: 'in a meeting without an invitation',
    times: 2,
    reads: [free, inACall],
    really: 'in-a-meeting',
    untold: true,
  },
  {
    doing: 'in a meeting that lasts longer than its invitation',
    times: 2,
    reads: [inACall],
    really: 'in-a-meeting',
    untold: true,
  },
  {
    doing: 'in a meeting before its time',
    times: 2,
    reads: [free, inACall],
    really: 'in-a-meeting',
    untold: true,
  },
];

/** Each state has an answer of its own, so that what rings tells which row counted. */
const rules: CallRules = {
  busy: 'accept-all',
  'in-a-call': 'no-queue-calls',
  'in-a-conference-call': 'accept-all',
  'in-a-meeting': 'no-calls',
  offline: 'accept-all',
};

const pairOf = (read: string, camel: boolean): TeamsPair => {
  const said = (word = ''): string => (camel ? word.charAt(0).toLowerCase() + word.slice(1) : word);
  const [availability, activity] = read.split('/');
  return { availability: said(availability), activity: said(activity) };
};

/** The n-th of its kind: words in both cases, out of office or not, at the first and at the last moment of a meeting. */
function judge(situation: Situation, n: number) {
  const { reads, meeting, legs = [], lease = false } = situation;
  const wall = Date.UTC(2026, 5, 10, 12, 0) + n * 977_000;
  let view = emptyTeamsView;
  for (const [i, read] of reads.entries()) {
    const last = i === reads.length - 1;
    const seen = { leaseHeld: last && lease, knowsLeg: last && legs.includes('teams') };
    const pair = { ...pairOf(read, n % 2 === 1), outOfOffice: n % 5 === 4 };
    view = takeTeamsRead(view, pair, seen, 1_000_000 - (reads.length - 1 - i) * 60_000);
  }
  const shown = showTeamsView(view, 30_000, 1_000_000);
  const clock = { now: () => 1_000_000, wall: () => wall };
  const talks = legs.length > 0;
  return effectivePresence(
    {
      calls: {
        legs: legs.map((endpoint) => ({
          endpoint,
          sinceWallMs: wall - 1 - n * 1000,
          // A call on hold is one.
          ...(n % 3 === 2 && { doing: 'held' }),
        })),
        ...(lease && talks && { leaseEndsWallMs: wall + 240_000 }),
      },
      teams: teamsEvidence(
        { shown, ...(view.raw && { raw: view.raw }), readAtMs: 1_000_000, refused: false },
        clock,
        undefined,
      ),
      ...(meeting && { meeting: { endsAtWallMs: wall + [1, 60_000, 3_600_000][n % 3]! } }),
      ...(n % 4 === 3 && { registered: true }),
    },
    { ...syncedBothWays, rules },
    wall,
  );
}

test('a meeting or a call: of 200 situations the right rule counts in all but those that nobody could tell apart (U05)', () => {
  let all = 0;
  const wrong: { readonly what: string; readonly untold: boolean }[] = [];
  for (const situation of situations)
    for (let n = 0; n < situation.times; n++, all++) {
      const { rule, flags } = judge(situation, n);
      const found = rule?.state ?? 'none';
      const expected = situation.really === 'none' ? undefined : rules[situation.really];
      if (found !== situation.really)
        wrong.push({
          what: `${situation.doing} (${n}): ${found}, not ${situation.really}`,
          untold: situation.untold ?? false,
        });
      else if (expected) {
        assert.equal(flags.acceptDirect, expected === 'no-calls' ? 'no' : 'yes', situation.doing);
        assert.equal(flags.acceptQueue, expected === 'accept-all', situation.doing);
      }
    }
  assert.equal(all, 200);
  assert.deepEqual(
    wrong.filter(({ untold }) => !untold).map(({ what }) => what),
    [],
  );
  assert.ok(1 - wrong.length / all >= 0.95, wrong.map(({ what }) => what).join('\n'));
});

test('where calendars may not be read, whoever Graph says is in a call is in a call', () => {
  const meeting = situations.find(({ doing }) => doing.endsWith('that Graph calls a call'));
  assert.ok(meeting);
  assert.equal(judge(meeting, 0).rule?.state, 'in-a-meeting');
  const { meeting: _, ...unread } = meeting;
  assert.equal(judge(unread, 0).rule?.state, 'in-a-call');
});
