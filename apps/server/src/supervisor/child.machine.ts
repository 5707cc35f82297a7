/**
 * Life of one child process, as the supervisor sees it.
 *
 * ```
 *             spawn           ready
 *   idle ──────────► starting ─────► ready
 *                       │ exit         │ exit
 *                       ▼              ▼
 *                    waiting ◄─────────┘      (the wait grows; a child that stayed up for a while starts afresh)
 *                       │ timer ──► starting
 *   any ── stop ──► stopping ── exit ──► stopped
 * ```
 */
export type ChildState = 'idle' | 'starting' | 'ready' | 'waiting' | 'stopping' | 'stopped';
export type ChildInput = 'start' | 'ready' | 'exit' | 'timer' | 'stop';
export type ChildAction = 'spawn' | 'announce' | 'scheduleRestart' | 'askToStop' | 'done';

type Row = Partial<Record<ChildInput, readonly [ChildState, ...ChildAction[]]>>;

/** An input that a state does not list is ignored. */
export const childMachine = {
  idle: { start: ['starting', 'spawn'], stop: ['stopped', 'done'] },
  starting: {
    ready: ['ready', 'announce'],
    exit: ['waiting', 'scheduleRestart'],
    stop: ['stopping', 'askToStop'],
  },
  ready: { exit: ['waiting', 'scheduleRestart'], stop: ['stopping', 'askToStop'] },
  waiting: { timer: ['starting', 'spawn'], stop: ['stopped', 'done'] },
  stopping: { exit: ['stopped', 'done'] },
  stopped: {},
} as const satisfies Record<ChildState, Row>;

export const stepChild = (
  state: ChildState,
  input: ChildInput,
): { readonly state: ChildState; readonly actions: readonly ChildAction[] } => {
  const row: Row = childMachine[state];
  const next = row[input];
  if (next === undefined) return { state, actions: [] };
  const [to, ...actions] = next;
  return { state: to, actions };
};

/** Wait before the n-th restart in a row (from 0). Bounded: a child that cannot start costs one spawn every 5 s. */
export const restartDelayMs = (restartsInARow: number): number => Math.min(250 * 2 ** restartsInARow, 5_000);

/** A child that was ready for this long has recovered: the next crash is the first of a new row. */
export const recoveredAfterMs = 30_000;
