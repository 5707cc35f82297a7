import { type PersonRow, type ReadRow, readPeopleCsv } from '@tandem/adapters/csv/people-csv.ts';
import type { Facts, JobItem } from '@tandem/adapters/postgres/job-store.ts';
import type { NumberRange, Workplace } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { NewJob, ReadinessSummary } from '@tandem/contract';
import {
  type Account,
  type AccountId,
  asPersonId,
  type Person,
  type PersonId,
  type RoutingSnapshot,
} from '@tandem/domain';
import { planChange, planNumber, planRow, rangeFor, rangesByPlace } from './job-plans.ts';

export const mostPeople = 25_000;

export interface PreviewGround {
  readonly snapshot: RoutingSnapshot;
  readonly readinessOf: (account: Account, person: Person) => ReadinessSummary;
  /** Of people who have any. */
  readonly tags: ReadonlyMap<PersonId, readonly string[]>;
  /** Of the account. */
  readonly ranges: readonly NumberRange[];
  /** What the connected directories say of these people; who is not in it is not known there. */
  readonly workplaces: (account: Account, people: readonly Person[]) => ReadonlyMap<PersonId, Workplace>;
}

export type JobPreview =
  | {
      readonly kind: 'items';
      readonly title: string;
      readonly items: readonly JobItem[];
      readonly options: Facts;
    }
  | { readonly kind: 'csv-unreadable'; readonly say: string };

/** Every item of a job with what would be done to it. */
export function previewOf(account: Account, ask: NewJob, ground: PreviewGround): JobPreview {
  if (ask.kind === 'import-people') return previewImport(account, ask.csv, ground);
  const people = chosen(account, ask, ground);
  const many = `${people.length} ${people.length === 1 ? 'person' : 'people'}`;
  switch (ask.kind) {
    case 'change-people': {
      const change: Record<string, unknown> = { ...ask.change };
      return {
        kind: 'items',
        title: `${wordsOf(ask.change)} for ${many}`,
        items: people.map((person, i) => planChange(i + 1, person, change)),
        options: change,
      };
    }
    case 'give-numbers': {
      const { rules, range } = ask;
      const chosenHere = rules !== undefined || range !== undefined;
      const byPlace = rangesByPlace(ground.ranges);
      const asked = rules !== undefined || (!chosenHere && ground.ranges.some(({ when }) => when));
      const places = asked ? ground.workplaces(account, people) : undefined;
      return {
        kind: 'items',
        title: `Give numbers to ${many}`,
        items: people.map((person, i) => {
          const place = places?.get(person.id);
          if (chosenHere) return planNumber(i + 1, person, rangeFor(rules, range, place), place);
          const own = person.numbers.length === 0 ? byPlace(place) : undefined;
          return planNumber(i + 1, person, own?.id, place, own?.name);
        }),
        options: {},
      };
    }
    case 'retry-provisioning':
      return {
        kind: 'items',
        title: `Try provisioning again for ${many}`,
        items: people.map((person, i) => ({
          position: i + 1,
          personId: person.id,
          label: person.displayName,
          state: 'waiting',
          words: 'Is tried again.',
        })),
        options: {},
      };
  }
}

const peopleOf = (snapshot: RoutingSnapshot, accountId: AccountId): Person[] =>
  [...snapshot.people.values()].filter((person) => person.accountId === accountId);

function previewImport(account: Account, csv: string, ground: PreviewGround): JobPreview {
  const { snapshot, tags } = ground;
  const reading = readPeopleCsv(csv, account.country, account.areaCode);
  if (reading.kind === 'unreadable') return { kind: 'csv-unreadable', say: reading.say };
  const people = new Map(peopleOf(snapshot, account.id).map((person) => [person.upn, person]));
  const owners = new Map(
    [...snapshot.numbers].map(([number, owner]) => [
      number,
      owner.accountId === account.id && owner.kind === 'person' ? owner.personId : 'somebody',
    ]),
  );
  const range = rangesOfRows(account, reading.rows, people, ground);
  const items = reading.rows.map((row) => planRow(row, people, owners, { tags, range }));
  const ignored =
    reading.unknownColumns.length === 0 ? '' : `, ignoring ${reading.unknownColumns.join(', ')}`;
  return { kind: 'items', title: `Import ${items.length} rows${ignored}`.slice(0, 200), items, options: {} };
}

/** From where `next` of a row comes: by where Entra says that the person works, whether they are here yet or not. */
function rangesOfRows(
  account: Account,
  rows: readonly ReadRow[],
  people: ReadonlyMap<string, Person>,
  { ranges, workplaces }: PreviewGround,
): (row: PersonRow) => string | undefined {
  const byPlace = rangesByPlace(ranges);
  if (ranges.every(({ when }) => when === undefined)) return () => undefined;
  const asked = rows.flatMap(({ row }) => {
    if (row?.number !== 'next') return [];
    return [people.get(row.upn) ?? newcomer(account, row)];
  });
  const places = new Map(
    [...workplaces(account, asked)].map(([id, place]) => [id as string, place] as const),
  );
  return (row) => byPlace(places.get(people.get(row.upn)?.id ?? row.upn))?.id;
}

const newcomer = ({ id }: Account, { upn, displayName = upn, mail }: PersonRow): Person => ({
  id: asPersonId(upn),
  accountId: id,
  displayName,
  upn,
  ...(mail !== undefined && { mail }),
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
});

/** Whom a job is about: named, or everybody whom a filter finds now. */
function chosen(
  account: Account,
  ask: Exclude<NewJob, { kind: 'import-people' }>,
  { snapshot, readinessOf }: PreviewGround,
): Person[] {
  const ids = ask.people && new Set(ask.people);
  const search = ask.search?.toLowerCase();
  return peopleOf(snapshot, account.id)
    .filter((person) => {
      if (ids && !ids.has(person.id)) return false;
      if (
        search !== undefined &&
        ![person.displayName, person.upn, person.mail, person.extension, ...person.numbers].some((one) =>
          one?.toLowerCase().includes(search),
        )
      )
        return false;
      return ask.code === undefined || readinessOf(account, person).code === ask.code;
    })
    .sort((a, b) => (a.upn < b.upn ? -1 : 1))
    .slice(0, mostPeople);
}

function wordsOf(change: Readonly<Record<string, boolean | undefined>>): string {
  const words: Record<string, readonly [on: string, off: string]> = {
    teamsToggle: ['Switch Teams calling on', 'Switch Teams calling off'],
    platformLicence: ['Give the licence', 'Take the licence'],
    active: ['Activate', 'Deactivate'],
  };
  return Object.entries(change)
    .flatMap(([field, on]) => (on === undefined ? [] : [words[field]?.[on ? 0 : 1] ?? field]))
    .join(', ');
}
