import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { PresencePolicies } from '../ports/presence-policies.ts';
import type { PresenceDirectory, PresencePerson } from './ports.ts';

/** A meeting of a calendar. Wall milliseconds. */
export interface CalendarSpan {
  readonly startsAtWallMs: number;
  readonly endsAtWallMs: number;
}

export type CalendarRead =
  /** People without a mailbox have no meetings. */
  | { readonly is: 'read'; readonly found: ReadonlyMap<string, readonly CalendarSpan[]> }
  | { readonly is: 'throttled'; readonly retryAfterMs?: number }
  | { readonly is: 'failed' }
  | { readonly is: 'refused' };

/** Calendars of one Entra tenant. Never throws. At most `calendarBatch` ids at a time. */
export interface TenantCalendars {
  read(objectIds: readonly string[], fromWallMs: number, untilWallMs: number): Promise<CalendarRead>;
}

export const calendarBatch = 20;

export interface CalendarKeeperDeps {
  readonly clock: Clock;
  readonly people: PresenceDirectory;
  readonly policies: PresencePolicies;
  /** Undefined: the permission is not granted, or switched off. Then nothing is asked. */
  readonly calendars: { of(entraTenantId: string): TenantCalendars | undefined };
  /** The person's meeting began, ended, or ends at another time. */
  onChange?(personId: PersonId): void;
  onProblem?(what: string): void;
}

export interface CalendarKeeper {
  /** The meeting that is on now; undefined: none, or not known. */
  meetingOf(personId: PersonId): { readonly endsAtWallMs: number } | undefined;
  /** It matters now, because Teams says "in a call" and no call of ours is known: read soon unless it was just read. */
  wanted(personId: PersonId): void;
  start(): void;
  stop(): void;
}

/** Each calendar once in this time; meetings made later than that are found when they matter. */
export const calendarEveryMs = 15 * 60_000;
/** Longer than the pace, so that what is known covers the time until the next look. */
const windowMs = 30 * 60_000;
/** Not read again within this time because it matters. */
const justReadMs = 60_000;
const tickMs = 1_000;
const refusedPauseMs = 10 * 60_000;
const failedPauseMs = 30_000;
/** What was read counts no longer than what the window covers. */
const forgetMs = windowMs;

interface Known {
  readonly spans: readonly CalendarSpan[];
  readonly readAtMs: number;
  /** The end of the meeting that was told; undefined: of none. */
  told: number | undefined;
}

interface Tenant {
  /** In the order in which they are to be read, the longest unread first. */
  queue: PresencePerson[];
  readonly wanted: Set<PersonId>;
  notBeforeMs: number;
  nextMs: number;
  reading: boolean;
}

/**
 * Who is in a meeting now (features U05, N64): Graph often says InACall for meetings too, the calendar tells them apart. One
 * batch of twenty at a time, everybody each quarter of an hour, and at once when it matters.
 */
export function createCalendarKeeper(deps: CalendarKeeperDeps): CalendarKeeper {
  const { clock, people, policies } = deps;
  const tenants = new Map<string, Tenant>();
  const known = new Map<PersonId, Known>();
  let cancel: (() => void) | undefined;
  let running = false;

  function refresh(): void {
    const present = new Set<PersonId>();
    const queues = new Map<string, PresencePerson[]>();
    for (const person of people.list()) {
      if (!policies.of(person.personId).readsTeams) continue;
      present.add(person.personId);
      const queue = queues.get(person.entraTenantId);
      if (queue) queue.push(person);
      else queues.set(person.entraTenantId, [person]);
    }
    for (const personId of known.keys()) if (!present.has(personId)) known.delete(personId);
    for (const id of tenants.keys()) if (!queues.has(id)) tenants.delete(id);
    const readAt = ({ personId }: PresencePerson): number => known.get(personId)?.readAtMs ?? -1;
    for (const [id, queue] of queues) {
      queue.sort((a, b) => readAt(a) - readAt(b));
      const tenant = tenants.get(id);
      if (tenant) tenant.queue = queue;
      else tenants.set(id, { queue, wanted: new Set(), notBeforeMs: 0, nextMs: 0, reading: false });
    }
  }

  const meetingNow = (personId: PersonId): { readonly endsAtWallMs: number } | undefined => {
    const one = known.get(personId);
    if (!one || one.spans.length === 0 || clock.now() - one.readAtMs > forgetMs) return undefined;
    const wall = clock.wall();
    const now = one.spans.filter((span) => span.startsAtWallMs <= wall && span.endsAtWallMs > wall);
    return now.length === 0
      ? undefined
      : { endsAtWallMs: Math.max(...now.map(({ endsAtWallMs }) => endsAtWallMs)) };
  };

  function tick(): void {
    cancel = clock.after(tickMs, tick);
    const now = clock.now();
    for (const [id, tenant] of tenants) {
      const calendars = deps.calendars.of(id);
      if (!calendars || tenant.reading || now < tenant.notBeforeMs) continue;
      const batch = take(tenant, now);
      if (batch.length > 0) void read(tenant, calendars, batch);
    }
    for (const [personId, one] of known) {
      const ends = meetingNow(personId)?.endsAtWallMs;
      if (ends === one.told) continue;
      one.told = ends;
      deps.onChange?.(personId);
    }
  }

  function take(tenant: Tenant, now: number): readonly PresencePerson[] {
    const urgent = tenant.queue.filter(({ personId }) => tenant.wanted.has(personId));
    if (urgent.length === 0 && now < tenant.nextMs) return [];
    const batch = urgent.slice(0, calendarBatch);
    for (const person of tenant.queue) {
      if (batch.length >= calendarBatch) break;
      const readAt = known.get(person.personId)?.readAtMs;
      if (readAt !== undefined && now - readAt < calendarEveryMs / 2) break;
      if (!batch.includes(person)) batch.push(person);
    }
    for (const { personId } of batch) tenant.wanted.delete(personId);
    const gone = new Set(batch);
    tenant.queue = [...tenant.queue.filter((person) => !gone.has(person)), ...batch];
    tenant.nextMs = now + Math.floor(calendarEveryMs / Math.ceil(tenant.queue.length / calendarBatch));
    return batch;
  }

  async function read(
    tenant: Tenant,
    calendars: TenantCalendars,
    batch: readonly PresencePerson[],
  ): Promise<void> {
    tenant.reading = true;
    const wall = clock.wall();
    const outcome = await calendars
      .read(
        batch.map(({ objectId }) => objectId),
        wall,
        wall + windowMs,
      )
      .catch((error: unknown): CalendarRead => {
        deps.onProblem?.(`calendars: ${String(error)}`);
        return { is: 'failed' };
      });
    tenant.reading = false;
    const now = clock.now();
    if (outcome.is !== 'read') {
      const pauseMs =
        outcome.is === 'throttled'
          ? (outcome.retryAfterMs ?? failedPauseMs)
          : outcome.is === 'refused'
            ? refusedPauseMs
            : failedPauseMs;
      tenant.notBeforeMs = now + pauseMs;
      return;
    }
    for (const { personId, objectId } of batch) {
      const spans = outcome.found.get(objectId);
      // Not told of this one: what was known counts on.
      if (spans) known.set(personId, { spans, readAtMs: now, told: known.get(personId)?.told });
    }
  }

  const stopListening = [people.onChange(refresh), policies.onChange(refresh)];

  return {
    meetingOf: meetingNow,
    wanted(personId) {
      const place = people.find(personId);
      const tenant = place && tenants.get(place.entraTenantId);
      if (!tenant || !policies.of(personId).readsTeams) return;
      const readAt = known.get(personId)?.readAtMs;
      if (readAt === undefined || clock.now() - readAt > justReadMs) tenant.wanted.add(personId);
    },
    start() {
      running = true;
      refresh();
      tick();
    },
    stop() {
      if (!running) return;
      running = false;
      cancel?.();
      for (const stop of stopListening) stop();
    },
  };
}
