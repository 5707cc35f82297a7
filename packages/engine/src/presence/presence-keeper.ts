import type { AccountId, CallRules, PersonId } from '@tandem/domain';
import type { PresenceGate } from '../ports/presence-gate.ts';
import type { PresenceWatch } from '../ports/presence-watch.ts';
import { nextLook, noExceptions, type PresenceExceptions, withoutEnded } from './exceptions.ts';
import { gateVerdict } from './gate.ts';
import type { PresenceCause, PresenceChange } from './journal.ts';
import { type KeptPerson, type KeptSources, type KeptState, keptState } from './kept-state.ts';
import { LookPlan } from './look-plan.ts';
import type { ManualPresence } from './manual-presence.ts';
import type { PersonState, PersonStates } from './person-states.ts';
import { personPresence } from './shown-presence.ts';
import { changeOf, type Told, toldOf } from './told-change.ts';
import type { PinnedState } from './vector.ts';

export interface KeeperDeps extends KeptSources {
  readonly states: PersonStates;
  personOf(personId: PersonId): KeptPerson | undefined;
  watched(personId: PersonId): void;
  /** To Microsoft: what the person set by hand, or that it is over. */
  manualChanged(personId: PersonId, manual: ManualPresence | undefined): void;
  note(change: PresenceChange, first: boolean): void;
  /** Besides the store, because it may be away: who called for help must be reached by a callback. */
  keepCallback?(accountId: AccountId, personId: PersonId, untilWallMs: number): void;
  onProblem?(what: string): void;
}

/** How long everything rings after an emergency call (product-behaviour 4.2). */
export const callbackWindowMs = 60 * 60_000;
/** Teams is not known any more: looked at again, because nobody says when what was known is dropped. */
const lookWhileFrozenMs = 20_000;

interface Held {
  accountId: AccountId;
  manual?: PinnedState;
  exceptions?: PresenceExceptions;
  callbackUntilWallMs?: number;
}

/**
 * Everybody's vector and what it comes to, from memory. It holds what people decided here; the rest it asks for. Tells of
 * each change once, journals it, and looks again by itself when something ends.
 */
export class PresenceKeeper implements PresenceWatch, PresenceGate {
  readonly #deps: KeeperDeps;
  readonly #held = new Map<PersonId, Held>();
  readonly #told = new Map<PersonId, Told>();
  readonly #looks: LookPlan;
  readonly #listeners = new Set<(personId: PersonId) => void>();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#looks = new LookPlan(deps.clock, (personId, now, cause) => this.#lookAt(personId, now, cause));
  }

  // ---- asked

  of(personId: PersonId): ReturnType<PresenceWatch['of']> {
    const kept = this.stateOf(personId);
    return kept && personPresence(kept.vector, kept.effective);
  }

  watched(personId: PersonId): void {
    this.#deps.watched(personId);
  }

  onChange(listener: (personId: PersonId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  verdictFor: PresenceGate['verdictFor'] = (personId, call) => {
    const person = this.#deps.personOf(personId);
    const kept = person && this.#stateOf(personId, person);
    return kept ? gateVerdict({ ...kept, name: person.displayName }, call) : { rings: true };
  };

  awaitsCallback(personId: PersonId): boolean {
    const until = this.#held.get(personId)?.callbackUntilWallMs;
    return until !== undefined && until > this.#deps.clock.wall();
  }

  /** Undefined: no such person. */
  stateOf(personId: PersonId): KeptState | undefined {
    const person = this.#deps.personOf(personId);
    return person && this.#stateOf(personId, person);
  }

  exceptionsOf(personId: PersonId): PresenceExceptions {
    return withoutEnded(this.#held.get(personId)?.exceptions ?? noExceptions, this.#deps.clock.wall());
  }

  /** For the policies, where the account allows rules of one's own (N66). */
  rulesOf(personId: PersonId): Partial<CallRules> | undefined {
    return this.#held.get(personId)?.exceptions?.rules;
  }

  manualOf(personId: PersonId): PinnedState | undefined {
    const manual = this.#held.get(personId)?.manual;
    return manual && manual.endsAtWallMs > this.#deps.clock.wall() ? manual : undefined;
  }

  #stateOf(personId: PersonId, person: KeptPerson): KeptState {
    return keptState(this.#deps, personId, person, {
      ...this.#held.get(personId),
      manual: this.manualOf(personId),
    });
  }

  // ---- told

  /** Something about the person may be different now. */
  changed(personId: PersonId, cause: PresenceCause, by?: string): void {
    const person = this.#deps.personOf(personId);
    if (!person) {
      this.forget(personId);
      return;
    }
    const manual = this.#held.get(personId)?.manual;
    const why = manual && manual.endsAtWallMs <= this.#deps.clock.wall() ? 'manual-ended' : cause;
    const kept = this.#stateOf(personId, person);
    this.#lookAgain(personId, kept);
    const shown = personPresence(kept.vector, kept.effective);
    const before = this.#told.get(personId);
    // Not heard of yet is no state: after a start there is nothing to tell before somebody said something.
    if (!before && (!shown || kept.effective.source === 'none')) return;
    const told = toldOf(kept, shown);
    if (before?.key === told.key) return;
    this.#told.set(personId, told);
    if (before?.line !== told.line)
      this.#deps.note(changeOf(person.accountId, personId, kept, before, why, by), before === undefined);
    this.#tell(personId);
  }

  /** Asked from timers and from within calls: who listens must not end them. */
  #tell(personId: PersonId): void {
    for (const listener of this.#listeners) {
      try {
        listener(personId);
      } catch (error) {
        this.#deps.onProblem?.(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  }

  /** The account's settings or the facts about people changed: everybody is looked at, in turns. */
  lookAtAll(people: Iterable<PersonId>, cause: PresenceCause): void {
    const now = this.#deps.clock.wall();
    for (const personId of people) this.#looks.at(now, personId, cause);
  }

  /** Who is gone is forgotten. */
  keepOnly(people: { has(personId: PersonId): boolean }): void {
    for (const personId of [...this.#told.keys(), ...this.#held.keys()])
      if (!people.has(personId)) this.forget(personId);
  }

  forget(personId: PersonId): void {
    this.#held.delete(personId);
    this.#told.delete(personId);
    this.#looks.forget(personId);
  }

  // ---- decided by people

  /** Stored first: what was said to be set survives a crash. Rejects while the store is away. */
  async setManual(
    personId: PersonId,
    manual: PinnedState | undefined,
    cause: 'manual-set' | 'manual-released' | 'fixed',
    by: string,
  ): Promise<void> {
    const accountId = this.#deps.personOf(personId)?.accountId;
    if (accountId === undefined) return;
    await this.#deps.states.save(accountId, personId, { manual: manual ?? null });
    this.#put(accountId, personId, { manual });
    // First why, then what follows from it.
    this.changed(personId, cause, by);
    this.#deps.manualChanged(personId, manual);
  }

  async setExceptions(personId: PersonId, exceptions: PresenceExceptions, by: string): Promise<void> {
    const accountId = this.#deps.personOf(personId)?.accountId;
    if (accountId === undefined) return;
    await this.#deps.states.save(accountId, personId, { exceptions });
    this.#put(accountId, personId, { exceptions });
    this.changed(personId, 'quiet-hours', by);
    // Who gets through is no state of the person, but queues and lamps may care.
    this.#tell(personId);
  }

  /** An emergency call of the person began or goes on: for an hour from now whoever calls back gets through. */
  emergencyCall(personId: PersonId): void {
    const accountId = this.#deps.personOf(personId)?.accountId;
    if (accountId === undefined) return;
    const callbackUntilWallMs = this.#deps.clock.wall() + callbackWindowMs;
    this.#put(accountId, personId, { callbackUntilWallMs });
    this.#deps.keepCallback?.(accountId, personId, callbackUntilWallMs);
    this.changed(personId, 'emergency-call');
    this.#deps.states.save(accountId, personId, { callbackUntilWallMs }).catch((error: unknown) => {
      this.#deps.onProblem?.(`the window for callbacks is not kept over a restart: ${String(error)}`);
    });
  }

  /** What was decided before a restart. What ended meanwhile is over. */
  restore(states: readonly PersonState[]): void {
    const now = this.#deps.clock.wall();
    for (const { accountId, personId, manual, ...rest } of states) {
      if (!this.#deps.personOf(personId)) continue;
      const held = this.#held.get(personId);
      // What was decided since the start is newer.
      const { exceptions = rest.exceptions, callbackUntilWallMs = rest.callbackUntilWallMs } = held ?? {};
      const stands = held?.manual ?? (manual && manual.endsAtWallMs > now ? manual : undefined);
      this.#put(accountId, personId, {
        ...(stands && { manual: stands }),
        ...(exceptions && { exceptions }),
        ...(callbackUntilWallMs !== undefined && { callbackUntilWallMs }),
      });
      this.changed(personId, 'started', stands?.setBy);
      if (stands) this.#deps.manualChanged(personId, stands);
      else if (manual) this.#endManual(accountId, personId, manual);
    }
  }

  stop(): void {
    this.#looks.stop();
  }

  #put(
    accountId: AccountId,
    personId: PersonId,
    change: {
      readonly manual?: PinnedState | undefined;
      readonly exceptions?: PresenceExceptions;
      readonly callbackUntilWallMs?: number;
    },
  ): void {
    const held = this.#held.get(personId) ?? { accountId };
    if ('manual' in change) {
      if (change.manual) held.manual = change.manual;
      else delete held.manual;
    }
    if (change.exceptions) held.exceptions = change.exceptions;
    if (change.callbackUntilWallMs !== undefined) held.callbackUntilWallMs = change.callbackUntilWallMs;
    this.#held.set(personId, held);
  }

  #endManual(accountId: AccountId, personId: PersonId, manual: PinnedState): void {
    const held = this.#held.get(personId);
    if (held?.manual?.setAtWallMs === manual.setAtWallMs) delete held.manual;
    this.#deps.manualChanged(personId, undefined);
    this.#deps.states.endManual(accountId, personId, manual.setAtWallMs).catch((error: unknown) => {
      // It is over by its own time, whatever the store says.
      this.#deps.onProblem?.(`a state that ended is still stored: ${String(error)}`);
    });
  }

  // ---- time

  #lookAgain(personId: PersonId, { vector, exceptions, wording: { nowWallMs: now } }: KeptState): void {
    const held = this.#held.get(personId);
    const ended = held?.manual && held.manual.endsAtWallMs <= now;
    if (ended) {
      // Somebody asked before the clock did: it is put away all the same.
      this.#looks.at(now, personId);
      return;
    }
    const ends = [
      held?.manual?.endsAtWallMs,
      nextLook(exceptions, now),
      vector.meeting?.endsAtWallMs,
      held?.callbackUntilWallMs,
      vector.teams?.knowledge === 'frozen' ? now + lookWhileFrozenMs : undefined,
    ].filter((at) => at !== undefined && at > now) as number[];
    if (ends.length > 0) this.#looks.at(Math.min(...ends), personId);
    else this.#looks.never(personId);
  }

  #lookAt(personId: PersonId, now: number, cause: PresenceCause | undefined): void {
    const held = this.#held.get(personId);
    if (held?.manual && held.manual.endsAtWallMs <= now) {
      const { manual } = held;
      delete held.manual;
      this.changed(personId, 'manual-ended');
      this.#endManual(held.accountId, personId, manual);
      return;
    }
    const frozen = this.#deps.teamsOf(personId)?.shown.knowledge !== 'fresh';
    this.changed(
      personId,
      cause ?? (held?.exceptions ? 'quiet-hours' : frozen ? 'teams-silent' : 'settings'),
    );
  }
}
