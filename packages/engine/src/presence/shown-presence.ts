import type { AcceptFlags, PresenceLabel } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import { syncedBothWays } from '../ports/presence-policies.ts';
import type { CallsOfPerson } from './calls-of-person.ts';
import { type EffectivePresence, effectivePresence } from './effective-presence.ts';
import type { TeamsSeen } from './presence-reader.ts';
import { teamsEvidence } from './teams-evidence.ts';
import type { PresenceSource, PresenceVector } from './vector.ts';

/** A person's state as the platform says it. Times are wall milliseconds. */
export interface PersonPresence {
  readonly label: PresenceLabel;
  /** `platform-call`: an answered call of our own, known at once. `none`: nothing is known. */
  readonly source: PresenceSource;
  /** Which calls ring. Absent: nobody asked what was decided about calls. */
  readonly flags?: AcceptFlags;
  /** Where the person talks, while in an answered call of ours. */
  readonly endpoint?: 'platform' | 'teams';
  readonly idle: boolean;
  readonly outOfOffice: boolean;
  readonly stale: boolean;
  /** Microsoft refuses to tell: consent or permission is missing (PRS-120). */
  readonly refused: boolean;
  readonly sinceWallMs?: number;
  /** Set by hand here. */
  readonly pinned?: { readonly sinceWallMs: number; readonly endsAtWallMs: number };
  readonly teams?: {
    readonly availability: string | null;
    readonly activity: string | null;
    readonly readAtWallMs: number;
  };
  /** What we asked Teams to show of a call, while our lease may be alive. */
  readonly leaseEndsWallMs?: number;
  /** What Teams goes on showing although we asked for something else: the person's own choice outranks it there. */
  readonly hiddenBy?: PresenceLabel;
}

/** So long after the answer Teams shows what we asked for, or it hides it. */
const shownWithinMs = 3_000;

/** Undefined: nothing is known, and nobody can be asked. */
export function personPresence(
  vector: PresenceVector,
  effective: EffectivePresence,
): PersonPresence | undefined {
  const { calls, teams } = vector;
  if (!teams && effective.source === 'none') return undefined;
  const [oldest] = calls.legs;
  const atPhone = calls.legs.some(({ endpoint }) => endpoint === 'platform');
  // The last read was no echo of ours, and late enough to be one.
  const hidden =
    oldest !== undefined &&
    atPhone &&
    calls.leaseEndsWallMs !== undefined &&
    teams?.knowledge === 'fresh' &&
    !teams.presentIsOurs &&
    (teams.lastRead?.readAtWallMs ?? 0) >= oldest.sinceWallMs + shownWithinMs;
  return {
    label: effective.label,
    source: effective.source,
    flags: effective.flags,
    ...(oldest && { endpoint: atPhone ? 'platform' : 'teams' }),
    idle: effective.idle,
    outOfOffice: effective.outOfOffice,
    stale: effective.stale,
    refused: effective.refused,
    ...(effective.sinceWallMs !== undefined && { sinceWallMs: effective.sinceWallMs }),
    ...(effective.pin && {
      pinned: { sinceWallMs: effective.pin.setAtWallMs, endsAtWallMs: effective.pin.endsAtWallMs },
    }),
    ...(teams?.lastRead && { teams: teams.lastRead }),
    ...(calls.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
    ...(hidden && teams.own && { hiddenBy: teams.own.label }),
  };
}

/** Of calls and Teams alone, for somebody who decided nothing and whom no rule concerns. Undefined: nothing is known. */
export function shownPresence(
  calls: CallsOfPerson | undefined,
  teams: TeamsSeen | undefined,
  clock: Pick<Clock, 'now' | 'wall'>,
): PersonPresence | undefined {
  const vector: PresenceVector = {
    calls: {
      legs: calls?.legs ?? [],
      ...(calls?.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
    },
    ...(teams && { teams: teamsEvidence(teams, clock, undefined) }),
  };
  return personPresence(vector, effectivePresence(vector, syncedBothWays, clock.wall()));
}
