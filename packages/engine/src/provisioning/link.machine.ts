import type { LinkState } from '@tandem/domain';

/** What can happen to a link (product-behaviour 1.2). */
export const linkEvents = [
  /** Came into scope, something is missing. */
  'joinedIncomplete',
  /** Came into scope with everything, or the last missing prerequisite appeared. */
  'complete',
  /** Still in scope, a prerequisite is missing (again). */
  'incomplete',
  /** Left the enable group before anything was assigned. */
  'leftScope',
  /** The reconciler takes the work. */
  'taken',
  'operationSucceeded',
  /** The inventory shows the number at this person already: no write. */
  'alreadyAssigned',
  /** 429, 503 or no answer. */
  'tryLater',
  /** A final no. */
  'refused',
  'readBackEqual',
  /** A day has passed and it is not visible. */
  'readBackLate',
  'readBackDiffers',
  'clientSeen',
  /** All is well again at Microsoft, but no client was seen to work since. */
  'relaunchStillDue',
  'prerequisiteLost',
  'prerequisiteBack',
  'graceOver',
  /** Toggle off, platform user deleted, left with "immediate". */
  'removeNow',
  'readBackClean',
  /** Nothing was taken back yet, and everything is there again. */
  'removalCancelled',
  'numberChanged',
  /** The admin pressed Retry, or the cause changed. */
  'retry',
  'standby',
  'standbyOver',
] as const;
export type LinkEvent = (typeof linkEvents)[number];

export const linkActions = [
  'enqueue',
  'assignNumber',
  'pollOperation',
  'retryLater',
  'recordRefusal',
  'tellPersonToRelaunch',
  'alertLate',
  'recordDifference',
  'startGrace',
  'endGrace',
  'unassignNumber',
  'markStranded',
  'releaseNumber',
  'newGeneration',
  'forgetOperation',
] as const;
export type LinkAction = (typeof linkActions)[number];

export type LinkStep = readonly [next: LinkState, ...actions: LinkAction[]];
type Row = Partial<Record<LinkEvent, LinkStep>>;

/** Any state enters STANDBY when the account does (product-behaviour 3). */
const standby: Row = { standby: ['STANDBY', 'forgetOperation'] };
const remove: LinkStep = ['REMOVING', 'endGrace', 'forgetOperation', 'unassignNumber'];

/**
 * The link, product-behaviour 1.2. What a row does not name is ignored in that state; `link.machine.test.ts` holds the
 * list of what is handled.
 *
 *     OUT → BLOCKED ⇄ QUEUED → ASSIGNING → PROPAGATING → AWAITING_RELAUNCH → READY ⇄ DRIFTED
 *                        ↑         ↓ refused                                   ↓ lost
 *                        └───── FAILED                    REMOVED ← REMOVING ← DEGRADED
 */
export const linkMachine = {
  OUT: { ...standby, joinedIncomplete: ['BLOCKED'], complete: ['QUEUED', 'enqueue'] },
  BLOCKED: { ...standby, complete: ['QUEUED', 'enqueue'], leftScope: ['OUT'] },
  QUEUED: {
    ...standby,
    taken: ['ASSIGNING', 'assignNumber'],
    alreadyAssigned: ['PROPAGATING'],
    // Somebody else holds the number, or it is of another type: no write is tried.
    refused: ['FAILED', 'recordRefusal'],
    incomplete: ['BLOCKED'],
    leftScope: ['OUT'],
    // An older number of the person may still be at Microsoft.
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
  },
  ASSIGNING: {
    ...standby,
    operationSucceeded: ['PROPAGATING', 'forgetOperation'],
    alreadyAssigned: ['PROPAGATING', 'forgetOperation'],
    tryLater: ['ASSIGNING', 'retryLater'],
    refused: ['FAILED', 'forgetOperation', 'recordRefusal'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
  },
  PROPAGATING: {
    ...standby,
    readBackEqual: ['AWAITING_RELAUNCH', 'tellPersonToRelaunch'],
    // Repeats do not help (product-behaviour 1.2): say so and wait.
    readBackLate: ['PROPAGATING', 'alertLate'],
    // A policy, after the number.
    refused: ['FAILED', 'recordRefusal'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
  },
  AWAITING_RELAUNCH: {
    ...standby,
    clientSeen: ['READY'],
    readBackDiffers: ['DRIFTED', 'recordDifference'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
  },
  READY: {
    ...standby,
    readBackDiffers: ['DRIFTED', 'recordDifference'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
  },
  DRIFTED: {
    ...standby,
    readBackEqual: ['READY'],
    relaunchStillDue: ['AWAITING_RELAUNCH'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
    retry: ['QUEUED', 'newGeneration', 'enqueue'],
  },
  DEGRADED: {
    ...standby,
    prerequisiteBack: ['READY', 'endGrace'],
    relaunchStillDue: ['AWAITING_RELAUNCH', 'endGrace'],
    // Everything is back, the number is not at Microsoft (any more): assign it again.
    retry: ['QUEUED', 'endGrace', 'newGeneration', 'enqueue'],
    graceOver: remove,
    removeNow: remove,
  },
  STANDBY: { standbyOver: ['BLOCKED'], removeNow: remove },
  REMOVING: {
    ...standby,
    tryLater: ['REMOVING', 'retryLater'],
    readBackClean: ['REMOVED', 'forgetOperation', 'releaseNumber'],
    refused: ['REMOVE_FAILED', 'forgetOperation', 'markStranded'],
    // DEGRADED decides what is left to do: nothing, or to assign it again.
    removalCancelled: ['DEGRADED', 'startGrace'],
  },
  REMOVE_FAILED: {
    removalCancelled: ['DEGRADED', 'startGrace'],
    readBackClean: ['REMOVED', 'releaseNumber'],
    retry: ['REMOVING', 'unassignNumber'],
  },
  REMOVED: {
    ...standby,
    joinedIncomplete: ['BLOCKED', 'newGeneration'],
    complete: ['QUEUED', 'newGeneration', 'enqueue'],
    leftScope: ['OUT'],
  },
  FAILED: {
    ...standby,
    retry: ['QUEUED', 'newGeneration', 'enqueue'],
    incomplete: ['BLOCKED'],
    leftScope: ['OUT'],
    prerequisiteLost: ['DEGRADED', 'startGrace'],
    removeNow: remove,
    numberChanged: ['QUEUED', 'newGeneration'],
    alreadyAssigned: ['PROPAGATING'],
  },
} as const satisfies Record<LinkState, Row>;

/** The step for an event, or undefined where the state ignores it. */
export function linkStep(state: LinkState, event: LinkEvent): LinkStep | undefined {
  const row: Row = linkMachine[state];
  return row[event];
}
