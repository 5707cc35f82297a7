import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import type { GraphAssignedPlan } from './graph-types.ts';
import { callingPlans, phonePlans, teamsPlans } from './licence-plans.ts';

/** One licence of the tenant's stock (microsoft-graph 4.5). */
export interface StockedSku {
  readonly name: string;
  readonly free: number;
  readonly plans: ReadonlySet<string>;
}

const stockAgeMs = 10 * 60_000;

/** The stock, read when somebody misses a licence and not more often than every ten minutes. */
export class LicenceStock {
  readonly #graph: GraphClient;
  readonly #wall: () => number;
  #known: { readonly skus: readonly StockedSku[]; readonly readAtWallMs: number } | undefined;
  requests = 0;

  constructor(graph: GraphClient, wall: () => number) {
    this.#graph = graph;
    this.#wall = wall;
  }

  /** Undefined: it could not be read; nothing is said about it then. */
  async read(): Promise<readonly StockedSku[] | undefined> {
    if (this.#known && this.#wall() - this.#known.readAtWallMs < stockAgeMs) return this.#known.skus;
    try {
      this.requests++;
      const { body } = await this.#graph.call('subscribedSkus');
      const { value } = (body ?? {}) as { value?: unknown };
      const skus = (Array.isArray(value) ? value : []).flatMap(skuOf);
      this.#known = { skus, readAtWallMs: this.#wall() };
      return skus;
    } catch (error) {
      // Advice is a courtesy: without it the finding itself stands.
      if (error instanceof GraphError) return this.#known?.skus;
      throw error;
    }
  }
}

function skuOf(value: unknown): StockedSku[] {
  const sku = value as {
    skuPartNumber?: unknown;
    capabilityStatus?: unknown;
    consumedUnits?: unknown;
    prepaidUnits?: { enabled?: unknown; warning?: unknown };
    servicePlans?: readonly { servicePlanId?: unknown }[];
  } | null;
  if (typeof sku?.skuPartNumber !== 'string') return [];
  const number = (one: unknown): number => (typeof one === 'number' ? one : 0);
  const bought = number(sku.prepaidUnits?.enabled) + number(sku.prepaidUnits?.warning);
  const usable = sku.capabilityStatus === 'Enabled' || sku.capabilityStatus === 'Warning';
  return [
    {
      name: sku.skuPartNumber,
      free: usable ? Math.max(0, bought - number(sku.consumedUnits)) : 0,
      plans: new Set((sku.servicePlans ?? []).map((plan) => String(plan.servicePlanId).toLowerCase())),
    },
  ];
}

const anyOf = (plans: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean =>
  [...wanted].some((plan) => plans.has(plan));

/**
 * Which licence of the stock gives the person what is missing: one that fills the gap and carries nothing that would stand
 * in the way, with free seats before one without, and the smallest before a whole suite. Undefined: none would do.
 */
export function licenceAdvice(
  assigned: readonly GraphAssignedPlan[] | undefined,
  stock: readonly StockedSku[],
): { readonly sku: string; readonly count: number } | undefined {
  const has = new Set(
    (assigned ?? [])
      .filter(({ capabilityStatus }) => capabilityStatus === 'Enabled' || capabilityStatus === 'Warning')
      .map(({ servicePlanId }) => (servicePlanId ?? '').toLowerCase()),
  );
  const gaps = [teamsPlans, phonePlans].filter((wanted) => !anyOf(has, wanted));
  if (gaps.length === 0) return undefined;
  const fitting = stock.filter(
    ({ plans }) => gaps.every((wanted) => anyOf(plans, wanted)) && !anyOf(plans, callingPlans),
  );
  const [best] = fitting.sort(
    (a, b) => Number(b.free > 0) - Number(a.free > 0) || a.plans.size - b.plans.size || b.free - a.free,
  );
  return best && { sku: best.name, count: best.free };
}
