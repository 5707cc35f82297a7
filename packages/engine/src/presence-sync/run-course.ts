import type { AccountId, PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import { afterRunEvent, type RunEvent } from './run.machine.ts';
import type { RunResult, StoredRun } from './run.ts';

/** Where one account is with its runs. */
export interface Course {
  /** Asked for and not over, in their order. */
  readonly open: StoredRun[];
  working: Promise<void> | undefined;
  nextRetryAt: number;
  recheckedDay: number;
  cancelRejudge: (() => void) | undefined;
  rejudging: boolean;
  rejudgeAgain: boolean;
  /** What was found out between two hours, for the next report. */
  readonly unreported: Map<PersonId, RunResult>;
}

export const retryEveryMs = 3_600_000;
const dayMs = 86_400_000;
/** At night, as UTC has it. */
const recheckAtMs = 2 * 3_600_000;

/** Which night it is: stored matches are looked at once in each. */
export const nightOf = (clock: Pick<Clock, 'wall'>): number =>
  Math.floor((clock.wall() - recheckAtMs) / dayMs);

export const steppedRun = (run: StoredRun, event: RunEvent): StoredRun => ({
  ...run,
  state: afterRunEvent(run.state, event) ?? run.state,
});

/** The courses of all accounts. */
export class RunCourses {
  readonly #clock: Clock;
  readonly #courses = new Map<AccountId, Course>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(accountId: AccountId): Course {
    let course = this.#courses.get(accountId);
    if (!course) {
      course = {
        open: [],
        working: undefined,
        nextRetryAt: this.#clock.now() + retryEveryMs,
        recheckedDay: nightOf(this.#clock),
        cancelRejudge: undefined,
        rejudging: false,
        rejudgeAgain: false,
        unreported: new Map(),
      };
      this.#courses.set(accountId, course);
    }
    return course;
  }

  /** The one that goes on or waits. */
  openRun(accountId: AccountId): StoredRun | undefined {
    return this.#courses.get(accountId)?.open[0];
  }

  findOpen(id: string): StoredRun | undefined {
    for (const { open } of this.#courses.values()) {
      const found = open.find((run) => run.id === id);
      if (found) return found;
    }
    return undefined;
  }
}
