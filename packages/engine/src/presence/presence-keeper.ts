import type { AccountId, CallRules, PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresenceGate } from '../ports/presence-gate.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import type { PresenceWatch } from '../ports/presence-watch.ts';
import { type EffectivePresence, effectivePresence } from './effective-presence.ts';
import { nextLook, noExceptions, type PresenceExceptions, quietNow, withoutEnded } from './exceptions.ts';
import { gateVerdict } from './gate.ts';
import type { PresenceCause, PresenceChange } from './journal.ts';
import type { ManualPresence } from './manual-presence.ts';
import type { PersonState, PersonStates } from './person-states.ts';
import type { TeamsSeen } from './presence-reader.ts';
import { sentenceOf, type Wording } from './presence-words.ts';
import type { CallsOfPerson } from './presence-writer.ts';
import { personPresence } from './shown-presence.ts';
import { teamsEvidence } from './teams-evidence.ts';
import type { PinnedState, PresenceVector } from './vector.ts';

export interface KeptPerson {
  readonly accountId: AccountId;
  readonly displayName: string;
  /** The account's; what the person named for quiet hours goes before it. */
  readonly timeZone: string;
}

export interface KeeperDeps {
  readonly clock: Clock;
  readonly states: PersonStates;
  readonly policies: PresencePolicies;
  personOf(personId: PersonId): KeptPerson | undefined;
  callsOf(personId: PersonId): CallsOfPerson | undefined;
  teamsOf(personId: PersonId): TeamsSeen | undefined;
  watched(personId: PersonId): void;
  /** Wall ms since which a call rings the person; undefined: none does. */
  ringingSince?(personId: PersonId): number | undefined;
  /** Wall ms since which the person is in an emergency call. */
  emergencySince?(personId: PersonId): number | undefined;
  registeredOf?(personId: PersonId): boolean | undefined;
  meetingOf?(personId: PersonId): PresenceVector['meeting'];
  interruptedSince?(personId: PersonId): number | undefined;
  /** To Microsoft: what the person set by hand, or that it is over. */
  manualChanged(personId: PersonId, manual: ManualPresence | undefined): void;
  note(change: PresenceChange, first: boolean): void;
  onProblem?(what: string): void;
}

/** One person as it stands now, with everything that it came from. */
export interface KeptState {
  readonly vector: PresenceVector;
  readonly effective: EffectivePresence;
  readonly exceptions: PresenceExceptions;
  readonly wording: Wording;
}

/** How long everything rings after an emergency call (product-behaviour 4.2). */
export const callbackWindowMs = 60 * 60_000;
/** Teams is not known any more: looked at again, because nobody says when what was known is dropped. */
const lookWhileFrozenMs = 20_000;
/** People looked at in one turn: calls go on in between. */
const looksAtOnce = 200;
const longestLookMs = 60_000;

/** What is merely learnt: the first of it is no change. */
const ofTheWorld: ReadonlySet<PresenceCause> = new Set(['teams', 'teams-silent', 'settings', 'phones']);

interface Held {
  accountId: AccountId;
  manual?: PinnedState;
  exceptions?: PresenceExceptions;
  callbackUntilWallMs?: number;
}

interface Told {
  readonly key: string;
  readonly label: EffectivePresence['label'];
  /** What the journal has a line for. */
  readonly line: string;
}

/**
 * Everybody's vector and what it comes to, from memory. It holds what people decided here; the rest it asks for. Tells of
 * each change once, journals it, and looks again by itself when something ends.
 */
export class PresenceKeeper implements PresenceWatch, PresenceGate {
  readonly #deps: KeeperDeps;
  readonly #held = new Map<PersonId, Held>();
  readonly #told = new Map<PersonId, Told>();
  readonly #looks = new Map<PersonId, number>();
  /** Why somebody is looked at, where it is not their own time that is over. */
  readonly #causes = new Map<PersonId, PresenceCause>();
  readonly #listeners = new Set<(personId: PersonId) => void>();
  #stopTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
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
    const { deps, now } = { deps: this.#deps, now: this.#deps.clock.wall() };
    const held = this.#held.get(personId);
    const exceptions = held?.exceptions ?? noExceptions;
    const policy = deps.policies.of(personId);
    const calls = deps.callsOf(personId);
    const seen = policy.readsTeams ? deps.teamsOf(personId) : undefined;
    const quiet = quietNow(exceptions, person.timeZone, now);
    const manual = this.manualOf(personId);
    const emergencySince = deps.emergencySince?.(personId);
    const callback = held?.callbackUntilWallMs;
    const ringing = deps.ringingSince?.(personId);
    const meeting = deps.meetingOf?.(personId);
    const registered = deps.registeredOf?.(personId);
    const vector: PresenceVector = {
      calls: {
        legs: calls?.legs ?? [],
        ...(ringing !== undefined && { ringingSinceWallMs: ringing }),
        ...(calls?.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
      },
      ...(seen && { teams: teamsEvidence(seen, deps.clock, deps.interruptedSince?.(personId)) }),
      ...(manual && { manual }),
      ...(quiet && { quiet }),
      ...(meeting && meeting.endsAtWallMs > now && { meeting }),
      ...(registered !== undefined && { registered }),
      ...((emergencySince !== undefined || (callback !== undefined && callback > now)) && {
        emergency: {
          ...(emergencySince !== undefined && { sinceWallMs: emergencySince }),
          ...(callback !== undefined && { callbackUntilWallMs: callback }),
        },
      }),
    };
    return {
      vector,
      effective: effectivePresence(vector, policy, now),
      exceptions,
      wording: { timeZone: exceptions.quietHours.timeZone ?? person.timeZone, nowWallMs: now },
    };
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
    const { label, source, flags } = kept.effective;
    const line = `${label} ${source} ${flags.acceptDirect} ${flags.acceptQueue}`;
    const key = shown
      ? `${line} ${shown.endpoint} ${shown.stale} ${shown.idle} ${shown.outOfOffice} ${shown.leaseEndsWallMs === undefined} ${shown.pinned?.sinceWallMs} ${kept.vector.emergency?.callbackUntilWallMs}`
      : line;
    if (before?.key === key) return;
    this.#told.set(personId, { key, label, line });
    if (before?.line !== line) this.#journal(personId, person, kept, before, why, by);
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

  #journal(
    personId: PersonId,
    { accountId }: KeptPerson,
    { vector, effective, wording }: KeptState,
    before: Told | undefined,
    cause: PresenceCause,
    by: string | undefined,
  ): void {
    const read = vector.teams?.lastRead;
    this.#deps.note(
      {
        accountId,
        personId,
        atWallMs: wording.nowWallMs,
        ...(before && { from: before.label }),
        to: effective.label,
        source: effective.source,
        cause: before || !ofTheWorld.has(cause) ? cause : 'started',
        flags: effective.flags,
        sentence: sentenceOf(vector, effective, wording),
        ...(by !== undefined && { by }),
        ...(read && {
          teams: {
            availability: read.availability,
            activity: read.activity,
            unseen: vector.teams?.own?.unseen ?? false,
          },
        }),
      },
      before === undefined,
    );
  }

  /** The account's settings or the facts about people changed: everybody is looked at, in turns. */
  lookAtAll(people: Iterable<PersonId>, cause: PresenceCause): void {
    const now = this.#deps.clock.wall();
    for (const personId of people) {
      this.#causes.set(personId, cause);
      this.#plan(personId, now);
    }
  }

  /** Who is gone is forgotten. */
  keepOnly(people: { has(personId: PersonId): boolean }): void {
    for (const personId of [...this.#told.keys(), ...this.#held.keys()])
      if (!people.has(personId)) this.forget(personId);
  }

  forget(personId: PersonId): void {
    this.#held.delete(personId);
    this.#told.delete(personId);
    this.#looks.delete(personId);
    this.#causes.delete(personId);
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
    this.#stopped = true;
    this.#stopTimer?.();
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
      this.#plan(personId, now);
      return;
    }
    const ends = [
      held?.manual?.endsAtWallMs,
      nextLook(exceptions, now),
      vector.meeting?.endsAtWallMs,
      held?.callbackUntilWallMs,
      vector.teams?.knowledge === 'frozen' ? now + lookWhileFrozenMs : undefined,
    ].filter((at) => at !== undefined && at > now) as number[];
    if (ends.length > 0) this.#plan(personId, Math.min(...ends));
    else this.#looks.delete(personId);
  }

  #plan(personId: PersonId, atWallMs: number): void {
    this.#looks.set(personId, atWallMs);
    if (atWallMs < this.#timerAt) this.#arm(atWallMs);
  }

  #arm(atWallMs: number): void {
    if (this.#stopped) return;
    this.#stopTimer?.();
    this.#timerAt = atWallMs;
    // The wall may jump; looked at least once a minute, an end is never late by more.
    const inMs = Math.min(longestLookMs, Math.max(1, atWallMs - this.#deps.clock.wall()));
    this.#stopTimer = this.#deps.clock.after(inMs, () => this.#look());
  }

  #look(): void {
    this.#stopTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#deps.clock.wall();
    let done = 0;
    let next = Number.POSITIVE_INFINITY;
    for (const [personId, at] of this.#looks) {
      if (at > now) {
        next = Math.min(next, at);
        continue;
      }
      if (done++ >= looksAtOnce) {
        next = now;
        continue;
      }
      this.#looks.delete(personId);
      this.#lookAt(personId, now);
    }
    for (const at of this.#looks.values()) next = Math.min(next, Math.max(at, now));
    if (Number.isFinite(next)) this.#arm(next);
  }

  #lookAt(personId: PersonId, now: number): void {
    const held = this.#held.get(personId);
    const cause = this.#causes.get(personId);
    this.#causes.delete(personId);
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
