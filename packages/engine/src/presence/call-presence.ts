import type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';
import {
  type PreferredPair,
  type PreferredWish,
  preferredWish,
  type SessionPair,
  type StandingEvent,
  type StandingManual,
  sessionWish,
  type WishSources,
} from './wish.ts';

export type { PresenceWrite, PresenceWriteOutcome } from './presence-writes.ts';

/**
 * Platform → Teams, for one person (product-behaviour 2.5, 2.8). Pure: inputs and time in, the next state and at most one
 * write out. The session at Microsoft is a lease of five minutes, renewed at four while a call lives; a preferred state has
 * its end from the first write on. Whatever happens to us, both heal by themselves.
 *
 * Reads of Teams are no input here: nothing that came from Teams can ever be written back to it.
 */
export interface CallPresence extends WishSources {
  /** Our session at Microsoft may exist until then. Undefined: it does not. Store it before sending the write. */
  readonly leaseEndsMs?: number;
  /** When the lease must be renewed. */
  readonly renewAtMs?: number;
  /** What the person prefers because of us, and may still prefer. Store it before sending the write. */
  readonly preferred?: HeldPreferred;
  /** Made room for a call: set again after it, unless the person chose something else. */
  readonly parkedKey?: string;
  /** The person chose something else in Teams over this wish of ours: it is not told again. */
  readonly leftKey?: string;
  /** Microsoft said a final no to this preferred wish. */
  readonly refusedKey?: string;
  readonly preferredNotBeforeMs?: number;
  readonly inFlight?: {
    readonly sequence: number;
    readonly write: 'set' | 'clear' | 'setPreferred' | 'clearPreferred';
    readonly sentAtMs: number;
  };
  readonly sequence: number;
  readonly lastSetMs?: number;
  readonly lastClearMs?: number;
  readonly lastPreferredMs?: number;
  readonly notBeforeMs?: number;
  readonly failures: number;
  /** Microsoft said a final no for this call (PRS-121): no more tries until a call begins. */
  readonly refused: boolean;
  /** "Fix my presence": the session is cleared once, whether we know of one or not. */
  readonly fixing: boolean;
}

export interface HeldPreferred {
  readonly pair: PreferredPair;
  readonly key: string;
  readonly endsMs: number;
  /** The write that set it has a good answer. */
  readonly sure: boolean;
  /** Others of ours that stand if it did not take effect. */
  readonly maybe?: readonly PreferredPair[];
  /** Not seen at Microsoft when it was to be cleared. */
  readonly looked?: true;
  /** From before a crash: not cleared before it is known what the person wishes. */
  readonly keepUntilMs?: number;
}

export type CallPresenceInput =
  | { readonly kind: 'legAnswered'; readonly legId: string; readonly endpoint: 'platform' | 'teams' }
  | { readonly kind: 'legEnded'; readonly legId: string }
  | { readonly kind: 'manual'; readonly manual: StandingManual | undefined }
  | { readonly kind: 'event'; readonly event: StandingEvent | undefined }
  | { readonly kind: 'policy'; readonly writes: boolean }
  /** Microsoft asked the whole tenant to wait. */
  | { readonly kind: 'pause'; readonly untilMs: number }
  | { readonly kind: 'fix' }
  | { readonly kind: 'tick' }
  | { readonly kind: 'written'; readonly sequence: number; readonly outcome: PresenceWriteOutcome };

export const leaseMs = 5 * 60_000;
export const renewAfterMs = 4 * 60_000;
/** At most one write a person in this time, the last wish wins; start and end of a call need not wait for it. */
export const writeWindowMs = 5000;
/** Calls that begin and end all the time still make at most one write of a kind in this time. */
export const flapWindowMs = 2000;
/** A write without an answer for this long is given up; the adapter's own time limit is shorter. */
export const giveUpMs = 60_000;
/** After a pause that Microsoft asked for, what frees people goes first (reliability F08). */
export const clearsFirstMs = 250;
/** What the person prefers could not be seen: looked at again. */
export const lookAgainMs = 60_000;
const longestBackOffMs = 60_000;
const refusedPauseMs = 300_000;
/** Ends that differ by less are the same end, and what ends so soon is not cleared before. */
const sameEndMs = 5_000;
/** Shorter is not worth a request. */
const leastPreferredMs = 10_000;

export const noCallPresence: CallPresence = {
  writes: true,
  platformLegs: new Set(),
  teamsLegs: new Set(),
  waived: false,
  sequence: 0,
  failures: 0,
  refused: false,
  fixing: false,
};

export interface StoredPresence {
  readonly leaseEndsMs?: number;
  readonly preferred?: Omit<HeldPreferred, 'keepUntilMs'>;
  readonly leftKey?: string;
  readonly sequence: number;
}

/** How long a preferred state of before a crash waits for the person's wish to be told. */
export const orphanGraceMs = 30_000;

/** After a crash: what the store says was leased, and the legs that live. The first tick re-asserts or clears. */
export function restoreCallPresence(
  stored: StoredPresence,
  liveLegs: { readonly platform: Iterable<string>; readonly teams: Iterable<string> },
  nowMs = 0,
): CallPresence {
  const { leaseEndsMs, preferred, leftKey, sequence } = stored;
  return {
    ...noCallPresence,
    platformLegs: new Set(liveLegs.platform),
    teamsLegs: new Set(liveLegs.teams),
    sequence,
    // A lease of before the crash: renew it now if a call lives, else clear it.
    ...(leaseEndsMs !== undefined && { leaseEndsMs, renewAtMs: 0 }),
    ...(preferred && { preferred: { ...preferred, keepUntilMs: nowMs + orphanGraceMs } }),
    // Nobody knows whether Microsoft was told: told again, unless the person chose something meanwhile.
    ...(preferred && !preferred.sure && { parkedKey: preferred.key }),
    ...(leftKey !== undefined && { leftKey }),
  };
}

export interface CallPresenceStep {
  readonly state: CallPresence;
  readonly write?: PresenceWrite;
}

export function stepCallPresence(
  before: CallPresence,
  input: CallPresenceInput,
  nowMs: number,
): CallPresenceStep {
  return decideWrite(expire(take(before, input, nowMs), nowMs), nowMs);
}

/** When the next tick can change anything; undefined: only another input can. */
export function nextPresenceTick(state: CallPresence, nowMs = 0): number | undefined {
  if (state.inFlight) return state.inFlight.sentAtMs + giveUpMs;
  const times = wanted(state, nowMs).map((wish) => earliest(state, wish));
  for (const end of [state.leaseEndsMs, state.preferred?.endsMs]) if (end !== undefined) times.push(end);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Nothing of ours is or may be at Microsoft, nothing is wished and nothing under way. */
export const isIdle = (state: CallPresence): boolean =>
  state.leaseEndsMs === undefined &&
  state.preferred === undefined &&
  state.inFlight === undefined &&
  !state.fixing;

function take(before: CallPresence, input: CallPresenceInput, nowMs: number): CallPresence {
  switch (input.kind) {
    case 'legAnswered': {
      const side = input.endpoint === 'platform' ? 'platformLegs' : 'teamsLegs';
      if (before[side].has(input.legId)) return before;
      const after = { ...before, [side]: new Set([...before[side], input.legId]) };
      return input.endpoint === 'platform' && !shows(before) ? begun(after) : after;
    }
    case 'legEnded': {
      const strip = (legs: ReadonlySet<string>): ReadonlySet<string> =>
        legs.has(input.legId) ? new Set([...legs].filter((leg) => leg !== input.legId)) : legs;
      return {
        ...before,
        platformLegs: strip(before.platformLegs),
        teamsLegs: strip(before.teamsLegs),
      };
    }
    case 'manual':
      return takeManual(before, input.manual);
    case 'event': {
      const { event: _, ...rest } = before;
      return input.event ? { ...rest, event: input.event } : rest;
    }
    case 'policy':
      return { ...before, writes: input.writes };
    case 'pause':
      return { ...before, notBeforeMs: Math.max(before.notBeforeMs ?? 0, input.untilMs) };
    case 'fix': {
      const {
        parkedKey: _p,
        leftKey: _l,
        refusedKey: _r,
        event: _e,
        ...rest
      } = takeManual(before, undefined);
      return { ...rest, fixing: true, waived: false, refused: false, failures: 0 };
    }
    case 'tick':
      return before;
    case 'written':
      return settle(before, input, nowMs);
  }
}

const shows = ({ platformLegs }: CallPresence): boolean => platformLegs.size > 0;

/** A call begins: an old no, and an old wish to be seen as available, were about another one. */
const begun = (state: CallPresence): CallPresence => ({
  ...state,
  refused: false,
  waived: false,
  failures: 0,
});

function takeManual(before: CallPresence, manual: StandingManual | undefined): CallPresence {
  const { manual: was, preferred, ...rest } = before;
  const { keepUntilMs: _, ...held } = preferred ?? {};
  return {
    ...rest,
    ...(preferred && { preferred: held as HeldPreferred }),
    ...(manual && { manual }),
    // "Available" by hand during a call: this call is not shown any more, the next one is.
    waived: manual?.state === 'available' ? (was?.key === manual.key ? before.waived : shows(before)) : false,
  };
}

function expire(before: CallPresence, nowMs: number): CallPresence {
  let state = before;
  if (state.inFlight && nowMs - state.inFlight.sentAtMs >= giveUpMs) {
    const { inFlight: _, ...rest } = state;
    state = { ...rest, failures: state.failures + 1 };
  }
  if (state.inFlight) return state;
  if (state.leaseEndsMs !== undefined && nowMs >= state.leaseEndsMs) state = withoutLease(state);
  if (state.preferred && nowMs >= state.preferred.endsMs) state = withoutPreferred(state);
  return state;
}

function settle(
  before: CallPresence,
  input: { readonly sequence: number; readonly outcome: PresenceWriteOutcome },
  nowMs: number,
): CallPresence {
  // An answer to a write that was given up says nothing any more.
  if (before.inFlight?.sequence !== input.sequence) return before;
  const { inFlight, notBeforeMs: _, ...state } = before;
  const { outcome } = input;
  if (outcome.is === 'later') {
    const failures = state.failures + 1;
    const backOff = Math.min(longestBackOffMs, 1000 * 2 ** Math.min(failures, 10));
    return { ...state, failures, notBeforeMs: nowMs + (outcome.retryAfterMs ?? backOff) };
  }
  const well = { ...state, failures: 0 };
  const refused = outcome.is === 'refused';
  switch (inFlight.write) {
    case 'clear':
      return { ...withoutLease(well), fixing: false, refused: refused || state.refused };
    case 'set':
      return outcome.is === 'done'
        ? { ...well, renewAtMs: inFlight.sentAtMs + renewAfterMs }
        : { ...withoutLease(well), refused: true };
    case 'setPreferred': {
      const { preferred } = well;
      if (!preferred) return well;
      if (outcome.is === 'done') {
        const { maybe: _m, ...held } = preferred;
        return { ...well, preferred: { ...held, sure: true } };
      }
      if (outcome.is === 'hidden') return later(withoutPreferred(well), nowMs + lookAgainMs);
      const { key } = preferred;
      return {
        ...withoutPreferred(well),
        ...(outcome.is === 'left' ? { leftKey: key } : { refusedKey: key }),
      };
    }
    case 'clearPreferred': {
      const key = well.preferred?.key;
      // Still there, as far as anybody knows: looked at again until its own end.
      if (outcome.is === 'hidden') return later(well, nowMs + lookAgainMs);
      if (refused) return later(well, nowMs + refusedPauseMs);
      const cleared = withoutPreferred(well);
      const unsure = outcome.is === 'left' && well.preferred?.sure === false ? well.preferred : undefined;
      // A request of before a crash, or one that was given up, may arrive yet: looked at once more.
      if (unsure && !unsure.looked)
        return later(
          { ...well, preferred: { ...unsure, looked: true }, parkedKey: unsure.key },
          nowMs + lookAgainMs,
        );
      // Ours may never have stood there: then what is shown is no answer of the person's to it.
      const overruled = outcome.is === 'left' && well.preferred?.sure === true;
      if (overruled) return { ...cleared, ...(key !== undefined && { leftKey: key }) };
      return { ...cleared, ...(key !== undefined && { parkedKey: key }) };
    }
  }
}

const later = (state: CallPresence, preferredNotBeforeMs: number): CallPresence => ({
  ...state,
  preferredNotBeforeMs,
});

function withoutLease(state: CallPresence): CallPresence {
  const { leaseEndsMs: _l, renewAtMs: _r, ...rest } = state;
  return rest;
}

function withoutPreferred(state: CallPresence): CallPresence {
  const { preferred: _p, preferredNotBeforeMs: _n, ...rest } = state;
  return rest;
}

/** In the order in which they go out when several are due. */
type Wish =
  | { readonly is: 'clear' }
  | { readonly is: 'set'; readonly pair: SessionPair }
  | { readonly is: 'park'; readonly pair: PreferredPair }
  | { readonly is: 'clearPreferred'; readonly pair: PreferredPair }
  | { readonly is: 'setPreferred'; readonly wish: PreferredWish }
  | { readonly is: 'renew'; readonly pair: SessionPair };

/** What ought to become different at Microsoft. */
function wanted(state: CallPresence, nowMs: number): readonly Wish[] {
  const session = wantedSession(state);
  const preferred = wantedPreferred(state, nowMs);
  return state.fixing ? [...preferred, ...session] : [...session, ...preferred];
}

function wantedSession(state: CallPresence): readonly Wish[] {
  const session = sessionWish(state);
  const leased = state.leaseEndsMs !== undefined;
  if (state.fixing || (session === 'none' && leased)) return [{ is: 'clear' }];
  if (session === 'none' || session === 'leave' || state.refused) return [];
  return [{ is: leased ? 'renew' : 'set', pair: session }];
}

function wantedPreferred(state: CallPresence, nowMs: number): readonly Wish[] {
  const wish = preferredWish(state, nowMs);
  const held = state.preferred;
  if (held && !wish) {
    const soonOver = held.endsMs - nowMs < sameEndMs && !state.fixing;
    const hurries = state.fixing || typeof sessionWish(state) === 'object';
    return soonOver ? [] : [{ is: hurries ? 'park' : 'clearPreferred', pair: held.pair }];
  }
  if (!wish || wish.key === state.leftKey || wish.key === state.refusedKey) return [];
  const same =
    held?.sure === true &&
    held.key === wish.key &&
    held.pair.activity === wish.pair.activity &&
    Math.abs(held.endsMs - wish.endsMs) < sameEndMs;
  return same || wish.endsMs - nowMs < leastPreferredMs ? [] : [{ is: 'setPreferred', wish }];
}

const never = Number.NEGATIVE_INFINITY;
const after = (at: number | undefined, gap: number): number => (at === undefined ? never : at + gap);

function earliest(state: CallPresence, wish: Wish): number {
  const pause = state.notBeforeMs ?? never;
  const setPause = state.notBeforeMs === undefined ? never : state.notBeforeMs + clearsFirstMs;
  const lastWrite = Math.max(
    after(state.lastSetMs, writeWindowMs),
    after(state.lastClearMs, writeWindowMs),
    after(state.lastPreferredMs, writeWindowMs),
  );
  const again = state.failures > 0 ? lastWrite : never;
  const preferredPause = state.preferredNotBeforeMs ?? never;
  switch (wish.is) {
    case 'set':
      // The start of a call does not wait, unless it is a second try.
      return Math.max(setPause, after(state.lastSetMs, flapWindowMs), again);
    case 'clear':
      return Math.max(pause, after(state.lastClearMs, flapWindowMs), again);
    case 'renew':
      // A lease whose `set` has no good answer has no renewal time: it is asserted again at the next chance.
      return Math.max(setPause, lastWrite, state.renewAtMs ?? never);
    case 'park':
      return Math.max(
        pause,
        state.fixing ? never : preferredPause,
        after(state.lastPreferredMs, flapWindowMs),
        again,
      );
    case 'clearPreferred':
      return Math.max(pause, preferredPause, lastWrite, state.preferred?.keepUntilMs ?? never);
    case 'setPreferred':
      return Math.max(setPause, preferredPause, lastWrite);
  }
}

function decideWrite(state: CallPresence, nowMs: number): CallPresenceStep {
  if (state.inFlight) return { state };
  const wish = wanted(state, nowMs).find((one) => nowMs >= earliest(state, one));
  if (!wish) return { state };
  const sequence = state.sequence + 1;
  const sent = (write: NonNullable<CallPresence['inFlight']>['write']) => ({
    sequence,
    inFlight: { sequence, write, sentAtMs: nowMs },
  });
  switch (wish.is) {
    case 'clear':
      return {
        state: { ...state, ...sent('clear'), lastClearMs: nowMs },
        write: { kind: 'clearPresence', sequence },
      };
    case 'set':
    case 'renew': {
      const { renewAtMs: _, ...rest } = state;
      return {
        state: {
          ...rest,
          ...sent('set'),
          lastSetMs: nowMs,
          // It may begin to count at Microsoft as late as we give up waiting.
          leaseEndsMs: nowMs + leaseMs + giveUpMs,
        },
        write: { kind: 'setPresence', sequence, ...wish.pair, expirationDuration: 'PT5M' },
      };
    }
    case 'park':
    case 'clearPreferred':
      return {
        state: { ...state, ...sent('clearPreferred'), lastPreferredMs: nowMs },
        write: {
          kind: 'clearPreferred',
          sequence,
          ...wish.pair,
          ...(state.preferred?.maybe && { orPairs: state.preferred.maybe }),
        },
      };
    case 'setPreferred': {
      const { pair, key, endsMs } = wish.wish;
      const unlessChosen = state.parkedKey === key;
      const held = state.preferred;
      const maybe = held ? [...(held.maybe ?? []), held.pair].filter((one) => one !== pair) : [];
      const orPairs = maybe.length > 0 ? [...new Set(maybe)] : undefined;
      return {
        state: {
          ...state,
          ...sent('setPreferred'),
          lastPreferredMs: nowMs,
          preferred: { pair, key, endsMs, sure: false, ...(orPairs && { maybe: orPairs }) },
        },
        write: {
          kind: 'setPreferred',
          sequence,
          ...pair,
          forMs: endsMs - nowMs,
          unlessChosen,
          ...(orPairs && { orPairs }),
        },
      };
    }
  }
}
