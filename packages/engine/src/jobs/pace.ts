/** How fast a job went lately: items are finished in batches. */
export interface Pace {
  finished(items: number, nowWallMs: number): void;
  /** Seconds for what is left; undefined while too little is known. */
  secondsLeft(waiting: number, nowWallMs: number): number | undefined;
}

/** Batches of which the mean is taken: older ones say less about what is to come. */
const batches = 20;
const enoughItems = 5;

/** Times are wall milliseconds. */
export function createPace(startedWallMs: number): Pace {
  const marks = [{ atWallMs: startedWallMs, items: 0 }];
  return {
    finished(items, nowWallMs) {
      marks.push({ atWallMs: nowWallMs, items });
      if (marks.length > batches + 1) marks.shift();
    },
    secondsLeft(waiting, nowWallMs) {
      if (waiting === 0) return 0;
      // The first mark only says when the others began.
      const items = marks.slice(1).reduce((sum, mark) => sum + mark.items, 0);
      const first = marks[0]?.atWallMs ?? nowWallMs;
      if (items < enoughItems) return undefined;
      // From the first of them to now: a pause after the last one counts as what it is, a slower pace.
      const perItemMs = Math.max(1, nowWallMs - first) / items;
      return Math.ceil((perItemMs * waiting) / 1000);
    },
  };
}
