import { type PersonRow, type ReadRow, writeTags } from '@tandem/adapters/csv/people-csv.ts';
import type { Facts, JobItem } from '@tandem/adapters/postgres/job-store.ts';
import type { NumberRange, Workplace } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { RangeRule } from '@tandem/contract';
import type { E164, Person } from '@tandem/domain';

/** What is looked at when an item is planned, and again before it is carried out. */
export const shownFacts = (person: Person, tags: readonly string[]): Facts => ({
  displayName: person.displayName,
  mail: person.mail ?? null,
  extension: person.extension ?? null,
  number: person.numbers[0] ?? null,
  active: person.active,
  teamsToggle: person.teamsToggle,
  platformLicence: person.platformLicence,
  // As text, so that facts stay comparable.
  tags: tagFact(tags),
});
export const tagFact = (tags: readonly string[]): string | null =>
  tags.length === 0 ? null : writeTags(tags);

const names: Readonly<Record<string, string>> = {
  displayName: 'name',
  mail: 'mail',
  extension: 'extension',
  number: 'number',
  active: 'active',
  teamsToggle: 'Teams calling',
  platformLicence: 'licence of the platform',
  tags: 'tags',
};
const said = (value: unknown): string =>
  value === true
    ? 'on'
    : value === false
      ? 'off'
      : value === null || value === undefined
        ? 'none'
        : String(value);

/** The fields of `wanted` that differ from how the person is; none: nothing to do. */
export function planChange(
  position: number,
  person: Person,
  wanted: Readonly<Record<string, unknown>>,
  tags: readonly string[] = [],
): JobItem {
  const now = shownFacts(person, tags);
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted)) {
    if (value === undefined || now[field] === value) continue;
    before[field] = now[field];
    after[field] = value;
  }
  const changed = Object.keys(after);
  const base = { position, personId: person.id, label: person.displayName };
  if (changed.length === 0) return { ...base, state: 'unchanged', words: 'Is so already.' };
  const words = changed.map(
    (field) => `${names[field] ?? field}: ${said(before[field])} → ${said(after[field])}`,
  );
  return { ...base, state: 'waiting', words: `${words.join('; ')}.`, before, after };
}

/** From where somebody gets a number: the first rule that fits, else the one range, else anywhere. Null: from nowhere. */
export function rangeFor(
  rules: readonly RangeRule[] | undefined,
  range: string | undefined,
  workplace: Workplace | undefined,
): string | undefined | null {
  if (rules === undefined) return range;
  return rules.find(({ when }) => isThere(when, workplace))?.range ?? range ?? null;
}

const same = (wanted: string | undefined, is: string | undefined): boolean =>
  wanted === undefined || wanted.trim().toLowerCase() === is?.trim().toLowerCase();
const isThere = (when: RangeRule['when'], workplace: Workplace | undefined): boolean =>
  same(when.city, workplace?.city) && same(when.department, workplace?.department);

/**
 * Gives each their range by where they work, for one person as for thousands: the range that says more of the place first,
 * and the next one that fits when it has none free any more. Undefined: none is for them, whatever is for everybody will do.
 */
export function rangesByPlace(
  ranges: readonly NumberRange[],
): (workplace: Workplace | undefined) => NumberRange | undefined {
  const said = ({ when = {} }: NumberRange): number => Object.keys(when).length;
  const placed = ranges.filter((range) => said(range) > 0).sort((a, b) => said(b) - said(a));
  const given = new Map<NumberRange, number>();
  return (workplace) => {
    const fitting = placed.filter(({ when = {} }) => isThere(when, workplace));
    const found = fitting.find((range) => (given.get(range) ?? 0) < range.free) ?? fitting[0];
    if (found) given.set(found, (given.get(found) ?? 0) + 1);
    return found;
  };
}

/** Somebody whose number is wanted has one already, or gets the next free one when their turn comes. */
export function planNumber(
  position: number,
  person: Person,
  range?: string | null,
  workplace?: Workplace,
  name?: string,
): JobItem {
  const base = { position, personId: person.id, label: person.displayName };
  const [number] = person.numbers;
  if (number !== undefined) return { ...base, state: 'unchanged', words: `Has ${number}.` };
  if (range === null) {
    const { city = 'none', department = 'none' } = workplace ?? {};
    const words = workplace
      ? `No rule fits: city ${city}, department ${department}.`
      : 'No rule fits: nothing is known of the person in Entra.';
    return { ...base, state: 'refused', code: 'PRV-301', words };
  }
  return {
    ...base,
    state: 'waiting',
    words: `Gets the next free number${name === undefined ? '' : ` of ${name}`}.`,
    before: { number: null },
    after: { number: 'next', ...(range !== undefined && { range }) },
  };
}

/** A row of an import: a person who is there is changed, a new one is made. */
export function planRow(
  read: ReadRow,
  people: ReadonlyMap<string, Person>,
  owner: ReadonlyMap<E164, string>,
  more: {
    readonly tags?: ReadonlyMap<Person['id'], readonly string[]>;
    /** From where `next` comes; undefined: from anywhere. */
    readonly range?: (row: PersonRow) => string | undefined;
  } = {},
): JobItem {
  const base = { position: read.line, label: read.label };
  const { row } = read;
  if (!row)
    return {
      ...base,
      state: 'refused',
      code: 'PRV-801',
      words: `Line ${read.line} ${read.faults.join('; ')}.`,
    };
  const person = people.get(row.upn);
  const wanted = wantedOf(row);
  const held =
    typeof wanted.number === 'string' && wanted.number !== 'next'
      ? owner.get(wanted.number as E164)
      : undefined;
  if (held !== undefined && held !== person?.id)
    return {
      ...base,
      state: 'refused',
      code: 'PRV-304',
      words: `Line ${read.line}: ${String(wanted.number)} belongs to somebody else.`,
    };
  if (person) {
    const { number, ...rest } = wanted;
    // `next` asks for a number, not for another one.
    const keeps = number === 'next' && person.numbers.length > 0;
    const planned = planChange(
      read.line,
      person,
      { ...rest, ...(number !== undefined && !keeps && { number }) },
      more.tags?.get(person.id),
    );
    const range = number === 'next' && !keeps ? more.range?.(row) : undefined;
    return {
      ...planned,
      label: person.displayName,
      ...(range !== undefined && planned.after && { after: { ...planned.after, range } }),
    };
  }
  const range = wanted.number === 'next' ? more.range?.(row) : undefined;
  return {
    ...base,
    label: row.displayName ?? row.upn,
    state: 'waiting',
    words: `Is created${wanted.number === 'next' ? ' with the next free number' : wanted.number ? ` with ${String(wanted.number)}` : ''}${wanted.tags ? `, tagged ${String(wanted.tags)}` : ''}.`,
    after: {
      ...wanted,
      ...(range !== undefined && { range }),
      upn: row.upn,
      displayName: row.displayName ?? row.upn,
      create: true,
    },
  };
}

function wantedOf(row: PersonRow): Record<string, unknown> {
  const { upn: _, number, tags, ...rest } = row;
  return {
    ...rest,
    ...(tags !== undefined && { tags: tagFact(tags) }),
    ...(number !== undefined && { number: number === 'none' ? null : number }),
  };
}

/** Every field of `before` is still as it was. */
export const asPreviewed = (item: JobItem, person: Person, tags: readonly string[]): boolean => {
  const now = shownFacts(person, tags);
  return Object.entries(item.before ?? {}).every(([field, value]) => now[field] === value);
};
/** The work is done already: by this job before a crash, or by somebody. */
export const asWanted = (item: JobItem, person: Person, tags: readonly string[]): boolean => {
  const now = shownFacts(person, tags);
  const { giveBack: _, ...wanted } = item.after ?? {};
  const after = Object.entries(wanted);
  return after.length > 0 && after.every(([field, value]) => value !== 'next' && now[field] === value);
};
