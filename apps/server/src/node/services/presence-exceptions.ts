import type { OwnPresenceOutcome } from '@tandem/adapters/http/own-presence-board.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type { ChangeExceptions } from '@tandem/contract';
import { type Account, asPersonId, type PersonId, type RoutingSnapshot, readNumber } from '@tandem/domain';
import {
  isTimeZone,
  type NamedCaller,
  type PresenceExceptions,
  type UnavailableTreatment,
} from '@tandem/engine';

export const longestMs = 7 * 86_400_000;
export const latest = (atMs: number): string => `a time within seven days, at most ${instant(atMs)}`;

export const timeOfDay = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

export interface Reading {
  readonly account: Account | undefined;
  /** Whose exceptions they are. */
  readonly personId: PersonId;
  readonly snapshot: RoutingSnapshot;
  readonly nowWallMs: number;
}

type ReadChange = Exclude<OwnPresenceOutcome<PresenceExceptions>, { readonly is: 'not-allowed' }>;

/** Names and numbers as this account reads them; the first that nobody understands is named. */
export function readChange(
  change: ChangeExceptions,
  before: PresenceExceptions,
  reading: Reading,
): ReadChange {
  const wrong = (path: string, message: string): ReadChange => ({ ok: false, is: 'invalid', path, message });
  let next = before;
  if (change.important) {
    const important: NamedCaller[] = [];
    for (const [at, one] of change.important.entries()) {
      const caller = readCaller(one, reading);
      if (!caller) return wrong(`important.${at}`, notACaller);
      important.push(caller);
    }
    next = { ...next, important };
  }
  if (change.timeBoxed) {
    const timeBoxed: PresenceExceptions['timeBoxed'][number][] = [];
    for (const [at, one] of change.timeBoxed.entries()) {
      const untilWallMs = Date.parse(one.until);
      if (untilWallMs <= reading.nowWallMs || untilWallMs > reading.nowWallMs + longestMs)
        return wrong(`timeBoxed.${at}.until`, latest(reading.nowWallMs + longestMs));
      if (one.kind === 'no-calls') {
        timeBoxed.push({ kind: 'no-calls', untilWallMs });
        continue;
      }
      const caller = readCaller(one.caller, reading);
      if (!caller) return wrong(`timeBoxed.${at}.caller`, notACaller);
      timeBoxed.push({ kind: 'let-through', caller, untilWallMs });
    }
    next = { ...next, timeBoxed };
  }
  if (change.quietHours) {
    const timeZone = change.quietHours.timeZone ?? before.quietHours.timeZone;
    if (timeZone !== undefined && !isTimeZone(timeZone))
      return wrong('quietHours.timeZone', 'a time zone, for example Europe/Berlin');
    const spans = change.quietHours.spans.map(({ days, from, to }) => ({
      days: [...new Set(days)].sort(),
      from: minutesOf(from),
      to: minutesOf(to),
    }));
    next = { ...next, quietHours: { ...(timeZone !== undefined && { timeZone }), spans } };
  }
  if (change.unavailable) {
    const unavailable = readTreatment(change.unavailable, reading);
    if (!unavailable)
      return wrong('unavailable.to', 'a number or an extension that somebody else of this account has');
    next = { ...next, unavailable };
  }
  if (change.rules) {
    const rules = Object.fromEntries(Object.entries(change.rules).filter(([, rule]) => rule !== undefined));
    next = { ...next, rules };
  }
  return { ok: true, value: next };
}

const notACaller = 'a number, an extension of this account, or somebody of it';

type AskedCaller = NonNullable<ChangeExceptions['important']>[number];

function readCaller(asked: AskedCaller, { account, snapshot }: Reading): NamedCaller | undefined {
  if (!account) return undefined;
  if (asked.kind === 'person') {
    const personId = asPersonId(asked.personId);
    return snapshot.people.get(personId)?.accountId === account.id ? { kind: 'person', personId } : undefined;
  }
  const owner = snapshot.extensions.get(account.id)?.get(asked.number);
  if (owner?.kind === 'person') return { kind: 'person', personId: owner.personId };
  const read = readNumber(asked.number, account.country, account.areaCode);
  if (read.kind !== 'e164') return undefined;
  return { kind: 'number', number: read.number, ...(asked.name !== undefined && { name: asked.name }) };
}

function readTreatment(
  asked: NonNullable<ChangeExceptions['unavailable']>,
  { account, personId, snapshot }: Reading,
): UnavailableTreatment | undefined {
  if (asked.kind !== 'forward') return asked;
  if (!account) return undefined;
  const extended = snapshot.extensions.get(account.id)?.get(asked.to);
  const read = readNumber(asked.to, account.country, account.areaCode);
  const numbered = read.kind === 'e164' ? snapshot.numbers.get(read.number) : undefined;
  const owner = extended ?? numbered;
  // Sent on to oneself, the call would be turned away all the same.
  if (owner?.accountId !== account.id || (owner.kind === 'person' && owner.personId === personId))
    return undefined;
  return { kind: 'forward', to: !extended && read.kind === 'e164' ? read.number : asked.to };
}
