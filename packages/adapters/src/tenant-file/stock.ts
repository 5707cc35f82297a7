import type { E164 } from '@tandem/domain';
import type { NumberUse } from './state.ts';

/** Why a number of the stock is not free: for whom it is kept, or that another carrier has it. */
export type StoredHold =
  | { readonly reservedFor: string; readonly until: string; readonly reason?: string }
  | { readonly ported: true; readonly reason?: string };

/** What keeps everybody else from such a number, in words. */
export function useOfHold(number: E164, hold: StoredHold): NumberUse {
  if ('ported' in hold) return { by: 'hold', say: `${number} is with another carrier.` };
  const { reservedFor, until } = hold;
  return {
    by: 'hold',
    say: `${number} is reserved for ${reservedFor} until ${until.slice(0, 10)}.`,
    reservedFor,
  };
}

export const isWithin = (
  number: string,
  { first, last }: { readonly first: string; readonly last: string },
): boolean => number.length === first.length && first <= number && number <= last;
