/**
 * One branch of a call: its way to one endpoint of the called side, over one target after the other.
 *
 *     seeking ─failed→ seeking (next target)         seeking, ringing ─accepted→ answered
 *        └───progress→ ringing ─failed→ over         any of them ─────ended────→ over
 *
 * `ringing`: this branch said 18x; from now on it has no other target, or two phones would ring for one (reliability 2).
 * Another branch of the same call may still seek.
 */
export type BranchState = 'seeking' | 'ringing' | 'answered' | 'over';

export type BranchInput =
  | 'failed' // one target could not take the call, another may
  | 'refused' // a final answer that holds for every target
  | 'progress' // 18x
  | 'accepted' // 2xx
  | 'ended'; // answered elsewhere, or the call is over

export type BranchAction = 'callNext' | 'giveUp' | 'tell' | 'take' | 'cancel';

type Step = readonly [next: BranchState, action: BranchAction];

export const branchMachine = {
  seeking: {
    failed: ['seeking', 'callNext'],
    refused: ['over', 'giveUp'],
    progress: ['ringing', 'tell'],
    accepted: ['answered', 'take'],
    ended: ['over', 'cancel'],
  },
  ringing: {
    failed: ['over', 'giveUp'],
    refused: ['over', 'giveUp'],
    progress: ['ringing', 'tell'],
    accepted: ['answered', 'take'],
    ended: ['over', 'cancel'],
  },
  answered: {
    ended: ['over', 'cancel'],
  },
  over: {},
} as const satisfies Record<BranchState, Partial<Record<BranchInput, Step>>>;

/** What an input means in a state; undefined: it comes too late and means nothing. */
export function stepBranch(state: BranchState, input: BranchInput): Step | undefined {
  const row: Partial<Record<BranchInput, Step>> = branchMachine[state];
  return row[input];
}
