/**
 * A call: one A leg (who calls) and one B leg (who is called), from INVITE to the closed record.
 *
 *     opening ─offerReady→ trying ─silence→ soothing        answering ─answerReady→ talking
 *                            │                 │                ↑                      │
 *                            └────progress→ ringing ──accepted──┘                      │
 *     any of them ── ended ──→ ending ── released ──→ over
 *
 * `soothing`: we told the caller something by ourselves (183); another target may still be tried. `ringing`: the called
 * side said 18x; from now on no other target, or two phones would ring (reliability 2). `ending`: both legs have been
 * told; ports, counters and last messages are collected. `over`: the record is closed.
 */
export type CallState =
  | 'opening'
  | 'trying'
  | 'soothing'
  | 'ringing'
  | 'answering'
  | 'talking'
  | 'ending'
  | 'over';

export type CallInput =
  | 'offerReady' // ports and an offer for the called side are there
  | 'targetFailed' // one target could not take the call, another may
  | 'silence' // nothing to tell the caller for too long
  | 'progress' // first or later 18x of the called side
  | 'accepted' // 2xx of the called side
  | 'answerReady' // answer and checkpoint are there
  | 'ended' // somebody or something ends the call
  | 'released'; // ports are free, legs are quiet

export type CallAction =
  | 'callTarget'
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
    offerReady: ['trying', 'callTarget'],
    ended: ['ending', 'tearDown'],
  },
  trying: {
    targetFailed: ['trying', 'callTarget'],
    silence: ['soothing', 'soothe'],
    progress: ['ringing', 'relayProgress'],
    accepted: ['answering', 'takeAnswer'],
    ended: ['ending', 'tearDown'],
  },
  soothing: {
    targetFailed: ['soothing', 'callTarget'],
    progress: ['ringing', 'relayProgress'],
    accepted: ['answering', 'takeAnswer'],
    ended: ['ending', 'tearDown'],
  },
  ringing: {
    progress: ['ringing', 'absorbProgress'],
    accepted: ['answering', 'takeAnswer'],
    ended: ['ending', 'tearDown'],
  },
  answering: {
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
