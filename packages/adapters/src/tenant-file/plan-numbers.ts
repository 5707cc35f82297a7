import type { E164 } from '@tandem/domain';
import { differing } from './differing.ts';
import type { FileNumber, TenantFile } from './file-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { NumberUse, TenantState } from './state.ts';
import { isWithin, type StoredHold, useOfHold } from './stock.ts';

/** Null: free for whoever comes next. A reservation without an end gets one when it is made. */
export type HoldWish =
  | null
  | { readonly reservedFor: string; readonly until?: string; readonly reason?: string }
  | { readonly ported: true; readonly reason?: string };

/** Numbers that nobody has: in stock, reserved, with another carrier. */
export interface NumbersPlan {
  readonly changes: readonly Planned[];
  /** Who has which number, and what is held, before people and lines get theirs. */
  readonly uses: ReadonlyMap<E164, NumberUse>;
}

/**
 * The stock beside the ranges. What somebody has is theirs, and what rests after somebody left goes on resting: the file says
 * only that the number is the account's. Only `prune` takes numbers out, and gives free what is held in a range.
 */
export function planNumbers(
  file: TenantFile,
  state: TenantState,
  { prune, nowWallMs }: { readonly prune: boolean; readonly nowWallMs: number },
  /** What becomes of the ranges. */
  ranges: readonly Planned[],
): NumbersPlan {
  const uses = new Map(state.numbers);
  if (!file.numbers) return { changes: [], uses };
  const steps = ranges.flatMap(({ step }) => step ?? []);
  const gone = new Set(steps.flatMap((step) => (step.do === 'remove-range' ? [step.id] : [])));
  const comes = steps.filter((step) => step.do === 'create-range');
  const goes = (number: string): boolean =>
    state.ranges.some((range) => gone.has(range.id) && isWithin(number, range));
  const stockOf = (number: E164): StoredHold | null | undefined =>
    goes(number) && !state.stock.get(number) ? undefined : state.stock.get(number);

  const planned = file.numbers.flatMap((wanted): Planned[] => {
    const number = wanted.number as E164;
    const use = state.numbers.get(number);
    const now = stockOf(number);
    const asked = wishOf(wanted, now, nowWallMs);
    if (use && use.by !== 'hold') return ownedFault(wanted, asked, use, state);
    if (use && !state.stock.get(number)) {
      if (!asked) return [];
      const change = changeTo(number, undefined, asked);
      return [
        refused(
          change,
          `${use.say} End its quarantine on the page Numbers first, or leave out hold: what rests goes on resting.`,
          { of: wanted, field: 'hold' },
        ),
      ];
    }
    if (now === undefined) {
      const hold = asked ?? null;
      if (hold === null && comes.some((range) => isWithin(number, range))) return [];
      return [created(number, hold)];
    }
    if (asked === undefined || !differing({ hold: now }, { hold: asked })) return [];
    // What is free goes with its range, and stands by itself from then on.
    return [changed(number, now, asked), ...(goes(number) && asked === null ? [created(number, null)] : [])];
  });
  const pruned = prune ? unnamed(file, state) : [];
  for (const { step } of [...planned, ...pruned]) {
    if (step?.do === 'create-number' || step?.do === 'change-number') {
      if (step.hold)
        uses.set(
          step.number,
          useOfHold(step.number, { until: new Date(nowWallMs).toISOString(), ...step.hold }),
        );
      else uses.delete(step.number);
    }
    if (step?.do === 'remove-number') uses.delete(step.number);
  }
  return { changes: [...planned, ...pruned], uses };
}

/** Numbers that people, queues and phones give up by this file stay in stock only where it says so. */
export function pruneReleased(
  file: TenantFile,
  state: TenantState,
  planned: readonly Planned[],
  released: ReadonlySet<string>,
): readonly Planned[] {
  if (!file.numbers) return [];
  const named = namedIn(file);
  const ofPeople = planned.flatMap(({ step }) => {
    if (step?.do !== 'change-person' || !Array.isArray(step.wish.numbers)) return [];
    const kept: readonly E164[] = step.wish.numbers;
    return step.person.numbers.filter((one) => !kept.includes(one));
  });
  return [...new Set([...ofPeople, ...(released as ReadonlySet<E164>)])].flatMap((number): Planned[] =>
    named.has(number) || state.ranges.some((range) => isWithin(number, range))
      ? []
      : [
          {
            change: { kind: 'number', what: number, action: 'remove' },
            step: { do: 'remove-number', number, released: true },
          },
        ],
  );
}

/** How many numbers of a range the file gives free that are held now. */
export function freedWithin(
  file: TenantFile,
  state: TenantState,
  prune: boolean,
): (range: { readonly first: string; readonly last: string }) => number {
  const named = new Map(file.numbers?.map(({ number, hold }) => [number, hold]));
  const freed = [...state.stock].flatMap(([number, now]) => {
    const wanted = named.has(number) ? named.get(number) : prune && file.numbers ? null : undefined;
    return now && wanted === null ? [number] : [];
  });
  return (range) => freed.filter((number) => isWithin(number, range)).length;
}

/** Undefined: as it is. What of a reservation is not named stays; one whose time is over holds nothing. */
function wishOf(
  { hold }: FileNumber,
  now: StoredHold | null | undefined,
  nowWallMs: number,
): HoldWish | undefined {
  if (!hold) return hold;
  if ('ported' in hold) return { ...(now && 'ported' in now && now), ...(hold as { ported: true }) };
  const stands = now && 'reservedFor' in now && now.reservedFor === hold.reservedFor ? now : undefined;
  const wish = { ...stands, ...hold } as Exclude<HoldWish, null>;
  return 'until' in wish && wish.until !== undefined && Date.parse(wish.until) <= nowWallMs ? null : wish;
}

/** Whose number it is: a reservation for somebody who has it by now is fulfilled. */
function ownedFault(
  wanted: FileNumber,
  asked: HoldWish | undefined,
  use: Exclude<NumberUse, { by: 'hold' }>,
  { people, queues, phones }: TenantState,
): Planned[] {
  if (!asked) return [];
  const number = wanted.number as E164;
  const person = use.by === 'person' ? people.find(({ id }) => id === use.personId) : undefined;
  const theirs = [person?.upn, person?.mail].map((one) => one?.toLowerCase());
  if ('reservedFor' in asked && theirs.includes(asked.reservedFor)) return [];
  const line = [...queues, ...phones].find((one) => one.number === number);
  const who = person
    ? `${person.displayName} (${person.upn})`
    : `${use.by === 'queue' ? 'The queue' : 'The phone'} ${line?.name ?? ''}`.trim();
  return [
    refused(
      changeTo(number, undefined, asked),
      `${who} has ${number}: apply a file that takes it away first, or leave out hold.`,
      { of: wanted, field: 'hold' },
    ),
  ];
}

const created = (number: E164, hold: HoldWish): Planned => ({
  change: changeTo(number, undefined, hold),
  step: { do: 'create-number', number, hold },
});
const changed = (number: E164, now: StoredHold | null, hold: HoldWish): Planned => ({
  change: changeTo(number, now, hold),
  step: { do: 'change-number', number, hold },
});

const changeTo = (number: E164, now: StoredHold | null | undefined, hold: HoldWish): Change =>
  now === undefined
    ? { kind: 'number', what: number, action: 'create', after: { number, hold } }
    : { kind: 'number', what: number, action: 'change', before: { hold: now }, after: { hold } };

function unnamed(file: TenantFile, state: TenantState): readonly Planned[] {
  const listed = new Set(file.numbers?.map(({ number }) => number));
  const named = namedIn(file);
  return [...state.stock].flatMap(([number, now]): Planned[] => {
    if (listed.has(number)) return [];
    const ranged = state.ranges.some((range) => isWithin(number, range));
    if (ranged) return now === null ? [] : [changed(number, now, null)];
    // Whoever gets it takes it out of the stock.
    if (named.has(number)) return [];
    return [
      {
        change: { kind: 'number', what: number, action: 'remove', before: { hold: now } },
        step: { do: 'remove-number', number },
      },
    ];
  });
}

/** Numbers that somebody or something has by the file. */
const namedIn = (file: TenantFile): ReadonlySet<string> =>
  new Set([
    ...(file.numbers ?? []).map(({ number }) => number),
    ...(file.people ?? []).flatMap(({ number, otherNumbers = [] }) => [number ?? '', ...otherNumbers]),
    ...[...(file.queues ?? []), ...(file.phones ?? [])].flatMap(({ number }) => number ?? []),
  ]);
