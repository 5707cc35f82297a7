import type { AcceptFlags, AccountId, PersonId, PresenceLabel } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresenceSource } from './vector.ts';

/** Why a state became another. */
export const presenceCauses = [
  'started',
  'call',
  'call-ended',
  'emergency-call',
  'teams',
  'teams-silent',
  'manual-set',
  'manual-released',
  'manual-ended',
  'quiet-hours',
  'settings',
  'phones',
  'calendar',
  'fixed',
] as const;
export type PresenceCause = (typeof presenceCauses)[number];

/** One change of one person's state (U17). */
export interface PresenceChange {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  readonly atWallMs: number;
  /** Absent: the first that is known. */
  readonly from?: PresenceLabel;
  readonly to: PresenceLabel;
  readonly source: PresenceSource;
  readonly cause: PresenceCause;
  readonly flags: AcceptFlags;
  /** For the person, times in their zone. */
  readonly sentence: string;
  /** Who did it, where somebody did. */
  readonly by?: string;
  /** What Microsoft said then, raw. */
  readonly teams?: {
    readonly availability: string | null;
    readonly activity: string | null;
    /** A value that stands in no table. */
    readonly unseen: boolean;
  };
}

/** Where changes are kept, in the order in which they were given. Rejects while it is away. */
export interface PresenceChanges {
  /** `again`: some of them may be there already, and are left as they are. */
  append(changes: readonly PresenceChange[], again?: boolean): Promise<void>;
  /** What each person showed last. */
  lastLabelsForPlatform(): Promise<ReadonlyMap<PersonId, PresenceLabel>>;
  /** Forgets what is older. */
  forgetForPlatform(olderThanMs: number): Promise<void>;
}

/** Keeps lines on this machine until the store has them: what a process that died had noted, the next one stores. */
export interface JournalAhead {
  /** What a process of before left, the oldest first. */
  left(): readonly PresenceChange[];
  add(change: PresenceChange): void;
  /** Everything that was added is in the store. */
  allStored(): void;
}

export interface JournalDeps {
  readonly clock: Clock;
  readonly store: PresenceChanges;
  readonly ahead?: JournalAhead;
  onProblem?(what: string): void;
  /** Changes that were not kept, because the store was away for too long. */
  onLost?(count: number): void;
}

export interface PresenceJournal {
  /** At once; the store is told later, in batches. */
  note(change: PresenceChange): void;
  /** What is not stored yet. */
  readonly waiting: number;
  /** Everything that was noted is stored, or the store is away. */
  flush(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const flushAfterMs = 1000;
const batchAtMost = 500;
/** About 4 MB: an hour of a busy platform. Older ones are lost first, counted. */
const keptWhileAway = 20_000;
const retryMs = 10_000;
const sweepEveryMs = 3_600_000;
/** How long a change is kept; how many of one person is the store's to say. */
export const journalKeptMs = 90 * 86_400_000;

/** Every change of everybody, stored in the background: no call ever waits for it. */
export function createPresenceJournal(deps: JournalDeps): PresenceJournal {
  const { clock, store } = deps;
  let waiting: PresenceChange[] = [];
  let stopTimer: (() => void) | undefined;
  let stopSweep: (() => void) | undefined;
  let storing: Promise<boolean> | undefined;
  let failing = false;
  /** At the front of those that wait: from a process of before, which may have stored some of them. */
  let left = 0;
  let stopped = false;

  async function storeBatch(): Promise<boolean> {
    const batch = waiting.slice(0, batchAtMost);
    if (batch.length === 0) return true;
    try {
      await store.append(batch, failing || left > 0);
      left = Math.max(0, left - batch.length);
      // What was noted meanwhile stands behind; what was lost meanwhile stood in front.
      const kept = new Set(batch);
      waiting = waiting.filter((one) => !kept.has(one));
      failing = false;
      return true;
    } catch (error) {
      if (!failing) deps.onProblem?.(`the presence journal cannot be stored now: ${String(error)}`);
      failing = true;
      return false;
    }
  }

  /** One at a time, so that the order stays. */
  async function drain(): Promise<boolean> {
    while (waiting.length > 0) {
      storing ??= storeBatch().finally(() => {
        storing = undefined;
      });
      if (!(await storing)) return false;
    }
    deps.ahead?.allStored();
    return true;
  }

  function schedule(ms: number): void {
    if (stopped || stopTimer) return;
    stopTimer = clock.after(ms, () => {
      stopTimer = undefined;
      void drain().then((ok) => {
        if (!ok) schedule(retryMs);
      });
    });
  }

  function sweep(): void {
    stopSweep = clock.after(sweepEveryMs, sweep);
    store.forgetForPlatform(journalKeptMs).catch((error: unknown) => {
      deps.onProblem?.(`old entries of the presence journal cannot be forgotten now: ${String(error)}`);
    });
  }

  return {
    note(change) {
      waiting.push(change);
      deps.ahead?.add(change);
      const over = waiting.length - keptWhileAway;
      if (over > 0) {
        waiting.splice(0, over);
        left = Math.max(0, left - over);
        deps.onLost?.(over);
      }
      schedule(flushAfterMs);
    },
    get waiting() {
      return waiting.length;
    },
    async flush() {
      await drain();
    },
    start() {
      stopSweep ??= clock.after(sweepEveryMs, sweep);
      const before = deps.ahead?.left().slice(-keptWhileAway) ?? [];
      if (before.length === 0) return;
      waiting = [...before, ...waiting];
      left = before.length;
      schedule(flushAfterMs);
    },
    async stop() {
      stopped = true;
      stopTimer?.();
      stopSweep?.();
      await drain();
    },
  };
}
