import type { AccountId, PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import type { CallsOfPerson } from './calls-of-person.ts';
import { type EffectivePresence, effectivePresence } from './effective-presence.ts';
import { noExceptions, type PresenceExceptions, quietNow } from './exceptions.ts';
import type { TeamsSeen } from './presence-reader.ts';
import type { Wording } from './presence-words.ts';
import { teamsEvidence } from './teams-evidence.ts';
import type { PinnedState, PresenceVector } from './vector.ts';

export interface KeptPerson {
  readonly accountId: AccountId;
  readonly displayName: string;
  /** The account's; what the person named for quiet hours goes before it. */
  readonly timeZone: string;
}

/** What is asked about a person whenever somebody wants to know how they stand. */
export interface KeptSources {
  readonly clock: Clock;
  readonly policies: PresencePolicies;
  callsOf(personId: PersonId): CallsOfPerson | undefined;
  teamsOf(personId: PersonId): TeamsSeen | undefined;
  /** Wall ms since which a call rings the person; undefined: none does. */
  ringingSince?(personId: PersonId): number | undefined;
  /** Wall ms since which the person is in an emergency call. */
  emergencySince?(personId: PersonId): number | undefined;
  registeredOf?(personId: PersonId): boolean | undefined;
  meetingOf?(personId: PersonId): PresenceVector['meeting'];
  interruptedSince?(personId: PersonId): number | undefined;
}

/** What a person decided here, and what followed from a call for help. */
export interface Decided {
  /** Stands now. */
  readonly manual?: PinnedState | undefined;
  readonly exceptions?: PresenceExceptions | undefined;
  readonly callbackUntilWallMs?: number | undefined;
}

/** One person as it stands now, with everything that it came from. */
export interface KeptState {
  readonly vector: PresenceVector;
  readonly effective: EffectivePresence;
  readonly exceptions: PresenceExceptions;
  readonly wording: Wording;
}

/** Everything that is known of the person, and what it comes to. From memory, changes nothing. */
export function keptState(
  sources: KeptSources,
  personId: PersonId,
  person: KeptPerson,
  { manual, exceptions = noExceptions, callbackUntilWallMs: callback }: Decided,
): KeptState {
  const now = sources.clock.wall();
  const policy = sources.policies.of(personId);
  const calls = sources.callsOf(personId);
  const seen = policy.readsTeams ? sources.teamsOf(personId) : undefined;
  const quiet = quietNow(exceptions, person.timeZone, now);
  const emergencySince = sources.emergencySince?.(personId);
  const ringing = sources.ringingSince?.(personId);
  const meeting = sources.meetingOf?.(personId);
  const registered = sources.registeredOf?.(personId);
  const vector: PresenceVector = {
    calls: {
      legs: calls?.legs ?? [],
      ...(ringing !== undefined && { ringingSinceWallMs: ringing }),
      ...(calls?.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
    },
    ...(seen && { teams: teamsEvidence(seen, sources.clock, sources.interruptedSince?.(personId)) }),
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
