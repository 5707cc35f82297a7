import type { Region } from '../config.ts';
import { regions } from '../config.ts';

/**
 * OPTIONS from the SBC, per trunk and region: pace (T13) and the window after which a trunk is demoted (1.9). Pure: time
 * is an argument.
 */

export interface HealthWindows {
  /** Not more than one OPTIONS per this. */
  minPaceMs: number;
  /** Not less than one per this. */
  maxPaceMs: number;
  /** Without OPTIONS for this long a trunk is demoted. */
  windowMs: number;
  /** How often Microsoft sends its own OPTIONS, per region. */
  ownIntervalMs: number;
}

export const defaultWindows: HealthWindows = {
  minPaceMs: 60_000,
  maxPaceMs: 180_000,
  windowMs: 180_000,
  ownIntervalMs: 60_000,
};

/** Timers are not exact: an OPTIONS that is this much early is still on time. */
const tolerance = 1_000;

interface Sighting {
  lastAt: number;
  count: number;
  warnings: number;
}

export type TrunkState = 'Active' | 'Warning, no SIP options' | 'Warning, SIP options not configured';

export interface RegionHealth {
  readonly region: Region;
  readonly lastOptionsAgeMs?: number;
  readonly count: number;
  readonly paceWarnings: number;
  readonly demoted: boolean;
  /** Final status of our own last OPTIONS; `0` = no answer. */
  readonly ownOptionsStatus?: number;
}

export class TrunkHealth {
  readonly windows: HealthWindows;
  readonly #seen = new Map<string, Map<Region, Sighting>>();
  readonly #own = new Map<string, Map<Region, number>>();

  constructor(windows: HealthWindows = { ...defaultWindows }) {
    this.windows = windows;
  }

  /** Returns a sentence when the pace is wrong. */
  seen(trunk: string, region: Region, now: number): string | undefined {
    const regionsOf = this.#seen.get(trunk) ?? new Map<Region, Sighting>();
    this.#seen.set(trunk, regionsOf);
    const before = regionsOf.get(region);
    if (!before) {
      regionsOf.set(region, { lastAt: now, count: 1, warnings: 0 });
      return undefined;
    }
    const gap = now - before.lastAt;
    before.lastAt = now;
    before.count += 1;
    const seconds = Math.round(gap / 100) / 10;
    let warning: string | undefined;
    if (gap < this.windows.minPaceMs - tolerance)
      warning = `OPTIONS after ${seconds} s: more than one per 60 s`;
    else if (gap > this.windows.maxPaceMs + tolerance)
      warning = `OPTIONS after ${seconds} s: less than one per 180 s`;
    if (warning) before.warnings += 1;
    return warning;
  }

  ownAnswer(trunk: string, region: Region, status: number): void {
    const own = this.#own.get(trunk) ?? new Map<Region, number>();
    this.#own.set(trunk, own);
    own.set(region, status);
  }

  /** Whether calls from this region try the trunk last. */
  demoted(trunk: string, region: Region, now: number): boolean {
    const sighting = this.#seen.get(trunk)?.get(region);
    return sighting === undefined || now - sighting.lastAt > this.windows.windowMs;
  }

  /** Regions that have seen OPTIONS of this trunk at all: only those send their own (1.8). */
  regionsToProbe(trunk: string): Region[] {
    return [...(this.#seen.get(trunk)?.keys() ?? [])];
  }

  trunks(): string[] {
    return [...this.#seen.keys()];
  }

  state(trunk: string, sendSipOptions: boolean, now: number): TrunkState {
    if (!sendSipOptions) return 'Warning, SIP options not configured';
    const answered = [...(this.#own.get(trunk) ?? [])].some(([, status]) => status === 200);
    const alive = regions.some((region) => !this.demoted(trunk, region, now));
    return alive && answered ? 'Active' : 'Warning, no SIP options';
  }

  regions(trunk: string, now: number): RegionHealth[] {
    return regions.map((region) => {
      const sighting = this.#seen.get(trunk)?.get(region);
      const own = this.#own.get(trunk)?.get(region);
      return {
        region,
        ...(sighting ? { lastOptionsAgeMs: Math.round(now - sighting.lastAt) } : {}),
        count: sighting?.count ?? 0,
        paceWarnings: sighting?.warnings ?? 0,
        demoted: this.demoted(trunk, region, now),
        ...(own === undefined ? {} : { ownOptionsStatus: own }),
      };
    });
  }
}
