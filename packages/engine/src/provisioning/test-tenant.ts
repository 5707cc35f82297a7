import type { E164, Link, PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { ClientEvidence, LinkKeeper } from '../ports/link-store.ts';
import type { AskedPerson, MicrosoftTenant, ReadAsk, Reading } from '../ports/microsoft.ts';
import type { MicrosoftFacts, TenantFacts } from './facts.ts';
import type { PolicyWrite } from './policies.ts';
import { assigned, at, free, microsoftFacts, user } from './test-person.ts';
import type { WriteOutcome } from './write-outcome.ts';

/** For tests: time that goes only when told. Pending promises run between the timers. */
export class VirtualClock implements Clock {
  #now = at;
  #timers: { at: number; fire: () => void }[] = [];
  now = (): number => this.#now;
  wall = (): number => this.#now;
  after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  /** Time goes on while nothing runs, as over the sleep of a machine. */
  jump(ms: number): void {
    this.#now += ms;
  }
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await settle();
    }
    this.#now = end;
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** Microsoft for people whose UPN is known: numbers are given and taken by operations that need time. */
export class FakeTenant implements MicrosoftTenant {
  readonly clock: VirtualClock;
  /** Number by object id. */
  readonly held = new Map<string, E164>();
  readonly members = new Set<string>();
  /** Object ids of those who match by another address than their sign-in name, by that name. */
  readonly aliases = new Map<string, string>();
  readonly unlicensed = new Set<string>();
  readonly writes: { readonly kind: 'assign' | 'unassign'; readonly number: string; readonly at: number }[] =
    [];
  readonly reads: number[] = [];
  /** The list of users comes back empty, as an answer like any other. */
  noUsers = false;
  operationMs = 3_000;
  connection: TenantFacts['connection'] = { is: 'connected' };
  trouble: TenantFacts['trouble'];
  /** What the next writes come to, instead of being done. */
  refuse: WriteOutcome | undefined;
  /** Writes are done, but nobody hears of it. */
  loseAnswers = false;
  #operations = new Map<string, { readonly due: number; readonly run: () => void; done: boolean }>();

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  async read(_ask: ReadAsk, people: readonly AskedPerson[]): Promise<Reading> {
    const now = this.clock.wall();
    this.reads.push(now);
    this.#settle();
    const { connection, trouble } = this;
    if (trouble || connection.is !== 'connected')
      return { connection, ...(trouble && { trouble }), facts: new Map() };
    return { connection, facts: new Map(people.map((one) => [one.personId, this.#factsOf(one, now)])) };
  }

  #factsOf({ upn, objectId, number }: AskedPerson, now: number): MicrosoftFacts {
    const id = objectId ?? this.aliases.get(upn) ?? `id-${upn}`;
    const holds = this.held.get(id);
    const holder = [...this.held].find(([, one]) => one === number)?.[0];
    const seen =
      number === undefined
        ? 'unread'
        : holder === id
          ? assigned({ readAtWallMs: now })
          : free({
              readAtWallMs: now,
              ...(holder !== undefined && {
                holder: { is: 'other', upn: holder, objectId: holder, state: 'active' } as const,
              }),
              ...(holds !== undefined && { otherNumber: holds }),
            });
    const licensed = !this.unlicensed.has(id);
    if (this.noUsers)
      return microsoftFacts({
        readAtWallMs: now,
        user: null,
        inEnableGroup: false,
        licence: 'unread',
        number: 'unread',
      });
    return microsoftFacts({
      readAtWallMs: now,
      user: user({ objectId: id, upn }),
      inEnableGroup: this.members.has(id),
      licence: { phone: licensed ? 'usable' : 'missing', callingPlan: false, seenByTeams: licensed },
      number: seen,
      policies: {
        voiceRouting: { name: this.policies.get(`${id} voiceRouting`) ?? null },
        calling: { name: this.policies.get(`${id} calling`) ?? null },
        dialPlan: { name: this.policies.get(`${id} dialPlan`) ?? null },
      },
      policiesReadAtWallMs: now,
    });
  }

  #settle(): void {
    for (const one of this.#operations.values()) {
      if (one.done || one.due > this.clock.wall()) continue;
      one.done = true;
      one.run();
    }
  }

  async #start(kind: 'assign' | 'unassign', number: string, run: () => void): Promise<WriteOutcome> {
    this.writes.push({ kind, number, at: this.clock.wall() });
    if (this.refuse) return this.refuse;
    const operationId = `operation-${this.writes.length}`;
    this.#operations.set(operationId, { due: this.clock.wall() + this.operationMs, run, done: false });
    return this.loseAnswers ? { kind: 'later' } : { kind: 'accepted', write: kind, operationId };
  }

  assign = (number: E164, objectId: string): Promise<WriteOutcome> =>
    this.#start('assign', number, () => void this.held.set(objectId, number));
  unassign = (number: string): Promise<WriteOutcome> =>
    this.#start('unassign', number, () => {
      for (const [id, one] of this.held) if (one === number) this.held.delete(id);
    });
  /** Names by object id and field, in effect at once. */
  readonly policies = new Map<string, string | null>();
  readonly policyWrites: { readonly objectId: string; readonly writes: readonly PolicyWrite[] }[] = [];
  refusePolicies: WriteOutcome | undefined;
  async assignPolicies(objectId: string, writes: readonly PolicyWrite[]): Promise<WriteOutcome> {
    this.policyWrites.push({ objectId, writes });
    if (this.refusePolicies) return this.refusePolicies;
    for (const { field, name } of writes) this.policies.set(`${objectId} ${field}`, name);
    return { kind: 'policies', writes };
  }
  async poll(operationId: string): Promise<WriteOutcome> {
    this.#settle();
    const operation = this.#operations.get(operationId);
    if (!operation) return { kind: 'forgotten' };
    return operation.done ? { kind: 'succeeded' } : { kind: 'running' };
  }
}

/** Links in memory; `away` is a database that does not answer. */
export class MemoryKeeper implements LinkKeeper {
  readonly links = new Map<PersonId, Link>();
  readonly evidence = new Map<PersonId, ClientEvidence>();
  away = false;
  async save(link: Link): Promise<void> {
    if (this.away) throw new Error('away');
    this.links.set(link.personId, link);
  }
  async noteClient(_account: unknown, personId: PersonId, evidence: ClientEvidence): Promise<void> {
    if (this.away) throw new Error('away');
    this.evidence.set(personId, evidence);
  }
  async remove(_account: unknown, personId: PersonId): Promise<void> {
    if (this.away) throw new Error('away');
    this.links.delete(personId);
  }
}
