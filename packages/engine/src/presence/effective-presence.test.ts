import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CallRules,
  callRules,
  defaultCallRules,
  mapTeamsPresence,
  type RuledState,
  ruledStates,
  teamsPresenceTable,
} from '@tandem/domain';
import { type PresencePolicy, syncedBothWays } from '../ports/presence-policies.ts';
import { effectivePresence } from './effective-presence.ts';
import { noExceptions } from './exceptions.ts';
import { gateVerdict } from './gate.ts';
import { type ManualState, manualStates, usualManualMs } from './manual-presence.ts';
import { callsSentenceOf, sentenceOf } from './presence-words.ts';
import type { PresenceSource, PresenceVector, TeamsEvidence } from './vector.ts';

const now = Date.UTC(2026, 5, 10, 12, 0);
const words = { timeZone: 'Europe/Berlin', nowWallMs: now };

const teams = (
  availability: string | null,
  activity: string | null,
  more: Partial<TeamsEvidence> = {},
): TeamsEvidence => {
  const own = mapTeamsPresence({ availability, activity }, false);
  const pair = { availability, activity };
  return {
    knowledge: own.flags ? 'fresh' : 'dropped',
    ...(own.flags && { own, ownPair: pair, present: pair }),
    presentIsOurs: false,
    lastRead: { ...pair, readAtWallMs: now - 2000 },
    sinceWallMs: now - 60_000,
    refused: false,
    ...more,
  };
};
const onPhone = { legs: [{ endpoint: 'platform', sinceWallMs: now - 9000 }] } as const;
const inTeamsCall = { legs: [{ endpoint: 'teams', sinceWallMs: now - 9000 }] } as const;
const idleCalls = { legs: [] } as const;
const manual = (state: ManualState, endsInMs = 3_600_000) => ({
  state,
  setAtWallMs: now - 60_000,
  endsAtWallMs: now + endsInMs,
  setBy: 'dana@acme.example',
});

const judge = (vector: Partial<PresenceVector>, policy: Partial<PresencePolicy> = {}) =>
  effectivePresence({ calls: idleCalls, ...vector }, { ...syncedBothWays, ...policy }, now);
const brief = (vector: Partial<PresenceVector>, policy: Partial<PresencePolicy> = {}) => {
  const { label, source, flags } = judge(vector, policy);
  return `${label} by ${source}, ${flags.acceptDirect}/${flags.acceptQueue ? 'y' : 'n'}`;
};

describe('what Teams says, without rules', () => {
  /** product-behaviour 2.4, every row, and which of the sources of 2.6 it is. */
  const rows: readonly (readonly [string | null, string | null, string])[] = [
    ['Available', 'Available', 'available by teams, yes/y'],
    ['AvailableIdle', 'Inactive', 'available by idle, yes/y'],
    ['AvailableIdle', 'Available', 'available by idle, yes/y'],
    ['Available', 'OutOfOffice', 'available by teams, yes/y'],
    ['Busy', 'Busy', 'busy by teams-manual, yes/y'],
    ['Busy', 'InACall', 'on_call by teams, yes/y'],
    ['Busy', 'InAConferenceCall', 'in_conference by teams, yes/n'],
    ['Busy', 'InAMeeting', 'calendar_busy by calendar, yes/y'],
    ['BusyIdle', 'InAMeeting', 'calendar_busy by calendar, yes/y'],
    ['DoNotDisturb', 'DoNotDisturb', 'dnd by teams-manual, no/n'],
    ['DoNotDisturb', 'Presenting', 'presenting by teams, no/n'],
    ['DoNotDisturb', 'Focusing', 'focusing by teams, no/n'],
    ['DoNotDisturb', 'UrgentInterruptionsOnly', 'dnd by teams-manual, vip/n'],
    ['Away', 'Away', 'away by idle, yes/y'],
    ['Away', 'Inactive', 'away by idle, yes/y'],
    ['BeRightBack', 'BeRightBack', 'be_right_back by teams-manual, yes/y'],
    ['Offline', 'Offline', 'offline by teams, yes/y'],
    ['Offline', 'OffWork', 'appear_offline by teams-manual, yes/n'],
    ['Offline', 'OutOfOffice', 'out_of_office by teams, yes/n'],
    ['PresenceUnknown', 'Anything', 'unknown by teams, yes/y'],
    [null, null, 'unknown by teams, yes/y'],
    ['Levitating', 'Humming', 'unknown by teams, yes/y'],
    ['DoNotDisturb', 'Meditating', 'dnd by teams-manual, no/n'],
  ];
  for (const [availability, activity, expected] of rows)
    test(`${availability} / ${activity}: ${expected}`, () =>
      assert.equal(brief({ teams: teams(availability, activity) }), expected));

  test('every pair of the table has a sentence of its own, and none reads as available but Available', () => {
    for (const [availability, row] of Object.entries(teamsPresenceTable))
      for (const activity of Object.keys(row)) {
        const vector = { calls: idleCalls, teams: teams(availability, activity) };
        const effective = effectivePresence(vector, syncedBothWays, now);
        assert.match(sentenceOf(vector, effective, words), /^You show .+ because .+\.$/);
        if (effective.label === 'available') assert.match(availability, /^available/);
      }
  });
});

describe('what is set by hand here (2.5), with nothing against it', () => {
  const expected: Record<ManualState, string> = {
    available: 'available by manual, yes/y',
    busy: 'busy by manual, yes/y',
    dnd: 'dnd by manual, no/n',
    be_right_back: 'be_right_back by manual, yes/y',
    away: 'away by manual, yes/y',
    appear_offline: 'appear_offline by manual, yes/n',
  };
  for (const state of manualStates)
    test(`${state}, for ${usualManualMs[state] / 3_600_000} h unless said otherwise`, () => {
      assert.equal(brief({ manual: manual(state), teams: teams('Available', 'Available') }), expected[state]);
      assert.ok(judge({ manual: manual(state) }).pin);
    });
  test('it ends by itself', () =>
    assert.equal(
      brief({ manual: manual('dnd', 0), teams: teams('Available', 'Available') }),
      'available by teams, yes/y',
    ));
});

/** product-behaviour 2.7: five states, three rules, what shows, and what rings. */
describe('the rules: fifteen cells', () => {
  const pairs: Record<RuledState, readonly (readonly [string, string])[]> = {
    busy: [['Busy', 'Busy']],
    'in-a-call': [
      ['Busy', 'InACall'],
      ['busy', 'inACall'],
    ],
    'in-a-conference-call': [['Busy', 'InAConferenceCall']],
    'in-a-meeting': [
      ['Busy', 'InAMeeting'],
      ['BusyIdle', 'InAMeeting'],
    ],
    offline: [
      ['Offline', 'Offline'],
      ['Offline', 'OffWork'],
    ],
  };
  const rings = {
    'accept-all': { direct: true, queue: true },
    'no-queue-calls': { direct: true, queue: false },
    'no-calls': { direct: false, queue: false },
  } as const;
  for (const state of ruledStates)
    for (const rule of callRules)
      for (const [availability, activity] of pairs[state])
        test(`${availability} / ${activity} with “${rule}”`, () => {
          const rules: CallRules = { ...defaultCallRules, [state]: rule };
          const vector: PresenceVector = { calls: idleCalls, teams: teams(availability, activity) };
          const effective = effectivePresence(vector, { ...syncedBothWays, rules }, now);
          const label = rule === 'no-calls' ? 'dnd' : state === 'offline' ? 'offline' : 'busy';
          assert.deepEqual([effective.label, effective.source], [label, 'rule']);
          const facts = { vector, effective, exceptions: noExceptions, name: 'Dana', wording: words };
          for (const kind of ['direct', 'queue'] as const) {
            const verdict = gateVerdict(facts, {
              kind,
              callerNumber: '+12025550199',
              callingPersonId: undefined,
            });
            assert.equal(verdict.rings, rings[rule][kind], kind);
          }
        });

  test('a state without a row keeps what 2.4 says', () => {
    for (const [availability, activity] of [
      ['Away', 'Away'],
      ['DoNotDisturb', 'Presenting'],
      ['BeRightBack', 'BeRightBack'],
      ['Available', 'Available'],
    ] as const) {
      const vector = { teams: teams(availability, activity) };
      assert.equal(brief(vector, { rules: defaultCallRules }), brief(vector));
    }
  });
});

const all: CallRules = {
  busy: 'accept-all',
  'in-a-call': 'accept-all',
  'in-a-conference-call': 'accept-all',
  'in-a-meeting': 'accept-all',
  offline: 'accept-all',
};
const noQueue: CallRules = { ...all, 'in-a-call': 'no-queue-calls' };
const blocked: CallRules = { ...all, 'in-a-meeting': 'no-calls', 'in-a-call': 'no-calls' };

describe('who is stronger (2.6)', () => {
  const dndInTeams = teams('DoNotDisturb', 'DoNotDisturb');
  const meeting = teams('Busy', 'InAMeeting');
  const rows: readonly (readonly [string, Partial<PresenceVector>, Partial<PresencePolicy>, string])[] = [
    [
      'an emergency call is above everything, and may be called back',
      { emergency: { sinceWallMs: now }, manual: manual('dnd'), teams: dndInTeams, calls: onPhone },
      {},
      'on_call by emergency, yes/n',
    ],
    [
      'by hand here is above by hand in Teams; both restrict',
      { manual: manual('busy'), teams: dndInTeams },
      {},
      'busy by manual, no/n',
    ],
    [
      'by hand here is above a rule; both restrict',
      { manual: manual('available'), teams: meeting },
      { rules: blocked },
      'available by manual, no/n',
    ],
    [
      'do not disturb by hand stays although a rule accepts all',
      { manual: manual('dnd'), teams: teams('Busy', 'Busy') },
      { rules: all },
      'dnd by manual, no/n',
    ],
    [
      'a rule is above a call of ours',
      { calls: inTeamsCall, teams: teams('Busy', 'InACall') },
      { rules: all },
      'busy by rule, yes/y',
    ],
    [
      'by hand in Teams is above a call of ours',
      { calls: onPhone, teams: dndInTeams },
      {},
      'dnd by teams-manual, no/n',
    ],
    [
      'a call of ours is above what Teams does by itself; both restrict',
      { calls: onPhone, teams: teams('DoNotDisturb', 'Presenting') },
      {},
      'on_call by platform-call, no/n',
    ],
    [
      'a call of ours is above the calendar',
      { calls: onPhone, teams: meeting },
      {},
      'on_call by platform-call, yes/n',
    ],
    [
      'a call of ours is above inactivity',
      { calls: onPhone, teams: teams('Away', 'Away') },
      {},
      'on_call by platform-call, yes/n',
    ],
    [
      'Teams counts before a phone that is registered',
      { registered: true, teams: teams('Away', 'Away') },
      {},
      'away by idle, yes/y',
    ],
    [
      'without Teams a registered phone is available',
      { registered: true },
      {},
      'available by registration, yes/y',
    ],
    [
      'without Teams a phone that is off is offline',
      { registered: false },
      {},
      'offline by registration, yes/y',
    ],
    [
      'Teams that is not known is not made available by a phone',
      { registered: true, teams: teams(null, null) },
      {},
      'unknown by teams, yes/y',
    ],
    [
      'only written, never read: Teams says nothing',
      { registered: true, teams: dndInTeams },
      { readsTeams: false },
      'available by registration, yes/y',
    ],
    [
      'not synced: a rule concerns nobody',
      { teams: meeting, registered: true },
      { synced: false, readsTeams: false, writesTeams: false, rules: blocked },
      'available by registration, yes/y',
    ],
    [
      'a ringing phone shows and hinders nothing',
      { calls: { legs: [], ringingSinceWallMs: now }, teams: teams('Available', 'Available') },
      {},
      'ringing by platform-call, yes/y',
    ],
    [
      'a call on hold is on hold',
      { calls: { legs: [{ endpoint: 'platform', sinceWallMs: now, doing: 'held' }] } },
      {},
      'on_hold by platform-call, yes/n',
    ],
    [
      'one of two calls is on hold: on a call',
      {
        calls: {
          legs: [
            { endpoint: 'platform', sinceWallMs: now, doing: 'held' },
            { endpoint: 'platform', sinceWallMs: now },
          ],
        },
      },
      {},
      'on_call by platform-call, yes/n',
    ],
    [
      'quiet hours are do not disturb',
      { quiet: { by: 'schedule', untilWallMs: now + 1 }, teams: teams('Available', 'Available') },
      {},
      'dnd by quiet-hours, no/n',
    ],
    [
      '“Available” by hand ends the usual quiet hours',
      { quiet: { by: 'schedule', untilWallMs: now + 1 }, manual: manual('available') },
      {},
      'available by manual, yes/y',
    ],
    [
      '“no calls until” stays above “Available” by hand',
      { quiet: { by: 'no-calls', untilWallMs: now + 1 }, manual: manual('available') },
      {},
      'available by manual, no/n',
    ],
  ];
  for (const [title, vector, policy, expected] of rows)
    test(title, () => assert.equal(brief(vector, policy), expected));
});

describe('a call of ours is known at once (U03)', () => {
  test('Dana answers in Teams: no queue offers her a call, though Teams was read as available a moment ago', () =>
    assert.equal(
      brief({ calls: inTeamsCall, teams: teams('Available', 'Available') }),
      'on_call by platform-call, yes/n',
    ));
  test('the rule for calls counts at once as well, before Teams is read again', () => {
    assert.equal(
      brief({ calls: inTeamsCall, teams: teams('Available', 'Available') }, { rules: blocked }),
      'dnd by rule, no/n',
    );
    // At a phone: Teams shows it because we asked it to.
    const calls = { ...onPhone, leaseEndsWallMs: now + 300_000 };
    assert.equal(brief({ calls, teams: teams('Away', 'Away') }, { rules: noQueue }), 'busy by rule, yes/n');
    assert.equal(
      brief({ calls: onPhone, teams: teams('Away', 'Away') }, { rules: noQueue }),
      'on_call by platform-call, yes/n',
    );
  });
  test('the call is over and our state still comes back from Teams: the rule is over at once', () => {
    const echo = { present: { availability: 'Busy', activity: 'InACall' }, presentIsOurs: true };
    assert.equal(
      brief({ teams: teams('Available', 'Available', echo) }, { rules: blocked }),
      'available by teams, yes/y',
    );
  });
  test('our call shows in Teams, so what was chosen there by hand before is over', () => {
    const echo = { present: { availability: 'Busy', activity: 'InACall' }, presentIsOurs: true };
    assert.equal(
      brief({ calls: onPhone, teams: teams('DoNotDisturb', 'DoNotDisturb', echo) }),
      'on_call by platform-call, yes/n',
    );
  });
});

describe('a meeting or a call (U05)', () => {
  const meeting = { endsAtWallMs: now + 600_000 };
  const rules: CallRules = { ...all, 'in-a-meeting': 'no-calls' };
  const inACall = teams('Busy', 'InACall');
  const rows = [
    [
      'in a call, a meeting in the calendar, no leg of ours: the meeting',
      { meeting },
      {},
      'dnd by rule, no/n',
    ],
    ['in a call, nothing in the calendar: the call', {}, {}, 'busy by rule, yes/y'],
    [
      'in a call through us during a meeting: the call',
      { meeting, calls: inTeamsCall },
      {},
      'busy by rule, yes/y',
    ],
    ['the option is off: the call', { meeting }, { meetingsFromCalendar: false }, 'busy by rule, yes/y'],
  ] as const;
  for (const [title, vector, policy, expected] of rows)
    test(title, () => assert.equal(brief({ teams: inACall, ...vector }, { rules, ...policy }), expected));
  test('without rules it shows as the meeting, too', () =>
    assert.equal(brief({ teams: inACall, meeting }), 'calendar_busy by calendar, yes/y'));
});

describe('inactivity kept out (N06)', () => {
  const keep = { keepDuringInactivity: true };
  for (const [availability, activity] of [
    ['Away', 'Away'],
    ['Away', 'Inactive'],
    ['AvailableIdle', 'Inactive'],
  ] as const)
    test(`${availability} / ${activity} changes nothing`, () => {
      const { label, idle } = judge({ teams: teams(availability, activity) }, keep);
      assert.deepEqual([label, idle], ['available', false]);
    });
  test('be right back was chosen, and stays', () =>
    assert.equal(
      brief({ teams: teams('BeRightBack', 'BeRightBack') }, keep),
      'be_right_back by teams-manual, yes/y',
    ));
});

describe('Teams is not known, or the connection is interrupted (2.4, 2.10)', () => {
  const frozen = (availability: string, activity: string) =>
    teams(availability, activity, { knowledge: 'frozen' });
  const old = { lastRead: { availability: 'Busy', activity: 'InAMeeting', readAtWallMs: now - 400_000 } };
  test('what was known counts on for calls, and is not shown', () => {
    assert.equal(brief({ teams: frozen('DoNotDisturb', 'DoNotDisturb') }), 'unknown by teams, no/n');
    assert.equal(
      brief({ teams: frozen('Busy', 'InAMeeting') }, { rules: blocked }),
      'unknown by teams, no/n',
    );
    assert.ok(judge({ teams: frozen('Available', 'Available') }).stale);
  });
  test('then direct calls ring, rules stop, and queues go by our own calls', () => {
    const dropped = teams('DoNotDisturb', 'DoNotDisturb', {
      ...old,
      knowledge: 'frozen',
      interruptedSinceWallMs: now - 300_001,
    });
    assert.equal(brief({ teams: dropped }, { rules: blocked }), 'unknown by teams, yes/y');
    assert.equal(brief({ teams: dropped, calls: onPhone }), 'on_call by platform-call, yes/n');
  });
  test('interrupted a moment ago: frozen, however young the last read is', () => {
    const cut = teams('Busy', 'InAMeeting', { ...old, interruptedSinceWallMs: now - 299_000 });
    assert.equal(brief({ teams: cut }, { rules: blocked }), 'unknown by teams, no/n');
  });
  test('the connection lacks something else, and presence is still told: nothing changes', () => {
    const told = teams('Busy', 'InAMeeting', { interruptedSinceWallMs: now - 600_000 });
    assert.equal(brief({ teams: told }, { rules: blocked }), 'dnd by rule, no/n');
  });
});

test('every case has a reason in words, for the state and for the calls', () => {
  const vector: PresenceVector = {
    calls: idleCalls,
    teams: teams('Busy', 'InAMeeting'),
    manual: manual('be_right_back'),
  };
  const effective = effectivePresence(vector, { ...syncedBothWays, rules: blocked }, now);
  assert.equal(
    sentenceOf(vector, effective, words),
    'You show Be right back because it was set here by hand by dana@acme.example at 13:59, and stays until 15:00 or until it is released.',
  );
  assert.equal(
    callsSentenceOf(vector, effective, words),
    'No calls ring but those of your important callers: Teams shows “In a meeting”, and the call rule for that says “Do not accept any calls”.',
  );
  assert.deepEqual(
    effective.sources.map(({ source }): PresenceSource => source),
    ['manual', 'rule', 'calendar'],
  );
});

test('Microsoft says a word that nobody has seen before: the sentence says that it was heard', () => {
  const vector = { calls: idleCalls, teams: teams('Levitating', 'Floating') };
  assert.equal(
    sentenceOf(vector, judge(vector), words),
    'You show Unknown because Teams shows Levitating / Floating, and nobody here knows what that means.',
  );
});

test('“Accept all calls” lets calls of queues ring also in a call only where the call is what the rule is for', () => {
  const rules: CallRules = { ...defaultCallRules, busy: 'accept-all', 'in-a-call': 'accept-all' };
  const rows: readonly (readonly [Partial<PresenceVector>, CallRules | undefined, true | undefined])[] = [
    [{ calls: inTeamsCall, teams: teams('Available', 'Available') }, rules, true],
    [{ calls: inTeamsCall, teams: teams('Busy', 'Busy') }, rules, undefined],
    [{ teams: teams('Offline', 'Offline') }, rules, undefined],
    [{ teams: teams('Busy', 'InACall') }, undefined, undefined],
  ];
  for (const [vector, given, alsoInCalls] of rows) {
    const whole = { calls: idleCalls, ...vector };
    const facts = {
      vector: whole,
      effective: judge(whole, { rules: given }),
      exceptions: noExceptions,
      name: 'Dana',
      wording: words,
    };
    const knock = { callerNumber: undefined, callingPersonId: undefined };
    const queue = gateVerdict(facts, { kind: 'queue', ...knock });
    assert.equal(queue.rings && queue.alsoInCalls, alsoInCalls);
    const direct = gateVerdict(facts, { kind: 'direct', ...knock });
    assert.equal(direct.rings && direct.alsoInCalls, undefined);
  }
});
