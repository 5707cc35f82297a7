/**
 * Platform call → Teams, for one person (product-behaviour 2.5, 2.8). Pure: inputs and time in, the next state and at
 * most one write out. The state at Microsoft is a lease of five minutes, renewed at four while a call lives; whatever
 * happens to us, it heals by itself.
 *
 * Reads of Teams are no input here: nothing that came from Teams can ever be written back to it.
 */
export interface CallPresence {
  /** Answered legs of the person at phones and other endpoints that Teams cannot see. */
  readonly platformLegs: ReadonlySet<string>;
  /** Answered legs of the person at Teams: Teams knows these itself. */
  readonly teamsLegs: ReadonlySet<string>;
  /** Our session at Microsoft may exist until then. Undefined: it does not. Store it before sending the write. */
  readonly leaseEndsMs?: number;
  /** When the lease must be renewed. */
  readonly renewAtMs?: number;
  readonly inFlight?: {
    readonly sequence: number;
    readonly write: 'set' | 'clear';
    readonly sentAtMs: number;
  };
  readonly sequence: number;
  readonly lastSetMs?: number;
  readonly lastClearMs?: number;
  readonly notBeforeMs?: number;
  readonly failures: number;
  /** Microsoft said a final no for this call (PRS-121): no more tries until a call begins. */
  readonly refused: boolean;
}

export type CallPresenceInput =
  | { readonly kind: 'legAnswered'; readonly legId: string; readonly endpoint: 'platform' | 'teams' }
  | { readonly kind: 'legEnded'; readonly legId: string }
  | { readonly kind: 'tick' }
  | { readonly kind: 'written'; readonly sequence: number; readonly outcome: PresenceWriteOutcome };

export type PresenceWriteOutcome =
  | { readonly is: 'done' }
  /** 404: no session to clear, or no such user. */
  | { readonly is: 'notFound' }
  | { readonly is: 'refused' }
  /** 429, 5xx, no answer: whether it took effect is not known. */
  | { readonly is: 'later'; readonly retryAfterMs?: number };

export type PresenceWrite =
  | {
      readonly kind: 'setPresence';
      readonly sequence: number;
      readonly availability: 'Busy';
      readonly activity: 'InACall';
      readonly expirationDuration: 'PT5M';
    }
  | { readonly kind: 'clearPresence'; readonly sequence: number };

export const leaseMs = 5 * 60_000;
export const renewAfterMs = 4 * 60_000;
/** At most one write a person in this time, the last wish wins; start and end of a call need not wait for it. */
export const writeWindowMs = 5000;
/** Calls that begin and end all the time still make at most one write of a kind in this time. */
export const flapWindowMs = 2000;
/** A write without an answer for this long is given up; the adapter's own time limit is shorter. */
export const giveUpMs = 60_000;
const longestBackOffMs = 60_000;

export const noCallPresence: CallPresence = {
  platformLegs: new Set(),
  teamsLegs: new Set(),
  sequence: 0,
  failures: 0,
  refused: false,
};

/** After a crash: what the store says was leased, and the legs that live. The first tick re-asserts or clears. */
export function restoreCallPresence(
  stored: { readonly leaseEndsMs?: number; readonly sequence: number },
  liveLegs: { readonly platform: Iterable<string>; readonly teams: Iterable<string> },
): CallPresence {
  const platformLegs = new Set(liveLegs.platform);
  return {
    ...noCallPresence,
    platformLegs,
    teamsLegs: new Set(liveLegs.teams),
    sequence: stored.sequence,
    // A lease of before the crash: renew it now if a call lives, else clear it.
    ...(stored.leaseEndsMs !== undefined && { leaseEndsMs: stored.leaseEndsMs, renewAtMs: 0 }),
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
  return decideWrite(take(before, input, nowMs), nowMs);
}

/** When the next tick can change anything; undefined: only another input can. */
export function nextPresenceTick(state: CallPresence): number | undefined {
  if (state.inFlight) return state.inFlight.sentAtMs + giveUpMs;
  const wish = wanted(state);
  if (wish === undefined) return state.leaseEndsMs;
  return earliest(state, wish);
}

function take(before: CallPresence, input: CallPresenceInput, nowMs: number): CallPresence {
  switch (input.kind) {
    case 'legAnswered': {
      const side = input.endpoint === 'platform' ? 'platformLegs' : 'teamsLegs';
      if (before[side].has(input.legId)) return before;
      const began = before.platformLegs.size === 0 && input.endpoint === 'platform';
      return {
        ...before,
        [side]: new Set([...before[side], input.legId]),
        ...(began && { refused: false, failures: 0 }),
      };
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
    case 'tick':
      return expire(before, nowMs);
    case 'written':
      return settle(before, input, nowMs);
  }
}

function expire(before: CallPresence, nowMs: number): CallPresence {
  let state = before;
  if (state.inFlight && nowMs - state.inFlight.sentAtMs >= giveUpMs) {
    const { inFlight: _, ...rest } = state;
    state = { ...rest, failures: state.failures + 1 };
  }
  return state.leaseEndsMs !== undefined && nowMs >= state.leaseEndsMs && !state.inFlight
    ? withoutLease(state)
    : state;
}

function settle(
  before: CallPresence,
  input: { readonly sequence: number; readonly outcome: PresenceWriteOutcome },
  nowMs: number,
): CallPresence {
  // An answer to a write that was given up says nothing any more.
  if (before.inFlight?.sequence !== input.sequence) return before;
  const { inFlight, notBeforeMs: _, ...state } = before;
  switch (input.outcome.is) {
    case 'done':
    case 'notFound':
      if (inFlight.write === 'clear') return { ...withoutLease(state), failures: 0 };
      return input.outcome.is === 'done'
        ? { ...state, failures: 0, renewAtMs: inFlight.sentAtMs + renewAfterMs }
        : { ...withoutLease(state), refused: true };
    case 'refused':
      return { ...withoutLease(state), refused: true };
    case 'later': {
      const failures = state.failures + 1;
      const backOff = Math.min(longestBackOffMs, 1000 * 2 ** Math.min(failures, 10));
      return { ...state, failures, notBeforeMs: nowMs + (input.outcome.retryAfterMs ?? backOff) };
    }
  }
}

function withoutLease(state: CallPresence): CallPresence {
  const { leaseEndsMs: _l, renewAtMs: _r, ...rest } = state;
  return rest;
}

type Wish = 'set' | 'renew' | 'clear';

/** What the state at Microsoft ought to become, if anything. */
function wanted(state: CallPresence): Wish | undefined {
  const leased = state.leaseEndsMs !== undefined;
  if (state.platformLegs.size === 0) return leased ? 'clear' : undefined;
  // Teams shows this call by itself; a lease that stands may lapse.
  if (state.teamsLegs.size > 0 || state.refused) return undefined;
  if (!leased) return 'set';
  return 'renew';
}

function earliest(state: CallPresence, wish: Wish): number {
  const pause = state.notBeforeMs ?? Number.NEGATIVE_INFINITY;
  const after = (at: number | undefined, gap: number): number =>
    at === undefined ? Number.NEGATIVE_INFINITY : at + gap;
  const lastWrite = Math.max(after(state.lastSetMs, writeWindowMs), after(state.lastClearMs, writeWindowMs));
  switch (wish) {
    case 'set':
      // The start of a call does not wait, unless it is a second try.
      return Math.max(pause, after(state.lastSetMs, flapWindowMs), state.failures > 0 ? lastWrite : pause);
    case 'clear':
      return Math.max(pause, after(state.lastClearMs, flapWindowMs), state.failures > 0 ? lastWrite : pause);
    case 'renew':
      // A lease whose `set` has no good answer has no renewal time: it is asserted again at the next chance.
      return Math.max(pause, lastWrite, state.renewAtMs ?? Number.NEGATIVE_INFINITY);
  }
}

function decideWrite(state: CallPresence, nowMs: number): CallPresenceStep {
  if (state.inFlight) return { state };
  const wish = wanted(state);
  if (wish === undefined || nowMs < earliest(state, wish)) return { state };
  const sequence = state.sequence + 1;
  if (wish === 'clear') {
    return {
      state: {
        ...state,
        sequence,
        lastClearMs: nowMs,
        inFlight: { sequence, write: 'clear', sentAtMs: nowMs },
      },
      write: { kind: 'clearPresence', sequence },
    };
  }
  const { renewAtMs: _, ...rest } = state;
  return {
    state: {
      ...rest,
      sequence,
      lastSetMs: nowMs,
      // It may begin to count at Microsoft as late as we give up waiting.
      leaseEndsMs: nowMs + leaseMs + giveUpMs,
      inFlight: { sequence, write: 'set', sentAtMs: nowMs },
    },
    write: {
      kind: 'setPresence',
      sequence,
      availability: 'Busy',
      activity: 'InACall',
      expirationDuration: 'PT5M',
    },
  };
}
