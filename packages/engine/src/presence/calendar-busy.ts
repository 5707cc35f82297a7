import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { TeamsSeen } from './presence-reader.ts';

export interface CalendarBusyDeps {
  readonly clock: Clock;
  meetingOf(personId: PersonId): { readonly endsAtWallMs: number } | undefined;
  teamsOf(personId: PersonId): TeamsSeen | undefined;
  /** Microsoft has to be told of this meeting, or of none any more. */
  tell(
    personId: PersonId,
    event: { readonly endsAtWallMs: number; readonly shownByMicrosoft: boolean } | undefined,
  ): void;
}

export interface CalendarBusy {
  /** The person's meeting or what Teams shows may be another. */
  look(personId: PersonId): void;
  stop(): void;
}

/** So long a meeting is on before it counts that Teams does not show it: Teams looks into calendars in its own time. */
export const teamsLooksWithinMs = 2 * 60_000;

interface Standing {
  readonly sinceMs: number;
  /** Wall ms of the end that Microsoft was told. */
  told?: number;
  cancel?: () => void;
}

/**
 * Meetings that Teams does not show by itself (product-behaviour 2.5, P22): whoever is in one and shown as available there is
 * to be shown as busy until it ends. What the person chose in Teams is never overruled: only "available" gives way.
 */
export function createCalendarBusy(deps: CalendarBusyDeps): CalendarBusy {
  const { clock } = deps;
  const standing = new Map<PersonId, Standing>();

  function look(personId: PersonId): void {
    const meeting = deps.meetingOf(personId);
    let one = standing.get(personId);
    if (!meeting) {
      one?.cancel?.();
      standing.delete(personId);
      if (one?.told !== undefined) deps.tell(personId, undefined);
      return;
    }
    if (!one) {
      one = { sinceMs: clock.now() };
      standing.set(personId, one);
      one.cancel = clock.after(teamsLooksWithinMs, () => look(personId));
    }
    const teams = deps.teamsOf(personId)?.shown;
    // What is not known now changes nothing: it is looked at again when it is.
    if (clock.now() - one.sinceMs < teamsLooksWithinMs || teams?.knowledge !== 'fresh') return;
    const ends = teams.own?.label === 'available' ? meeting.endsAtWallMs : undefined;
    if (ends === one.told) return;
    delete one.told;
    if (ends !== undefined) one.told = ends;
    deps.tell(personId, { endsAtWallMs: meeting.endsAtWallMs, shownByMicrosoft: ends === undefined });
  }

  return {
    look,
    stop() {
      for (const { cancel } of standing.values()) cancel?.();
    },
  };
}
