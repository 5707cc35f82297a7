import type { Carrier } from '@tandem/domain';
import { differing, type Facts } from './differing.ts';
import type { FileCarrier } from './file-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import { sourceKey, type TenantState } from './state.ts';
import { carrierFacts } from './write-file.ts';

/** What a carrier becomes: what is absent stays, and always what it proves itself with. `maxCalls: null`: no limit. */
export type CarrierWish = Partial<
  Pick<Carrier, 'targets' | 'sources' | 'probeWithOptions' | 'numberFormat' | 'emergency'>
> & { readonly maxCalls?: number | null };

/** The account's own carriers, by name. Only `prune` removes, and only where the file has the section. */
export function planCarriers(
  wanted: readonly FileCarrier[],
  state: TenantState,
  prune: boolean,
  /** Names over which calls go out once the file is applied. */
  used: ReadonlySet<string>,
): Planned[] {
  const known = new Map(state.carriers.map((carrier) => [carrier.name, carrier]));
  const named = new Map(wanted.map((one) => [one.name, one]));
  const removed = prune ? state.carriers.filter(({ name }) => !named.has(name)) : [];
  /** Sources of those that stay as they are; who is named in the file keeps or gives up its own there. */
  const kept = new Map(
    state.carriers
      .filter((one) => !removed.includes(one) && named.get(one.name)?.sources === undefined)
      .flatMap(({ name, sources }) => sources.map((source) => [sourceKey(source), name] as const)),
  );

  function faultOf({ name, sources, targets }: FileCarrier): [field: string, say: string] | undefined {
    if (!known.has(name) && targets === undefined)
      return ['name', 'There is no carrier of this name yet; a new one needs targets.'];
    if (!known.has(name) && state.sharedCarriers.some((one) => one.name === name))
      return ['name', 'The operator has a carrier of this name: choose another, so that each name is one.'];
    for (const source of (sources ?? []) as Carrier['sources']) {
      const key = sourceKey(source);
      const other = kept.get(key);
      if (other !== undefined && other !== name)
        return ['sources', `${key} is where ${other} sends from; a source is one carrier's.`];
      if (state.sourcesElsewhere.has(key))
        return ['sources', `${key} is where a carrier sends from that is not this account's own.`];
    }
    return undefined;
  }
  return [
    ...wanted.flatMap((one): Planned[] => {
      const { name, ...rest } = one;
      const carrier = known.get(name);
      const found = carrier ? differing(carrierFacts(carrier), rest) : { after: given(rest) };
      if (!found) return [];
      const change: Change = carrier
        ? { kind: 'carrier', what: name, action: 'change', ...found }
        : { kind: 'carrier', what: name, action: 'create', after: { name, ...found.after } };
      const fault = faultOf(one);
      if (fault) return [refused(change, fault[1], { of: one, field: fault[0] })];
      const wish = found.after as CarrierWish;
      return [
        carrier
          ? { change, step: { do: 'change-carrier', carrier, wish } }
          : { change, step: { do: 'create-carrier', name, wish } },
      ];
    }),
    ...removed.map((carrier): Planned => {
      const { name } = carrier;
      const change: Change = { kind: 'carrier', what: name, action: 'remove', before: carrierFacts(carrier) };
      return used.has(name)
        ? refused(change, 'Calls of the account go out over it: take it out of account.carriers as well.')
        : { change, step: { do: 'remove-carrier', carrier } };
    }),
  ];
}

const given = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== null));
