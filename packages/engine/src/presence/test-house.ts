import type { PersonId, PresenceLabel } from '@tandem/domain';
import type { PresenceChange, PresenceChanges } from './journal.ts';
import { createPresenceJournal, type PresenceJournal } from './journal.ts';
import type { PersonState, PersonStates } from './person-states.ts';
import { PresenceKeeper } from './presence-keeper.ts';
import { createPresenceReader, type PresenceReader } from './presence-reader.ts';
import { createPresenceWriter, type PresenceWriter } from './presence-writer.ts';
import {
  accountId,
  FakeDirectory,
  FakeLeases,
  FakeMicrosoft,
  FakePolicies,
  FakePreferred,
  personId,
  VirtualClock,
} from './test-world.ts';
import type { PresenceVector } from './vector.ts';

/** For tests: stores that outlive a crash, in memory. */
export class FakeStates implements PersonStates {
  readonly rows = new Map<PersonId, PersonState>();
  away = false;
  #reach(): void {
    if (this.away) throw new Error('the database is away');
  }
  async save(...[account, who, { manual, ...change }]: Parameters<PersonStates['save']>): Promise<void> {
    this.#reach();
    const { manual: stood, ...before } = this.rows.get(who) ?? { accountId: account, personId: who };
    const now = manual === undefined ? stood : (manual ?? undefined);
    this.rows.set(who, { ...before, ...change, ...(now && { manual: now }) });
  }
  async endManual(...[, who, setAtWallMs]: Parameters<PersonStates['endManual']>): Promise<void> {
    this.#reach();
    const { manual, ...rest } = this.rows.get(who) ?? { accountId, personId: who };
    if (manual?.setAtWallMs === setAtWallMs) this.rows.set(who, rest);
  }
  async listForPlatform(): Promise<readonly PersonState[]> {
    this.#reach();
    return [...this.rows.values()];
  }
}

export class FakeChanges implements PresenceChanges {
  readonly lines: PresenceChange[] = [];
  away = false;
  async append(changes: readonly PresenceChange[]): Promise<void> {
    await Promise.resolve();
    if (this.away) throw new Error('the database is away');
    this.lines.push(...changes);
  }
  async lastLabelsForPlatform(): Promise<ReadonlyMap<PersonId, PresenceLabel>> {
    return new Map(this.lines.map((line) => [line.personId, line.to]));
  }
  async forgetForPlatform(): Promise<void> {}
}

/** What is there whatever crashes: time, Microsoft, the database. */
export class World {
  readonly clock = new VirtualClock();
  readonly microsoft = new FakeMicrosoft(this.clock);
  readonly leases = new FakeLeases(this.clock);
  readonly preferred = new FakePreferred(this.clock);
  readonly states = new FakeStates();
  readonly changes = new FakeChanges();
  readonly policies = new FakePolicies();
  readonly people: FakeDirectory;
  meetings = new Map<PersonId, PresenceVector['meeting']>();
  constructor(...names: readonly string[]) {
    this.people = new FakeDirectory(...names);
  }
}

/** Presence of one process: it can crash, and another begins with what the world kept. */
export class Process {
  readonly writer: PresenceWriter;
  readonly reader: PresenceReader;
  readonly keeper: PresenceKeeper;
  readonly journal: PresenceJournal;
  readonly #world: World;

  constructor(world: World) {
    const { clock, microsoft: graph, leases, preferred, policies, people } = world;
    this.#world = world;
    const common = { clock, graph, policies, people };
    this.journal = createPresenceJournal({ clock, store: world.changes });
    this.writer = createPresenceWriter({
      ...common,
      leases,
      preferred,
      onChange: (who) =>
        this.keeper.changed(who, (this.writer.of(who)?.legs.length ?? 0) > 0 ? 'call' : 'call-ended'),
    });
    this.reader = createPresenceReader({
      ...common,
      callsOf: this.writer.of,
      onChange: ({ personId: who }) => this.keeper.changed(who, 'teams'),
    });
    this.keeper = new PresenceKeeper({
      clock,
      policies,
      states: world.states,
      personOf: (who) =>
        people.find(who) && { accountId, displayName: String(who), timeZone: 'Europe/Berlin' },
      callsOf: this.writer.of,
      teamsOf: this.reader.of,
      watched: this.reader.watched,
      meetingOf: (who) => world.meetings.get(who),
      manualChanged: this.writer.manualChanged,
      note: (change) => this.journal.note(change),
    });
  }

  async start(): Promise<void> {
    this.reader.start();
    void this.writer.restore();
    this.keeper.restore(await this.#world.states.listForPlatform());
  }

  /** Nothing is said to anybody; what is on its way arrives or not. */
  crash(): void {
    this.reader.stop();
    this.keeper.stop();
    this.writer.stop();
  }

  label(name: string): PresenceLabel | undefined {
    return this.keeper.of(personId(name))?.label;
  }
}
