import type { E164 } from '@tandem/domain';
import { differing } from './differing.ts';
import type { FileRange } from './file-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { RangePlace, StoredRange, TenantState } from './state.ts';
import { rangeFacts } from './write-file.ts';

/** `when: null`: for everybody. */
export interface RangeChange {
  readonly name?: string;
  readonly when?: RangePlace | null;
}

/** Ranges by their first and last number. */
export function planRanges(
  wanted: readonly FileRange[],
  state: TenantState,
  prune: boolean,
  /** How many of its numbers the same file gives free. */
  freed: (range: StoredRange) => number,
): Planned[] {
  const spanOf = ({ first, last }: { first: string; last: string }): string => `${first}-${last}`;
  const left = new Map(state.ranges.map((range) => [range.id, range]));
  const missing: FileRange[] = [];
  const planned: Planned[] = [];
  for (const range of wanted) {
    const found = state.ranges.find((one) => left.has(one.id) && spanOf(one) === spanOf(range));
    if (found) left.delete(found.id);
    else missing.push(range);
    const differs = found && differing(rangeFacts(found), range);
    if (differs)
      planned.push({
        change: { kind: 'range', what: found.name, action: 'change', ...differs },
        step: { do: 'change-range', id: found.id, change: differs.after as RangeChange },
      });
  }
  if (prune)
    for (const range of left.values()) {
      const { id, name, first, last, size } = range;
      const free = range.free + freed(range);
      const change: Change = { kind: 'range', what: name, action: 'remove', before: { name, first, last } };
      planned.push(
        free < size
          ? refused(change, `${size - free} of its numbers are somebody's or held back.`)
          : { change, step: { do: 'remove-range', id } },
      );
    }
  const stays = state.ranges.filter(
    ({ id }) => !planned.some(({ step }) => step?.do === 'remove-range' && step.id === id),
  );
  for (const range of missing) {
    const { name, first, last } = range;
    const place = range.when as RangePlace | null | undefined;
    const after = { name, first, last, ...(place && { when: place }) };
    const change: Change = { kind: 'range', what: name, action: 'create', after };
    const over = stays.find(
      (one) => one.first.length === first.length && one.first <= last && first <= one.last,
    );
    planned.push(
      over
        ? refused(change, `It overlaps the range ${over.name} (${over.first} to ${over.last}).`, {
            of: range,
            field: 'first',
          })
        : {
            change,
            step: {
              do: 'create-range',
              name,
              first: first as E164,
              last: last as E164,
              ...(place && { when: place }),
            },
          },
    );
  }
  return planned;
}
