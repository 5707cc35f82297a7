import type { CallRules, PersonId } from '@tandem/domain';
import type { KnockingCall, UnavailableTreatment } from '../ports/presence-gate.ts';

/** Somebody who calls: by number as the account reads it (E.164), or one of ours. */
export type NamedCaller =
  | { readonly kind: 'number'; readonly number: string; readonly name?: string }
  | { readonly kind: 'person'; readonly personId: PersonId };

export type TimeBoxed =
  | { readonly kind: 'let-through'; readonly caller: NamedCaller; readonly untilWallMs: number }
  | { readonly kind: 'no-calls'; readonly untilWallMs: number };

/** Minutes of the day, 0-1439. Not later than `from`: `to` is on the next day. */
export interface QuietSpan {
  /** 1 Monday … 7 Sunday: the days on which it begins. */
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What a person decided about calls, whatever the state says (U16, N52, N66). */
export interface PresenceExceptions {
  readonly important: readonly NamedCaller[];
  readonly timeBoxed: readonly TimeBoxed[];
  /** Without a time zone: the account's. */
  readonly quietHours: { readonly timeZone?: string; readonly spans: readonly QuietSpan[] };
  readonly unavailable: UnavailableTreatment;
  /** Instead of the account's, where the account allows it. */
  readonly rules: Partial<CallRules>;
}

export const noExceptions: PresenceExceptions = {
  important: [],
  timeBoxed: [],
  quietHours: { spans: [] },
  // 2.6, product-behaviour 4.13: the mailbox; where Teams takes the messages that is 480, as it was before.
  unavailable: { kind: 'voicemail' },
  rules: {},
};

/** The person wants no calls now. */
export interface QuietNow {
  readonly by: 'no-calls' | 'schedule';
  readonly untilWallMs: number;
}

const minuteMs = 60_000;
const dayMinutes = 1440;

/** "No calls until" first, then the schedule; `accountZone` counts where the person named none. */
export function quietNow(
  exceptions: PresenceExceptions,
  accountZone: string,
  nowWallMs: number,
): QuietNow | undefined {
  const boxed = exceptions.timeBoxed
    .filter((one) => one.kind === 'no-calls')
    .map(({ untilWallMs }) => untilWallMs)
    .filter((untilWallMs) => untilWallMs > nowWallMs);
  if (boxed.length > 0) return { by: 'no-calls', untilWallMs: Math.max(...boxed) };
  const { timeZone, spans } = exceptions.quietHours;
  if (spans.length === 0) return undefined;
  const local = localTime(nowWallMs, timeZone ?? accountZone);
  const yesterday = ((local.weekday + 5) % 7) + 1;
  const startsMs = nowWallMs - (nowWallMs % minuteMs);
  let untilWallMs = 0;
  for (const { days, from, to } of spans) {
    const over = to <= from;
    const began = days.includes(local.weekday) && local.minutes >= from && (over || local.minutes < to);
    const goesOn = over && days.includes(yesterday) && local.minutes < to;
    if (!began && !goesOn) continue;
    const left = goesOn || !over ? to - local.minutes : to + dayMinutes - local.minutes;
    untilWallMs = Math.max(untilWallMs, atTimeOfDay(startsMs + left * minuteMs, to, timeZone ?? accountZone));
  }
  return untilWallMs === 0 ? undefined : { by: 'schedule', untilWallMs };
}

/** In the night in which clocks change, the hours until then are one more or one less than their digits say. */
function atTimeOfDay(guessMs: number, minutes: number, timeZone: string): number {
  const late = localTime(guessMs, timeZone).minutes - minutes;
  const half = dayMinutes / 2;
  return guessMs - (((late + half + dayMinutes) % dayMinutes) - half) * minuteMs;
}

/** Who this caller is to the person: on the list of important callers, or let through until a time. */
export function letsThrough(
  exceptions: PresenceExceptions,
  call: KnockingCall,
  nowWallMs: number,
): 'important' | 'time-boxed' | undefined {
  const isCaller = (one: NamedCaller): boolean =>
    one.kind === 'person'
      ? one.personId === call.callingPersonId
      : call.callerNumber !== undefined && one.number === call.callerNumber;
  if (exceptions.important.some(isCaller)) return 'important';
  const boxed = exceptions.timeBoxed.some(
    (one) => one.kind === 'let-through' && one.untilWallMs > nowWallMs && isCaller(one.caller),
  );
  return boxed ? 'time-boxed' : undefined;
}

/** When it has to be looked again: a time-box ends, or the minute in which quiet hours may begin or end. */
export function nextLook(exceptions: PresenceExceptions, nowWallMs: number): number | undefined {
  const ends = exceptions.timeBoxed
    .map(({ untilWallMs }) => untilWallMs)
    .filter((untilWallMs) => untilWallMs > nowWallMs);
  if (exceptions.quietHours.spans.length > 0) ends.push(nowWallMs - (nowWallMs % minuteMs) + minuteMs);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** What is over is forgotten. */
export const withoutEnded = (exceptions: PresenceExceptions, nowWallMs: number): PresenceExceptions =>
  exceptions.timeBoxed.every(({ untilWallMs }) => untilWallMs > nowWallMs)
    ? exceptions
    : {
        ...exceptions,
        timeBoxed: exceptions.timeBoxed.filter(({ untilWallMs }) => untilWallMs > nowWallMs),
      };

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Undefined: no such time zone. */
function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(timeZone);
  if (known) return known;
  try {
    const made = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    // As many as there are zones; a stranger's word does not get here, because it throws above.
    clocks.set(timeZone, made);
    return made;
  } catch {
    return undefined;
  }
}

export const isTimeZone = (timeZone: string): boolean => clockOf(timeZone) !== undefined;

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** An unknown zone counts as UTC. */
export function localTime(
  wallMs: number,
  timeZone: string,
): { readonly weekday: number; readonly minutes: number; readonly text: string } {
  const clock = clockOf(timeZone) ?? (clockOf('UTC') as Intl.DateTimeFormat);
  const parts = new Map(clock.formatToParts(wallMs).map(({ type, value }) => [type, value]));
  const [hour, minute] = [parts.get('hour') ?? '00', parts.get('minute') ?? '00'];
  return {
    weekday: weekdays.indexOf(parts.get('weekday') ?? 'Mon') + 1,
    minutes: Number(hour) * 60 + Number(minute),
    text: `${hour}:${minute}`,
  };
}
