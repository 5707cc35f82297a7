import type { PresenceLabel } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { TeamsSeen } from './presence-reader.ts';
import type { CallsOfPerson } from './presence-writer.ts';

/** A person's state as the platform says it. Times are wall milliseconds. */
export interface PersonPresence {
  readonly label: PresenceLabel;
  /** `platform-call`: an answered call of our own, known at once. `none`: nothing is known. */
  readonly source: 'platform-call' | 'teams' | 'none';
  /** Where the person talks, while `source` is a call of ours. */
  readonly endpoint?: 'platform' | 'teams';
  readonly idle: boolean;
  readonly outOfOffice: boolean;
  readonly stale: boolean;
  /** Microsoft refuses to tell: consent or permission is missing (PRS-120). */
  readonly refused: boolean;
  readonly sinceWallMs?: number;
  readonly teams?: {
    readonly availability: string | null;
    readonly activity: string | null;
    readonly readAtWallMs: number;
  };
  /** What we asked Teams to show, while our lease may be alive. */
  readonly leaseEndsWallMs?: number;
  /** What Teams goes on showing although we asked for something else: the person's own choice outranks it there. */
  readonly hiddenBy?: PresenceLabel;
}

/** So long after the answer Teams shows what we asked for, or it hides it. */
const shownWithinMs = 3_000;

/** Our own answered call first, then what Teams showed (product-behaviour 2.6). Undefined: nothing is known. */
export function shownPresence(
  calls: CallsOfPerson | undefined,
  teams: TeamsSeen | undefined,
  clock: Pick<Clock, 'now' | 'wall'>,
): PersonPresence | undefined {
  const [oldest] = calls?.legs ?? [];
  if (!oldest && !teams) return undefined;
  const wallOf = (monotonicMs: number): number => clock.wall() - (clock.now() - monotonicMs);
  const common = {
    outOfOffice: teams?.shown.outOfOffice ?? false,
    refused: teams?.refused ?? false,
    ...(teams?.raw &&
      teams.readAtMs !== undefined && { teams: { ...teams.raw, readAtWallMs: wallOf(teams.readAtMs) } }),
    ...(calls?.leaseEndsWallMs !== undefined && { leaseEndsWallMs: calls.leaseEndsWallMs }),
  };
  if (oldest) {
    const atPhone = calls?.legs.some(({ endpoint }) => endpoint === 'platform') ?? false;
    // The last read was no echo of ours, and late enough to be one.
    const hidden =
      atPhone &&
      calls?.leaseEndsWallMs !== undefined &&
      teams?.rawReadAtMs !== undefined &&
      teams.rawReadAtMs === teams.readAtMs &&
      !teams.shown.stale &&
      wallOf(teams.rawReadAtMs) >= oldest.sinceWallMs + shownWithinMs;
    return {
      ...common,
      ...(hidden && { hiddenBy: teams.shown.label }),
      label: 'on_call',
      source: 'platform-call',
      endpoint: atPhone ? 'platform' : 'teams',
      idle: false,
      stale: false,
      sinceWallMs: oldest.sinceWallMs,
    };
  }
  const { shown } = teams as TeamsSeen;
  return {
    ...common,
    label: shown.label,
    source: teams?.readAtMs === undefined ? 'none' : 'teams',
    idle: shown.idle,
    stale: shown.stale,
    ...(shown.changedAtMs !== undefined && { sinceWallMs: wallOf(shown.changedAtMs) }),
  };
}
