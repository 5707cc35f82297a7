import type { Person, PersonId } from '@tandem/domain';
import { noExceptions, type PresenceExceptions } from '@tandem/engine';
import type { PresenceChoice } from '@tandem/engine/presence-sync/settings.ts';
import type { Facts } from './differing.ts';
import { nothingOwn } from './own-shape.ts';
import type { TenantState } from './state.ts';
import { targetFacts } from './target-facts.ts';

const choiceWords = { inherit: 'account', on: 'selected', unsynced: 'unsynced' } as const satisfies Record<
  PresenceChoice,
  string
>;

/** What a file says of what was chosen for one person: all of it, so that nothing is left open. */
export function ownFacts(
  person: Person | undefined,
  state: Pick<TenantState, 'own' | 'people' | 'queues'>,
): Facts {
  if (!person) return nothingOwn;
  const {
    voicemail = null,
    presence = 'inherit',
    exceptions = noExceptions,
  } = state.own.get(person.id) ?? {};
  const { leaver } = person;
  return {
    leaver:
      leaver === undefined
        ? null
        : leaver.kind === 'voicemail' || leaver.kind === 'announcement'
          ? leaver.kind
          : targetFacts(leaver, state),
    voicemail,
    presence: choiceWords[presence],
    important: importantFacts(exceptions.important, state.people),
    quietHours: quietFacts(exceptions.quietHours),
    unavailable: exceptions.unavailable,
    rules: exceptions.rules,
  };
}

/** Somebody who is gone since is left out. */
function importantFacts(all: PresenceExceptions['important'], people: readonly Person[]): Facts[] {
  const upnOf = (id: PersonId) => people.find((one) => one.id === id)?.upn.toLowerCase();
  return all.flatMap((one): Facts[] => {
    if (one.kind === 'number')
      return [{ number: one.number, ...(one.name !== undefined && { name: one.name }) }];
    const person = upnOf(one.personId);
    return person === undefined ? [] : [{ person }];
  });
}

function quietFacts({ timeZone, spans }: PresenceExceptions['quietHours']): Facts | null {
  if (spans.length === 0) return null;
  return {
    ...(timeZone !== undefined && { timeZone }),
    spans: spans.map(({ days, from, to }) => ({ days, from: timeOfDay(from), to: timeOfDay(to) })),
  };
}

const timeOfDay = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
