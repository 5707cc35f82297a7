import type { AcceptFlags, MappedPresence, PresenceLabel } from '@tandem/domain';
import type { QuietNow } from './exceptions.ts';
import type { ManualPresence, ManualState } from './manual-presence.ts';
import type { TeamsKnowledge, TeamsPair } from './teams-view.ts';

/** Who can say what a person is doing, the strongest first (product-behaviour 2.6). */
export const presenceSources = [
  'emergency',
  'manual',
  'quiet-hours',
  'rule',
  'teams-manual',
  'platform-call',
  'teams',
  'calendar',
  'idle',
  'registration',
  'none',
] as const;
export type PresenceSource = (typeof presenceSources)[number];

export interface PinnedState extends ManualPresence {
  readonly endsAtWallMs: number;
  /** Who set it, in words. */
  readonly setBy: string;
}

/** What Teams says, as far as it is known. Times are wall milliseconds. */
export interface TeamsEvidence {
  readonly knowledge: TeamsKnowledge;
  /** Teams' own state: what we asked it to show is left out. Absent: never known, or dropped. */
  readonly own?: MappedPresence;
  readonly ownPair?: TeamsPair;
  /** What Teams shows everybody, whoever or whatever put it there: what rules match (2.6 source 3). */
  readonly present?: TeamsPair;
  readonly presentIsOurs: boolean;
  /** As read last, for people to see; absent: never read. */
  readonly lastRead?: TeamsPair & { readonly readAtWallMs: number };
  readonly sinceWallMs?: number;
  /** Microsoft refuses to tell (PRS-120). */
  readonly refused: boolean;
  /** Nobody can be asked at Microsoft since then: the connection is interrupted (2.10). */
  readonly interruptedSinceWallMs?: number;
}

export interface CallLeg {
  readonly endpoint: 'platform' | 'teams';
  readonly sinceWallMs: number;
  /** Default: `talking`. */
  readonly doing?: 'talking' | 'held';
}

/** What our own signalling knows, at once. */
export interface CallEvidence {
  /** Answered, the oldest first. */
  readonly legs: readonly CallLeg[];
  readonly ringingSinceWallMs?: number;
  /** Our session at Microsoft may be alive until then: Teams shows the call, unless the person hides it. */
  readonly leaseEndsWallMs?: number;
}

/** Everything that is known of one person, as one value. Nothing in it is decided yet. */
export interface PresenceVector {
  /** `sinceWallMs`: in an emergency call now. `callbackUntilWallMs`: was in one; whoever calls back gets through. */
  readonly emergency?: { readonly sinceWallMs?: number; readonly callbackUntilWallMs?: number };
  readonly manual?: PinnedState;
  readonly quiet?: QuietNow;
  /** Absent: Teams is not read for this person. */
  readonly teams?: TeamsEvidence;
  readonly calls: CallEvidence;
  /** The calendar has a meeting now. */
  readonly meeting?: { readonly endsAtWallMs: number };
  /** A phone of the person is registered, or none of those that there are. Absent: no phone. */
  readonly registered?: boolean;
}

export const nothingKnown: PresenceVector = { calls: { legs: [] } };

const all: AcceptFlags = { acceptDirect: 'yes', acceptQueue: true };
const directOnly: AcceptFlags = { acceptDirect: 'yes', acceptQueue: false };
const none: AcceptFlags = { acceptDirect: 'no', acceptQueue: false };
export const flags = { all, directOnly, none } as const;

/** What a state that was set by hand here shows and lets ring: as the same state in Teams (2.4). */
export const manualTable: Readonly<
  Record<ManualState, { readonly label: PresenceLabel; readonly flags: AcceptFlags }>
> = {
  available: { label: 'available', flags: all },
  busy: { label: 'busy', flags: all },
  dnd: { label: 'dnd', flags: none },
  be_right_back: { label: 'be_right_back', flags: all },
  away: { label: 'away', flags: all },
  appear_offline: { label: 'appear_offline', flags: directOnly },
};

const direct = { yes: 2, vip: 1, no: 0 } as const;

/** The more restrictive of both. */
export const stricter = (a: AcceptFlags, b: AcceptFlags): AcceptFlags => ({
  acceptDirect: direct[a.acceptDirect] <= direct[b.acceptDirect] ? a.acceptDirect : b.acceptDirect,
  acceptQueue: a.acceptQueue && b.acceptQueue,
});
