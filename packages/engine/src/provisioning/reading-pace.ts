import { type Entry, movingStates } from './entry.ts';

/** How often Microsoft is read (product-behaviour 1.2: a change is seen within 60 s). */
export const readEveryMs = 30_000;
/** A person whom somebody looks at is read anew when the last reading is older than this. */
const lookAgeMs = 5_000;
/** While something is under way at Microsoft it is read more often, and ever less so. */
const firstWaitMs = 1_000;
/** A reading of many pages is not repeated as often: this much for each request that it took … */
const msARequest = 6_000;
/** … unless it is a small one. */
const smallReading = 3;
const longestRoundMs = 15 * 60_000;

const paceOf = (requests: number): number => (requests <= smallReading ? 0 : requests * msARequest);

/** `all`: everybody; `moving`: those for whom something is under way at Microsoft. */
export type ReadingKind = 'all' | 'moving';

/** When one tenant is read next. Times are wall times, and the clock is somebody else's. */
export class ReadingPace {
  #wantAtWallMs: number;
  #movingAtWallMs = Number.POSITIVE_INFINITY;
  #takenAtWallMs = Number.NEGATIVE_INFINITY;
  #pausedUntilWallMs = 0;
  #waitMs = firstWaitMs;
  /** Requests of the last whole reading, and of the last about those who move. */
  readonly #cost: Record<ReadingKind, number> = { all: 0, moving: 0 };

  constructor(nowWallMs: number) {
    this.#wantAtWallMs = nowWallMs;
  }

  /** A whole reading is wanted by then. False: one comes no later anyway. */
  want(atWallMs: number): boolean {
    if (atWallMs >= this.#wantAtWallMs) return false;
    this.#wantAtWallMs = atWallMs;
    return true;
  }

  /** What is due. Whoever asks reads it. */
  take(nowWallMs: number): ReadingKind | undefined {
    if (nowWallMs < this.#pausedUntilWallMs) return undefined;
    const all = nowWallMs >= this.#wantAtWallMs;
    if (!all && nowWallMs < this.#movingAtWallMs) return undefined;
    if (all) this.#wantAtWallMs = nowWallMs + this.#roundMs();
    this.#movingAtWallMs = Number.POSITIVE_INFINITY;
    this.#takenAtWallMs = nowWallMs;
    return all ? 'all' : 'moving';
  }

  /** Too old for somebody who looks. */
  isOld(nowWallMs: number): boolean {
    return nowWallMs - this.#takenAtWallMs > lookAgeMs;
  }

  cost(of: ReadingKind, requests: number): void {
    this.#cost[of] = requests;
  }

  /** Microsoft asked us to wait. */
  pause(untilWallMs: number): void {
    this.#pausedUntilWallMs = untilWallMs;
  }

  /** The clock was put back: nobody waits for the hours that come twice. */
  noteClock(nowWallMs: number): void {
    if (this.#wantAtWallMs - nowWallMs > this.#roundMs()) this.#wantAtWallMs = nowWallMs;
  }

  /** Something came of the waiting: the next look is soon again. */
  moved(): void {
    this.#waitMs = firstWaitMs;
  }

  /** Somebody's number has to be read before their link goes on. */
  wantMoving(nowWallMs: number): void {
    this.#movingAtWallMs = Math.min(this.#movingAtWallMs, nowWallMs + this.#waitMs);
  }

  /** The next reading: soon while something moves, ever later while nothing comes of it. */
  plan(nowWallMs: number, entries: Iterable<Pick<Entry, 'link'>>): void {
    if (!somethingMoves(entries)) {
      this.#waitMs = firstWaitMs;
      return;
    }
    const waitMs = Math.max(this.#waitMs, paceOf(this.#cost.moving));
    this.#movingAtWallMs = Math.min(this.#movingAtWallMs, nowWallMs + waitMs);
    this.#waitMs = Math.min(readEveryMs, this.#waitMs * 2);
  }

  #roundMs(): number {
    return Math.min(longestRoundMs, Math.max(readEveryMs, paceOf(this.#cost.all)));
  }
}

/** What has an operation is polled by its name; all else that moves shows only in a reading. */
function somethingMoves(entries: Iterable<Pick<Entry, 'link'>>): boolean {
  for (const { link } of entries)
    if (movingStates.has(link.state) && link.operation === undefined) return true;
  return false;
}
