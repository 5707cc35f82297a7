import type { Link, PersonId } from '@tandem/domain';
import { bound, dueOf, type Entry } from './entry.ts';
import { FormerNumbers } from './former-numbers.ts';
import type { PersonJudge } from './person-judge.ts';
import type { ProvisionerDeps } from './provisioner-deps.ts';
import type { ReadingPace } from './reading-pace.ts';
import { reconcileLink } from './reconcile-link.ts';
import type { RemovalGuard } from './removal-guard.ts';
import { managesPolicies } from './settings.ts';
import { calledByName, carryOut, isWork, OperationPace, stepOf, type Work } from './work.ts';
import { applyOutcome, type WriteOutcome } from './write-outcome.ts';
import { WriteSlots } from './write-slots.ts';

/** So many people are looked at in one go; then calls and others get their turn. */
const mostAtOnce = 500;
/** Until a link that could not be stored is stored again. */
const storeAgainMs = 1_000;

export interface LinkMoverParts {
  readonly entries: Map<PersonId, Entry>;
  readonly judge: PersonJudge;
  readonly guard: RemovalGuard;
  readonly pace: ReadingPace;
  readonly deps: ProvisionerDeps;
}

/** Moves the links of one connection and carries out their writes; one at a time for each person. */
export class LinkMover {
  readonly slots = new WriteSlots();
  readonly formers = new FormerNumbers();
  readonly #entries: Map<PersonId, Entry>;
  readonly #judge: PersonJudge;
  readonly #guard: RemovalGuard;
  readonly #pace: ReadingPace;
  readonly #deps: ProvisionerDeps;
  readonly #operations = new OperationPace();
  #stopped = false;

  constructor({ entries, judge, guard, pace, deps }: LinkMoverParts) {
    this.#entries = entries;
    this.#judge = judge;
    this.#guard = guard;
    this.#pace = pace;
    this.#deps = deps;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** A few at once, so that calls get their turn between them. */
  inTurns(entries: readonly Entry[]): void {
    const turn = (from: number): void => {
      if (this.#stopped) return;
      for (const entry of entries.slice(from, from + mostAtOnce)) this.reconcile(entry);
      if (from + mostAtOnce >= entries.length) return;
      this.#deps.clock.after(0, () => turn(from + mostAtOnce));
    };
    turn(0);
  }

  reconcile(entry: Entry, stored: Link = entry.link): void {
    if (this.#stopped) return;
    if (entry.busy || entry.held) {
      this.rejudge(entry);
      return;
    }
    const now = this.#deps.clock.wall();
    const { personId } = entry.link;
    const { link: _, ...own } = this.#judge.ownFacts(entry);
    const state = entry.link.state;
    const policy = this.#judge.policy(this.slots.free);
    const { link, actions, steps, report } = reconcileLink(
      entry.link,
      own,
      this.#judge.factsFor(entry),
      policy,
      now,
    );
    entry.link = bound(link, entry.facts);
    entry.dueWallMs = dueOf(entry.link);
    const changed = entry.link !== stored;
    this.slots.note(personId, entry.link, policy.room === false);
    this.rejudge(entry);
    for (const { code, ...step } of steps)
      this.#deps.history?.(personId, {
        atWallMs: now,
        trigger: 'automatic',
        ...step,
        ...(code !== undefined && { code }),
      });
    for (const action of actions)
      if (action.kind === 'tell-person' || action.kind === 'alert' || action.kind === 'release-number')
        this.#deps.notify?.(action, personId);
    if (entry.link.state !== state) this.#pace.moved();
    const { person } = entry;
    if (person && this.#judge.settings.licences.assign === 'automatic') {
      const removed = steps.some(({ to }) => to === 'REMOVED');
      const licensed = this.#judge.pool.wish(person, entry.link.state, removed, report, now);
      if (licensed !== undefined) this.#deps.setLicence?.(person.id, licensed);
    }
    if (actions.some(({ kind }) => kind === 'read-number')) this.#pace.wantMoving(now);
    const work = actions.filter(isWork);
    if (changed || work.length > 0) void this.#carryOut(entry, stored, work);
    else if (!entry.person && link.assignedNumber === undefined) this.#forget(entry);
  }

  /** Only what is said and what calls get: never waits for a store or for Microsoft. */
  rejudge(entry: Entry): void {
    entry.outcome = this.#judge.outcomeOf(entry, this.slots.free);
    this.formers.note(entry.link, entry.person);
    this.#deps.onPerson(entry.link.personId);
  }

  /** Until it is stored. True when it took more than one try. */
  async save(entry: Entry): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#deps.keeper.save(entry.link);
        return tries > 1;
      } catch (error) {
        if (tries === 1) this.#problem('a link is not stored yet', error);
        if (this.#stopped) throw error;
        await new Promise<void>((resolve) => void this.#deps.clock.after(storeAgainMs, resolve));
      }
    }
  }

  /** The link is stored before its write begins; the outcome is stored before the next step. */
  async #carryOut(entry: Entry, before: Link, work: readonly Work[]): Promise<void> {
    entry.busy = true;
    const { personId } = entry.link;
    try {
      const late = entry.link !== before && (await this.save(entry));
      // A link that had to wait for the store may not be wanted any more: it is judged anew.
      for (const action of late ? [] : work) {
        const startedAt = this.#deps.clock.wall();
        const answer = await carryOut(this.#deps.tenant, action).catch((error: unknown): WriteOutcome => {
          // A bug below must not be asked again at once, or nothing else of this process gets its turn.
          this.#problem('a step of provisioning failed', error);
          return { kind: 'later' };
        });
        if (this.#stopped) return;
        const now = this.#deps.clock.wall();
        if (action.kind === 'poll') this.#operations.learn(entry.link, answer, now);
        const outcome = calledByName(entry.link, entry.facts, answer);
        const step = stepOf(action, outcome, startedAt, now);
        if (step) this.#deps.history?.(personId, step);
        const { usualMs } = this.#operations;
        const done = applyOutcome(
          entry.link,
          outcome,
          this.#judge.policy(this.slots.free),
          now,
          this.#deps.random(),
          {
            policiesNext: managesPolicies(this.#judge.settings),
            ...(usualMs !== undefined && { usualMs }),
          },
        );
        for (const one of done.actions) if (one.kind === 'alert') this.#deps.notify?.(one, personId);
        if (done.link === entry.link) continue;
        entry.link = done.link;
        this.slots.note(personId, entry.link);
        // What is said and what calls get change together, however long the store takes.
        this.rejudge(entry);
        await this.save(entry);
      }
    } catch (error) {
      this.#problem('a step of provisioning failed', error);
    } finally {
      entry.busy = false;
      if (!this.#stopped) {
        this.reconcile(entry);
        this.#fill();
        this.#pace.plan(this.#deps.clock.wall(), this.#entries.values());
      }
    }
  }

  /** Who waits for a place takes those that are free by now. */
  #fill(): void {
    for (const personId of this.slots.next()) {
      const entry = this.#entries.get(personId);
      if (entry) this.reconcile(entry);
    }
  }

  #forget(entry: Entry): void {
    const { personId } = entry.link;
    this.#entries.delete(personId);
    this.#guard.forget(personId);
    this.#deps.onObjectIds(new Map([[personId, undefined]]));
    this.#deps.keeper
      .remove(entry.link.accountId, personId)
      .catch((error: unknown) => this.#problem('a link that is over was not removed', error));
  }

  #problem(what: string, error: unknown): void {
    this.#deps.onProblem(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
