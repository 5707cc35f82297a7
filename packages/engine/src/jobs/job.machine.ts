/** A bulk job (product-behaviour 1.6). */
export const jobStates = ['previewed', 'running', 'paused', 'done', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

export const jobEvents = ['start', 'pause', 'resume', 'cancel', 'allItemsOver'] as const;
export type JobEvent = (typeof jobEvents)[number];

/** What a row does not name is refused in that state. */
export const jobMachine = {
  previewed: { start: 'running', cancel: 'cancelled' },
  running: { pause: 'paused', cancel: 'cancelled', allItemsOver: 'done' },
  paused: { resume: 'running', cancel: 'cancelled' },
  done: {},
  cancelled: {},
} as const satisfies Record<JobState, Partial<Record<JobEvent, JobState>>>;

export function afterJobEvent(state: JobState, event: JobEvent): JobState | undefined {
  const row: Partial<Record<JobEvent, JobState>> = jobMachine[state];
  return row[event];
}
