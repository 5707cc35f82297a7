import type { TenantCheck } from '@tandem/contract';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { callingPlans, phonePlans, teamsPlans } from './licence-plans.ts';

/**
 * The tenant as it is, before anything is written in it (product-behaviour 5.1 step 3): licences by SKU and who is left at
 * each step towards calling from Teams. What cannot be read is named and counted nowhere.
 */
export async function checkTenant(graph: GraphClient, wall: () => number): Promise<TenantCheck> {
  const unread: { what: string; why: string }[] = [];
  const readAt = new Date(wall()).toISOString();
  const part = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      unread.push({ what, why: whyUnread(error) });
      return undefined;
    }
  };
  const all = async (
    operation: 'users' | 'userConfigurations' | 'numberAssignments' | 'subscribedSkus' | 'organization',
    query: Record<string, string | number>,
  ): Promise<Record<string, unknown>[]> => {
    const rows: Record<string, unknown>[] = [];
    for await (const page of graph.pages(operation, { query }))
      for (const row of page)
        if (typeof row === 'object' && row !== null) rows.push(row as Record<string, unknown>);
    return rows;
  };

  const [organization, skus, users, configurations, numbers] = await Promise.all([
    part('tenant', () =>
      all('organization', { $select: 'id,displayName,verifiedDomains,countryLetterCode' }),
    ),
    part('licences', () => all('subscribedSkus', {})),
    part('users', () => all('users', { $select: 'id,accountEnabled,userType,assignedPlans', $top: 999 })),
    part('voice of users in Teams', () => all('userConfigurations', { $top: 999 })),
    part('numbers in Teams', () => all('numberAssignments', { $top: 999 })),
  ]);

  const [tenant = {}] = organization ?? [];
  const domains = rowsOf(tenant.verifiedDomains).flatMap(({ name }) =>
    typeof name === 'string' ? [name] : [],
  );
  const people = (users ?? []).map((user) => ({
    id: String(user.id).toLowerCase(),
    member: user.userType !== 'Guest',
    enabled: user.accountEnabled === true,
    plans: new Set(
      rowsOf(user.assignedPlans)
        .filter(({ capabilityStatus }) => capabilityStatus === 'Enabled' || capabilityStatus === 'Warning')
        .map(({ servicePlanId }) => String(servicePlanId)),
    ),
  }));
  const has = (plans: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean =>
    [...wanted].some((plan) => plans.has(plan));
  const typeOf = new Map(
    (configurations ?? []).map((one) => [String(one.id).toLowerCase(), one.accountType]),
  );
  const onPremisesTargets = new Set<string>();
  let onPremisesNumbers = 0;
  let directRoutingNumbers = 0;
  for (const number of numbers ?? []) {
    if (number.numberType === 'directRouting') directRoutingNumbers++;
    if (number.numberSource !== 'onPremises') continue;
    onPremisesNumbers++;
    if (typeof number.assignmentTargetId === 'string')
      onPremisesTargets.add(number.assignmentTargetId.toLowerCase());
  }

  const funnel: TenantCheck['funnel'] = [];
  let left = people;
  const step = (
    name: TenantCheck['funnel'][number]['step'],
    words: string,
    keeps: (one: (typeof people)[number]) => boolean,
  ): void => {
    const before = left.length;
    left = left.filter(keeps);
    funnel.push({ step: name, words, count: left.length, lost: before - left.length });
  };
  if (users) {
    step('users', 'People of the tenant, guests left out', ({ member }) => member);
    step('enabled', 'who may sign in', ({ enabled }) => enabled);
    step('licensed', 'with Teams', ({ plans }) => has(plans, teamsPlans));
    step('phone-system', 'with Teams Phone', ({ plans }) => has(plans, phonePlans));
    step(
      'no-calling-plan',
      'without a Calling Plan, which would route calls past us',
      ({ plans }) => !has(plans, callingPlans),
    );
    if (configurations)
      step('teams-only', 'who are homed in Teams', ({ id }) => !isElsewhere(typeOf.get(id)));
    if (numbers)
      step(
        'no-on-premises-number',
        'without a number that is managed on premises',
        ({ id }) => !onPremisesTargets.has(id),
      );
  }

  return {
    readAt,
    tenant: {
      domains,
      ...(typeof tenant.displayName === 'string' && { name: tenant.displayName }),
      ...(typeof tenant.countryLetterCode === 'string' && { country: tenant.countryLetterCode }),
    },
    skus: (skus ?? [])
      .filter(({ appliesTo }) => appliesTo !== 'Company')
      .map((sku) => {
        const units = (sku.prepaidUnits ?? {}) as Record<string, unknown>;
        const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
        const bought = count(units.enabled) + count(units.warning);
        const used = count(sku.consumedUnits);
        const plans = new Set(rowsOf(sku.servicePlans).map(({ servicePlanId }) => String(servicePlanId)));
        return {
          sku: String(sku.skuPartNumber ?? sku.skuId),
          bought,
          used,
          free: Math.max(0, bought - used),
          teams: has(plans, teamsPlans),
          teamsPhone: has(plans, phonePlans),
          callingPlan: has(plans, callingPlans),
        };
      }),
    funnel,
    ...(users && {
      callingPlanUsers: people.filter(({ member, plans }) => member && has(plans, callingPlans)).length,
    }),
    ...(numbers && { onPremisesNumbers, directRoutingNumbers }),
    ...(users &&
      configurations && {
        notTeamsOnly: people.filter(({ id, member }) => member && isElsewhere(typeOf.get(id))).length,
      }),
    unread,
  };
}

const isElsewhere = (accountType: unknown): boolean => accountType === 'sfbOnPremUser';

const rowsOf = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];

function whyUnread({ code, missingScope, status }: GraphError): string {
  if (code === 'graph-missing-scope') return `Permission ${missingScope ?? 'for it'} is missing.`;
  if (code === 'graph-throttled') return 'Microsoft asked us to slow down.';
  if (code === 'graph-unavailable' || code === 'sign-in-unavailable') return 'Microsoft does not answer now.';
  return `Microsoft refused${status === undefined ? '' : ` with ${status}`}.`;
}
