/**
 * A call: one A leg (who calls) and the branches to the called side (branch.machine.ts), one of which becomes the B leg,
 * from INVITE to the closed record.
 *
 *     opening ─offerReady→ trying ─silence→ soothing        answering ─answerReady→ talking
 *                            │                 │                ↑                      │
 *                            └────progress→ ringing ──accepted──┘                      │
 *     opening ─held→ waiting ─accepted→ answering       answering ─slipped→ waiting (only of a call that waited)
 *     trying, soothing, ringing ─unanswered→ turning ─held→ waiting (with a mailbox behind it)
 *     opening ─announced→ announcing (the caller is going to be refused, and hears why before)
 *     any of them ── ended ──→ ending ── released ──→ over
 *
 * `waiting`: in a queue: the caller is answered and hears music, members are rung; or a mailbox answered. `turning`: nobody
 * took the call, and the mailbox is about to answer. `soothing`: we told the caller something by ourselves (183). `ringing`: a branch said 18x, and so did we. `ending`: both legs have been
 * told; ports, counters and last messages are collected. `over`: the record is closed.
 */
export type CallState =
  | 'opening'
  | 'trying'
  | 'soothing'
  | 'ringing'
  | 'turning'
  | 'announcing'
  | 'waiting'
  | 'answering'
  | 'talking'
  | 'ending'
  | 'over';

export type CallInput =
  | 'offerReady' // ports and an offer for the called side are there
  | 'held' // a queue's caller is answered and hears music
  | 'unanswered' // nobody took it, and there is a mailbox
  | 'announced' // a refused caller hears an announcement before the final answer
  | 'silence' // nothing to tell the caller for too long
  | 'progress' // first or later 18x of a branch
  | 'accepted' // first 2xx of a branch
  | 'slipped' // who answered is gone again: a queue's caller waits on
  | 'answerReady' // answer and checkpoint are there
  | 'ended' // somebody or something ends the call
  | 'released'; // ports are free, legs are quiet

export type CallAction =
  | 'callBranches'
  | 'turn'
  | 'hold'
  | 'announce'
  | 'soothe'
  | 'relayProgress'
  | 'absorbProgress'
  | 'takeAnswer'
  | 'answerCaller'
  | 'tearDown'
  | 'closeRecord';

type Step = readonly [next: CallState, action: CallAction];

export const callMachine = {
  opening: {
    offerReady: ['trying', 'callBranches'],
    held: ['waiting', 'hold'],
    announced: ['announcing', 'announce'],
    ended: ['ending', 'tearDown'],
  },
  announcing: {
    ended: ['ending', 'tearDown'],
  },
  trying: {
    silence: ['soothing', 'soothe'],
    progress: ['ringing', 'relayProgress'],
    accepted: ['answering', 'takeAnswer'],
    unanswered: ['turning', 'turn'],
    ended: ['ending', 'tearDown'],
  },
  soothing: {
    progress: ['ringing', 'relayProgress'],
    accepted: ['answering', 'takeAnswer'],
    unanswered: ['turning', 'turn'],
    ended: ['ending', 'tearDown'],
  },
  ringing: {
    progress: ['ringing', 'absorbProgress'],
    accepted: ['answering', 'takeAnswer'],
    unanswered: ['turning', 'turn'],
    ended: ['ending', 'tearDown'],
  },
  turning: {
    held: ['waiting', 'hold'],
    ended: ['ending', 'tearDown'],
  },
  waiting: {
    progress: ['waiting', 'absorbProgress'],
    accepted: ['answering', 'takeAnswer'],
    ended: ['ending', 'tearDown'],
  },
  answering: {
    slipped: ['waiting', 'hold'],
    answerReady: ['talking', 'answerCaller'],
    ended: ['ending', 'tearDown'],
  },
  talking: {
    ended: ['ending', 'tearDown'],
  },
  ending: {
    released: ['over', 'closeRecord'],
  },
  over: {},
} as const satisfies Record<CallState, Partial<Record<CallInput, Step>>>;

/** What an input means in a state; undefined: it comes too late or too early and means nothing. */
export function stepCall(state: CallState, input: CallInput): Step | undefined {
  const row: Partial<Record<CallInput, Step>> = callMachine[state];
  return row[input];
}
