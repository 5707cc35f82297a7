import type { Person } from '@tandem/domain';
import type { Planned } from './plan-file.ts';
import type { TenantState } from './state.ts';

/** The people of the account as they will be, for those parts of a file that name somebody. */
export interface PeopleAfter {
  /** Undefined: there, or coming by this same file. */
  readonly fault: (upn: string) => string | undefined;
  readonly going: ReadonlySet<Person['id']>;
  readonly changing: ReadonlyMap<Person['id'], Extract<Planned['step'], { do: 'change-person' }>>;
}

export function peopleAfter(state: TenantState, planned: readonly Planned[]): PeopleAfter {
  const coming = new Set<string>();
  const going = new Set<Person['id']>();
  const changing = new Map<Person['id'], Extract<Planned['step'], { do: 'change-person' }>>();
  for (const { change, step } of planned) {
    // Who is refused is told once, there.
    if (!step || step.do === 'create-person') coming.add(change.what);
    if (step?.do === 'remove-person') going.add(step.person.id);
    if (step?.do === 'change-person') changing.set(step.person.id, step);
  }
  const byUpn = new Map(state.people.map((person) => [person.upn.toLowerCase(), person]));
  return {
    going,
    changing,
    fault(upn) {
      const person = byUpn.get(upn);
      if (person && going.has(person.id)) return `${upn} leaves by this same file.`;
      return person || coming.has(upn) ? undefined : `${upn} is nobody of this account.`;
    },
  };
}
