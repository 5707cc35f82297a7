import type { RouteSpec } from '@tandem/contract';
import { type AccountId, asAccountId } from '@tandem/domain';
import type { ProposedRequest } from '../../postgres/consent-store.ts';
import type { ApiServices } from '../services.ts';

/** Whose thing a request is about. `provider`: the provider's own, no customer has a say in it. */
export type Whose =
  | { readonly kind: 'account'; readonly accountId: AccountId; readonly label?: string | undefined }
  | { readonly kind: 'provider' }
  | { readonly kind: 'nobody' };

const platform = { kind: 'platform' } as const;

type Found = { readonly accountId?: AccountId | undefined; readonly label?: string | undefined };
type Find = (services: ApiServices, id: string) => Promise<Found | undefined>;

/** By the segment before `{id}`: every place that a writing operation can be about has a line, or the operation is refused. */
const finders: Readonly<Record<string, Find>> = {
  accounts: async ({ directory }, id) => {
    const account = (await directory.accounts({ kind: 'account', accountId: asAccountId(id) }, { limit: 1 }))
      .items[0];
    return account && { accountId: account.id, label: account.name };
  },
  people: async ({ directory }, id) => {
    const person = await directory.person(platform, id);
    return person && { accountId: person.accountId, label: `${person.displayName} (${person.upn})` };
  },
  connections: async ({ connections }, id) => {
    const found = connections.find(id);
    return found && { accountId: found.accountId, label: found.tenantName };
  },
  'routing-domains': async ({ routingDomains }, id) => {
    const found = routingDomains.list(platform).find((one) => one.id === id);
    return found && { accountId: asAccountId(found.accountId), label: found.host };
  },
  'number-ranges': async ({ numbers }, id) => {
    const found = (await numbers.ranges(platform, undefined)).find((one) => one.id === id);
    return found && { accountId: found.accountId, label: found.name };
  },
  numbers: async ({ directory }, id) => {
    const { items } = await directory.numbers(platform, { limit: 200, search: id });
    const found = items.find(({ number }) => number === id);
    return found && { accountId: found.accountId, label: found.number };
  },
  jobs: async ({ jobs }, id) => {
    const found = await jobs.read(platform, id);
    return found && { accountId: found.accountId, label: found.title };
  },
  webhooks: async ({ webhooks }, id) => {
    const found = (await webhooks.list(platform, undefined)).find((one) => one.id === id);
    return found && { accountId: found.accountId, label: found.name };
  },
  queues: async ({ queues }, id) => {
    const found = await queues.get(platform, id);
    return found && { accountId: asAccountId(found.accountId), label: found.name };
  },
  'sign-ins': async ({ access }, id) => {
    const found = (await access.signIns(platform, undefined)).find((one) => one.id === id);
    return found && { accountId: found.accountId, label: found.name };
  },
  carriers: async ({ directory }, id) => {
    const found = (await directory.carriers(platform, { limit: 200 })).items.find((one) => one.id === id);
    return found && { accountId: found.owner === 'operator' ? undefined : found.owner, label: found.name };
  },
};

/** The first word of a path that names a thing; undefined: the account stands in the body. */
export const placeOf = (route: RouteSpec): string | undefined =>
  /^\/api\/v1\/([a-z-]+)\/\{id\}/.exec(route.path)?.[1];

export const hasFinder = (place: string): boolean => Object.hasOwn(finders, place);

export async function whoseIs(
  services: ApiServices,
  route: RouteSpec,
  request: ProposedRequest,
): Promise<Whose> {
  const place = placeOf(route);
  const [find, id] =
    place === undefined
      ? [finders.accounts, (request.body as { account?: unknown } | undefined)?.account]
      : [hasFinder(place) ? finders[place] : undefined, request.params.id];
  const found = find && typeof id === 'string' ? await find(services, id) : undefined;
  if (!found) return { kind: 'nobody' };
  const { accountId, label } = found;
  return accountId === undefined ? { kind: 'provider' } : { kind: 'account', accountId, label };
}
