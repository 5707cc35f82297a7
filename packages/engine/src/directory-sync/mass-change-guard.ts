/** When more than max(least, min(most, percent of the linked)) would leave at once, they wait (product-behaviour 1.4). */
export interface MassChangeLimits {
  readonly least: number;
  readonly most: number;
  readonly percent: number;
}
export const usualLimits: MassChangeLimits = { least: 10, most: 50, percent: 20 };

export type LeavingReason = 'left-group' | 'group-deleted' | 'user-gone';

export interface Leaving {
  readonly objectId: string;
  readonly reason: LeavingReason;
  /** Where the person was before: the followed group and the groups between. */
  readonly groupId?: string;
  readonly via: readonly string[];
}

export interface HeldChange {
  readonly id: string;
  readonly heldAtWallMs: number;
  /** `rejected`: somebody decided to keep them; they stay until they are back. */
  readonly state: 'waiting' | 'rejected';
  readonly linked: number;
  readonly people: ReadonlyMap<string, Leaving>;
}

/** A group that is emptied arrives in parts: what left within this time counts as one change. */
const windowMs = 15 * 60_000;

/**
 * Holds back what would take many people away at once. Pure: told who is leaving, it says who may; the times are the caller's.
 * Held people leave the list by coming back, by a confirmation, or when nobody counts on them any more.
 */
export class MassChangeGuard {
  #held = new Map<string, HeldChange>();
  #recent: { readonly atWallMs: number; readonly objectId: string }[] = [];

  /** Gives those who may leave now. */
  leave(
    leaving: readonly Leaving[],
    linked: number,
    limits: MassChangeLimits,
    nowWallMs: number,
  ): readonly Leaving[] {
    if (leaving.length === 0) return leaving;
    this.#recent = this.#recent.filter(({ atWallMs }) => Math.abs(nowWallMs - atWallMs) < windowMs);
    const together = leaving.length + this.#recent.length;
    const limit = Math.max(limits.least, Math.min(limits.most, (limits.percent / 100) * linked));
    const waiting = this.#waiting();
    // What follows a held change within its time belongs to it: one decision for one accident.
    const open = waiting && nowWallMs - waiting.heldAtWallMs < windowMs ? waiting : undefined;
    if (together <= limit && !open) {
      for (const { objectId } of leaving) this.#recent.push({ atWallMs: nowWallMs, objectId });
      return leaving;
    }
    const people = new Map(open?.people);
    for (const one of leaving) people.set(one.objectId, one);
    const id = open?.id ?? `${Math.floor(nowWallMs).toString(36)}-${this.#held.size + 1}`;
    this.#held.set(id, {
      id,
      heldAtWallMs: open?.heldAtWallMs ?? nowWallMs,
      state: 'waiting',
      linked: open?.linked ?? linked,
      people,
    });
    return [];
  }

  #waiting(): HeldChange | undefined {
    return [...this.#held.values()].findLast(({ state }) => state === 'waiting');
  }

  /** The person is back, or nobody counts on them any more. */
  release(objectId: string): void {
    for (const [id, change] of this.#held) {
      if (!change.people.has(objectId)) continue;
      const people = new Map(change.people);
      people.delete(objectId);
      if (people.size === 0) this.#held.delete(id);
      else this.#held.set(id, { ...change, people });
    }
    this.#recent = this.#recent.filter((one) => one.objectId !== objectId);
  }

  /** An admin decided. Gives who may leave now; undefined: there is no such change. */
  decide(id: string, decision: 'confirm' | 'reject'): readonly Leaving[] | undefined {
    const change = this.#held.get(id);
    if (!change) return undefined;
    if (decision === 'confirm') {
      this.#held.delete(id);
      return [...change.people.values()];
    }
    this.#held.set(id, { ...change, state: 'rejected' });
    return [];
  }

  of(objectId: string): Leaving | undefined {
    for (const { people } of this.#held.values()) {
      const found = people.get(objectId);
      if (found) return found;
    }
    return undefined;
  }

  list(): readonly HeldChange[] {
    return [...this.#held.values()];
  }

  get empty(): boolean {
    return this.#held.size === 0;
  }

  load(held: readonly HeldChange[]): void {
    this.#held = new Map(held.map((change) => [change.id, change]));
  }
}
