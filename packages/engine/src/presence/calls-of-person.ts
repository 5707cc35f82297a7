import type { Clock } from '../ports/clock.ts';
import type { PresencePair } from './preferred-write.ts';
import type { CallLeg } from './vector.ts';
import { type PreferredPair, sessionPair } from './wish.ts';
import type { Desk } from './writer-desk.ts';

/** What a person does in answered calls, as our own signalling knows it: at once, whatever Microsoft says. */
export interface CallsOfPerson {
  /** Answered legs now, the oldest first. */
  readonly legs: readonly CallLeg[];
  /** Our own session may be alive at Microsoft, or what is read may be from when it was. */
  readonly mayEcho: boolean;
  /** Until when our session may be alive; absent: there is none. */
  readonly leaseEndsWallMs?: number;
  /** Monotonic ms at which the last leg ended. */
  readonly lastEndedMs?: number;
  /** What Microsoft may show because of us: a read that equals one of these says nothing new (2.8). */
  readonly ours: readonly PresencePair[];
  /** The preferred state of ours that may stand at Microsoft. */
  readonly preferred?: PreferredPair & { readonly endsWallMs: number };
}

/** A read may still show what was just cleared. */
export const echoAfterClearMs = 10_000;

export function callsOfDesk(desk: Desk, clock: Pick<Clock, 'now' | 'wall'>): CallsOfPerson {
  const now = clock.now();
  const leaseEndsMs = desk.restored?.leaseEndsMs ?? desk.state.leaseEndsMs;
  const held = leaseEndsMs !== undefined && leaseEndsMs > now;
  const { lastClearMs, preferred } = desk.state;
  const mayEcho = held || (lastClearMs !== undefined && now - lastClearMs < echoAfterClearMs);
  const { lastPreferred } = desk;
  const standing =
    preferred?.pair ??
    desk.restored?.preferred?.pair ??
    (lastPreferred && lastPreferred.untilMs > now ? lastPreferred.pair : undefined);
  return {
    legs: [...desk.legs.values()],
    mayEcho,
    ours: [...(mayEcho ? [sessionPair] : []), ...(standing ? [standing] : [])],
    ...(preferred && {
      preferred: { ...preferred.pair, endsWallMs: clock.wall() + preferred.endsMs - now },
    }),
    ...(held && { leaseEndsWallMs: clock.wall() + leaseEndsMs - now }),
    ...(desk.lastEndedMs !== undefined && { lastEndedMs: desk.lastEndedMs }),
  };
}
