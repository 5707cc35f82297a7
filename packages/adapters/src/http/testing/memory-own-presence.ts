import type { PresenceExceptionsView, PresenceJournalEntry, PresenceVectorView } from '@tandem/contract';
import type { Person, PersonId } from '@tandem/domain';
import { labelWords } from '@tandem/engine/presence/presence-words.ts';
import type { OwnPresenceBoard } from '../own-presence-board.ts';
import type { ApiClock, PresenceBoard } from '../services.ts';
import { compact, instant } from '../views/shape.ts';
import { slice } from './memory-directory.ts';

const minuteMs = 60_000;
/** product-behaviour 2.5, last column. */
const usualMinutes = {
  available: 480,
  busy: 480,
  dnd: 480,
  appear_offline: 480,
  away: 240,
  be_right_back: 60,
} as const;

/** Kept in memory, over whatever the board of presence shows: what is set by hand wins, and everything is journalled. */
export function memoryOwnPresence(
  clock: Pick<ApiClock, 'wall'>,
  shown: PresenceBoard,
  gate: () => void,
  people: () => readonly Person[],
): OwnPresenceBoard {
  const manual = new Map<PersonId, NonNullable<PresenceVectorView['manual']>>();
  const exceptions = new Map<PersonId, PresenceExceptionsView>();
  const journal = new Map<PersonId, PresenceJournalEntry[]>();
  let count = 0;

  function vector(person: Person): PresenceVectorView {
    const below = shown.of(person.id);
    const pin = manual.get(person.id);
    const label = pin?.state ?? below?.label ?? 'unknown';
    const source = pin ? 'manual' : (below?.source ?? 'none');
    const accepts = {
      direct: label === 'dnd' ? 'no' : 'yes',
      queue: !['dnd', 'appear_offline', 'on_call'].includes(label),
    } as const;
    const because = pin
      ? `You show ${labelWords[label]} because ${pin.setBy} chose it by hand.`
      : `You show ${labelWords[label]} because: ${below?.sentence ?? 'nothing is known.'}`;
    const said = below
      ? [{ source: below.source, label: below.label, sentence: below.sentence, wins: !pin }]
      : [];
    return compact({
      ...below,
      label,
      source,
      accepts,
      because,
      sentence: because,
      stale: pin ? false : (below?.stale ?? true),
      personId: person.id,
      callsSentence: accepts.direct === 'yes' ? 'Direct calls ring.' : 'No call rings.',
      sources: [
        ...(pin ? [{ source: 'manual' as const, label: pin.state, sentence: because, wins: true }] : []),
        ...said,
      ],
      manual: pin,
      pinned: pin && compact({ since: pin.setAt, until: pin.endsAt }),
      synced: true,
      readsTeams: true,
      writesTeams: true,
    });
  }

  function note(
    person: Person,
    from: PresenceVectorView,
    cause: PresenceJournalEntry['cause'],
    by: string,
  ): PresenceVectorView {
    const to = vector(person);
    const entry: PresenceJournalEntry = {
      id: String(++count).padStart(12, '0'),
      at: instant(clock.wall()),
      from: from.label,
      to: to.label,
      source: to.source,
      cause,
      accepts: to.accepts ?? { direct: 'yes', queue: true },
      sentence: to.because,
      by,
    };
    journal.set(person.id, [entry, ...(journal.get(person.id) ?? [])]);
    return to;
  }

  const exceptionsOf = (person: Person): PresenceExceptionsView =>
    exceptions.get(person.id) ?? {
      personId: person.id,
      important: [],
      timeBoxed: [],
      quietHours: { timeZone: 'America/New_York', spans: [] },
      unavailable: { kind: 'voicemail' },
      rules: {},
      mayHaveRules: true,
    };

  return {
    known: (personId) => people().find(({ id }) => id === personId),
    vector,
    async set(person, { state, until, minutes }, by) {
      gate();
      const before = vector(person);
      const endsMs =
        until === undefined ? clock.wall() + (minutes ?? usualMinutes[state]) * minuteMs : Date.parse(until);
      if (endsMs <= clock.wall())
        return { ok: false, is: 'invalid', path: 'until', message: 'a time that is still to come' };
      manual.set(person.id, {
        state,
        setAt: instant(clock.wall()),
        endsAt: instant(endsMs),
        setBy: by.name,
      });
      return { ok: true, value: note(person, before, 'manual-set', by.name) };
    },
    async release(person, by) {
      gate();
      const before = vector(person);
      return manual.delete(person.id) ? note(person, before, 'manual-released', by.name) : before;
    },
    async journal(person, ask) {
      gate();
      const all = (journal.get(person.id) ?? []).filter(({ at }) => {
        const atMs = Date.parse(at);
        return atMs >= (ask.fromWallMs ?? 0) && atMs < (ask.beforeWallMs ?? Number.POSITIVE_INFINITY);
      });
      return slice(all, ask);
    },
    async fix(person, by) {
      gate();
      const before = vector(person);
      const released = manual.delete(person.id);
      const after = released ? note(person, before, 'fixed', by.name) : before;
      return {
        before,
        after,
        steps: [
          { what: 'Release what was set by hand here', done: released },
          { what: 'Read Teams again', done: true },
        ],
        sentence: `Put right: ${after.because}`,
      };
    },
    exceptions: exceptionsOf,
    async changeExceptions(person, change) {
      gate();
      const before = exceptionsOf(person);
      const { important, timeBoxed, quietHours, unavailable, rules } = change;
      const next: PresenceExceptionsView = {
        ...before,
        important: important ?? before.important,
        timeBoxed: timeBoxed ?? before.timeBoxed,
        unavailable: unavailable ?? before.unavailable,
        rules: rules ?? before.rules,
        quietHours: quietHours
          ? { timeZone: quietHours.timeZone ?? before.quietHours.timeZone, spans: quietHours.spans }
          : before.quietHours,
      };
      exceptions.set(person.id, next);
      return { ok: true, value: next };
    },
  };
}
