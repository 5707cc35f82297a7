import type { TenantPresence } from '../presence/ports.ts';
import type { TeamsRead } from '../presence/teams-view.ts';

/** Each person is one request; Microsoft allows each of them one a second (microsoft-graph 7.5). */
const leastGapMs = 4_500;
const windowMs = 30_000;
/** Of 1,500 an app and tenant: most is left to the organisation's own polling. */
const mostInWindow = 600;
const atOnce = 16;

/**
 * Reads people by their own connections: one request each, in the sweeps of the tenant's plan, as many as the quota has room for,
 * who waited longest first. What is read is told one by one, so that one person's trouble is no other's. One a tenant.
 */
export class OwnReads {
  readonly #now: () => number;
  readonly #heard: (objectId: string, read: TeamsRead) => void;
  readonly #askedMs = new Map<string, number>();
  #sentMs: number[] = [];

  constructor(now: () => number, heard: (objectId: string, read: TeamsRead) => void) {
    this.#now = now;
    this.#heard = heard;
  }

  /** Never rejects. `urgent`: somebody asks for this very person. */
  async read(
    ids: readonly string[],
    own: ReadonlyMap<string, TenantPresence>,
    urgent: boolean,
  ): Promise<void> {
    const now = this.#now();
    this.#sentMs = this.#sentMs.filter((at) => now - at < windowMs);
    const asked = (id: string): number => this.#askedMs.get(id) ?? Number.NEGATIVE_INFINITY;
    // Each has a share: the first requests of a sweep must not take what the others wait for.
    const gapMs = Math.max(leastGapMs, (own.size / mostInWindow) * windowMs - leastGapMs);
    const due = ids
      .filter((id) => urgent || now - asked(id) >= gapMs)
      .sort((a, b) => asked(a) - asked(b))
      .slice(0, mostInWindow - this.#sentMs.length);
    for (const id of due) {
      this.#askedMs.set(id, now);
      this.#sentMs.push(now);
    }
    for (let at = 0; at < due.length; at += atOnce)
      await Promise.all(due.slice(at, at + atOnce).map((id) => this.#one(id, own.get(id))));
  }

  async #one(id: string, presence: TenantPresence | undefined): Promise<void> {
    const outcome = await presence?.read([id]).catch(() => undefined);
    const read = outcome?.is === 'read' ? outcome.found.get(id) : undefined;
    if (read) this.#heard(id, read);
  }
}

/** Presence of a tenant where some people are asked about by their own connections, and the others by the organisation's. */
export function withOwnConnections(
  organisation: TenantPresence | undefined,
  own: ReadonlyMap<string, TenantPresence>,
  reads: OwnReads,
): TenantPresence {
  return {
    async read(ids) {
      const mine = ids.filter((id) => own.has(id));
      const others = ids.filter((id) => !own.has(id));
      const [outcome] = await Promise.all([
        organisation && others.length > 0
          ? organisation.read(others)
          : ({ is: 'read', found: new Map() } as const),
        reads.read(mine, own, ids.length === 1),
      ]);
      if (outcome.is !== 'read') return outcome;
      return { ...outcome, left: new Set(organisation ? mine : ids) };
    },
    async write(objectId, write) {
      const by = own.get(objectId) ?? organisation;
      return by ? await by.write(objectId, write) : { is: 'refused' };
    },
  };
}
