import type { E164, Person, PersonId } from '@tandem/domain';
import { differing, type Facts } from './differing.ts';
import type { FilePerson } from './file-shape.ts';
import { type Change, type PersonWish, type Planned, refused } from './plan-file.ts';
import type { Lines } from './plan-lines.ts';
import type { TenantState } from './state.ts';
import { personFacts } from './write-file.ts';

/** One person of the file beside the one who is there. */
interface Row {
  readonly wanted: FilePerson;
  readonly person: Person | undefined;
  readonly change: Change;
  readonly wish: PersonWish;
}

/**
 * People by their sign-in address. Numbers and extensions may change hands between people of one file: they are free for
 * somebody when whoever has them now gives them up in the same plan.
 */
export function planPeople(
  wanted: readonly FilePerson[],
  state: TenantState,
  prune: boolean,
  lines: Lines,
): Planned[] {
  const known = new Map(state.people.map((person) => [person.upn.toLowerCase(), person]));
  const rows = wanted.flatMap((one) => rowOf(one, known.get(one.upn), state));
  const named = new Set(wanted.map(({ upn }) => upn));
  const leaving = prune ? state.people.filter(({ upn }) => !named.has(upn.toLowerCase())) : [];

  const faults = new Map<Row, Fault>();
  // Who is refused gives nothing up, which may refuse the next: until nobody more is.
  for (let before = -1; before < faults.size; ) {
    before = faults.size;
    const doing = rows.filter((row) => !faults.has(row));
    const held = holders(state, doing, leaving, lines);
    for (const row of doing) {
      const fault = faultOf(row, held);
      if (fault) faults.set(row, fault);
    }
  }
  return [
    ...leaving.map((person): Planned => {
      const change: Change = {
        kind: 'person',
        what: person.upn,
        action: 'remove',
        before: personFacts(person),
      };
      return { change, step: { do: 'remove-person', person } };
    }),
    ...rows.map((row): Planned => {
      const fault = faults.get(row);
      if (fault) return refused(row.change, fault.say, { of: row.wanted, field: fault.field });
      const { change, wish, person, wanted } = row;
      if (person) return { change, step: { do: 'change-person', person, wish } };
      const { displayName = '' } = wish;
      return { change, step: { do: 'create-person', upn: wanted.upn, wish: { ...wish, displayName } } };
    }),
  ];
}

function rowOf(wanted: FilePerson, person: Person | undefined, { tags }: TenantState): readonly Row[] {
  const { upn, number, otherNumbers, own: _, ...named } = wanted;
  const numbers = numbersOf(wanted, person);
  const shown: Facts = {
    ...named,
    ...(numbers === 'next' && { number: 'next' }),
    ...(Array.isArray(numbers) && { number: numbers[0] ?? null, otherNumbers: numbers.slice(1) }),
  };
  if (!person) {
    const made = { upn, teams: true, licence: true, active: true, ...given(shown) };
    const { otherNumbers: others, ...rest } = made as Facts & { otherNumbers?: readonly string[] };
    const after = others === undefined || others.length === 0 ? rest : made;
    const change: Change = { kind: 'person', what: upn, action: 'create', after };
    return [{ wanted, person, change, wish: wishOf(made, numbers) }];
  }
  const found = differing(
    { ...personFacts(person), otherNumbers: person.numbers.slice(1), tags: tags.get(person.id) ?? [] },
    shown,
  );
  if (!found) return [];
  const moves = 'number' in found.after || 'otherNumbers' in found.after;
  const change: Change = { kind: 'person', what: upn, action: 'change', ...found };
  return [{ wanted, person, change, wish: wishOf(found.after, moves ? numbers : undefined) }];
}

/** All numbers of the person as the file wants them; undefined: as they are. `next` asks for one, not for another one. */
function numbersOf(
  { number, otherNumbers }: FilePerson,
  person: Person | undefined,
): readonly E164[] | 'next' | undefined {
  if (number === undefined) return undefined;
  if (number === null) return [];
  const [main, ...others] = person?.numbers ?? [];
  if (number === 'next') return main === undefined ? 'next' : undefined;
  const rest = (otherNumbers as readonly E164[] | undefined) ?? others;
  return [number as E164, ...rest.filter((one) => one !== number)];
}

const given = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

function wishOf(facts: Facts, numbers: PersonWish['numbers']): PersonWish {
  const { displayName, mail, extension, teams, licence, active, tags } = facts as Partial<FilePerson>;
  return {
    ...(displayName !== undefined && { displayName }),
    ...(mail !== undefined && { mail }),
    ...(extension !== undefined && { extension }),
    ...(numbers !== undefined && { numbers }),
    ...(active !== undefined && { active }),
    ...(teams !== undefined && { teamsToggle: teams }),
    ...(licence !== undefined && { platformLicence: licence }),
    ...(tags !== undefined && { tags }),
  };
}

interface Held {
  /** Why nobody else gets it now; who has it, when it is a person. */
  readonly numbers: ReadonlyMap<
    string,
    { readonly by?: PersonId; readonly say: string; readonly for?: string }
  >;
  readonly extensions: ReadonlyMap<string, { readonly by?: PersonId; readonly say: string }>;
}

/** What is not to be had while these changes are made. */
function holders(
  state: TenantState,
  doing: readonly Row[],
  leaving: readonly Person[],
  { released, extensions: kept }: Lines,
): Held {
  const wishes = new Map(doing.flatMap(({ person, wish }) => (person ? [[person.id, wish] as const] : [])));
  const going = new Set(leaving.map(({ id }) => id));
  const numbers = new Map<string, { by?: PersonId; say: string; for?: string }>();
  const extensions = new Map<string, { by?: PersonId; say: string }>(
    [...kept].map(([extension, say]) => [extension, { say }]),
  );
  for (const [number, use] of state.numbers) {
    if ((use.by === 'device' || use.by === 'queue') && !released.has(number))
      numbers.set(number, { say: `A ${use.by === 'queue' ? 'queue' : 'phone'} has ${number}.` });
    if (use.by === 'hold')
      numbers.set(number, {
        say: use.say,
        ...(use.reservedFor !== undefined && { for: use.reservedFor.toLowerCase() }),
        ...(use.formerPersonId !== undefined && { by: use.formerPersonId }),
      });
  }
  for (const person of state.people) {
    const wish = wishes.get(person.id);
    const keeps = Array.isArray(wish?.numbers) ? wish.numbers : person.numbers;
    for (const number of going.has(person.id) ? person.numbers : keeps)
      if (person.numbers.includes(number))
        numbers.set(number, {
          by: person.id,
          say: going.has(person.id)
            ? `${number} rests once ${person.displayName} has left; end its quarantine, then apply again.`
            : `${person.displayName} (${person.upn}) has ${number}.`,
        });
    if (person.extension === undefined || going.has(person.id) || wish?.extension !== undefined) continue;
    const say = `${person.displayName} (${person.upn}) has the extension ${person.extension}.`;
    extensions.set(person.extension, { by: person.id, say });
  }
  return { numbers, extensions };
}

interface Fault {
  readonly field: string;
  readonly say: string;
}

function faultOf({ wanted, person, wish }: Row, held: Held): Fault | undefined {
  if (!person && wish.displayName === undefined)
    return { field: 'upn', say: 'Nobody has this address yet; a new person needs a displayName.' };
  const { extension } = wish;
  const other = typeof extension === 'string' ? held.extensions.get(extension) : undefined;
  if (other && other.by !== person?.id) return { field: 'extension', say: other.say };
  const addresses = [wanted.upn, person?.mail ?? wish.mail].map((one) => one?.toLowerCase());
  for (const number of Array.isArray(wish.numbers) ? (wish.numbers as readonly E164[]) : []) {
    const found = held.numbers.get(number);
    if (!found || (found.by !== undefined && found.by === person?.id)) continue;
    if (found.for === undefined || !addresses.includes(found.for))
      return { field: number === wanted.number ? 'number' : 'otherNumbers', say: found.say };
  }
  return undefined;
}
