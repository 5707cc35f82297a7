import { type AccountId, asAccountId, asPersonId, type PersonId } from '@tandem/domain';
import type { CallParty } from '../call/party.ts';
import type { Clock } from '../ports/clock.ts';
import { type PresencePolicies, type PresencePolicy, syncedBothWays } from '../ports/presence-policies.ts';
import type {
  PreferredRow,
  PreferredStates,
  PresenceDirectory,
  PresenceGraph,
  PresenceLeases,
  PresencePerson,
  PresenceReadOutcome,
  StoredLease,
  StoredPreferred,
} from './ports.ts';
import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import type { TeamsRead } from './teams-view.ts';

/** For tests: time that moves when told to, Microsoft with sessions that expire, a store that can be away. */

export const accountId: AccountId = asAccountId('00000000-0000-7000-8000-00000000000a');
export const entraTenantId = 'acacacac-0000-4000-8000-000000000001';
export const personId = (name: string): PersonId => asPersonId(`person-${name}`);
export const objectIdOf = (name: string): string => `object-${name}`;

export class VirtualClock implements Clock {
  #now = 1000;
  #timers: { readonly at: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  wall(): number {
    return 1_790_000_000_000 + this.#now;
  }
  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }
  /** Runs what falls due, one by one, with its promises. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = Math.max(this.#now, due.at);
      due.fire();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Lets promises that need nothing but turns finish. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

interface Seen {
  readonly at: number;
  readonly objectId: string;
  readonly kind: PresenceWrite['kind'];
}

export class FakeMicrosoft implements PresenceGraph {
  readonly writes: Seen[] = [];
  readonly reads: { readonly at: number; readonly ids: readonly string[] }[] = [];
  /** What the person's own Teams says. */
  readonly own = new Map<string, TeamsRead>();
  readonly #sessions = new Map<string, TeamsRead & { readonly endsMs: number }>();
  /** What is preferred, by us or by the person: nobody can tell. */
  readonly preferred = new Map<string, TeamsRead & { readonly endsMs: number }>();
  connected = true;
  /** Left out of answers. */
  readonly missing = new Set<string>();
  /** What answers instead of the work, while it is set. */
  trouble:
    | Exclude<PresenceWriteOutcome & PresenceReadOutcome, { is: 'read' }>
    | PresenceWriteOutcome
    | undefined;
  latencyMs = 0;
  /** Seen at the moment a write arrives. */
  onWrite: (() => void) | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  of() {
    return this.connected
      ? {
          read: (ids: readonly string[]) => this.#read(ids),
          write: (id: string, write: PresenceWrite) => this.#write(id, write),
        }
      : undefined;
  }

  /** What everybody sees: what is preferred, else the stronger of the person's own session and ours. */
  shown(objectId: string): TeamsRead {
    const now = this.#clock.now();
    const own = this.own.get(objectId) ?? { availability: 'Available', activity: 'Available' };
    const held = this.#sessions.get(objectId);
    const ours = held && held.endsMs > now ? held : undefined;
    if (own.availability === 'Offline' && !ours) return own;
    const preferred = this.preferred.get(objectId);
    const shown =
      preferred && preferred.endsMs > now ? preferred : ours && rank(ours) >= rank(own) ? ours : own;
    return { availability: shown.availability, activity: shown.activity };
  }

  /** What the person picks in Teams. */
  pick(objectId: string, pair: TeamsRead | undefined): void {
    if (pair) this.preferred.set(objectId, { ...pair, endsMs: Number.POSITIVE_INFINITY });
    else this.preferred.delete(objectId);
  }

  async #write(objectId: string, write: PresenceWrite): Promise<PresenceWriteOutcome> {
    this.writes.push({ at: this.#clock.now(), objectId, kind: write.kind });
    this.onWrite?.();
    await this.#latency();
    const { trouble } = this;
    if (trouble) return trouble as PresenceWriteOutcome;
    const now = this.#clock.now();
    switch (write.kind) {
      case 'setPresence':
        this.#sessions.set(objectId, { ...write, endsMs: now + 300_000 });
        break;
      case 'clearPresence': {
        const held = this.#sessions.get(objectId);
        this.#sessions.delete(objectId);
        if (!held || held.endsMs <= now) return { is: 'notFound' };
        break;
      }
      case 'setPreferred':
        this.preferred.set(objectId, { ...write, endsMs: now + write.forMs });
        break;
      case 'clearPreferred':
        this.preferred.delete(objectId);
    }
    return { is: 'done' };
  }

  async #read(ids: readonly string[]): Promise<PresenceReadOutcome> {
    this.reads.push({ at: this.#clock.now(), ids });
    const { trouble } = this;
    const found = new Map(ids.filter((id) => !this.missing.has(id)).map((id) => [id, this.shown(id)]));
    await this.#latency();
    if (trouble?.is === 'later' && trouble.throttled && trouble.retryAfterMs === undefined)
      return { is: 'throttled' };
    if (trouble?.is === 'later')
      return trouble.retryAfterMs === undefined
        ? { is: 'failed' }
        : { is: 'throttled', retryAfterMs: trouble.retryAfterMs };
    if (trouble?.is === 'refused') return trouble;
    return { is: 'read', found };
  }

  #latency(): Promise<void> {
    if (this.latencyMs === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#clock.after(this.latencyMs, resolve));
  }
}

const rank = ({ availability }: TeamsRead): number =>
  availability === 'DoNotDisturb' ? 3 : availability === 'Busy' ? 2 : availability === 'Available' ? 1 : 0;

export class FakePreferred implements PreferredStates {
  readonly rows = new Map<PersonId, PreferredRow & { readonly endsMs: number }>();
  away = false;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }
  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.away) throw new Error('the database is away');
  }
  async hold(row: PreferredRow, forMs: number) {
    await this.#reach();
    const standing = this.rows.get(row.personId)?.sequence ?? 0;
    if (standing >= row.sequence) return { held: false, standing } as const;
    this.rows.set(row.personId, { ...row, endsMs: this.#clock.now() + forMs });
    return { held: true } as const;
  }
  async drop(_accountId: AccountId, who: PersonId, sequence: number): Promise<void> {
    await this.#reach();
    if ((this.rows.get(who)?.sequence ?? 0) <= sequence) this.rows.delete(who);
  }
  async listForPlatform(): Promise<readonly StoredPreferred[]> {
    await this.#reach();
    return [...this.rows.values()].map(({ endsMs, ...row }) => ({
      ...row,
      leftMs: endsMs - this.#clock.now(),
    }));
  }
}

/** Policies that a test changes. */
export class FakePolicies implements PresencePolicies {
  policy: PresencePolicy = syncedBothWays;
  readonly people = new Map<PersonId, PresencePolicy>();
  readonly #heard = new Set<() => void>();
  of(who: PersonId): PresencePolicy {
    return this.people.get(who) ?? this.policy;
  }
  onChange(listener: () => void): () => void {
    this.#heard.add(listener);
    return () => this.#heard.delete(listener);
  }
  changed(): void {
    for (const listener of this.#heard) listener();
  }
}

export class FakeLeases implements PresenceLeases {
  readonly rows = new Map<
    PersonId,
    PresencePerson & { readonly sequence: number; readonly endsMs: number }
  >();
  away: 'no' | 'refuses' | 'hangs' = 'no';
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.away === 'refuses') throw new Error('the database is away');
    if (this.away === 'hangs') await new Promise<never>(() => undefined);
  }

  async hold(lease: PresencePerson & { readonly sequence: number }, forMs: number) {
    await this.#reach();
    const standing = this.rows.get(lease.personId)?.sequence ?? 0;
    if (standing >= lease.sequence) return { held: false, standing } as const;
    this.rows.set(lease.personId, { ...lease, endsMs: this.#clock.now() + forMs });
    return { held: true } as const;
  }

  async drop(_accountId: AccountId, who: PersonId, sequence: number): Promise<void> {
    await this.#reach();
    if ((this.rows.get(who)?.sequence ?? 0) <= sequence) this.rows.delete(who);
  }

  async listForPlatform(): Promise<readonly StoredLease[]> {
    await this.#reach();
    return [...this.rows.values()].map(({ endsMs, ...lease }) => ({
      ...lease,
      leftMs: endsMs - this.#clock.now(),
    }));
  }
}

export class FakeDirectory implements PresenceDirectory {
  readonly #people = new Map<PersonId, PresencePerson>();
  readonly #heard = new Set<() => void>();

  constructor(...names: readonly string[]) {
    for (const name of names) this.#people.set(personId(name), this.#person(name));
  }

  #person(name: string): PresencePerson {
    return { accountId, personId: personId(name), entraTenantId, objectId: objectIdOf(name) };
  }
  /** `objectId`: the person is another user at Microsoft from now on. */
  link(name: string, objectId = objectIdOf(name)): void {
    this.#people.set(personId(name), { ...this.#person(name), objectId });
    this.changed();
  }
  changed(): void {
    for (const listener of this.#heard) listener();
  }
  find(who: PersonId): PresencePerson | undefined {
    return this.#people.get(who);
  }
  list(): readonly PresencePerson[] {
    return [...this.#people.values()];
  }
  onChange(listener: () => void): () => void {
    this.#heard.add(listener);
    return () => this.#heard.delete(listener);
  }
}

/** A call with these answered parties: `phone` is one that Teams cannot see. */
export function callOf(
  callId: string,
  ...parties: readonly {
    readonly name: string;
    readonly at: 'phone' | 'teams';
    readonly leg?: 'a' | 'b';
    readonly held?: true;
  }[]
): { readonly callId: string; parties(): readonly CallParty[] } {
  return {
    callId,
    parties: () =>
      parties.map(({ name, at, leg = 'b', held }) => ({
        leg,
        accountId,
        personId: personId(name),
        endpoint: at === 'phone' ? 'platform' : 'teams',
        ...(held && { held }),
      })),
  };
}
