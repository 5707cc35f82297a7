import { BoundedMap } from './bounded-map.ts';
import type { UnprovenLimits } from './settings.ts';

interface Bucket {
  points: number;
  at: number;
}

/** Token buckets for requests that prove nothing: one for each address and one for all of them (T02, T04). */
export class UnprovenBudget {
  readonly #limits: UnprovenLimits;
  readonly #addresses: BoundedMap<string, Bucket>;
  readonly #all: Bucket;

  constructor(limits: UnprovenLimits) {
    this.#limits = limits;
    this.#addresses = new BoundedMap(limits.remembered);
    this.#all = { points: limits.all.points, at: Number.NEGATIVE_INFINITY };
  }

  /** Whether a request from there is looked at. */
  hasPoints(address: string, now: number): boolean {
    const { perAddress, all } = this.#limits;
    const bucket = this.#addresses.get(address);
    return (
      (bucket ? filled(bucket, perAddress, now) : perAddress.points) >= 1 && filled(this.#all, all, now) >= 1
    );
  }

  spend(address: string, points: number, now: number): void {
    const { perAddress, all } = this.#limits;
    const bucket = this.#addresses.get(address) ?? { points: perAddress.points, at: now };
    filled(bucket, perAddress, now);
    bucket.points = Math.max(0, bucket.points - points);
    this.#addresses.set(address, bucket);
    filled(this.#all, all, now);
    this.#all.points = Math.max(0, this.#all.points - points);
  }

  /** The challenge was answered rightly: it was no stranger's. */
  giveBack(address: string, points: number): void {
    const bucket = this.#addresses.get(address);
    if (bucket) bucket.points = Math.min(this.#limits.perAddress.points, bucket.points + points);
    this.#all.points = Math.min(this.#limits.all.points, this.#all.points + points);
  }
}

function filled(bucket: Bucket, limit: UnprovenLimits['all'], now: number): number {
  const gained = ((now - bucket.at) / 1000) * limit.perSecond;
  bucket.points = Math.min(limit.points, bucket.points + Math.max(0, gained));
  bucket.at = now;
  return bucket.points;
}
