import type { RoutingDomainView } from '@tandem/contract';
import { useQueries, useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';

/** Asked again by itself: DNS, Microsoft and the script move while nobody presses a button. */
const lookEveryMs = 3_000;

/** The routing domains of a connection, each looked at anew while the page is open. */
export function useRoutingDomains(connectionId: string | undefined, accountId: string | undefined) {
  const list = useQuery({
    ...ask('routingDomains.list', { query: { account: accountId } }),
    enabled: accountId !== undefined,
    refetchInterval: 10_000,
  });
  const mine = list.data?.items.filter((one) => one.connectionId === connectionId) ?? [];
  const reads = useQueries({
    queries: mine.map(({ id }) => ({
      ...ask('routingDomains.read', { params: { id } }),
      refetchInterval: lookEveryMs,
    })),
  });
  const items: RoutingDomainView[] = mine.map((one, index) => reads[index]?.data ?? one);
  return {
    items,
    known: list.data !== undefined || accountId === undefined,
    error: list.error,
    refetch: list.refetch,
  };
}
