import type { ManualState, usualManualMs } from './manual-presence.ts';

/**
 * What Microsoft ought to show of one person because of us: the table of product-behaviour 2.5. Everything that may come
 * here is in `WishSources`: calls of our own, what the person set by hand, a meeting that Teams does not show. States of
 * Teams and rules have no place in it, so they cannot be written back.
 */
export interface WishSources {
  /** The account syncs this person, towards Teams too. */
  readonly writes: boolean;
  /** Answered legs of the person at phones and other endpoints that Teams cannot see. */
  readonly platformLegs: ReadonlySet<string>;
  /** Answered legs of the person at Teams: Teams knows these itself. */
  readonly teamsLegs: ReadonlySet<string>;
  readonly manual?: StandingManual;
  readonly event?: StandingEvent;
  /** The person said "available" during a call: this call is not shown any more. */
  readonly waived: boolean;
}

export interface StandingManual {
  readonly state: ManualState;
  /** Tells one wish from another. */
  readonly key: string;
  readonly endsMs: number;
}

/** Busy by a meeting that Microsoft does not show by itself. */
export interface StandingEvent {
  readonly key: string;
  readonly endsMs: number;
}

/** The one of Microsoft's five that we ever set: the platform has calls, and no conferences of its own. */
export const sessionPair = { availability: 'Busy', activity: 'InACall' } as const;
export type SessionPair = typeof sessionPair;

/** Those of Microsoft's six that we ever set: `available` is a clear, never a set. */
export type PreferredPair = (typeof preferredPairs)[keyof typeof preferredPairs];

export const preferredPairs = {
  busy: { availability: 'Busy', activity: 'Busy' },
  dnd: { availability: 'DoNotDisturb', activity: 'DoNotDisturb' },
  be_right_back: { availability: 'BeRightBack', activity: 'BeRightBack' },
  away: { availability: 'Away', activity: 'Away' },
  appear_offline: { availability: 'Offline', activity: 'OffWork' },
} as const satisfies Record<
  Exclude<keyof typeof usualManualMs, 'available'>,
  { availability: string; activity: string }
>;

/** `leave`: Teams shows the call by itself, a lease of ours may lapse. */
export function sessionWish(sources: WishSources): SessionPair | 'none' | 'leave' {
  if (!sources.writes || sources.waived) return 'none';
  if (sources.platformLegs.size === 0) return 'none';
  return sources.teamsLegs.size > 0 ? 'leave' : sessionPair;
}

export interface PreferredWish {
  readonly pair: PreferredPair;
  readonly key: string;
  readonly endsMs: number;
}

/** Busy makes room while a session of ours shows a call; do not disturb and the others stay (2.5). */
export function preferredWish(sources: WishSources, nowMs: number): PreferredWish | undefined {
  if (!sources.writes) return undefined;
  const { manual, event } = sources;
  const stands = (one: { readonly endsMs: number } | undefined): boolean =>
    one !== undefined && one.endsMs > nowMs;
  const wish =
    manual && stands(manual)
      ? manual.state === 'available'
        ? undefined
        : { pair: preferredPairs[manual.state], key: manual.key, endsMs: manual.endsMs }
      : event && stands(event)
        ? { pair: preferredPairs.busy, key: event.key, endsMs: event.endsMs }
        : undefined;
  const inCall = typeof sessionWish(sources) === 'object';
  return wish?.pair === preferredPairs.busy && inCall ? undefined : wish;
}
