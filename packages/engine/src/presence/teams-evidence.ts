import type { Clock } from '../ports/clock.ts';
import type { TeamsSeen } from './presence-reader.ts';
import type { TeamsEvidence } from './vector.ts';

/** What was read of Teams, as a part of the vector: the reader counts monotonic time, people read the wall's. */
export function teamsEvidence(
  { shown, raw, readAtMs, refused }: TeamsSeen,
  clock: Pick<Clock, 'now' | 'wall'>,
  interruptedSinceWallMs: number | undefined,
): TeamsEvidence {
  const wallOf = (monotonicMs: number): number => clock.wall() - (clock.now() - monotonicMs);
  return {
    knowledge: shown.knowledge,
    ...(shown.own && { own: shown.own }),
    ...(shown.ownPair && { ownPair: shown.ownPair }),
    ...(shown.present && { present: shown.present }),
    presentIsOurs: shown.presentIsOurs,
    ...(raw && readAtMs !== undefined && { lastRead: { ...raw, readAtWallMs: wallOf(readAtMs) } }),
    ...(shown.changedAtMs !== undefined && { sinceWallMs: wallOf(shown.changedAtMs) }),
    refused,
    ...(interruptedSinceWallMs !== undefined && { interruptedSinceWallMs }),
  };
}
