/** A run of presence (product-behaviour 2.9): everybody in its scope is looked at once. */
export const runStates = [
  /** Kept, not begun: the account's run before it goes on, or the node has just started. */
  'waiting',
  /** Who is who at Microsoft. */
  'matching',
  /** Whether Microsoft gives their presence. */
  'reading',
  'done',
  /** Nobody could be synced, or the connection was lost on the way. */
  'needs-attention',
  /** Another decision came meanwhile; its own run tells. */
  'cancelled',
] as const;
export type RunState = (typeof runStates)[number];

export const runEvents = ['begin', 'matched', 'well', 'badly', 'overtaken', 'restarted'] as const;
export type RunEvent = (typeof runEvents)[number];

type Row = Partial<Record<RunEvent, RunState>>;

/** What a row does not name changes nothing in that state. */
export const runMachine = {
  waiting: { begin: 'matching', overtaken: 'cancelled' },
  matching: {
    matched: 'reading',
    badly: 'needs-attention',
    overtaken: 'cancelled',
    restarted: 'waiting',
  },
  reading: { well: 'done', badly: 'needs-attention', overtaken: 'cancelled', restarted: 'waiting' },
  done: {},
  'needs-attention': {},
  cancelled: {},
} as const satisfies Record<RunState, Row>;

/** Undefined: this means nothing in this state. */
export function afterRunEvent(state: RunState, event: RunEvent): RunState | undefined {
  const row: Row = runMachine[state];
  return row[event];
}

export const openRunStates: ReadonlySet<RunState> = new Set(['waiting', 'matching', 'reading']);
