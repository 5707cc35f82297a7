import type { NumberHold } from '@tandem/adapters/postgres/number-stock-store.ts';
import type { HoldWish } from '@tandem/adapters/tenant-file/plan-numbers.ts';
import type { E164 } from '@tandem/domain';
import { entryOf, type Making, type StepOf, wordsOf } from './making.ts';

export type NumberStep = StepOf<'create-number' | 'change-number' | 'remove-number'>;

/** Numbers that nobody has: into the stock, held, free again, out of it. The audit says it as it does for the page Numbers. */
export async function makeNumber(step: NumberStep, making: Making): Promise<void> {
  const { accountId, inside, note, refusals } = making;
  const { numberStock, numbers } = inside.stores;
  const { number } = step;
  const entry = (action: string, rest: Parameters<typeof entryOf>[3] = {}): void =>
    note(entryOf(making, action, { kind: 'number', id: number }, rest));
  if (step.do === 'remove-number') {
    const gone = await numberStock.remove(accountId, number);
    if (gone.ok) return entry('number.remove');
    // Somebody took it as the next free one: then it is theirs.
    if (step.released && gone.refusal.kind === 'in-use') return;
    return void refusals.set(step, wordsOfNumber(gone.refusal, number));
  }
  const before = await numbers.get(accountId, number);
  if (!before) {
    const added = await numberStock.add(accountId, [number]);
    if (!added.ok) return void refusals.set(step, wordsOfNumber(added.refusal, number));
    note(entryOf(making, 'number.add', { kind: 'account', id: accountId }, { after: { numbers: [number] } }));
  }
  if (step.hold === null && !before?.held) return;
  const hold = holdOf(step.hold);
  const held = await numberStock.hold(accountId, number, hold);
  if (!held.ok) return void refusals.set(step, wordsOfNumber(held.refusal, number));
  const after = await numbers.get(accountId, number);
  entry(`number.${hold.kind}`, {
    before: { held: before?.held ?? null },
    after: { held: after?.held ?? null },
  });
}

function holdOf(wish: HoldWish): NumberHold {
  if (wish === null) return { kind: 'free' };
  const why = wish.reason === undefined ? {} : { reason: wish.reason };
  if ('ported' in wish) return { kind: 'ported', ...why };
  return {
    kind: 'reserve',
    for: wish.reservedFor,
    ...(wish.until !== undefined && { untilWallMs: Date.parse(wish.until) }),
    ...why,
  };
}

/** What only the database knows: whose the number became since it was planned, or that it is another customer's. */
function wordsOfNumber(refusal: Parameters<typeof wordsOf>[0], number: E164): string {
  if (refusal.kind === 'taken')
    return `${number} belongs to another customer of this platform: take it out of the file.`;
  if (refusal.kind === 'in-use') return `Somebody has ${number} by now: plan again.`;
  return wordsOf(refusal);
}
