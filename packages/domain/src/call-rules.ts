/** The Teams states to which an account may attach a rule (product-behaviour 2.7). */
export const ruledStates = ['busy', 'in-a-call', 'in-a-conference-call', 'in-a-meeting', 'offline'] as const;
export type RuledState = (typeof ruledStates)[number];

export const callRules = ['accept-all', 'no-queue-calls', 'no-calls'] as const;
export type CallRule = (typeof callRules)[number];

/** One rule for each state: the whole table changes at once or not at all. */
export type CallRules = Readonly<Record<RuledState, CallRule>>;

/** What "Reset to default" brings back (product-behaviour 2.7, last column). */
export const defaultCallRules: CallRules = {
  busy: 'accept-all',
  'in-a-call': 'no-queue-calls',
  'in-a-conference-call': 'no-queue-calls',
  'in-a-meeting': 'no-queue-calls',
  offline: 'accept-all',
};
