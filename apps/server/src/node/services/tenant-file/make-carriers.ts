import type { ShownCarrier } from '@tandem/adapters/postgres/carrier-store.ts';
import { differing } from '@tandem/adapters/tenant-file/differing.ts';
import type { StoredCarrier } from '@tandem/adapters/tenant-file/state.ts';
import { carrierFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import { asCarrierId, type CarrierId } from '@tandem/domain';
import { entryOf, type Making, type StepOf, wordsOf } from './making.ts';

export type CarrierStep = StepOf<'create-carrier' | 'change-carrier' | 'remove-carrier'>;

/** Without what only the operator sees and what it proves itself with. */
export function ownCarrier({ owner: _, username: __, ...carrier }: ShownCarrier): StoredCarrier {
  return carrier;
}

/** The account's own carriers. What they prove themselves with stays as it is. */
export async function makeCarrier(step: CarrierStep, making: Making): Promise<void> {
  const { accountId, inside, note, words, refusals } = making;
  const { carriers } = inside.stores;
  const objectOf = ({ id, name }: { id: string; name: string }) => ({ kind: 'carrier', id, label: name });
  if (step.do === 'remove-carrier') {
    const gone = await carriers.remove(accountId, step.carrier.id);
    if (!gone.ok)
      return void refusals.set(
        step,
        gone.refusal.kind === 'in-use' ? 'Calls of the account go out over it.' : wordsOf(gone.refusal),
      );
    return note(
      entryOf(making, 'carrier.remove', objectOf(step.carrier), { before: carrierFacts(step.carrier) }),
    );
  }
  const { maxCalls, ...wish } = step.wish;
  const before: StoredCarrier | undefined = step.do === 'change-carrier' ? step.carrier : undefined;
  const {
    maxCalls: had,
    version,
    ...base
  } = before ?? {
    id: asCarrierId(making.newId()),
    name: step.do === 'create-carrier' ? step.name : '',
    targets: [],
    sources: [],
    probeWithOptions: true,
    numberFormat: 'e164' as const,
    emergency: false,
    version: undefined,
    maxCalls: undefined,
  };
  const most = maxCalls === undefined ? had : (maxCalls ?? undefined);
  const made = await carriers.save(accountId, {
    ...base,
    ...wish,
    ...(most !== undefined && { maxCalls: most }),
    ...(version !== undefined && { version }),
  });
  if (!made.ok)
    return void refusals.set(
      step,
      made.refusal.kind === 'conflict'
        ? 'Somebody else changed the carrier meanwhile.'
        : wordsOf(made.refusal),
    );
  const after = carrierFacts(ownCarrier(made.value));
  if (before)
    return note(
      entryOf(making, 'carrier.change', objectOf(made.value), { ...differing(carrierFacts(before), after) }),
    );
  words.set(
    step,
    'If it wants a user name and a password, set them: tandem api carriers.credentials --help.',
  );
  note(entryOf(making, 'carrier.create', objectOf(made.value), { after }));
}

/** The ids of carriers that the account may use, by name (or id), its own before the operator's; undefined: none. */
export async function carrierIds(
  names: readonly string[],
  { accountId, inside }: Pick<Making, 'accountId' | 'inside'>,
): Promise<readonly (CarrierId | undefined)[]> {
  const own = await inside.stores.carriers.list(accountId);
  const all = await inside.stores.carriers.listAllCarriersForPlatform();
  const usable = [
    ...own.filter(({ owner }) => owner === accountId),
    ...all.filter(({ owner }) => owner === 'operator'),
  ];
  return names.map((name) => usable.find((one) => one.name === name || one.id === name)?.id);
}
