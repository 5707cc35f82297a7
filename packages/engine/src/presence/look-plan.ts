import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresenceCause } from './journal.ts';

/** People looked at in one turn: calls go on in between. */
const looksAtOnce = 200;
const longestLookMs = 60_000;

/** Who is looked at when: something of theirs ends then, or something that concerns them changed. One timer for all. */
export class LookPlan {
  readonly #clock: Clock;
  readonly #lookAt: (personId: PersonId, nowWallMs: number, cause: PresenceCause | undefined) => void;
  readonly #looks = new Map<PersonId, number>();
  /** Why somebody is looked at, where it is not their own time that is over. */
  readonly #causes = new Map<PersonId, PresenceCause>();
  #stopTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(
    clock: Clock,
    lookAt: (personId: PersonId, nowWallMs: number, cause: PresenceCause | undefined) => void,
  ) {
    this.#clock = clock;
    this.#lookAt = lookAt;
  }

  /** One look for each person: a later call moves it. */
  at(wallMs: number, personId: PersonId, cause?: PresenceCause): void {
    if (cause) this.#causes.set(personId, cause);
    this.#looks.set(personId, wallMs);
    if (wallMs < this.#timerAt) this.#arm(wallMs);
  }

  /** Nothing of theirs ends. */
  never(personId: PersonId): void {
    this.#looks.delete(personId);
  }

  forget(personId: PersonId): void {
    this.#looks.delete(personId);
    this.#causes.delete(personId);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer?.();
  }

  #arm(atWallMs: number): void {
    if (this.#stopped) return;
    this.#stopTimer?.();
    this.#timerAt = atWallMs;
    // The wall may jump; looked at least once a minute, an end is never late by more.
    const inMs = Math.min(longestLookMs, Math.max(1, atWallMs - this.#clock.wall()));
    this.#stopTimer = this.#clock.after(inMs, () => this.#look());
  }

  #look(): void {
    this.#stopTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.wall();
    let done = 0;
    let next = Number.POSITIVE_INFINITY;
    for (const [personId, at] of this.#looks) {
      if (at > now) {
        next = Math.min(next, at);
        continue;
      }
      if (done++ >= looksAtOnce) {
        next = now;
        continue;
      }
      this.#looks.delete(personId);
      const cause = this.#causes.get(personId);
      this.#causes.delete(personId);
      this.#lookAt(personId, now, cause);
    }
    for (const at of this.#looks.values()) next = Math.min(next, Math.max(at, now));
    if (Number.isFinite(next)) this.#arm(next);
  }
}
